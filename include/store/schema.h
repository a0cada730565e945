/* schema.h -- every name in a results file.  Layer: store.
 *
 * Letters: N test samples or points, K classes, D features, E epochs, F epochs
 * at which maps were drawn (-1 = before training, first), S samples with maps,
 * C x H x W image, T stored moments of the t-SNE descent, d its dimensions.
 * Every dataset carries @long_name and @units ("1" for a plain number, "" for
 * names of things: classes, indices).  Every dimension but those of /model and
 * /provenance has a dimension scale.  analysis/README.md is the same in prose.
 */
#ifndef EXG_STORE_SCHEMA_H
#define EXG_STORE_SCHEMA_H

/** Root attributes, with which a reader recognises the file. */
#define EXG_SCHEMA_CREATOR "exigo-mpi"         /* @creator            */
#define EXG_SCHEMA_VERSION_ATTR "exigo_schema" /* int: as below       */

enum {
    EXG_SCHEMA_VERSION = 1 /* grows when an old reader would go wrong */
};

/** NXentry: links to the sections that ran; @default names the first plot. */
#define EXG_SCHEMA_ENTRY "/entry"

/** NXnote: JSON text, and one text attribute per option. */
#define EXG_SCHEMA_CONFIG "/config"
#define EXG_SCHEMA_CONFIG_DATA "/config/data" /* text () */
#define EXG_SCHEMA_CONFIG_TYPE "/config/type" /* text (): application/json */

/** All that may differ between equal runs: attributes, and these.  Phases:
 * seconds are min, mean, max over ranks. */
#define EXG_SCHEMA_PROVENANCE "/provenance"
#define EXG_SCHEMA_PHASE "/provenance/phase"     /* text (P)     */
#define EXG_SCHEMA_SECONDS "/provenance/seconds" /* f64 (P,3), s */
#define EXG_SCHEMA_FILE "/provenance/file"       /* text (Q)     */
#define EXG_SCHEMA_SHA256 "/provenance/sha256"   /* text (Q)     */

/** The data: @name, @sha256. */
#define EXG_SCHEMA_DATASET "/dataset"
#define EXG_SCHEMA_CLASS_NAMES "/dataset/class_names" /* text (K) */

/** NXdata, losses over epochs: @best_epoch.  Accuracies are in 0..1. */
#define EXG_SCHEMA_HISTORY "/history"
#define EXG_SCHEMA_HISTORY_EPOCH "/history/epoch"           /* i32 (E)      */
#define EXG_SCHEMA_TRAIN_LOSS "/history/train_loss"         /* f64 (E), nat */
#define EXG_SCHEMA_EVAL_LOSS "/history/eval_loss"           /* f64 (E), nat */
#define EXG_SCHEMA_TRAIN_ACCURACY "/history/train_accuracy" /* f64 (E)      */
#define EXG_SCHEMA_EVAL_ACCURACY "/history/eval_accuracy"   /* f64 (E)      */
#define EXG_SCHEMA_LEARNING_RATE "/history/learning_rate"   /* f64 (E)      */

/** NXdata, confusion matrices [epoch, truth, prediction] in samples, and what
 * follows from them, in 0..1 with 0/0 = 0: @best_epoch. */
#define EXG_SCHEMA_METRICS "/metrics"
#define EXG_SCHEMA_METRICS_EPOCH "/metrics/epoch"           /* i32 (E)     */
#define EXG_SCHEMA_METRICS_TRUTH "/metrics/truth"           /* i32 (K)     */
#define EXG_SCHEMA_METRICS_PREDICTION "/metrics/prediction" /* i32 (K)     */
#define EXG_SCHEMA_CONFUSION "/metrics/confusion"           /* i64 (E,K,K) */
#define EXG_SCHEMA_PRECISION "/metrics/precision"           /* f64 (E,K)   */
#define EXG_SCHEMA_RECALL "/metrics/recall"                 /* f64 (E,K)   */
#define EXG_SCHEMA_F1 "/metrics/f1"                         /* f64 (E,K)   */
#define EXG_SCHEMA_SUPPORT "/metrics/support"               /* i64 (E,K)   */
#define EXG_SCHEMA_ACCURACY "/metrics/accuracy"             /* f64 (E)     */

/** NXdata, the best model's answer to every test sample, in file order. */
#define EXG_SCHEMA_TEST "/test"
#define EXG_SCHEMA_TEST_SAMPLE "/test/sample"           /* i32 (N): 0..N-1 */
#define EXG_SCHEMA_TEST_CLASS "/test/class"             /* i32 (K): 0..K-1 */
#define EXG_SCHEMA_TEST_LABEL "/test/label"             /* i32 (N)         */
#define EXG_SCHEMA_TEST_PREDICTION "/test/prediction"   /* i32 (N)         */
#define EXG_SCHEMA_TEST_LOGITS "/test/logits"           /* f32 (N,K)       */
#define EXG_SCHEMA_TEST_PROBABILITY "/test/probability" /* f32 (N,K)       */

/** Parameters: @architecture.  Below best (lowest evaluation loss) and init
 * (before training), for each layer that has parameters, in PyTorch's shapes:
 * <layer>/weight f32 (out,in,kh,kw) or (out,in), <layer>/bias f32 (out). */
#define EXG_SCHEMA_MODEL "/model"
#define EXG_SCHEMA_MODEL_BEST "/model/best"
#define EXG_SCHEMA_MODEL_INIT "/model/init"
#define EXG_SCHEMA_WEIGHT "weight"
#define EXG_SCHEMA_BIAS "bias"

