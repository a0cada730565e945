/* tsne.h -- t-SNE of a matrix that is spread over ranks.  Layer: embed.
 *
 * Sources: van der Maaten & Hinton, "Visualizing data using t-SNE", JMLR 9
 * (2008); learning rate and early exaggeration: Belkina et al., Nature
 * Communications 10 (2019); other tails: van der Maaten, "Learning a parametric
 * embedding by preserving local structure", AISTATS (2009); initial positions
 * and defaults: Kobak & Berens, Nature Communications 10 (2019). */
#ifndef EXG_EMBED_TSNE_H
#define EXG_EMBED_TSNE_H

#include <stdint.h>

#include "embed/pause.h"
#include "embed/points.h"
#include "embed/quality.h"
#include "kern/kern.h"

/** Where the points start. */
typedef enum {
    EXG_TSNE_PCA,    /* first principal components */
    EXG_TSNE_RANDOM, /* normal, deviation 1e-4     */
    EXG_TSNE_GIVEN   /* options.start              */
} exg_tsne_init;

/** Told on every rank, at every recorded frame.
 * @param[in] state  options.progress_state */
typedef void (*exg_tsne_progress)(void *state, exg_int iteration,
                                  exg_int iterations, double kl);

/** What the user may choose; equal on all ranks but for pointers. */
typedef struct {
    int dims;             /* of the map: 1, 2 or 3                          */
    double perplexity;    /* 1 .. (N - 1) / 3                               */
    exg_int iterations;   /* >= 0                                           */
    exg_int early;        /* of them with exaggeration                      */
    double exaggeration;  /* factor of P in those, > 0                      */
    double late;          /* factor of P in the others, > 0; 1: none        */
    double dof;           /* b of the map's kernel, see repulse.h: 0.1 ..
                             100; 1: t-SNE as it is known                   */
    double stop;          /* end once KL falls by less than this share from
                             frame to frame, after the early phase; 0: never */
    double learning_rate; /* 0: max(N / e, 200), where e is the exaggeration
                             of the phase; see descend.h                    */
    double momentum;      /* after the early iterations, in [0, 1); below 0:
                             exg_tsne_momentum()                            */
    exg_tsne_init init;
    uint64_t seed; /* of random positions and PCA's start            */
    exg_int every; /* iterations between frames of the trajectory    */
    exg_quality_rows quality; /* whether the map is measured, see quality.h */
    exg_quality_progress measuring; /* or NULL; gets progress_state         */
    const char *engine;   /* of repulsion: "auto", "exact" or "fft"         */
    const exg_kern *kern; /* the same set on all ranks; NULL: this CPU's    */
    const float *start;   /* shape (my rows, dims), where init is GIVEN     */
    const exg_pause_keeper *keeper; /* of checkpoints; or NULL on all ranks */
    const exg_pause *from; /* go on from here; NULL: begin                  */
    exg_tsne_progress progress; /* or NULL                                  */
    void *progress_state;
} exg_tsne_options;

/* clang-format off */
#define EXG_TSNE_DEFAULTS                                                      \
    {.dims = 2, .perplexity = 30.0, .iterations = 1000, .early = 250,          \
     .exaggeration = 12.0, .late = 1.0, .dof = 1.0, .momentum = -1.0,          \
     .every = 25, .quality = EXG_QUALITY_SAMPLE, .engine = "auto"}
/* clang-format on */

/** What is meant by a momentum: itself, or, below 0, 0.8 as in the authors'
 * code, and 0.9 above 20,000 points, whose maps 1000 iterations leave far from
 * done: of 70,000 embeddings of MNIST, KL 2.57 instead of 2.67.  Local. */
double exg_tsne_momentum(double given, exg_int total);

/** A map.  The caller frees the contents with exg_tsne_free(). */
typedef struct {
    exg_shard rows; /* my points, exg_shard_mine(par, N) */
    int dims;
    float *y;             /* shape (rows.count, dims): mean 0                */
    exg_int frames;       /* T: iterations 0, every, 2 every, ..., the last  */
    float *trajectory;    /* shape (T, rows.count, dims); the last is y      */
    int64_t *iteration;   /* shape (T)                                       */
    double *kl;           /* shape (T): KL(P || Q), nats, on every rank      */
    double final_kl;      /* the last of them                                */
    int rested;           /* 1: options.stop ended it before `iterations`   */
    double learning_rate; /* of the last phase                              */
    const char *engine;   /* the one that was used                           */
    exg_quality quality;  /* NaN where options.quality is NONE               */
    exg_clock clock;      /* seconds of this rank per phase                  */
} exg_tsne_result;

/** Whether the choices are possible for so many points.  Local.
 * @return EXG_OK, or EXG_EUSAGE with the values that are possible */
EXG_MUST_CHECK exg_status exg_tsne_check(exg_int total, exg_int dim,
                                         const exg_tsne_options *opt);

/** Make a map of points that are ready.
 *
 * Collective.  The result is the same bits for any number of ranks.
 *
 * @param[in]  points  from exg_points_create(); unchanged, so that maps of
 *                     other dimensions can follow
 * @param[in]  label   shape (my rows), for the accuracies; or NULL on all ranks
 * @param[in]  opt     choices; perplexity is the points'
 * @param[out] result  the map; its first frame is iteration 0, its last the
 *                     number of iterations done
 * @return EXG_OK, or on every rank: EXG_EUSAGE (a choice is out of range or
 *         differs between ranks), EXG_ENOMEM, EXG_ENUMERIC (the descent
 *         diverged)
 */
EXG_MUST_CHECK exg_status exg_tsne_map(const exg_par *par,
                                       const exg_points *points,
                                       const int32_t *label,
                                       const exg_tsne_options *opt,
                                       exg_tsne_result *result);

/** exg_points_create() and exg_tsne_map(): features to map in one call.
 *
 * Collective.
 * @param[in]  total  rows N >= 4, equal on all ranks
 * @param[in]  dim    columns D >= 1, equal on all ranks
 * @param[in]  x      shape (my count of exg_shard_mine(par, total), D)
 * @return what those two return; where a feature is NaN or infinite,
 *         EXG_EINPUT names the first such row */
EXG_MUST_CHECK exg_status exg_tsne(const exg_par *par, exg_int total,
                                   exg_int dim, const float *x,
                                   const int32_t *label,
                                   const exg_tsne_options *opt,
                                   exg_tsne_result *result);

/** Free the contents of a result.  Local. */
void exg_tsne_free(exg_tsne_result *result);

#endif
