/* fig_embedding_view.c -- where points of a map lie on the page.
 *
 * Three dimensions are turned by AZIMUTH about the vertical and tipped by
 * ELEVATION, without perspective, so that side views compare. */
#include <math.h>
#include <string.h>

#include "fig_embedding_impl.h"
#include "plot/axes.h"

#define AZIMUTH (35 * M_PI / 180)
#define ELEVATION (22 * M_PI / 180)
#define PALE 0.72 /* how much white the points of the map below get */

/* Least and largest coordinate d of n points, beside those so far. */
static void stretch(exg_int n, int dims, const float *at, int d, double *low,
                    double *high)
{
    for (exg_int i = 0; i < n; i++) {
        const double v = at[i * dims + d];

        *low = isfinite(v) ? fmin(*low, v) : *low;
        *high = isfinite(v) ? fmax(*high, v) : *high;
    }
}

void exg_view_cube(exg_embedding_layout *l)
{
    const exg_fig_embedding *fig = l->fig;

    l->half = 0;
    for (int d = 0; d < fig->dims; d++) {
        double low = INFINITY, high = -INFINITY;

        stretch(fig->points, fig->dims, fig->coordinates, d, &low, &high);
        stretch(fig->others, fig->dims, fig->other, d, &low, &high);
        if (low <= high) {
            l->middle[d] = (low + high) / 2;
            l->half = fmax(l->half, (high - low) / 2);
        }
    }
    l->half = l->half > 0 ? 1.04 * l->half : 1;
}

/* The oblique view: data in [-1, 1]^3 to right, up and near. */
static void turn(const double *p, double *right, double *up, double *near)
{
    const double ca = cos(AZIMUTH), sa = sin(AZIMUTH);
    const double ce = cos(ELEVATION), se = sin(ELEVATION);
    const double back = sa * p[0] + ca * p[1];

    *right = ca * p[0] - sa * p[1];
    *up = se * back + ce * p[2];
    *near = se * p[2] - ce * back;
}

exg_scatter exg_view_flat(exg_embedding_layout *l, const exg_view *v,
                          int others, int across, int upward)
{
    const exg_fig_embedding *fig = l->fig;
    const exg_int n = others ? fig->others : fig->points;
    const float *at = others ? fig->other : fig->coordinates;
    const double scale = v->side / (2 * l->half);

    for (exg_int i = 0; i < n; i++) {
        const float *p = at + i * fig->dims;

        l->x[i] = v->x + v->side / 2 + scale * (p[across] - l->middle[across]);
        l->y[i] = v->y + v->side / 2 - scale * (p[upward] - l->middle[upward]);
    }
    return (exg_scatter){.n = n,
                         .x = l->x,
                         .y = l->y,
                         .label = others ? fig->other_label : fig->label,
                         .classes = fig->classes,
                         .pale = others ? PALE : 0,
                         .radius = exg_scatter_radius(n, v->side)};
}

/* Half the page side that the turned unit cube needs. */
static double cube_reach(void)
{
    return cos(AZIMUTH) + sin(AZIMUTH) + 0.12;
}

exg_scatter exg_view_oblique(exg_embedding_layout *l, const exg_view *v,
                             int others)
{
    const exg_fig_embedding *fig = l->fig;
    const float *at = others ? fig->other : fig->coordinates;
    const double scale = v->side / (2 * cube_reach());
    exg_scatter s = exg_view_flat(l, v, others, 0, 1);

    for (exg_int i = 0; i < s.n; i++) {
        double p[3], right, up, near;

        for (int d = 0; d < 3; d++) {
            p[d] = (at[3 * i + d] - l->middle[d]) / l->half;
        }
        turn(p, &right, &up, &near);
        l->x[i] = v->x + v->side / 2 + scale * right;
        l->y[i] = v->y + v->side / 2 - scale * up;
        l->depth[i] = 0.5 + near / 2.6;
        if (fig->others > 0 && !others) { /* the new ones stay in colour */
            l->depth[i] = 0.5 + 0.5 * l->depth[i];
        }
    }
    s.depth = l->depth;
    return s;
}

/* The 12 edges of the cube: those that meet its farthest corner before the
 * points, the others after them. */
void exg_view_edges(exg_canvas *c, const exg_view *v, int front)
{
    const exg_pen pen = {.width = 0.6, .rgb = front ? 0x808080 : 0xc8c8c8};
    const double scale = v->side / (2 * cube_reach());

    for (int corner = 0; corner < 8; corner++) {
        for (int d = 0; d < 3; d++) {
            const double a[] = {corner & 1 ? 1 : -1, corner & 2 ? 1 : -1,
                                corner & 4 ? 1 : -1};
            double b[3], x0, y0, x1, y1, near;
            /* Far is +x, +y, -z (see turn). */
            const int far = (d == 0 || a[0] > 0) + (d == 1 || a[1] > 0) +
                            (d == 2 || a[2] < 0);

            if ((corner >> d & 1) || (far == 3) == front) {
                continue;
            }
            memcpy(b, a, sizeof b);
            b[d] = 1;
            turn(a, &x0, &y0, &near);
            turn(b, &x1, &y1, &near);
            exg_canvas_line(c, v->x + v->side / 2 + scale * x0,
                            v->y + v->side / 2 - scale * y0,
                            v->x + v->side / 2 + scale * x1,
                            v->y + v->side / 2 - scale * y1, pen);
        }
    }
}

/* x, y and z beside the edges that lie in front and below, and at the left. */
void exg_view_names(exg_canvas *c, const exg_view *v)
{
    static const double at[3][3] = {
        {0, -1.12, -1.06}, {-1.12, 0, -1.06}, {-1.1, 1.1, 0}};
    static const char *const name[] = {"x", "y", "z"};
    const exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_GREY, .hx = 0.5, .hy = 0.5};
    const double scale = v->side / (2 * cube_reach());

    for (int d = 0; d < 3; d++) {
        double right, up, near;

        turn(at[d], &right, &up, &near);
        exg_canvas_text(c, v->x + v->side / 2 + scale * right,
                        v->y + v->side / 2 - scale * up, name[d], face);
    }
}
