/* sheet.h -- one drawing, saved as PNG and SVG.  Layer: plot. */
#ifndef EXG_PLOT_SHEET_H
#define EXG_PLOT_SHEET_H

#include "plot/canvas.h"

/** Pixels per inch of the PNG. */
#define EXG_SHEET_DPI 200.0

/** What is on a sheet and how large it is.  Plain data, all borrowed. */
typedef struct {
    double width, height; /* points                                  */
    const char *title;    /* for PNG's tEXt and SVG's <title>        */
    const char *source;   /* the results file; NULL for none         */
    exg_status (*draw)(exg_canvas *c, const void *data);
    const void *data;
} exg_sheet;

/** Draw stem.png and stem.svg.  Local.
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_sheet_save(const exg_sheet *sheet,
                                         const char *stem);

#endif
