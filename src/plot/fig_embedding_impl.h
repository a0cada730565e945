/* fig_embedding_impl.h -- the views of a map, for fig_embedding.c.
 * Layer: plot. */
#ifndef EXG_PLOT_FIG_EMBEDDING_IMPL_H
#define EXG_PLOT_FIG_EMBEDDING_IMPL_H

#include "plot/fig_embedding.h"
#include "plot/scatter.h"

/** A square part of the page. */
typedef struct {
    double x, y, side;
} exg_view;

/** The figure on its page. */
typedef struct {
    const exg_fig_embedding *fig;
    double names;           /* width of a legend column                  */
    exg_int columns, rows;  /* of the legend                             */
    double middle[3], half; /* the data's cube: centre, half an edge     */
    double *x, *y, *depth;  /* scratch, shape (N or M, the larger), each */
    double legend, width, height;
} exg_embedding_layout;

/** The cube around all points.  Local. */
void exg_view_cube(exg_embedding_layout *l);

/** Points seen along an axis, in the layout's scratch.
 * @param[in] others  1: the points of the map that took these, pale */
exg_scatter exg_view_flat(exg_embedding_layout *l, const exg_view *v,
                          int others, int across, int upward);

/** Points seen obliquely, in the layout's scratch. */
exg_scatter exg_view_oblique(exg_embedding_layout *l, const exg_view *v,
                             int others);

/** The edges of the cube that lie behind the points (front = 0), or before. */
void exg_view_edges(exg_canvas *c, const exg_view *v, int front);

/** The names of its axes. */
void exg_view_names(exg_canvas *c, const exg_view *v);

#endif
