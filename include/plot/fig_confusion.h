/* fig_confusion.h -- the confusion matrix of one epoch.  Layer: plot. */
#ifndef EXG_PLOT_FIG_CONFUSION_H
#define EXG_PLOT_FIG_CONFUSION_H

#include "plot/sheet.h"

/** What is drawn.  All arrays borrowed. */
typedef struct {
    exg_int classes;                       /* K >= 1                         */
    const char *const *name;               /* shape (K), any bytes           */
    const int64_t *count;                  /* shape (K, K) [truth, predicted] */
    const double *precision, *recall, *f1; /* shape (K), fractions          */
    const int64_t *support;                /* shape (K), samples of the class */
    exg_int epoch;                         /* for the title                  */
    int normalised;                        /* 1: each row in per cent        */
    const char *source;                    /* results file                   */
} exg_fig_confusion;

/** Draw stem.png and stem.svg.  Rows are the true class, columns the predicted
 * one; precision, recall and F1 stand beside their row.  Local.
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_fig_confusion_save(const exg_fig_confusion *fig,
                                                 const char *stem);

#endif
