/* quality.h -- how much of the neighbourhoods a map keeps.  Layer: embed. */
#ifndef EXG_EMBED_QUALITY_H
#define EXG_EMBED_QUALITY_H

#include <stdint.h>

#include "embed/repulse.h"
#include "embed/tiles.h"

enum {
    EXG_QUALITY_NEAR = 12,   /* most neighbours looked at      */
    EXG_QUALITY_RECALL = 10, /* neighbours of recall and votes */
    EXG_QUALITY_TILES = 40, /* tiles of rows that are all ranked: 10,240 rows */
    EXG_QUALITY_SAMPLE = 20, /* tiles that are, at most, where there are more */
    EXG_QUALITY_PAIRS = 1000 /* points whose distances are compared, at most */
};

/** Scores of a map.  NaN where there are too few points, or no labels. */
typedef struct {
    double trust5;  /* trustworthiness of 5 neighbours, as scikit-learn's     */
    double trust12; /* of 12                                                  */
    double continuity12; /* the same with features and map exchanged          */
    double ranked;       /* rows that these three are measured on             */
    double spearman;     /* rank correlation of distances by features and on
                            the map, over all pairs of a sample of points     */
    double recall; /* share of 10 nearest features among 10 nearest points   */
    double accuracy_features; /* leave-one-out accuracy of a vote of 10       */
    double accuracy_map;      /* nearest, by features and on the map; a tie
                                 goes to the lower label                      */
} exg_quality;

/** Measure a map.
 *
 * Collective.  With U the k nearest points on the map and r the rank of a point
 * among the features' neighbours, trustworthiness is
 *   T(k) = 1 - 2 / (N k (2N - 3k - 1)) sum_i sum_{j in U_i} max(0, r_ij - k)
 * (Venna & Kaski 2001), for k < N / 2; continuity exchanges the two spaces.
 * Ranks beyond the list of neighbours are counted, which takes all distances of
 * a row: of all rows up to EXG_QUALITY_TILES tiles of EXG_TILE, and else of
 * every step-th tile, so that EXG_QUALITY_SAMPLE are left at most; the sum and
 * its N in front are then over those.  Distances are correlated over points 0,
 * s, 2 s, ..., with the least s that leaves EXG_QUALITY_PAIRS at most.  Samples
 * go by row number, not by rank.  All other scores are over all rows.
 *
 * @param[in]  tiles  the features
 * @param[in]  k      neighbours in the list, >= min(EXG_QUALITY_NEAR, N - 1)
 * @param[in]  near   shape (my count of exg_shard_mine(), k), nearest first
 * @param[in]  label  shape (my count), or NULL on all ranks
 * @param[in]  dims   of the map
 * @param[in]  y      shape (my count, dims)
 * @param[out] out    the same on every rank
 * @return EXG_OK, EXG_ENOMEM, EXG_ENUMERIC
 */
EXG_MUST_CHECK exg_status exg_quality_of(const exg_par *par,
                                         const exg_tiles *tiles, exg_int k,
                                         const int32_t *near,
                                         const int32_t *label, int dims,
                                         const float *y, exg_quality *out);

#endif
