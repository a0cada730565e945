/* fig_maps.c -- small multiples: maps at several perplexities, or after several
 * epochs.
 *
 * A single map invites reading more into it than it holds; what stays from
 * panel to panel is what can be trusted.  Perplexities change the extent of a
 * map, which means nothing, so each panel is filled; the frames of a film keep
 * one scale. */
#include "plot/fig_maps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot/axes.h"
#include "plot/scatter.h"
#include "plot/text.h"

#define MARGIN 12.0
#define TOP 24.0
#define FOOT 16.0
#define SIDE 170.0
#define GAP 10.0
#define CAPTION 13.0
#define LEGEND 112.0 /* most of it */
#define LETTER 4.6   /* about      */
#define LEGEND_ROW 13.0

enum {
    COLUMNS = 4,       /* most panels in a row                          */
    SHAPES_MAX = 20000 /* more dots are a picture in SVG: 40 bytes each */
};

/* Where the panels stand; x and y are scratch. */
typedef struct {
    const exg_fig_maps *fig;
    exg_int columns, rows;
    double middle[2], half; /* of the data, where panels share one scale */
    double legend;          /* its width                                 */
    double *x, *y;          /* shape (N) each                            */
} layout;

/* The square that holds panels [from, to). */
static void find_square(const exg_fig_maps *fig, exg_int from, exg_int to,
                        double *middle, double *half)
{
    *half = 0;
    for (int d = 0; d < 2; d++) {
        double low = INFINITY, high = -INFINITY;

        for (exg_int p = from; p < to; p++) {
            for (exg_int i = 0; i < fig->points; i++) {
                const double v = fig->panel[p].coordinates[2 * i + d];

                low = isfinite(v) ? fmin(low, v) : low;
                high = isfinite(v) ? fmax(high, v) : high;
            }
        }
        middle[d] = low <= high ? (low + high) / 2 : 0;
        *half = low <= high ? fmax(*half, (high - low) / 2) : *half;
    }
    *half = *half > 0 ? 1.04 * *half : 1;
}

/* Room for the longest name, in bounds. */
static double legend_width(const exg_fig_maps *fig)
{
    size_t longest = 0;

    for (exg_int k = 0; k < fig->classes; k++) {
        const size_t n = strlen(fig->name[k]);

        longest = n > longest ? n : longest;
    }
    return fig->classes > 0 ? fmin(32 + LETTER * (double)longest, LEGEND) : 0;
}

/* Caption, points, frame and class numbers of one panel at (x0, y0). */
static exg_status draw_panel(exg_canvas *c, layout *l, exg_int p, double x0,
                             double y0)
{
    exg_status st = EXG_OK;
    const exg_fig_maps *fig = l->fig;
    const exg_fig_maps_panel *panel = fig->panel + p;
    const exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .hy = 1};
    const exg_pen pen = {.width = 0.6, .rgb = 0xa0a0a0};
    const int raster = fig->panels * fig->points > SHAPES_MAX;
    const exg_scatter s = {.n = fig->points,
                           .x = l->x,
                           .y = l->y,
                           .label = fig->label,
                           .classes = fig->classes,
                           .radius = exg_scatter_radius(fig->points, SIDE)};
    const double top = y0 + CAPTION;
    char text[EXG_TEXT_MAX];
    double scale;

    if (!fig->one_scale) {
        find_square(fig, p, p + 1, l->middle, &l->half);
    }
    scale = SIDE / (2 * l->half);
    for (exg_int i = 0; i < fig->points; i++) {
        const float *at = panel->coordinates + 2 * i;

        l->x[i] = x0 + SIDE / 2 + scale * ((double)at[0] - l->middle[0]);
        l->y[i] = top + SIDE / 2 - scale * ((double)at[1] - l->middle[1]);
    }
    snprintf(text, sizeof text, "%s", panel->caption);
    if (isfinite(panel->kl)) {
        snprintf(text, sizeof text, "%s, KL %.3f", panel->caption, panel->kl);
    }
    exg_canvas_text_fit(c, x0, y0, text, SIDE, face);
    if (raster) {
        exg_canvas_raster_begin(c, x0, top, SIDE, SIDE);
    }
    EXG_TRY(exg_scatter_draw(c, &s));
    if (raster) {
        exg_canvas_raster_end(c);
    }
    exg_canvas_frame(c, x0, top, SIDE, SIDE, pen);
    if (fig->classes > 0) {
        EXG_TRY(exg_scatter_number(c, &s, EXG_AXES_SMALL));
    }
