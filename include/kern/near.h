/* near.h -- the inner loops of a search for neighbours.  Layer: kern.
 *
 * Kernels are local, allocate nothing and cannot fail; the fast ones are
 * members of exg_kern. */
#ifndef EXG_KERN_NEAR_H
#define EXG_KERN_NEAR_H

#include <stdint.h>

#include "core/mem.h"

enum {
    EXG_NEAR_TILE = 256, /* rows of a tile                           */
    EXG_NEAR_GROUP = 32, /* rows that lie side by side in a panel    */
    EXG_NEAR_WORDS = 4   /* 64-bit words that name rows of a tile    */
};

/** Where coordinate k of a tile's row r is in a panel of m coordinates, shape
 * (EXG_NEAR_TILE / EXG_NEAR_GROUP, m, EXG_NEAR_GROUP).  Local. */
static inline exg_int exg_near_at(exg_int m, exg_int r, exg_int k)
{
    return (r / EXG_NEAR_GROUP * m + k) * EXG_NEAR_GROUP + r % EXG_NEAR_GROUP;
}

/** Which pairs of two tiles may be neighbours, the definition.
 *
 * Bit j % 64 of hit[i][j / 64] is 1 where ka[i] + kb[j] + a_i b_j >= 0, up to
 * rounding.  With ka = (bound - |a|^2) / 2 and kb = -|b|^2 / 2 these are the
 * pairs with |a - b|^2 <= bound.  A NaN is no hit.
 *
 * @param[in]  m    coordinates, >= 1
 * @param[in]  a,b  panels, 64-byte aligned
 * @param[in]  ka   shape (EXG_NEAR_TILE)
 * @param[in]  kb   shape (EXG_NEAR_TILE), 64-byte aligned
 * @param[out] hit  shape (EXG_NEAR_TILE, EXG_NEAR_WORDS) */
void exg_near_sieve_ref(exg_int m, const float *a, const float *ka,
                        const float *b, const float *kb, uint64_t *hit);

/** Squared distances of one row to some others, the definition.
 *
 * Lane l of 16 sums coordinates l, l + 16, ... in order, by fused multiply-add;
 * then the lanes add up as a fixed tree: the bits depend on the two rows alone,
 * and not on which is which.
 *
 * @param[in]  d      coordinates, a multiple of 16
 * @param[in]  x      shape (d), 64-byte aligned
 * @param[in]  y      rows of d, 64-byte aligned
 * @param[in]  n      how many distances
 * @param[in]  which  shape (n): rows of y
 * @param[out] dist2  shape (n) */
void exg_near_distances_ref(exg_int d, const float *x, const float *y,
                            exg_int n, const int32_t *which, float *dist2);

#endif
