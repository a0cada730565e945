/* fig_embedding.h -- a t-SNE map as a scatter plot.  Layer: plot. */
#ifndef EXG_PLOT_FIG_EMBEDDING_H
#define EXG_PLOT_FIG_EMBEDDING_H

#include "plot/sheet.h"

/** What is drawn.  All arrays borrowed. */
typedef struct {
    exg_int points;             /* N >= 1                                    */
    int dims;                   /* 2 or 3                                    */
    const float *coordinates;   /* shape (N, dims); not finite: not drawn    */
    const int64_t *label;       /* shape (N); outside 0..K-1: drawn in grey  */
    exg_int others;             /* M: points of the map that took these, drawn
                                   pale below them; 0: none                  */
    const float *other;         /* shape (M, dims)                           */
    const int64_t *other_label; /* shape (M)                               */
    exg_int classes;            /* K; 0: no legend                           */
    const char *const *name;    /* shape (K), any bytes                      */
    double kl;                  /* nats; NaN if unknown                      */
    double perplexity;          /* NaN if unknown                            */
    double dof;                 /* of the kernel; NaN if unknown             */
    const char *perplexities;   /* "30,300" where there are several, or NULL */
    double iterations;          /* NaN if unknown                            */
    const char *title;          /* "t-SNE of the embeddings"                 */
    const char *source;         /* results file                              */
} exg_fig_embedding;

/** Draw stem.png and stem.svg: two dimensions as they are; three as an oblique
 * view with a box, nearer points stronger, and the three side views.  Local.
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_fig_embedding_save(const exg_fig_embedding *fig,
                                                 const char *stem);

#endif
