/* places.h -- positions as maps have them, for benchmarks. */
#ifndef EXG_TESTS_PLACES_H
#define EXG_TESTS_PLACES_H

#include "core/rng.h"

enum {
    PLACES_CLUSTERS = 12
};

/* Number `key` of a fixed sequence, -1 to 1. */
static inline double places_draw(uint64_t key)
{
    const exg_rng stream = {.seed = 3, .use = EXG_RNG_SYNTH};

    return 2.0 * (double)exg_rng_uniform(stream, key) - 1.0;
}

/* Twelve uniform balls, a little apart, within +-reach: y, shape (n, dims). */
static inline void places_balls(exg_int n, int dims, double reach, float *y)
{
    for (exg_int i = 0; i < n; i++) {
        const uint64_t c = (uint64_t)(i % PLACES_CLUSTERS);
        double v[3], r2;
        uint64_t key = (uint64_t)i * 64 + 1000;

        do {
            r2 = 0.0;
            for (int k = 0; k < dims; k++) {
                v[k] = places_draw(key++);
                r2 += v[k] * v[k];
            }
        } while (r2 > 1.0);
        for (int k = 0; k < dims; k++) {
            y[i * dims + k] =
                (float)(reach *
                        (0.7 * places_draw(c * 8 + (uint64_t)k) + 0.3 * v[k]));
        }
    }
}

#endif
