/* fig_embedding.c -- the map, and what may not be read from it.
 *
 * t-SNE keeps neighbours together.  Its axes have no meaning and get no ticks;
 * both directions have one scale; a line under the map says that sizes of and
 * distances between clusters carry none either (Wattenberg et al., "How to use
 * t-SNE effectively", Distill 2016).
 *
 * Three dimensions are turned by AZIMUTH about the vertical and tipped by
 * ELEVATION, without perspective, so that side views compare. */
#include "plot/fig_embedding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot/axes.h"
#include "plot/scatter.h"
#include "plot/text.h"

#define MARGIN 12.0
#define TOP 26.0
#define FOOT 32.0
#define SIDE_2D 390.0
#define SIDE_OBLIQUE 366.0
#define PANEL_GAP 12.0
#define LEGEND_ROW 13.0
#define LEGEND_MAX 120.0 /* width of its texts */
#define AZIMUTH (35 * M_PI / 180)
#define ELEVATION (22 * M_PI / 180)

enum {
    SHAPES_MAX = 20000, /* more dots are a picture in SVG: 40 bytes each  */
    LEGEND_ROWS = 28,   /* then another column */
    LEGEND_COLUMNS = 3  /* then no more        */
};

/* A square part of the page and the cube of data shown in it. */
typedef struct {
    double x, y, side;
    double middle[3], half; /* of the data: centre, half an edge */
} view;

typedef struct {
    const exg_fig_embedding *fig;
    double names;           /* width of a legend column */
    exg_int columns, rows;  /* of the legend            */
    double middle[3], half; /* the data's cube          */
    double *x, *y, *depth;  /* scratch, shape (N) each  */
    double legend, width, height;
} layout;

