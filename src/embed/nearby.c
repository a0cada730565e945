/* nearby.c -- see nearby.h.  Blocks are single cells where the buckets suffice
 * for that: then points of a cell follow each other, and spreading keeps their
 * sums in registers. */
#include "embed/nearby.h"

#include <math.h>
#include <string.h>

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
    int shift = 0;

    while (pow((double)((s->n >> shift) + 1), s->dims) > EXG_NEARBY_BUCKETS) {
        shift++;
    }
    memset(bucket, 0, sizeof *bucket * (EXG_NEARBY_BUCKETS + 1));
    for (exg_int i = 0; i < s->count; i++) {
        bucket[bucket_of(s, stride, y, shift, i) + 1]++;
    }
    for (exg_int b = 0; b < EXG_NEARBY_BUCKETS; b++) {
        bucket[b + 1] += bucket[b];
    }
    for (exg_int i = 0; i < s->count; i++) {
        order[bucket[bucket_of(s, stride, y, shift, i)]++] = (int32_t)i;
    }
}
