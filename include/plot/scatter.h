/* scatter.h -- many points of many classes, fairly drawn.  Layer: plot.  All
 * Local. */
#ifndef EXG_PLOT_SCATTER_H
#define EXG_PLOT_SCATTER_H

#include "plot/canvas.h"

/** Points on a page.  All arrays borrowed. */
typedef struct {
    exg_int n;
    const double *x, *y;  /* shape (n), points on the page; NaN: left out */
    const double *depth;  /* shape (n), 0 far to 1 near; NULL: flat       */
    const int64_t *label; /* shape (n); outside 0..classes-1: grey        */
    exg_int classes;
    double radius;
    double pale; /* 0..1: white in the colours */
} exg_scatter;

/** Draw the points.
 *
 * Flat: in an order given by a hash of the index, so that no class always lies
 * on top.  With depth: far to near, far ones paler.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_scatter_draw(exg_canvas *c, const exg_scatter *s);

/** Write each class's number at the median of its points; numbers that would
 * cover each other are moved apart.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_scatter_number(exg_canvas *c,
                                             const exg_scatter *s, double size);

/** A radius that suits n points on a square of `side` points. */
double exg_scatter_radius(exg_int n, double side);

#endif
