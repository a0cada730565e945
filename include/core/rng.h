/* rng.h -- random numbers as a function of (seed, stream, index).  Layer: core.
 *
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011): nothing advances, so a value never depends on who asked before or
 * on which rank.  Every function is local and cannot fail. */
#ifndef EXG_CORE_RNG_H
#define EXG_CORE_RNG_H

#include <stdint.h>

/** What the numbers are for; the sub-stream (epoch, layer) goes in `sub`. */
typedef enum {
    EXG_RNG_INIT = 1, /* initial weights: sub = layer     */
    EXG_RNG_ORDER,    /* epoch order: sub = epoch         */
    EXG_RNG_BASELINE, /* noise baseline inputs            */
    EXG_RNG_TSNE,     /* random initial positions         */
    EXG_RNG_PCA,      /* start vectors of the range finder */
    EXG_RNG_SYNTH     /* generated test data              */
} exg_rng_use;

/** A stream of numbers: plain data, copy at will. */
typedef struct {
    uint64_t seed;
    uint32_t use; /* exg_rng_use */
    uint32_t sub;
} exg_rng;

/** 128 random bits for one index. */
void exg_rng_block(exg_rng stream, uint64_t index, uint32_t out[4]);

/** Uniform in [0, 1): 24 bits, exact in float. */
float exg_rng_uniform(exg_rng stream, uint64_t index);

/** Uniform in [0, 1): 53 bits. */
double exg_rng_uniform53(exg_rng stream, uint64_t index);

/** Standard normal (Box-Muller in double). */
double exg_rng_normal(exg_rng stream, uint64_t index);

#endif
