/* guests.h -- rows of clusters, some for a map and others that come to it. */
#ifndef EXG_TESTS_GUESTS_H
#define EXG_TESTS_GUESTS_H

#include "core/rng.h"
#include "par/shard.h"
#include "support.h"

enum {
    D = 20,         /* features                        */
    CLUSTERS = 6,   /* row i is of cluster i % 6       */
    MAP = 500,      /* points of the map               */
    NEW = 150,      /* new points                      */
    FIRST = 100000, /* the first of them, as rows      */
    SAME = 7        /* the last are rows of the map    */
};

/** Feature d of row i: clusters 8 deviations apart. */
static inline float feature(exg_int i, exg_int d)
{
    const exg_rng noise = {.seed = 4, .use = EXG_RNG_SYNTH};
    const exg_rng where = {.seed = 9, .use = EXG_RNG_SYNTH};

    return 8.0f * exg_rng_normal(where, (uint64_t)(i % CLUSTERS * D + d)) +
           exg_rng_normal(noise, (uint64_t)(i * D + d));
}

/** The row that new point i is. */
static inline exg_int row_of(exg_int i)
{
    return i >= NEW - SAME ? (i * 5) % MAP : FIRST + i;
}

/** Features of rows of the map, or of new points; freed by exg_free(). */
static inline float *features(exg_shard rows, int new)
{
    float *x = NULL;

    ck_assert(exg_new(&x, rows.count * D) == EXG_OK);
    for (exg_int i = 0; i < rows.count * D; i++) {
        const exg_int row = rows.first + i / D;

        x[i] = feature(new ? row_of(row) : row, i % D);
    }
    return x;
}

#endif
