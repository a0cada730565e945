/* fig_curves.h -- loss and accuracy over the epochs.  Layer: plot. */
#ifndef EXG_PLOT_FIG_CURVES_H
#define EXG_PLOT_FIG_CURVES_H

#include "plot/sheet.h"

/** What is drawn.  Borrowed; each array has shape (epochs); a NaN is a gap, a
 * NULL array is not drawn. */
typedef struct {
    exg_int epochs; /* >= 1 */
    const double *epoch;
    const double *train_loss, *eval_loss;         /* nats            */
    const double *train_accuracy, *eval_accuracy; /* fractions, 0..1 */
    const char *source;                           /* results file    */
} exg_fig_curves;

/** Draw stem.png and stem.svg: two panels, training and evaluation in each, the
 * epoch of lowest evaluation loss marked.  Local.
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_fig_curves_save(const exg_fig_curves *fig,
                                              const char *stem);

#endif
