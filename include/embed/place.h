/* place.h -- new points into a finished t-SNE map, whose points stay.
 * Layer: embed.
 *
 * Source: Policar, Strazar & Zupan, "Embedding to reference t-SNE space
 * addresses batch effects in single-cell classification", Machine Learning 112
 * (2023), section 2.2.  A new point i has neighbours among the map's points by
 * features, with probabilities p_j|i of a given perplexity (not symmetrised).
 * It starts at the median of their positions, each weighed by p_j|i, and
 * descends the divergence of q_j|i = w_ij / Z_i from p_j|i, where w_ij =
 * 1 / (1 + |y_i - r_j|^2), or the map's other kernel (repulse.h), and Z_i sums
 * w_ij over the map's points.  New points
 * neither attract nor repel each other, so where one ends depends on the map
 * and on its own features alone. */
#ifndef EXG_EMBED_PLACE_H
#define EXG_EMBED_PLACE_H

#include <stdint.h>

#include "core/clock.h"
#include "embed/affinity.h"
#include "embed/field.h"
#include "embed/knn.h"

enum {
    EXG_PLACE_NEAR = 10 /* neighbours of the scores */
};

/** New points and their neighbours among the map's.  Open: read freely. */
typedef struct {
    exg_shard rows; /* new points: all, my first, my count             */
    const exg_kern *kern;
    exg_int others; /* points of the map, M                            */
    exg_int k;      /* neighbours: 3 * perplexity, 10 at least; M at most */
    exg_int use;    /* of them with a probability: 3 * perplexity      */
    int32_t *near;  /* shape (rows.count, k): points of the map        */
    float *p;       /* shape (rows.count, use): p_j|i, a row sums to 1 */
    double *own;    /* shape (rows.count): sum of p log p, nats        */
} exg_guests;

/** Find neighbours and probabilities.
 *
 * Collective; all arguments but x are equal on all ranks.
 * @param[in]     how     to search; NULL: silently, with this CPU's kernels
 * @param[in]     map     the features of the map's points
 * @param[in]     total   new points, N >= 1
 * @param[in]     x       shape (my count of exg_shard_mine(), map->dim)
 * @param[in]     scales  perplexities, averaged; each 1 .. M / 3
 * @param[in,out] clock   gains the seconds of each phase
 * @param[out]    guests  ended by exg_guests_destroy()
 * @return EXG_OK, or on every rank: EXG_EUSAGE (a perplexity), EXG_EINPUT (a
 *         feature that is no number, or far larger than the map's),
 *         EXG_ENUMERIC, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_guests_create(
    const exg_par *par, const exg_knn_how *how, const exg_tiles *map,
    exg_int total, const float *x, const exg_affinity_scales *scales,
    exg_clock *clock, exg_guests **guests);

/** Free; sets *guests NULL.  Local. */
void exg_guests_destroy(exg_guests **guests);

/** How to descend.  The gradient is without its factor 2. */
typedef struct {
    exg_int iterations;   /* updates in all                           */
    exg_int early;        /* of them with `exaggeration`              */
    double exaggeration;  /* factor of p_j|i in those                 */
    double late;          /* and in the others                        */
    double learning_rate; /* > 0                                      */
    double momentum;      /* Jacobs' gains apply as well              */
    double most_gradient; /* a longer gradient of a point is cut      */
    double most_step;     /* longest move of a point in an iteration  */
    exg_int every;        /* iterations between frames                */
} exg_place_plan;

/* clang-format off */
/** As openTSNE's transform(). */
#define EXG_PLACE_DEFAULTS                                                     \
    {.iterations = 250, .early = 0, .exaggeration = 12.0, .late = 1.5,         \
     .learning_rate = 0.1, .momentum = 0.8, .most_gradient = 0.25,             \
     .most_step = 5.0, .every = 25}
/* clang-format on */

/** Told on every rank, at every frame. */
typedef void (*exg_place_seen)(void *state, exg_int iteration,
                               exg_int iterations, double kl);

/** Scores, over all new points; NaN where there are no labels. */
typedef struct {
    double recall;            /* share of 10 neighbours by features among
                                 those on the map                         */
    double accuracy_features; /* of a vote of 10 neighbours, by features  */
    double accuracy_map;      /* and on the map; a tie goes to the lower
                                 label                                    */
} exg_place_scores;

/** Where they end.  The caller frees the contents with exg_place_free(). */
typedef struct {
    exg_shard rows;
    int dims;
    float *y;           /* shape (rows.count, dims)                         */
    exg_int frames;     /* T: iterations 0, every, 2 every, ..., the last   */
    float *trajectory;  /* shape (T, rows.count, dims)                      */
    int32_t *iteration; /* shape (T)                                        */
    double *kl;         /* shape (T): mean over new points of KL(p || q),
                           nats                                             */
    exg_place_scores scores;
} exg_placed;

/** Place them.
 *
 * Collective; the same bits for any number of ranks.
 * @param[in]  field   of the map
 * @param[in]  r       shape (M, dims): the map, equal on all ranks
 * @param[in]  seen    or NULL
 * @param[out] placed  filled in, all but the scores
 * @return EXG_OK, or on every rank EXG_ENOMEM, EXG_ENUMERIC (diverged) */
EXG_MUST_CHECK exg_status exg_place(const exg_par *par,
                                    const exg_guests *guests,
                                    const exg_field *field, int dims,
                                    const float *r, const exg_place_plan *plan,
                                    exg_place_seen seen, void *state,
                                    exg_placed *placed);

/** Score them.  Collective.
 * @param[in] theirs  shape (M): labels of the map's points, or NULL (on all
 *                    ranks)
 * @param[in] label   shape (rows.count): of the new points, or NULL
 * @return EXG_OK, or on every rank EXG_ENOMEM, EXG_ENUMERIC */
EXG_MUST_CHECK exg_status exg_place_score(const exg_par *par,
                                          const exg_guests *guests,
                                          const float *r, const int32_t *theirs,
                                          const int32_t *label,
                                          exg_placed *placed);

/** Divergence and gradient of each of my new points at y.  Local.
 * @param[in]  stride  a multiple of 16, >= rows.count
 * @param[in]  y       shape (dims, stride), 64-byte aligned
 * @param[in]  factor  of p_j|i in the gradient
 * @param      work    shape (dims + 1, stride), 64-byte aligned
 * @param[out] kl      shape (rows.count): KL(p_i || q_i), nats; or NULL
 * @param[out] slope   shape (dims, stride): half of its gradient */
void exg_place_slope(const exg_guests *guests, const exg_field *field, int dims,
                     const float *r, exg_int stride, const float *y,
                     double factor, float *work, double *kl, float *slope);

/** Free the contents.  Local. */
void exg_place_free(exg_placed *placed);

#endif
