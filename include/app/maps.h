/* maps.h -- the t-SNE maps that the options ask for, of any features.
 * Layer: app. */
#ifndef EXG_APP_MAPS_H
#define EXG_APP_MAPS_H

#include "app/choices.h"
#include "core/log.h"
#include "store/results.h"

enum {
    EXG_MAPS = 2,       /* of two and of three dimensions */
    EXG_MAPS_MODEL = 24 /* bytes of a model's name, with 0 */
};

/** Where --tsne-into puts the points; see into.h. */
typedef struct exg_into exg_into;

/** Checkpoints of maps; see app/maps_keep.h. */
typedef struct exg_maps_keep exg_maps_keep;

/** Features and their maps.  The caller fills the first part; arrays are freed
 * by exg_maps_clear(). */
typedef struct {
    const exg_par *par;
    const exg_opts *opts;
    const exg_kern *kern;
    const char *title; /* of the maps, for figures                         */
    exg_shard rows;    /* exg_shard_mine(): N and mine                     */
    exg_int nfeature;  /* D                                                */
    float *features;   /* shape (rows.count, D); NULL once points hold a copy
                          and keep_features is 0                            */
    int32_t *label;    /* shape (rows.count)                               */
    int labelled;      /* 0: the labels mean nothing and are all -1        */
    int64_t *index;    /* shape (rows.count): rows of the input            */
    int32_t *set;      /* shape (rows.count): EXG_RESULTS_SET_..., which set the
                          rows are of; or NULL                              */
    int keep_features; /* 1: they go into the results file                 */
    const char *meaning; /* of the features, there                         */
    int has_zeros;       /* many of them are exactly 0                     */

    char model[EXG_MAPS_MODEL]; /* names the network's parameters; "": none  */

    exg_into *into; /* with --tsne-into, in place of all that follows      */
    exg_maps_keep *kept; /* checkpoints; NULL: none */

    exg_points *points; /* neighbours, and affinities of the last map      */
    exg_int nmap;
    exg_tsne_result map[EXG_MAPS];
    exg_affinity_scales sweep; /* --tsne-sweep                             */
    exg_int nswept;
    exg_tsne_result swept[EXG_AFFINITY_SCALES];
} exg_maps;

/** The bar of a stage.  Plain data; all but `what` starts at 0. */
typedef struct {
    const char *what; /* "t-SNE quality" */
    exg_log_progress bar;
} exg_maps_bar;

/** Show how many pairs of tiles are done: an exg_knn_progress and an
 * exg_quality_progress.  Local.
 * @param[in] state  the exg_maps_bar */
void exg_maps_bar_at(void *state, exg_int done, exg_int total);

/** Show how far a descent has come: an exg_tsne_progress.  Local.
 * @param[in] state  the exg_maps_bar
 * @param[in] kl     the divergence, nat */
void exg_maps_bar_down(void *state, exg_int iteration, exg_int iterations,
                       double kl);

/** Compute them: one per --tsne-dims, one per --tsne-sweep.
 *
 * Collective.
 * @param[in,out] clock  gains the seconds of each phase
 * @return EXG_OK, or on every rank what exg_tsne() returns */
EXG_MUST_CHECK exg_status exg_maps_make(exg_maps *m, exg_clock *clock);

/** Neighbours for perplexities up to `most`, from the features or, with
 * --tsne-pca, from their principal components: m->points, without affinities.
 * Collective.
 * @return EXG_OK, or on every rank what the functions of points.h return, or
 *         EXG_ENOMEM where a host has too little memory free */
EXG_MUST_CHECK exg_status exg_maps_neighbours(exg_maps *m, double most,
                                              exg_clock *clock);

/** One 2-D or 3-D map with a bar that says `what`.
 *
 * Collective.
 * @param[in]  choice  all but progress, which is the bar's
 * @param[out] r       ended by exg_tsne_free() */
EXG_MUST_CHECK exg_status exg_maps_one(const exg_maps *m, const char *what,
                                       const exg_tsne_options *choice,
                                       exg_clock *clock, exg_tsne_result *r);

/** Write /embedding, /tsne, /tsne_3d and /tsne_sweep.  Collective. */
EXG_MUST_CHECK exg_status exg_maps_record(const exg_maps *m, exg_writer *w);

/** Free what it holds.  Local. */
void exg_maps_clear(exg_maps *m);

#endif