static void find_cube(layout *l)
{
    const exg_fig_embedding *fig = l->fig;

    l->half = 0;
    for (int d = 0; d < fig->dims; d++) {
        double low = INFINITY, high = -INFINITY;

        for (exg_int i = 0; i < fig->points; i++) {
            const double v = fig->coordinates[i * fig->dims + d];

            low = isfinite(v) ? fmin(low, v) : low;
            high = isfinite(v) ? fmax(high, v) : high;
        }
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

static exg_scatter flat_points(layout *l, const view *v, int across, int upward)
{
    const exg_fig_embedding *fig = l->fig;
    const double scale = v->side / (2 * l->half);

    for (exg_int i = 0; i < fig->points; i++) {
        const float *p = fig->coordinates + i * fig->dims;

        l->x[i] = v->x + v->side / 2 + scale * (p[across] - l->middle[across]);
        l->y[i] = v->y + v->side / 2 - scale * (p[upward] - l->middle[upward]);
    }
    return (exg_scatter){.n = fig->points,
                         .x = l->x,
                         .y = l->y,
                         .label = fig->label,
                         .classes = fig->classes,
                         .radius = exg_scatter_radius(fig->points, v->side)};
}

/* Half the page side that the turned unit cube needs. */
static double cube_reach(void)
{
    return cos(AZIMUTH) + sin(AZIMUTH) + 0.12;
}

static exg_scatter oblique_points(layout *l, const view *v)
{
    const exg_fig_embedding *fig = l->fig;
    const double scale = v->side / (2 * cube_reach());
    exg_scatter s = flat_points(l, v, 0, 1);

    for (exg_int i = 0; i < fig->points; i++) {
        double p[3], right, up, near;

        for (int d = 0; d < 3; d++) {
            p[d] = (fig->coordinates[3 * i + d] - l->middle[d]) / l->half;
        }
        turn(p, &right, &up, &near);
        l->x[i] = v->x + v->side / 2 + scale * right;
        l->y[i] = v->y + v->side / 2 - scale * up;
        l->depth[i] = 0.5 + near / 2.6;
    }
    s.depth = l->depth;
    return s;
}

/* The 12 edges of the cube: those that meet its farthest corner before the
 * points, the others after them. */
static void draw_cube(exg_canvas *c, const view *v, int front)
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
static void name_edges(exg_canvas *c, const view *v)
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

static void draw_frame(exg_canvas *c, const view *v, const char *across,
                       const char *upward)
{
    const exg_pen pen = {.width = 0.6, .rgb = 0xa0a0a0};
    exg_face face = {
        .size = EXG_AXES_SMALL, .rgb = EXG_AXES_GREY, .hx = 0.5, .hy = 1};

    exg_canvas_frame(c, v->x, v->y, v->side, v->side, pen);
    if (across != NULL) {
        exg_canvas_text(c, v->x + v->side / 2, v->y + v->side + 3, across,
                        face);
        face.hy = 0.5;
        face.hx = 1;
        exg_canvas_text(c, v->x - 3, v->y + v->side / 2, upward, face);
    }
}

/* `views` such pictures of all points are on the page. */
static exg_status put_points(exg_canvas *c, const exg_scatter *s, const view *v,
                             int views)
{
    exg_status st = EXG_OK;
    const int raster = views * s->n > SHAPES_MAX;

    if (raster) {
        exg_canvas_raster_begin(c, v->x, v->y, v->side, v->side);
    }
    EXG_TRY(exg_scatter_draw(c, s));
    if (raster) {
        exg_canvas_raster_end(c);
    }
done:
    return st;
}

static exg_status draw_flat(exg_canvas *c, layout *l)
{
    exg_status st = EXG_OK;
    const view v = {.x = MARGIN, .y = MARGIN + TOP, .side = SIDE_2D};
    const exg_scatter s = flat_points(l, &v, 0, 1);

    EXG_TRY(put_points(c, &s, &v, 1));
    draw_frame(c, &v, NULL, NULL);
    EXG_TRY(exg_scatter_number(c, &s, 10));
done:
    return st;
}

static exg_status draw_sides(exg_canvas *c, layout *l, view v)
{
    static const int pair[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    static const char *const axis[] = {"x", "y", "z"};
    exg_status st = EXG_OK;

    for (int i = 0; i < 3; i++) {
        const exg_scatter s = flat_points(l, &v, pair[i][0], pair[i][1]);

        EXG_TRY(put_points(c, &s, &v, 4));
        draw_frame(c, &v, axis[pair[i][0]], axis[pair[i][1]]);
        v.y += v.side + PANEL_GAP;
    }
done:
    return st;
}

static exg_status draw_solid(exg_canvas *c, layout *l)
{
    exg_status st = EXG_OK;
    const double small = (SIDE_OBLIQUE - 2 * PANEL_GAP) / 3;
    const view v = {.x = MARGIN, .y = MARGIN + TOP, .side = SIDE_OBLIQUE};
    const view side = {
        .x = MARGIN + SIDE_OBLIQUE + 22, .y = MARGIN + TOP, .side = small};
    exg_scatter s;

    draw_cube(c, &v, 0);
    s = oblique_points(l, &v);
    EXG_TRY(put_points(c, &s, &v, 4));
    draw_cube(c, &v, 1);
    name_edges(c, &v);
    EXG_TRY(exg_scatter_number(c, &s, 10));
    EXG_TRY(draw_sides(c, l, side));
done:
    return st;
}

/* "3  Dress", or "3" alone where the name says no more. */
static const char *legend_text(const exg_fig_embedding *fig, exg_int k,
                               char *out, size_t size)
{
    snprintf(out, size, "%td", k);
    if (strcmp(out, fig->name[k]) != 0) {
        snprintf(out, size, "%td  %.200s", k, fig->name[k]);
    }
    return out;
}

static void draw_legend(exg_canvas *c, const layout *l)
{
    const exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .hy = 0.5};
    char text[EXG_TEXT_MAX];

    for (exg_int k = 0; k < l->fig->classes && k / l->rows < l->columns; k++) {
        const exg_int column = k / l->rows;
        const double x = l->legend + (l->names + 24) * (double)column;
        const double y = MARGIN + TOP + 7 + LEGEND_ROW * (double)(k % l->rows);
        const double dot = x + 4;

        if (k == l->rows * l->columns - 1 && k < l->fig->classes - 1) {
            exg_canvas_text(c, x + 12, y, "...", face); /* more than fit */
            break;
        }
        exg_canvas_dots(c, 1, &dot, &y, 3.5, exg_colormap_class(k), 1);
        exg_canvas_text_fit(c, x + 12, y,
                            legend_text(l->fig, k, text, sizeof text),
                            l->names + 2, face);
    }
}

static void draw_texts(exg_canvas *c, const layout *l)
{
    static const char warning[] =
        "t-SNE keeps neighbours together: sizes of clusters, distances between "
        "them and axes carry no meaning.";
    const exg_fig_embedding *fig = l->fig;
    const exg_face bold = {
        .size = EXG_AXES_TITLE, .rgb = EXG_AXES_INK, .bold = 1, .hy = 1};
    const exg_face plain = {
        .size = EXG_AXES_SMALL, .rgb = EXG_AXES_GREY, .hy = 1};
    const double foot = l->height - MARGIN - 20;
    char text[EXG_TEXT_MAX], n[48];
    int used;

    exg_canvas_text(c, MARGIN, MARGIN, fig->title, bold);
    used = snprintf(text, sizeof text, "N = %s",
                    exg_text_count(fig->points, n, sizeof n));
    if (fig->perplexities != NULL && strchr(fig->perplexities, ',') != NULL) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                         ", perplexities %.80s", fig->perplexities);
    } else if (isfinite(fig->perplexity)) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                         ", perplexity %g", fig->perplexity);
    }
    if (isfinite(fig->iterations)) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                         ", %g iterations", fig->iterations);
    }
    if (isfinite(fig->kl)) {
        snprintf(text + used, sizeof text - (size_t)used,
                 ", KL divergence %.3f nats", fig->kl);
    }
    exg_canvas_text(c, MARGIN, foot, text, plain);
    exg_canvas_text(c, MARGIN, foot + 11, warning, plain);
}

