/* fig_maps.h -- several maps of the same points, side by side.  Layer: plot. */
#ifndef EXG_PLOT_FIG_MAPS_H
#define EXG_PLOT_FIG_MAPS_H

#include "plot/sheet.h"

/** One map.  All borrowed. */
typedef struct {
    const float *coordinates; /* shape (N, 2); not finite: not drawn */
    char caption[64];         /* above it: "perplexity 30"           */
    double kl;                /* nats; NaN if unknown                */
} exg_fig_maps_panel;

/** What is drawn.  All arrays borrowed. */
typedef struct {
    exg_int panels; /* >= 1                                          */
    const exg_fig_maps_panel *panel;
    int one_scale;           /* 1: all panels show the same range     */
    exg_int points;          /* N >= 1                                */
    const int64_t *label;    /* shape (N); outside 0..K-1: grey       */
    exg_int classes;         /* K, 0 for none                         */
    const char *const *name; /* shape (K), any bytes                 */
    const char *title;
    const char *source; /* results file */
} exg_fig_maps;

/** Draw stem.png and stem.svg: panels in rows, in order, with the classes at
 * the right.  Local.
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_fig_maps_save(const exg_fig_maps *fig,
                                            const char *stem);

#endif
