/* run.h -- what a run knows from stage to stage.  Layer: app. */
#ifndef EXG_APP_RUN_H
#define EXG_APP_RUN_H

#include "core/clock.h"
#include "core/opt.h"
#include "data/batch.h"
#include "explain/saliency.h"
#include "model/pass.h"
#include "train/predict.h"

/** What an evaluation after an epoch came to.  Scores are on rank 0. */
typedef struct {
    int epoch; /* 0.., or -1: the network before training     */
    double train_loss, train_accuracy; /* NaN where epoch is -1         */
    double eval_loss, eval_accuracy;
    int64_t *confusion;              /* shape (K, K): [truth][prediction] */
    double *precision, *recall, *f1; /* shape (K)                        */
    int64_t *support;                /* shape (K)                         */
} exg_run_epoch;

/** Room for the scores of K classes; freed by exg_run_epochs_clear() in any
 * case once the entry counts.  Local.
 * @return EXG_OK or EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_run_epoch_create(exg_run_epoch *e, exg_int k);

/** What is kept of the training; see app/resume.h. */
typedef struct exg_resume exg_resume;

/** Embeddings and their maps; see app/mapping.c. */
typedef struct exg_run_map exg_run_map;

/** A run: filled stage by stage, owned by the pipeline. */
typedef struct {
    const exg_par *par;
    const exg_opts *opts;
    exg_dataset *set;
    exg_net *net; /* holds the best parameters after training   */
    exg_pass *pass;
    float *init;            /* shape (P): parameters before training      */
    exg_batches *test;      /* the test set as one step                   */
    exg_prediction *shown;  /* of the best model                         */
    exg_int nepoch;         /* evaluations in `epoch`                     */
    exg_run_epoch *epoch;   /* shape (epochs, at least 1)                 */
    exg_int best;           /* which of them has the lowest loss          */
    exg_saliency *saliency; /* NULL without the stage                   */
    exg_run_map *map;       /* NULL without the stage "embed" */
    exg_resume *resume;     /* checkpoints                    */
    exg_clock clock;
    double start; /* seconds                                            */
} exg_run;

/** 1 if --stages names the stage.  Local. */
static inline int exg_run_does(const exg_run *run, const char *stage)
{
    return exg_opts_has(run->opts, "stages", stage);
}

/** Epochs to train: 0 without the stage.  Local. */
static inline exg_int exg_run_epochs(const exg_run *run)
{
    return exg_run_does(run, "train") ? exg_opts_int(run->opts, "epochs") : 0;
}

/** Free the history.  Local. */
void exg_run_epochs_clear(exg_run *run);

#endif
