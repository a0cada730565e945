/* fig_saliency.h -- what the network looks at, before and after.  Layer: plot.
 */
#ifndef EXG_PLOT_FIG_SALIENCY_H
#define EXG_PLOT_FIG_SALIENCY_H

#include "plot/sheet.h"

enum {
    EXG_FIG_SALIENCY_COLUMNS = 10 /* samples on a sheet */
};

/** What is drawn.  All arrays borrowed. */
typedef struct {
    exg_int samples;                 /* S >= 1                              */
    exg_int channels, height, width; /* C, H, W of an image                 */
    const float *source;             /* shape (S, C, H, W)                  */
    const float *baseline, *saliency, *delta, *overlay; /* shape (S, C, H, W),
                                                           signed and raw  */
    const int64_t *index;    /* shape (S): row of the test set              */
    const int64_t *label;    /* shape (S): true class; NULL if unknown      */
    const int64_t *target;   /* shape (S): class differentiated, -1: sum    */
    exg_int classes;         /* K                                           */
    const char *const *name; /* shape (K), any bytes                        */
    exg_int epoch;           /* -1: before training                         */
    exg_int first, count;    /* samples on this sheet, 1..COLUMNS           */
    const char *source_file; /* results file                                */
} exg_fig_saliency;

/** Draw stem.png and stem.svg: a column per sample; rows source, |baseline|,
 * |saliency|, delta, overlay.  Local.
 *
 * Limits are the 99th percentile over all S samples, so that sheets of one
 * epoch compare; baseline and saliency share theirs.  Of colour images the maps
 * show the largest |value| over channels (first two) or the sum (last two).
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_fig_saliency_save(const exg_fig_saliency *fig,
                                                const char *stem);

#endif
