/* fig_saliency.c -- five rows of maps with limits that can be compared.
 *
 * The usual picture scales every map by its own maximum: a map of noise then
 * looks as strong as one of evidence.  Here a row has one limit, said on its
 * colour bar, and the gradient before (baseline) and at the image (saliency)
 * share theirs.  The limit is a percentile: single extreme pixels would leave
 * the rest blank. */
#include "plot/fig_saliency.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot/axes.h"
#include "plot/text.h"

#define MARGIN 12.0
#define LEFT 76.0 /* names of rows          */
#define HEAD 68.0 /* title and column heads, less a line without targets */
#define CELL 43.0 /* width of a map         */
#define GAP 3.0
#define BAR 7.0
#define RIGHT 53.0 /* labels of bars */
#define FOOT 30.0
#define WIDTH_LEAST 420.0
#define PERCENTILE 99.0

enum {
    SOURCE,
    BASELINE,
    SALIENCY,
    DELTA,
    OVERLAY,
    ROWS
};

static const char *const row_name[ROWS] = {"source", "baseline", "saliency",
                                           "delta", "overlay"};
static const char *const row_formula[ROWS] = {
    "x", "|dy/dx| at x0", "|dy/dx| at x", "saliency \xe2\x88\x92 baseline",
    "delta \xc2\xb7 brightness"};
static const exg_colormap row_map[ROWS] = {
    EXG_COLORMAP_GREY, EXG_COLORMAP_MAGMA, EXG_COLORMAP_MAGMA,
    EXG_COLORMAP_DIVERGING, EXG_COLORMAP_DIVERGING};

/* A figure with its maps reduced to one value per pixel. */
typedef struct {
    const exg_fig_saliency *fig;
    float *value[ROWS];           /* shape (S, H, W) each          */
    double low[ROWS], high[ROWS]; /* what the ends of the map mean */
    int zero[ROWS];               /* nothing but zeros            */
    double cell_height, x, y, width, height;
    int same_target; /* target = label throughout */
} layout;

/* One value per pixel: of channels, the largest |v| (absolute rows), the sum
 * (signed rows), the mean (source). */
static float reduce(const exg_fig_saliency *fig, int row, const float *v)
{
    const exg_int plane = fig->height * fig->width;
    float sum = 0, most = 0;

    for (exg_int c = 0; c < fig->channels; c++) {
        sum += v[c * plane];
        most = fmaxf(most, fabsf(v[c * plane]));
        if (isnan(v[c * plane])) {
            return NAN;
        }
    }
    return row == SOURCE                        ? sum / (float)fig->channels
           : row == BASELINE || row == SALIENCY ? most
                                                : sum;
}

static exg_status make_row(layout *l, int row, const float *from)
{
    exg_status st = EXG_OK;
    const exg_fig_saliency *fig = l->fig;
    const exg_int plane = fig->height * fig->width;

    EXG_TRY(exg_new(&l->value[row], fig->samples * plane));
    for (exg_int s = 0; s < fig->samples; s++) {
        for (exg_int i = 0; i < plane; i++) {
            l->value[row][s * plane + i] =
                reduce(fig, row, from + s * fig->channels * plane + i);
        }
    }
done:
    return st;
}

/* Smallest and largest input, over channels too. */
static void source_limits(layout *l)
{
    const exg_fig_saliency *fig = l->fig;
    const exg_int n = fig->samples * fig->channels * fig->height * fig->width;
    double low = INFINITY, high = -INFINITY;

    for (exg_int i = 0; i < n; i++) {
        if (isfinite(fig->source[i])) {
            low = fmin(low, fig->source[i]);
            high = fmax(high, fig->source[i]);
        }
    }
    l->low[SOURCE] = low <= high ? low : 0;
    l->high[SOURCE] = low < high ? high : l->low[SOURCE] + 1;
}

static int is_zero(exg_int n, const float *v)
{
    for (exg_int i = 0; i < n; i++) {
        if (v[i] != 0) { /* a NaN is not zero */
            return 0;
        }
    }
    return 1;
}

static exg_status set_limits(layout *l)
{
    exg_status st = EXG_OK;
    const exg_int n = l->fig->samples * l->fig->height * l->fig->width;
    double shared = 0;

    source_limits(l);
    for (int row = BASELINE; row < ROWS; row++) {
        EXG_TRY(
            exg_axes_percentile(n, l->value[row], PERCENTILE, &l->high[row]));
        l->low[row] = row >= DELTA ? -l->high[row] : 0;
        l->zero[row] = is_zero(n, l->value[row]);
    }
    shared = fmax(l->high[BASELINE], l->high[SALIENCY]);
    l->high[BASELINE] = l->high[SALIENCY] = shared;
done:
    return st;
}

