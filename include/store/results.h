/* results.h -- a run's results, section by section.  Layer: store.
 *
 *     exg_results_open -> one call per section that ran -> exg_results_close
 *
 * Every function is collective.  Sizes, names and paths are equal on all ranks.
 * "On rank 0" means that only rank 0's array is read; the others may pass NULL.
 * "Sharded" means that every rank passes its rows, those of the struct's shard,
 * any contiguous blocks that tile 0..N-1 in rank order.  Nothing is kept: the
 * arrays stay the caller's.  All writing functions return EXG_OK, or on every
 * rank EXG_EIO, EXG_ENOMEM or EXG_ELIB; end the file with exg_writer_drop()
 * then.  store/schema.h says what ends up where. */
#ifndef EXG_STORE_RESULTS_H
#define EXG_STORE_RESULTS_H

#include "store/reader.h"
#include "store/writer.h"

/** A name and its value as texts (read on rank 0 where said). */
typedef struct {
    const char *name;
    const char *value;
} exg_results_pair;

/** A number with its name; in files @long_name and @units. */
typedef struct {
    const char *name;      /* "trustworthiness"; equal on all ranks      */
    const char *long_name; /* "trustworthiness at 10 neighbours"         */
    const char *units;     /* "1", "nat", "s"                            */
    double value;          /* rank 0's counts                            */
} exg_results_scalar;

/** Start a results file: exg_writer_open() and the root's attributes. */
EXG_MUST_CHECK exg_status exg_results_open(const exg_par *par, const char *path,
                                           exg_writer **w);

/** Link the sections that are there into /entry, point @default at the best
 * plot among them, and finish the file: exg_writer_close(). */
EXG_MUST_CHECK exg_status exg_results_close(const exg_par *par, exg_writer **w);

/** /config.
 * @param[in] n       options
 * @param[in] option  shape (n): names equal on all ranks, values rank 0's
 * @param[in] json    the same as one JSON object; rank 0's */
EXG_MUST_CHECK exg_status exg_results_config(const exg_par *par, exg_writer *w,
                                             exg_int n,
                                             const exg_results_pair *option,
                                             const char *json);

/** What may differ between equal runs. */
typedef struct {
    exg_int nfact; /* versions, hosts, ranks, command line, start time ... */
    const exg_results_pair *fact; /* shape (nfact); values rank 0's        */
    exg_int nphase;
    const char *const *phase; /* shape (nphase), on rank 0                */
    const double *seconds;    /* shape (nphase, 3), on rank 0: min, mean and
                                 max over ranks                           */
    exg_int nfile;
    const exg_results_pair *file; /* shape (nfile), on rank 0: file, sha256 */
} exg_results_provenance;

/** /provenance. */
EXG_MUST_CHECK exg_status exg_results_provenance_put(
    const exg_par *par, exg_writer *w, const exg_results_provenance *p);

/** /dataset.
 * @param[in] name         "mnist"
 * @param[in] sha256       of its files, "" if unknown; rank 0's
 * @param[in] nclass       K
 * @param[in] class_names  shape (K), on rank 0 */
EXG_MUST_CHECK exg_status exg_results_dataset(const exg_par *par, exg_writer *w,
                                              const char *name,
                                              const char *sha256,
                                              exg_int nclass,
                                              const char *const *class_names);

/** Curves over epochs, arrays of shape (nepoch), on rank 0. */
typedef struct {
    exg_int nepoch;                               /* E > 0           */
    const int32_t *epoch;                         /* 0, 1, ...       */
    const double *train_loss, *eval_loss;         /* nats per sample */
    const double *train_accuracy, *eval_accuracy; /* 0..1            */
    const double *learning_rate;
    int32_t best_epoch; /* of the lowest evaluation loss; rank 0's */
} exg_results_history;

/** /history. */
EXG_MUST_CHECK exg_status exg_results_history_put(const exg_par *par,
                                                  exg_writer *w,
                                                  const exg_results_history *h);

/** Counts on the test set after each epoch, on rank 0. */
typedef struct {
    exg_int nepoch, nclass;   /* E, K > 0                             */
    const int32_t *epoch;     /* shape (E)                            */
    const int64_t *confusion; /* shape (E, K, K): truth, prediction   */
    const double *precision, *recall, *f1; /* shape (E, K), 0/0 = 0   */
    const int64_t *support;                /* shape (E, K)            */
    const double *accuracy;                /* shape (E)               */
    int32_t best_epoch; /* whose matrix is shown first; rank 0's      */
} exg_results_metrics;

/** /metrics. */
EXG_MUST_CHECK exg_status exg_results_metrics_put(const exg_par *par,
                                                  exg_writer *w,
                                                  const exg_results_metrics *m);

/** The best model's answers, sharded by sample. */
typedef struct {
    exg_shard shard;           /* total = N                */
    exg_int nclass;            /* K                        */
    const int32_t *label;      /* shape (count)            */
    const int32_t *prediction; /* shape (count)           */
    const float *logits;       /* shape (count, K)         */
    const float *probability;  /* shape (count, K)         */
} exg_results_test;

/** /test. */
EXG_MUST_CHECK exg_status exg_results_test_put(const exg_par *par,
                                               exg_writer *w,
                                               const exg_results_test *t);

