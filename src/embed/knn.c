/* knn.c -- see knn.h.
 *
 * A candidate is one 64-bit word, the bits of its squared distance above its
 * row number: non-negative floats compare like their bits, so words compare by
 * distance and then by row, and the k smallest are one definite set whatever
 * the order in which the blocks come round.  A row collects what does not
 * exceed its threshold; when its buffer fills, the k smallest stay and the
 * threshold falls to the largest of them. */
#include "embed/knn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embed/ring.h"
#include "par/agree.h"

/* Candidates of my tiles' rows. */
typedef struct {
    const exg_tiles *tiles;
    exg_int k, room; /* room > k + EXG_TILE */
    uint64_t *word;  /* shape (rows, room)  */
    int32_t *held;   /* shape (rows)        */
    float *bound;    /* shape (rows): largest squared distance still wanted */
} search;

/* Bring the k smallest of n words to the front (quickselect). */
static void keep_smallest(uint64_t *w, exg_int n, exg_int k)
{
    exg_int low = 0, high = n - 1;

    while (low < high) {
        const uint64_t pivot = w[low + (high - low) / 2];
        exg_int i = low, j = high;

        while (i <= j) {
            while (w[i] < pivot) {
                i++;
            }
            while (w[j] > pivot) {
                j--;
            }
            if (i <= j) {
                const uint64_t t = w[i];

                w[i++] = w[j];
                w[j--] = t;
            }
        }
        if (k - 1 <= j) {
            high = j;
        } else if (k - 1 >= i) {
            low = i;
        } else {
            return;
        }
    }
}

static float distance_of(uint64_t word)
{
    const uint32_t bits = (uint32_t)(word >> 32);
    float d;

    memcpy(&d, &bits, sizeof d);
    return d;
}

/* Keep k candidates of a row, if it has so many, and lower its bound. */
static void shrink(search *s, exg_int row)
{
    uint64_t *w = s->word + row * s->room;

    if (s->held[row] >= s->k) {
        keep_smallest(w, s->held[row], s->k);
        s->held[row] = (int32_t)s->k;
        s->bound[row] = distance_of(w[s->k - 1]);
    }
}

/* Collect the candidates among n distances of one row. */
static void collect(search *s, exg_int row, exg_int first, exg_int n,
                    const float *d)
{
    const float bound = s->bound[row];
    uint64_t *w = s->word + row * s->room;
    exg_int held = s->held[row];

    for (exg_int b = 0; b < n; b += 16) {
        const exg_int end = b + 16 < n ? b + 16 : n;
        int any = 0;

        for (exg_int j = b; j < b + 16; j++) { /* most blocks have none */
            any |= d[j] <= bound;
        }
        for (exg_int j = b; any && j < end; j++) {
            uint32_t bits;

            memcpy(&bits, &d[j], sizeof bits);
            w[held] = (uint64_t)bits << 32 | (uint64_t)(first + j);
            held += d[j] <= bound && first + j != s->tiles->first + row;
        }
    }
    s->held[row] = (int32_t)held;
    if (held >= s->room - EXG_TILE) {
        shrink(s, row);
    }
}

static void use(void *state, exg_int tile, exg_int first, exg_int count,
                const float *dist2)
{
    search *s = state;
    const exg_int row0 = tile * EXG_TILE;

    for (exg_int r = 0; r < EXG_TILE && row0 + r < s->tiles->count; r++) {
        collect(s, row0 + r, first, count, dist2 + r * EXG_TILE);
    }
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* The k best of my tiles' rows, in order. */
static void finish(search *s, int32_t *index, float *dist2)
{
    for (exg_int i = 0; i < s->tiles->count; i++) {
        uint64_t *w = s->word + i * s->room;

        shrink(s, i);
        qsort(w, (size_t)s->k, sizeof *w, by_value);
        for (exg_int a = 0; a < s->k; a++) {
            index[i * s->k + a] = (int32_t)(w[a] & 0xffffffffu);
            dist2[i * s->k + a] = distance_of(w[a]);
        }
    }
}

exg_status exg_knn(const exg_par *par, const exg_tiles *tiles, exg_int k,
                   int32_t *index, float *dist2)
{
    exg_status st = EXG_OK;
    const exg_int n = tiles->count;
    search s = {.tiles = tiles, .k = k, .room = 2 * k + 2 * EXG_TILE};
    int32_t *found = NULL;
    float *far = NULL;

    EXG_TRY_ALL(par, exg_new(&s.word, n * s.room));
    EXG_TRY_ALL(par, exg_new(&s.held, n));
    EXG_TRY_ALL(par, exg_new(&s.bound, n));
    EXG_TRY_ALL(par, exg_new(&found, n * k));
    EXG_TRY_ALL(par, exg_new(&far, n * k));
    for (exg_int i = 0; i < n; i++) {
        s.bound[i] = INFINITY;
    }
    EXG_TRY(exg_ring_distances(par, tiles, use, &s));
    finish(&s, found, far);
    EXG_TRY(
        exg_tiles_back(par, tiles, k * (exg_int)sizeof *index, found, index));
    EXG_TRY(exg_tiles_back(par, tiles, k * (exg_int)sizeof *dist2, far, dist2));
done:
    exg_free(s.word);
    exg_free(s.held);
    exg_free(s.bound);
    exg_free(found);
    exg_free(far);
    return st;
}
