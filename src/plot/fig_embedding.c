/* fig_embedding.c -- the map, and what may not be read from it.
 *
 * t-SNE keeps neighbours together.  Its axes have no meaning and get no ticks;
 * both directions have one scale; a line under the map says that sizes of and
 * distances between clusters carry none either (Wattenberg et al., "How to use
 * t-SNE effectively", Distill 2016).
 */
#include "plot/fig_embedding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fig_embedding_impl.h"
#include "plot/axes.h"
#include "plot/text.h"

#define MARGIN 12.0
#define TOP 26.0
#define FOOT 32.0
#define SIDE_2D 390.0
#define SIDE_OBLIQUE 366.0
#define PANEL_GAP 12.0
#define LEGEND_ROW 13.0
#define LEGEND_MAX 120.0 /* width of its texts */

enum {
    SHAPES_MAX = 20000, /* more dots are a picture in SVG: 40 bytes each  */
    LEGEND_ROWS = 28,   /* then another column */
    LEGEND_COLUMNS = 3  /* then no more        */
};

static void draw_frame(exg_canvas *c, const exg_view *v, const char *across,
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
static exg_status put_points(exg_canvas *c, const exg_scatter *s,
                             const exg_view *v, int views)
{
    exg_status st = EXG_OK;
    const int raster = views * s->n > SHAPES_MAX;

    if (s->n == 0) {
        return EXG_OK;
    }
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

static exg_status draw_flat(exg_canvas *c, exg_embedding_layout *l)
{
    exg_status st = EXG_OK;
    const exg_view v = {.x = MARGIN, .y = MARGIN + TOP, .side = SIDE_2D};
    exg_scatter s = exg_view_flat(l, &v, 1, 0, 1);

    EXG_TRY(put_points(c, &s, &v, 1));
    s = exg_view_flat(l, &v, 0, 0, 1);
    EXG_TRY(put_points(c, &s, &v, 1));
    draw_frame(c, &v, NULL, NULL);
    EXG_TRY(exg_scatter_number(c, &s, 10));
done:
    return st;
}

static exg_status draw_sides(exg_canvas *c, exg_embedding_layout *l, exg_view v)
{
    static const int pair[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    static const char *const axis[] = {"x", "y", "z"};
    exg_status st = EXG_OK;

    for (int i = 0; i < 3; i++) {
        for (int others = 1; others >= 0; others--) {
            const exg_scatter s =
                exg_view_flat(l, &v, others, pair[i][0], pair[i][1]);

            EXG_TRY(put_points(c, &s, &v, 4));
        }
        draw_frame(c, &v, axis[pair[i][0]], axis[pair[i][1]]);
        v.y += v.side + PANEL_GAP;
    }
done:
    return st;
}

static exg_status draw_solid(exg_canvas *c, exg_embedding_layout *l)
{
    exg_status st = EXG_OK;
    const double small = (SIDE_OBLIQUE - 2 * PANEL_GAP) / 3;
    const exg_view v = {.x = MARGIN, .y = MARGIN + TOP, .side = SIDE_OBLIQUE};
    const exg_view side = {
        .x = MARGIN + SIDE_OBLIQUE + 22, .y = MARGIN + TOP, .side = small};
    exg_scatter s;

    exg_view_edges(c, &v, 0);
    s = exg_view_oblique(l, &v, 1);
    EXG_TRY(put_points(c, &s, &v, 4));
    s = exg_view_oblique(l, &v, 0);
    EXG_TRY(put_points(c, &s, &v, 4));
    exg_view_edges(c, &v, 1);
    exg_view_names(c, &v);
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

static void draw_legend(exg_canvas *c, const exg_embedding_layout *l)
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

static void draw_texts(exg_canvas *c, const exg_embedding_layout *l)
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
    if (fig->others > 0) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                         " among %s of the map (pale)",
                         exg_text_count(fig->others, n, sizeof n));
    }
    if (fig->perplexities != NULL && strchr(fig->perplexities, ',') != NULL) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                         ", perplexities %.80s", fig->perplexities);
    } else if (isfinite(fig->perplexity)) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                         ", perplexity %g", fig->perplexity);
    }
    if (isfinite(fig->dof) && fig->dof != 1.0) { /* 1 is t-SNE as it is known */
        used += snprintf(text + used, sizeof text - (size_t)used, ", dof %g",
                         fig->dof);
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
    exg_embedding_layout l =
        *(const exg_embedding_layout *)data; /* its scratch is written */

    draw_texts(c, &l);
    draw_legend(c, &l);
    EXG_TRY(l.fig->dims == 3 ? draw_solid(c, &l) : draw_flat(c, &l));
done:
    return st;
}

static exg_status make_layout(const exg_fig_embedding *fig,
                              exg_embedding_layout *l)
{
    exg_status st = EXG_OK;
    const exg_face face = {.size = EXG_AXES_PLAIN};
    const exg_int most = fig->points > fig->others ? fig->points : fig->others;
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
    exg_view_cube(l);
    EXG_TRY(exg_new(&l->x, most));
    EXG_TRY(exg_new(&l->y, most));
    EXG_TRY(exg_new(&l->depth, most));
done:
    exg_canvas_destroy(&ruler);
    return st;
}

exg_status exg_fig_embedding_save(const exg_fig_embedding *fig,
                                  const char *stem)
{
    exg_status st = EXG_OK;
    exg_embedding_layout l = {.fig = fig};
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
