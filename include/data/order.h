/* order.h -- in which order an epoch visits the samples.  Layer: data.
 *
 * A keyed permutation of 0..total-1: O(1) memory, and every rank can ask for
 * any position, so the order never depends on the number of ranks.  Every
 * function is local and cannot fail. */
#ifndef EXG_DATA_ORDER_H
#define EXG_DATA_ORDER_H

#include <stdint.h>

#include "core/mem.h"

enum {
    EXG_ORDER_ROUNDS = 10
};

/** One epoch's order.  Plain data: made by exg_order_of(), copy at will. */
typedef struct {
    exg_int total;
    int shuffle;                    /* 0: position i holds sample i    */
    uint64_t left, right;           /* the permuted grid, left x right */
    uint64_t key[EXG_ORDER_ROUNDS]; /* from (seed, epoch)              */
} exg_order;

/** The order of an epoch.
 *
 * @param[in] total    samples, > 0
 * @param[in] seed     the run's seed
 * @param[in] epoch    >= 0
 * @param[in] shuffle  0 for the order of the file
 */
exg_order exg_order_of(exg_int total, uint64_t seed, exg_int epoch,
                       int shuffle);

/** The sample at a position, both 0..total-1. */
exg_int exg_order_at(const exg_order *order, exg_int position);

#endif