/** NXdata, maps of chosen samples: @target, @baseline name the modes.  Grey
 * images (C = 1) have no C axis and no channel.  Maps are signed and raw. */
#define EXG_SCHEMA_SALIENCY "/saliency"
#define EXG_SCHEMA_SALIENCY_INDEX "/saliency/index"     /* i64 (S): test row */
#define EXG_SCHEMA_SALIENCY_TARGET "/saliency/target"   /* i32 (S); -1 = sum */
#define EXG_SCHEMA_SALIENCY_EPOCH "/saliency/epoch"     /* i32 (F)           */
#define EXG_SCHEMA_SALIENCY_CHANNEL "/saliency/channel" /* i32 (C) */
#define EXG_SCHEMA_SALIENCY_ROW "/saliency/row"         /* i32 (H)           */
#define EXG_SCHEMA_SALIENCY_COLUMN "/saliency/column"   /* i32 (W)           */
#define EXG_SCHEMA_SOURCE "/saliency/source"         /* f32 (S[,C],H,W)      */
#define EXG_SCHEMA_BASELINE_MAP "/saliency/baseline" /* f32 (F,S[,C],H,W) */
#define EXG_SCHEMA_SALIENCY_MAP "/saliency/saliency" /* f32 (F,S[,C],H,W) */
#define EXG_SCHEMA_DELTA_MAP "/saliency/delta"       /* f32 (F,S[,C],H,W)    */
#define EXG_SCHEMA_OVERLAY_MAP "/saliency/overlay"   /* f32 (F,S[,C],H,W)    */

/** NXdata, the features that t-SNE saw. */
#define EXG_SCHEMA_EMBEDDING "/embedding"
#define EXG_SCHEMA_MODEL_NAME "model" /* @model: names the parameters */
#define EXG_SCHEMA_FEATURES "/embedding/features"     /* f32 (N,D)       */
#define EXG_SCHEMA_EMBEDDING_LABEL "/embedding/label" /* i32 (N)         */
#define EXG_SCHEMA_EMBEDDING_INDEX "/embedding/index" /* i64 (N): its row */
#define EXG_SCHEMA_EMBEDDING_SET                     \
    "/embedding/set" /* i32 (N): 0 training, 1 test; \
                        not of a matrix */
#define EXG_SCHEMA_EMBEDDING_FEATURE "/embedding/feature" /* i32 (D) */

/** NXdata, a t-SNE map; /tsne_3d and the members of the group /tsne_sweep,
 * named by their perplexity ("p30"), are built the same.  Quality scalars, f64
 * (), and options, attributes, have the names their maker gave them.  label is
 * the signal; kl is NaN where it was not computed. */
#define EXG_SCHEMA_TSNE "/tsne"
#define EXG_SCHEMA_TSNE_3D "/tsne_3d"
#define EXG_SCHEMA_TSNE_MAPS "maps" /* @maps of the sweep: "p5,p30" */
#define EXG_SCHEMA_TSNE_SWEEP                                                  \
    "/tsne_sweep"                                 /* a map p<perplexity> each: \
                                                     no trajectory */
#define EXG_SCHEMA_TSNE_X "x"                     /* f32 (N)           */
#define EXG_SCHEMA_TSNE_Y "y"                     /* f32 (N)           */
#define EXG_SCHEMA_TSNE_Z "z"                     /* f32 (N), if d = 3 */
#define EXG_SCHEMA_TSNE_LABEL "label"             /* i32 (N)           */
#define EXG_SCHEMA_TSNE_INDEX "index"             /* i64 (N): row of set */
#define EXG_SCHEMA_TSNE_SET "set"                 /* i32 (N): as in embedding */
#define EXG_SCHEMA_TSNE_COMPONENT "component"     /* i32 (d): 0..d-1   */
#define EXG_SCHEMA_TSNE_COORDINATES "coordinates" /* f32 (N,d)         */
#define EXG_SCHEMA_TSNE_TRAJECTORY "trajectory"   /* f32 (T,N,d)       */
#define EXG_SCHEMA_TSNE_ITERATION "iteration"     /* i32 (T)           */
#define EXG_SCHEMA_TSNE_KL "kl"                   /* f64 (T), nat      */
#define EXG_SCHEMA_TSNE_REFERENCE "reference"     /* group: see tsne-into */

/** NXdata, 2-D maps after each epoch that improved, each started from the one
 * before: a film of F frames. */
#define EXG_SCHEMA_TSNE_EPOCHS "/tsne_epochs"
#define EXG_SCHEMA_TSNE_EPOCHS_EPOCH "/tsne_epochs/epoch" /* i32 (F)      */
#define EXG_SCHEMA_TSNE_EPOCHS_KL "/tsne_epochs/kl"       /* f64 (F), nat */
#define EXG_SCHEMA_TSNE_EPOCHS_INDEX "/tsne_epochs/index" /* i64 (N)      */
#define EXG_SCHEMA_TSNE_EPOCHS_LABEL "/tsne_epochs/label" /* i32 (N)      */
#define EXG_SCHEMA_TSNE_EPOCHS_COMPONENT \
    "/tsne_epochs/component" /* i32 (2)  \
                              */
#define EXG_SCHEMA_TSNE_EPOCHS_COORDINATES \
    "/tsne_epochs/coordinates" /* f32 (F,N,2) */

#endif
