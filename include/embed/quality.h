/* quality.h -- how much of the neighbourhoods a map keeps.  Layer: embed. */
#ifndef EXG_EMBED_QUALITY_H
#define EXG_EMBED_QUALITY_H

#include <stdint.h>

#include "embed/repulse.h"
#include "embed/tiles.h"
#include "kern/kern.h"

enum {
    EXG_QUALITY_NEAR = 12,   /* most neighbours looked at      */
    EXG_QUALITY_RECALL = 10, /* neighbours of recall and votes */
    EXG_QUALITY_TILES = 40, /* tiles of rows that are all ranked: 10,240 rows */
    EXG_QUALITY_SOME = 20,  /* tiles that are, at most, where there are more */
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

/** Which rows are ranked. */
typedef enum {
    EXG_QUALITY_NONE,   /* nothing is measured                         */
    EXG_QUALITY_SAMPLE, /* of many points a sample, of few all         */
    EXG_QUALITY_ALL     /* all: time O(N^2 D), whatever N              */
} exg_quality_rows;

/** Told on every rank while rows are ranked, of its own work: first 0.
 * @param[in] state  job.progress_state */
typedef void (*exg_quality_progress)(void *state, exg_int done, exg_int total);

/** A map and what it is of; what ranks share is equal on all. */
typedef struct {
    const exg_tiles *tiles; /* the features                                */
    exg_int k;              /* neighbours in the list, at least
                               min(EXG_QUALITY_NEAR, N - 1)                */
    const int32_t *near;    /* shape (my count of exg_shard_mine(), k),
                               nearest first                               */
    const int32_t *label;   /* shape (my count), or NULL on all ranks      */
    int dims;               /* of the map                                  */
    const float *y;         /* shape (my count, dims)                      */
    const exg_kern *kern;   /* NULL: this CPU's best                       */
    exg_quality_rows rows;  /* SAMPLE or ALL                               */
    exg_quality_progress progress; /* or NULL                              */
    void *progress_state;
} exg_quality_job;

/** Measure a map.
 *
 * Collective.  With U the k nearest points on the map and r the rank of a point
 * among the features' neighbours, trustworthiness is
 *   T(k) = 1 - 2 / (N k (2N - 3k - 1)) sum_i sum_{j in U_i} max(0, r_ij - k)
 * (Venna & Kaski 2001), for k < N / 2; continuity exchanges the two spaces.
 *
 * Exact, over all rows and whatever N: recall and both accuracies.  They need
 * the lists of neighbours only, those on the map found like those by features.
 *
 * Trustworthiness and continuity count ranks beyond the lists, which takes all
 * distances of a row.  With EXG_QUALITY_ALL, or up to EXG_QUALITY_TILES tiles
 * of EXG_TILE, they are exact too; else they are of the rows of every step-th
 * tile, so that EXG_QUALITY_SOME are left at most, ranked exactly among all N
 * points: time O(N D).  The sum and its N in front are then over those rows.
 * Ranks beyond the lists compare a distance in double precision with
 * |a|^2 + |b|^2 - 2 ab in single, which is off by up to some (D + 8) 2^-23
 * (|a|^2 + |b|^2), rows being centred: within clusters narrower than 1e-3 of
 * their distance from the mean, ranks can be off by as many rows as lie so
 * near.
 *
 * Distances are correlated over points 0, s, 2 s, ..., with the least s that
 * leaves EXG_QUALITY_PAIRS at most.  Samples go by row number, not by rank: the
 * scores are the same bits for any number of ranks.
 *
 * @param[out] out  the same on every rank
 * @return EXG_OK, EXG_ENOMEM, EXG_ENUMERIC
 */
EXG_MUST_CHECK exg_status exg_quality_of(const exg_par *par,
                                         const exg_quality_job *job,
                                         exg_quality *out);

#endif