done:
    return st;
}

static void draw_legend(exg_canvas *c, const layout *l, double x, double y0)
{
    const exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .hy = 0.5};
    const double height = (double)l->rows * (SIDE + CAPTION + GAP) - GAP;
    const exg_int rows = (exg_int)(height / LEGEND_ROW);
    char number[EXG_TEXT_MAX], text[EXG_TEXT_MAX];

    for (exg_int k = 0; k < l->fig->classes && k < rows; k++) {
        const double y = y0 + 7 + LEGEND_ROW * (double)k, dot = x + 4;

        if (k == rows - 1 && k < l->fig->classes - 1) {
            exg_canvas_text(c, x + 12, y, "...", face); /* more than fit */
            break;
        }
        snprintf(number, sizeof number, "%td", k);
        snprintf(text, sizeof text, "%td  %.200s", k, l->fig->name[k]);
        exg_canvas_dots(c, 1, &dot, &y, 3.5, exg_colormap_class(k), 1);
        exg_canvas_text_fit(
            c, x + 12, y, strcmp(number, l->fig->name[k]) == 0 ? number : text,
            l->legend - 14, face);
    }
}

static exg_status draw(exg_canvas *c, const void *data)
{
    exg_status st = EXG_OK;
    layout l = *(const layout *)data; /* its scratch is written */
    const exg_face bold = {
        .size = EXG_AXES_TITLE, .rgb = EXG_AXES_INK, .bold = 1, .hy = 1};
    const exg_face plain = {
        .size = EXG_AXES_SMALL, .rgb = EXG_AXES_GREY, .hy = 1};
    const double step = SIDE + GAP, down = SIDE + CAPTION + GAP;
    char text[EXG_TEXT_MAX], n[48];

    exg_canvas_text(c, MARGIN, MARGIN, l.fig->title, bold);
    for (exg_int p = 0; p < l.fig->panels; p++) {
        const exg_int row = p / l.columns, column = p % l.columns;

        EXG_TRY(draw_panel(c, &l, p, MARGIN + step * (double)column,
                           MARGIN + TOP + down * (double)row));
    }
    draw_legend(c, &l, MARGIN + step * (double)l.columns + 4,
                MARGIN + TOP + CAPTION);
    snprintf(text, sizeof text,
             "N = %s; axes, sizes of clusters and distances between them carry "
             "no meaning.",
             exg_text_count(l.fig->points, n, sizeof n));
    exg_canvas_text(c, MARGIN, MARGIN + TOP + down * (double)l.rows, text,
                    plain);
done:
    return st;
}

exg_status exg_fig_maps_save(const exg_fig_maps *fig, const char *stem)
{
    exg_status st = EXG_OK;
    layout l = {.fig = fig};
    exg_sheet sheet = {
        .title = fig->title, .source = fig->source, .draw = draw, .data = &l};

    l.legend = legend_width(fig);
    l.columns = fig->panels < COLUMNS ? fig->panels : COLUMNS;
    l.columns = l.columns < 2 ? 2 : l.columns; /* room for the foot line */
    l.rows = (fig->panels + l.columns - 1) / l.columns;
    find_square(fig, 0, fig->panels, l.middle, &l.half);
    EXG_TRY(exg_new(&l.x, fig->points));
    EXG_TRY(exg_new(&l.y, fig->points));
    sheet.width = 2 * MARGIN + (SIDE + GAP) * (double)l.columns + l.legend;
    sheet.height =
        2 * MARGIN + TOP + (SIDE + CAPTION + GAP) * (double)l.rows + FOOT;
    EXG_TRY(exg_sheet_save(&sheet, stem));
done:
    exg_free(l.y);
    exg_free(l.x);
    return st;
}