static exg_status draw(exg_canvas *c, const void *data)
{
    exg_status st = EXG_OK;
    layout l = *(const layout *)data; /* its scratch is written */

    draw_texts(c, &l);
    draw_legend(c, &l);
    EXG_TRY(l.fig->dims == 3 ? draw_solid(c, &l) : draw_flat(c, &l));
done:
    return st;
}

static exg_status make_layout(const exg_fig_embedding *fig, layout *l)
{
    exg_status st = EXG_OK;
    const exg_face face = {.size = EXG_AXES_PLAIN};
    exg_canvas *ruler = NULL;
    char text[EXG_TEXT_MAX];
    double map = SIDE_2D;

    EXG_TRY(exg_canvas_create(EXG_CANVAS_PNG, 8, 8, EXG_SHEET_DPI, &ruler));
    for (exg_int k = 0; k < fig->classes; k++) {
        legend_text(fig, k, text, sizeof text);
        l->names = fmax(l->names, exg_canvas_text_width(ruler, text, face));
    }
    l->names = fmin(l->names, LEGEND_MAX);
    l->columns = (fig->classes - 1) / LEGEND_ROWS + 1; /* 1 for none */
    l->columns = l->columns > LEGEND_COLUMNS ? LEGEND_COLUMNS : l->columns;
    l->rows = (fig->classes + l->columns - 1) / l->columns;
    l->rows = l->rows > LEGEND_ROWS ? LEGEND_ROWS : l->rows;
    if (fig->dims == 3) {
        map = SIDE_OBLIQUE + 22 + (SIDE_OBLIQUE - 2 * PANEL_GAP) / 3;
    }
    l->legend = MARGIN + map + 14;
    l->width = l->legend + (double)l->columns * (l->names + 24) + MARGIN - 8;
    l->height = MARGIN + TOP + (fig->dims == 3 ? SIDE_OBLIQUE + 8 : SIDE_2D) +
                FOOT + MARGIN;
    find_cube(l);
    EXG_TRY(exg_new(&l->x, fig->points));
    EXG_TRY(exg_new(&l->y, fig->points));
    EXG_TRY(exg_new(&l->depth, fig->points));
done:
    exg_canvas_destroy(&ruler);
    return st;
}

exg_status exg_fig_embedding_save(const exg_fig_embedding *fig,
                                  const char *stem)
{
    exg_status st = EXG_OK;
    layout l = {.fig = fig};
    exg_sheet sheet = {
        .title = fig->title, .source = fig->source, .draw = draw, .data = &l};

    EXG_TRY(make_layout(fig, &l));
    sheet.width = l.width;
    sheet.height = l.height;
    EXG_TRY(exg_sheet_save(&sheet, stem));
done:
    exg_free(l.depth);
    exg_free(l.y);
    exg_free(l.x);
    return st;
}