/** One layer's parameters; for writing on rank 0. */
typedef struct {
    const char *name; /* "conv1"; equal on all ranks            */
    int rank;         /* of weight: 4 (out,in,kh,kw), 2 (out,in) */
    exg_int dims[4];  /* shape of weight; bias has dims[0]       */
    const float *weight;
    const float *bias;
} exg_results_layer;

/** /model: the best parameters and those before training.
 * @param[in] architecture  the network's canonical text; rank 0's
 * @param[in] n             layers that have parameters
 * @param[in] best, init    shape (n) each */
EXG_MUST_CHECK exg_status exg_results_model(const exg_par *par, exg_writer *w,
                                            const char *architecture, exg_int n,
                                            const exg_results_layer *best,
                                            const exg_results_layer *init);

/** Maps of chosen samples, on rank 0.  All float maps are signed and raw. */
typedef struct {
    exg_int nsample, nepoch;   /* S, F > 0                                  */
    exg_int c, h, w;           /* image; with c = 1 files have no C axis    */
    const int64_t *index;      /* shape (S): rows of the test set           */
    const int32_t *target;     /* shape (S): the class differentiated, -1:
                                  the sum of all logits                     */
    const int32_t *epoch;      /* shape (F): -1 (before training) first     */
    const char *target_mode;   /* "true", "predicted", ...; rank 0's        */
    const char *baseline_mode; /* "black", ...; rank 0's                  */
    const float *source;       /* (S, C, H, W)    */
    const float *baseline, *saliency, *delta, *overlay; /* (F, S, C, H, W) */
} exg_results_saliency;

/** /saliency. */
EXG_MUST_CHECK exg_status exg_results_saliency_put(
    const exg_par *par, exg_writer *w, const exg_results_saliency *s);

/** Which set a point is of. */
enum {
    EXG_RESULTS_SET_TRAIN = 0,
    EXG_RESULTS_SET_TEST = 1
};

/** What t-SNE saw, sharded by point. */
typedef struct {
    exg_shard shard;       /* total = N                           */
    exg_int nfeature;      /* D                                   */
    const float *features; /* shape (count, D)                    */
    const char *meaning;   /* of the features, for long_name      */
    int has_zeros;         /* many features are exactly 0         */
    const int32_t *label;  /* shape (count)                       */
    const int64_t *index;  /* shape (count): rows of their set    */
    const int32_t *set;    /* shape (count), or NULL on all ranks */
    const char *model;     /* whose they are; rank 0's; "": none  */
} exg_results_embedding;

/** /embedding. */
EXG_MUST_CHECK exg_status exg_results_embedding_put(
    const exg_par *par, exg_writer *w, const exg_results_embedding *e);

/** A t-SNE map, sharded by point but for iteration and kl. */
typedef struct {
    const char *group; /* EXG_SCHEMA_TSNE, EXG_SCHEMA_TSNE_3D, or one below
                          EXG_SCHEMA_TSNE_SWEEP, which exists             */
    exg_shard shard;   /* total = N                                       */
    exg_int dims;      /* d: 2 or 3                                       */
    const float *coordinates; /* shape (count, d)                         */
    const int32_t *label;     /* shape (count)                            */
    const int64_t *index;     /* shape (count): rows of their set         */
    const int32_t *set;       /* shape (count), or NULL on all ranks      */
    exg_int nmoment;          /* T, 0 if no trajectory was kept           */
    const float *trajectory;  /* shape (T, count, d)                      */
    int no_trajectory;        /* 1: only iteration and kl of the moments  */
    const int32_t *iteration; /* shape (T), on rank 0                     */
    const double *kl;         /* shape (T), nats, on rank 0; NaN where it
                                 was not computed                         */
    exg_int nquality;
    const exg_results_scalar *quality; /* shape (nquality): datasets      */
    exg_int nsetting;
    const exg_results_scalar *setting; /* numeric options: attributes     */
    exg_int nchoice;
    const exg_results_pair *choice; /* text options: attributes; names equal
                                       on all ranks, values rank 0's      */
} exg_results_tsne;

/** /tsne or /tsne_3d. */
EXG_MUST_CHECK exg_status exg_results_tsne_put(const exg_par *par,
                                               exg_writer *w,
                                               const exg_results_tsne *t);

/** Maps through training, sharded by point but for epoch and kl. */
typedef struct {
    exg_shard shard;          /* total = N                         */
    exg_int nframe;           /* F > 0                             */
    const int32_t *epoch;     /* shape (F), on rank 0              */
    const double *kl;         /* shape (F), nats, on rank 0        */
    const float *coordinates; /* shape (F, count, 2)               */
    const int32_t *label;     /* shape (count)                     */
    const int64_t *index;     /* shape (count): rows of the input  */
} exg_results_epochs;

/** /tsne_epochs. */
EXG_MUST_CHECK exg_status exg_results_epochs_put(const exg_par *par,
                                                 exg_writer *w,
                                                 const exg_results_epochs *e);

/** Read a layer's parameters from an open file, for --init.  Local.
 *
 * @param[in]  group         EXG_SCHEMA_MODEL_BEST
 * @param[in]  layer         name, rank and dims are what is expected
 * @param[out] weight, bias  shapes as in `layer`; written only on success
 * @return EXG_OK, EXG_EINPUT (missing, other shape; the message names the
 *         layer and both shapes), EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_results_layer_get(exg_reader *r,
                                                const char *group,
                                                const exg_results_layer *layer,
                                                float *weight, float *bias);

#endif
