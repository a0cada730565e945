/* spearman.h -- rank correlation of distances.  Layer: embed. */
#ifndef EXG_EMBED_SPEARMAN_H
#define EXG_EMBED_SPEARMAN_H

#include "embed/tiles.h"

/** Spearman's correlation of the distances by features and on the map, over all
 * pairs of points 0, s, 2 s, ...; equal distances share their mean rank.
 *
 * Collective; total, dims and most are equal on all ranks.  Rank 0 does the
 * work: most^2 / 2 distances and a sort.
 *
 * @param[in]  most  points, at most; s is the least that leaves no more
 * @param[in]  dims  of the map
 * @param[in]  y     shape (total, dims): all positions, on rank 0
 * @param[out] out   the same on every rank; NaN where all distances of one
 *                   space are equal, or there are fewer than three points
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_spearman(const exg_par *par,
                                       const exg_tiles *tiles, exg_int most,
                                       int dims, const float *y, double *out);

#endif
