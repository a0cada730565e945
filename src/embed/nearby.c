/* nearby.c -- see nearby.h.  Blocks are single cells where points are so dense
 * that several share one: then they follow each other, and spreading keeps
 * their sums in registers.  Where cells are mostly empty, going through them
 * would cost more than sorting. */
#include "embed/nearby.h"

#include <math.h>
#include <string.h>

enum {
    LEAST = 4096, /* buckets in any case */
    PER_POINT = 4
};

/* The block of cells, 2^shift wide, that holds point i. */
static exg_int bucket_of(const exg_stencil *s, exg_int stride, const float *y,
                         int shift, exg_int i)
{
    exg_int at = 0;

    for (int k = s->dims - 1; k >= 0; k--) {
        exg_int cell =
            (exg_int)((y[k * stride + i] - s->first[k]) * s->per_unit);

        cell = cell < 0 ? 0 : cell >= s->n ? s->n - 1 : cell;
        at = at * ((s->n >> shift) + 1) + (cell >> shift);
    }
    return at;
}

void exg_nearby_sort(const exg_stencil *s, exg_int stride, const float *y,
                     int32_t *bucket, int32_t *order)
{
    const double most =
        fmin(EXG_NEARBY_BUCKETS, fmax(LEAST, PER_POINT * (double)s->count));
    double blocks;
    int shift = -1;

    do {
        shift++;
        blocks = pow((double)((s->n >> shift) + 1), s->dims);
    } while (blocks > most);
    memset(bucket, 0, sizeof *bucket * ((size_t)blocks + 1));
    for (exg_int i = 0; i < s->count; i++) {
        bucket[bucket_of(s, stride, y, shift, i) + 1]++;
    }
    for (exg_int b = 0; b < (exg_int)blocks; b++) {
        bucket[b + 1] += bucket[b];
    }
    for (exg_int i = 0; i < s->count; i++) {
        order[bucket[bucket_of(s, stride, y, shift, i)]++] = (int32_t)i;
    }
}