static uint32_t pixel_colour(const layout *l, int row, exg_int sample,
                             exg_int i)
{
    const exg_fig_saliency *fig = l->fig;
    const exg_int plane = fig->height * fig->width;
    const double low = l->low[row], span = l->high[row] - low;
    const float *v = fig->source + sample * fig->channels * plane + i;
    uint32_t rgb = 0;

    if (row != SOURCE || fig->channels != 3) {
        const double value = l->value[row][sample * plane + i];
        const double still = row >= DELTA ? 0.5 : 0; /* nothing but zeros */

        return exg_colormap_at(row_map[row], span > 0 ? (value - low) / span
                                             : isnan(value) ? NAN
                                                            : still);
    }
    for (int c = 0; c < 3; c++) {
        const double t = (v[c * plane] - low) / span;

        rgb = rgb << 8 | (uint32_t)(255 * fmin(fmax(t, 0), 1) + 0.5);
    }
    return rgb;
}

static exg_status draw_maps(exg_canvas *c, const layout *l)
{
    exg_status st = EXG_OK;
    const exg_fig_saliency *fig = l->fig;
    const exg_pen pen = {.width = 0.4, .rgb = 0x909090};
    uint32_t *pixel = NULL;

    EXG_TRY(exg_new(&pixel, fig->height * fig->width));
    for (int row = 0; row < ROWS; row++) {
        for (exg_int s = 0; s < fig->count; s++) {
            const double x = l->x + (CELL + GAP) * (double)s;
            const double y = l->y + (l->cell_height + GAP) * row;

            for (exg_int i = 0; i < fig->height * fig->width; i++) {
                pixel[i] = pixel_colour(l, row, fig->first + s, i);
            }
            exg_canvas_image(c, x, y, CELL, l->cell_height, fig->width,
                             fig->height, pixel);
            exg_canvas_frame(c, x, y, CELL, l->cell_height, pen);
        }
    }
done:
    exg_free(pixel);
    return st;
}

static void draw_rows(exg_canvas *c, const layout *l)
{
    const exg_face name = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .bold = 1};
    const exg_face formula = {
        .size = EXG_AXES_SMALL, .rgb = EXG_AXES_GREY, .hy = 1};
    const double right = l->x + (CELL + GAP) * (double)l->fig->count + 3;

    for (int row = 0; row < ROWS; row++) {
        const double y = l->y + (l->cell_height + GAP) * row;
        const double middle = y + l->cell_height / 2;
        const int blank = l->high[row] == l->low[row];
        char low[32], high[32];

        exg_canvas_text(c, MARGIN, middle - 2, row_name[row], name);
        exg_canvas_text_fit(c, MARGIN, middle + 3, row_formula[row], LEFT - 4,
                            formula);
        if (l->zero[row]) {
            exg_canvas_text(c, MARGIN, middle + 12, "(all zero)", formula);
        }
        exg_text_number(l->low[row], 0, low, sizeof low);
        exg_text_number(l->high[row], 0, high, sizeof high);
        exg_bar_draw(c, right, y, BAR, l->cell_height, row_map[row],
                     blank ? NULL : low, blank || row >= DELTA ? "0" : NULL,
                     blank ? NULL : high);
    }
}

/* A class name in at most two lines above the column, parted at a blank, a
 * stroke or a hyphen where it is too long for one. */
static void draw_name(exg_canvas *c, double x, double y, const char *name)
{
    const exg_face face = {
        .size = EXG_AXES_SMALL, .rgb = EXG_AXES_INK, .bold = 1, .hx = 0.5};
    const double room = CELL + GAP - 1;
    char clean[EXG_TEXT_MAX], upper[EXG_TEXT_MAX];
    size_t cut = 0;

    exg_text_clean(name, 0, clean, sizeof clean);
    if (exg_canvas_text_width(c, clean, face) > room) {
        for (size_t i = 1; clean[i] != '\0'; i++) {
            if (strchr(" /-_", clean[i - 1]) != NULL) {
                snprintf(upper, sizeof upper, "%.*s", (int)i, clean);
                if (cut == 0 || exg_canvas_text_width(c, upper, face) <= room) {
                    cut = i;
                }
            }
        }
    }
    if (cut > 0) {
        snprintf(upper, sizeof upper, "%.*s", (int)cut, clean);
        exg_canvas_text_fit(c, x, y - 9, upper, room, face);
    }
    exg_canvas_text_fit(c, x, y, clean + cut, room, face);
}

static const char *class_name(const exg_fig_saliency *fig, int64_t k)
{
    return k >= 0 && k < fig->classes ? fig->name[k] : "?";
}

