/* points.h -- features made ready for maps: what every map of the same points
 * shares, whatever its dimensions.  Layer: embed. */
#ifndef EXG_EMBED_POINTS_H
#define EXG_EMBED_POINTS_H

#include <stdint.h>

#include "core/clock.h"
#include "embed/affinity.h"
#include "embed/knn.h"

/** Points with their neighbours and affinities.  Open: read freely. */
typedef struct {
    exg_tiles *tiles; /* the features                                       */
    exg_int k;        /* neighbours: 3 * perplexity, 12 at least, N - 1 at
                         most                                               */
    int32_t *near;    /* shape (my rows, k), nearest first                  */
    float *dist2;     /* the same shape: their squared distances            */
    exg_affinity *p;  /* my rows of P, from 3 * perplexity of the neighbours */
} exg_points;

/** Make features ready: the first of three steps to points.
 *
 * Collective; total and dim are equal on all ranks.  x may be freed afterwards.
 * @param[in]     total   rows N >= 4
 * @param[in]     dim     columns D, 1..EXG_TILES_WIDEST
 * @param[in]     x       shape (my count of exg_shard_mine(), D)
 * @param[in,out] clock   gains the seconds of the step
 * @param[out]    points  without neighbours and affinities; ended by
 *                        exg_points_destroy()
 * @return EXG_OK, or on every rank: EXG_EUSAGE (N or D out of range),
 *         EXG_EINPUT (a feature is NaN or infinite), EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_points_prepare(const exg_par *par, exg_int total,
                                             exg_int dim, const float *x,
                                             exg_clock *clock,
                                             exg_points **points);

/** Find neighbours enough for every perplexity up to `most`: the second step,
 * once.
 *
 * Collective; most is equal on all ranks.
 * @param[in] how   NULL: silently, with this CPU's kernels
 * @param[in] most  1 .. (N - 1) / 3
 * @return EXG_OK, or on every rank EXG_EUSAGE (most is out of range),
 *         EXG_ENOMEM, EXG_ENUMERIC */
EXG_MUST_CHECK exg_status exg_points_neighbours(const exg_par *par,
                                                const exg_knn_how *how,
                                                double most, exg_clock *clock,
                                                exg_points *points);

/** Affinities at these perplexities, in place of those that were there: the
 * third step, once for each map at other perplexities.
 *
 * Collective.  Each point uses 3 * the largest perplexity of its neighbours, so
 * that P does not depend on how many more were found.
 * @param[in] scales  perplexities up to that which the neighbours were made for
 * @return EXG_OK, or on every rank EXG_EUSAGE, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_points_tune(const exg_par *par,
                                          const exg_affinity_scales *scales,
                                          exg_clock *clock, exg_points *points);

/** All three steps at one perplexity, with this CPU's kernels.  Collective.
 * @return what they return */
EXG_MUST_CHECK exg_status exg_points_create(const exg_par *par, exg_int total,
                                            exg_int dim, const float *x,
                                            double perplexity, exg_clock *clock,
                                            exg_points **points);

/** Bytes that a rank needs for points and a map of them, at most, beside the
 * features it passes to exg_points_prepare().  Local.
 *
 * With n = N / R in whole tiles, k neighbours and m = min(D, 256), the largest
 * of what is held at one time:
 *   while neighbours are found  n (4 D + 4 (D + m + 24) min(R, 3)
 *                                  + 8 max(3 k / 2, k + 128) + 16 k)
 *   while affinities are made   n (4 D + 88 k + 16)
 *   afterwards                  n (4 D + 24 k)
 * and 120 N for positions, which every rank has in full.  The grids of the fft
 * engine (convolve.h) and the frames of a trajectory come on top. */
double exg_points_bytes(exg_int total, exg_int dim, double perplexity,
                        int size);

/** Free; sets *points NULL.  Local. */
void exg_points_destroy(exg_points **points);

/** Whether so many points can be mapped at this perplexity.  Local.
 * @return EXG_OK, or EXG_EUSAGE with the values that are possible */
EXG_MUST_CHECK exg_status exg_points_check(exg_int total, exg_int dim,
                                           double perplexity);

#endif
