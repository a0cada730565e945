/* figures_impl.h -- shared by figures.c and figures_read.c.  Layer: plot. */
#ifndef EXG_PLOT_FIGURES_IMPL_H
#define EXG_PLOT_FIGURES_IMPL_H

#include "plot/figures.h"
#include "store/reader.h"

typedef enum {
    EXG_FIGURES_CURVES,
    EXG_FIGURES_CONFUSION,
    EXG_FIGURES_NORMALISED,
    EXG_FIGURES_SALIENCY,
    EXG_FIGURES_TSNE,
    EXG_FIGURES_TSNE_3D,
    EXG_FIGURES_SWEEP,
    EXG_FIGURES_EPOCHS
} exg_figures_kind;

/** One figure.  `row`: which stored epoch; `first`: first sample of a sheet. */
typedef struct {
    exg_figures_kind kind;
    exg_int row, first;
    char name[96];
} exg_figures_job;

/** Class names, at least `count`: those of the file, then numbers.  Borrowed
 * from one block: exg_free() once. */
EXG_MUST_CHECK exg_status exg_figures_names(exg_reader *r, exg_int count,
                                            char ***names);

/** Classes that names are needed for: the largest label + 1, `least` at least.
 * @param[in] label  shape (n), or NULL */
exg_int exg_figures_classes(exg_int n, const int64_t *label, exg_int least);

/** Read what a figure needs and draw stem.png and stem.svg. */
EXG_MUST_CHECK exg_status exg_figures_curves(exg_reader *r, const char *source,
                                             const char *stem);
EXG_MUST_CHECK exg_status exg_figures_confusion(exg_reader *r,
                                                const char *source,
                                                const exg_figures_job *job,
                                                const char *stem);
EXG_MUST_CHECK exg_status exg_figures_saliency(exg_reader *r,
                                               const char *source,
                                               const exg_figures_job *job,
                                               const char *stem);
EXG_MUST_CHECK exg_status exg_figures_tsne(exg_reader *r, const char *source,
                                           const char *group, const char *stem);
EXG_MUST_CHECK exg_status exg_figures_sweep(exg_reader *r, const char *source,
                                            const char *stem);
EXG_MUST_CHECK exg_status exg_figures_epochs(exg_reader *r, const char *source,
                                             const char *stem);

#endif