static void draw_heads(exg_canvas *c, const layout *l)
{
    const exg_fig_saliency *fig = l->fig;
    const exg_face face = {
        .size = EXG_AXES_SMALL, .rgb = EXG_AXES_GREY, .hx = 0.5};
    char text[EXG_TEXT_MAX];

    for (exg_int i = 0; i < fig->count; i++) {
        const exg_int s = fig->first + i;
        const double x = l->x + (CELL + GAP) * (double)i + CELL / 2;
        const int64_t target = fig->target[s];

        if (fig->label != NULL) {
            draw_name(c, x, l->y - (l->same_target ? 14 : 23),
                      class_name(fig, fig->label[s]));
        }
        if (!l->same_target) {
            snprintf(text, sizeof text, "\xe2\x86\x92 %.200s",
                     target < 0 ? "sum" : class_name(fig, target));
            exg_canvas_text_fit(c, x, l->y - 14, text, CELL, face);
        }
        snprintf(text, sizeof text, "#%lld", (long long)fig->index[s]);
        exg_canvas_text_fit(c, x, l->y - 4, text, CELL + GAP, face);
    }
}

static void draw_texts(exg_canvas *c, const layout *l)
{
    static const char *const foot[] = {
        "Gradients are raw; each colour bar spans the 99th percentile of its "
        "row; baseline and saliency share one scale.",
        "dy/dx: derivative of the target's logit by the input pixel; x0: the "
        "baseline input; #: row of the test set."};
    const exg_face bold = {
        .size = EXG_AXES_TITLE, .rgb = EXG_AXES_INK, .bold = 1, .hy = 1};
    const exg_face plain = {
        .size = EXG_AXES_SMALL, .rgb = EXG_AXES_GREY, .hy = 1};
    char text[EXG_TEXT_MAX];

    if (l->fig->epoch < 0) {
        snprintf(text, sizeof text, "Saliency before training");
    } else {
        snprintf(text, sizeof text, "Saliency after epoch %td", l->fig->epoch);
    }
    if (l->fig->count < l->fig->samples) {
        const size_t used = strlen(text);

        snprintf(text + used, sizeof text - used, ", samples %td to %td of %td",
                 l->fig->first + 1, l->fig->first + l->fig->count,
                 l->fig->samples);
    }
    exg_canvas_text(c, MARGIN, MARGIN, text, bold);
    exg_canvas_text(c, MARGIN, MARGIN + 16,
                    l->same_target
                        ? "columns: one sample each, with its true class, "
                          "which is also the target of the gradient"
                        : "columns: one sample each, with its true class and "
                          "(arrow) the target of the gradient",
                    plain);
    for (int i = 0; i < 2; i++) {
        exg_canvas_text(c, MARGIN, l->height - MARGIN - 20 + 11 * i, foot[i],
                        plain);
    }
}

static exg_status draw(exg_canvas *c, const void *data)
{
    const layout *l = data;

    draw_texts(c, l);
    draw_heads(c, l);
    draw_rows(c, l);
    return draw_maps(c, l);
}

static exg_status make_layout(const exg_fig_saliency *fig, layout *l)
{
    exg_status st = EXG_OK;
    const float *const from[ROWS] = {fig->source, fig->baseline, fig->saliency,
                                     fig->delta, fig->overlay};

    for (int row = 0; row < ROWS; row++) {
        EXG_TRY(make_row(l, row, from[row]));
    }
    EXG_TRY(set_limits(l));
    l->same_target = fig->label != NULL;
    for (exg_int s = 0; s < fig->samples && l->same_target; s++) {
        l->same_target = fig->label[s] == fig->target[s];
    }
    l->cell_height = CELL * (double)fig->height / (double)fig->width;
    l->x = MARGIN + LEFT;
    l->y = MARGIN + HEAD - (l->same_target ? 9 : 0);
    l->width = fmax(WIDTH_LEAST,
                    l->x + (CELL + GAP) * (double)fig->count + BAR + RIGHT);
    l->height = l->y + ROWS * (l->cell_height + GAP) + FOOT + MARGIN;
done:
    return st;
}

exg_status exg_fig_saliency_save(const exg_fig_saliency *fig, const char *stem)
{
    exg_status st = EXG_OK;
    layout l = {.fig = fig};
    char title[64];
    exg_sheet sheet = {
        .title = title, .source = fig->source_file, .draw = draw, .data = &l};

    EXG_ASSERT(fig->count >= 1 && fig->first + fig->count <= fig->samples);
    snprintf(title, sizeof title,
             fig->epoch < 0 ? "Saliency before training"
                            : "Saliency after epoch %td",
             fig->epoch);
    EXG_TRY(make_layout(fig, &l));
    sheet.width = l.width;
    sheet.height = l.height;
    EXG_TRY(exg_sheet_save(&sheet, stem));
done:
    for (int row = 0; row < ROWS; row++) {
        exg_free(l.value[row]);
    }
    return st;
}
