/* axes.h -- ticks, limits, frames and colour bars.  Layer: plot.  All Local. */
#ifndef EXG_PLOT_AXES_H
#define EXG_PLOT_AXES_H

#include "plot/canvas.h"
#include "plot/colormap.h"

enum {
    EXG_AXES_TICKS = 16 /* most ticks on an axis */
};

/** Font sizes at print size, points; 7 is the least that journals take. */
#define EXG_AXES_SMALL 7.0
#define EXG_AXES_PLAIN 8.0
#define EXG_AXES_TITLE 10.0

/** Colours of what is not data. */
#define EXG_AXES_INK 0x202020u
#define EXG_AXES_GREY 0x606060u
#define EXG_AXES_GRID 0xe4e4e4u

/** Ticks of one axis.  Plain data. */
typedef struct {
    int count;
    double step;
    double at[EXG_AXES_TICKS];
} exg_ticks;

/** Round numbers inside [low, high]: steps of 1, 2 or 5 times a power of ten.
 *
 * @param[in] low,high  finite, low <= high; equal gives one tick
 * @param[in] most      at most so many, 2..EXG_AXES_TICKS
 * @param[in] whole     1: whole numbers only (epochs, counts)
 */
exg_ticks exg_axes_ticks(double low, double high, int most, int whole);

/** Extend [low, high] by the finite values of v, shape (n).  Start with low =
 * INFINITY and high = -INFINITY. */
void exg_axes_extend(exg_int n, const double *v, double *low, double *high);

/** Make a range that can be drawn: an empty one becomes [0, 1], a single value
 * gets room on both sides. */
void exg_axes_widen(double *low, double *high);

/** Limit of a colour map: the p-th percentile of |v| over finite values.
 *
 * Nearest rank, so the limit is a value that occurs.  Where that is 0 (maps
 * that are nearly empty) the largest |v|.
 * @param[in]  n,v    shape (n)
 * @param[in]  p      0..100
 * @param[out] limit  >= 0; 0 only if nothing but zeros is there
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_axes_percentile(exg_int n, const float *v,
                                              double p, double *limit);

/** A panel: a rectangle on the page and the data range it shows. */
typedef struct {
    double x, y, w, h;     /* points, upper left corner     */
    double x0, x1, y0, y1; /* data range, left/right, bottom/top; x0 < x1 */
} exg_panel;

/** Data to page. */
double exg_panel_x(const exg_panel *p, double x);
double exg_panel_y(const exg_panel *p, double y);

/** Frame, grid, ticks and axis labels.
 * @param[in] xlabel,ylabel  NULL for none
 * @param[in] whole_x        1: whole numbers on the x axis
 * @param[in] percent_y      1: y is a fraction, shown in per cent */
void exg_panel_draw(exg_canvas *c, const exg_panel *p, const char *xlabel,
                    const char *ylabel, int whole_x, int percent_y);

/** A vertical colour bar with labels at its ends and, if given, its middle.
 * @param[in] low,middle,high  texts; NULL for none */
void exg_bar_draw(exg_canvas *c, double x, double y, double w, double h,
                  exg_colormap map, const char *low, const char *middle,
                  const char *high);

#endif
