/* axes.c -- everything around the data. */
#include "plot/axes.h"

#include <math.h>

#include "plot/text.h"

enum {
    BAR_STEPS = 128
};

exg_ticks exg_axes_ticks(double low, double high, int most, int whole)
{
    static const double nice[] = {1, 2, 5};
    exg_ticks t = {.count = 1, .step = whole ? 1 : 0, .at = {low}};
    const double span = high - low;
    double power;

    if (!(span > 0) || !isfinite(span)) {
        return t;
    }
    power = pow(10, floor(log10(span / most)));
    power = whole ? fmax(1, power) : power;
    for (int i = 0;; i++) { /* ends: the step grows without limit */
        const double step = nice[i % 3] * power;
        const double slack = 1e-9 * span;
        const double first = ceil((low - slack) / step);
        const double last = floor((high + slack) / step);

        if (last - first < most) {
            t.step = step;
            t.count = last < first ? 0 : (int)(last - first) + 1;
            for (int k = 0; k < t.count; k++) {
                t.at[k] = (first + k) * step;
            }
            return t;
        }
        power *= i % 3 == 2 ? 10 : 1;
    }
}

void exg_axes_extend(exg_int n, const double *v, double *low, double *high)
{
    for (exg_int i = 0; i < n; i++) {
        if (isfinite(v[i])) {
            *low = fmin(*low, v[i]);
            *high = fmax(*high, v[i]);
        }
    }
}

void exg_axes_widen(double *low, double *high)
{
    if (!(*low <= *high)) {
        *low = 0;
        *high = 1;
    } else if (*high - *low <= 1e-9 * fabs(*high)) {
        const double half = *high != 0 ? 0.5 * fabs(*high) : 0.5;

        *low -= half;
        *high += half;
    }
}

/* The value that a full sort would put at place k (Hoare 1961). */
static float select_rank(float *v, exg_int n, exg_int k)
{
    exg_int low = 0, high = n - 1;

    while (low < high) {
        const float pivot = v[low + (high - low) / 2];
        exg_int i = low, j = high;

        while (i <= j) {
            while (v[i] < pivot) {
                i++;
            }
            while (v[j] > pivot) {
                j--;
            }
            if (i <= j) {
                const float swap = v[i];

                v[i++] = v[j];
                v[j--] = swap;
            }
        }
        if (k > j && k < i) {
            break;
        }
        low = k >= i ? i : low;
        high = k <= j ? j : high;
    }
    return v[k];
}

exg_status exg_axes_percentile(exg_int n, const float *v, double p,
                               double *limit)
{
    exg_status st = EXG_OK;
    float *size = NULL, most = 0;
    exg_int m = 0, rank;

    EXG_TRY(exg_new(&size, n));
    for (exg_int i = 0; i < n; i++) {
        if (isfinite(v[i])) {
            size[m] = fabsf(v[i]);
            most = fmaxf(most, size[m++]);
        }
    }
    rank = (exg_int)ceil(p / 100 * (double)m);
    rank = rank < 1 ? 1 : rank > m ? m : rank;
    *limit = m > 0 ? select_rank(size, m, rank - 1) : 0;
    *limit = *limit > 0 ? *limit : most;
done:
    exg_free(size);
    return st;
}

double exg_panel_x(const exg_panel *p, double x)
{
    return p->x + p->w * (x - p->x0) / (p->x1 - p->x0);
}

double exg_panel_y(const exg_panel *p, double y)
{
    return p->y + p->h * (p->y1 - y) / (p->y1 - p->y0);
}

static void draw_x_axis(exg_canvas *c, const exg_panel *p, int whole)
{
    const exg_pen grid = {.width = 0.5, .rgb = EXG_AXES_GRID};
    const exg_pen mark = {.width = 0.7, .rgb = EXG_AXES_INK};
    const exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .hx = 0.5, .hy = 1};
    const exg_ticks t = exg_axes_ticks(p->x0, p->x1, 8, whole);

    for (int i = 0; i < t.count; i++) {
        const double x = exg_panel_x(p, t.at[i]);
        char text[32];

        exg_canvas_line(c, x, p->y, x, p->y + p->h, grid);
        exg_canvas_line(c, x, p->y + p->h, x, p->y + p->h + 3, mark);
        exg_text_number(t.at[i], t.step, text, sizeof text);
        exg_canvas_text(c, x, p->y + p->h + 5.5, text, face);
    }
}

/* Returns the width of the widest tick label. */
static double draw_y_axis(exg_canvas *c, const exg_panel *p, int percent)
{
    const exg_pen grid = {.width = 0.5, .rgb = EXG_AXES_GRID};
    const exg_pen mark = {.width = 0.7, .rgb = EXG_AXES_INK};
    const exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .hx = 1, .hy = 0.5};
    const double unit = percent ? 100 : 1;
    const exg_ticks t = exg_axes_ticks(unit * p->y0, unit * p->y1, 7, 0);
    double widest = 0;

    for (int i = 0; i < t.count; i++) {
        const double y = exg_panel_y(p, t.at[i] / unit);
        char text[32];

        exg_canvas_line(c, p->x, y, p->x + p->w, y, grid);
        exg_canvas_line(c, p->x - 3, y, p->x, y, mark);
        exg_text_number(t.at[i], t.step, text, sizeof text);
        exg_canvas_text(c, p->x - 5, y, text, face);
        widest = fmax(widest, exg_canvas_text_width(c, text, face));
    }
    return widest;
}

void exg_panel_draw(exg_canvas *c, const exg_panel *p, const char *xlabel,
                    const char *ylabel, int whole_x, int percent_y)
{
    const exg_pen pen = {.width = 0.7, .rgb = EXG_AXES_INK};
    exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .hx = 0.5, .hy = 1};
    double widest;

    draw_x_axis(c, p, whole_x);
    widest = draw_y_axis(c, p, percent_y);
    exg_canvas_frame(c, p->x, p->y, p->w, p->h, pen);
    if (xlabel != NULL) {
        exg_canvas_text(c, p->x + p->w / 2, p->y + p->h + 17, xlabel, face);
    }
    if (ylabel != NULL) {
        face.angle = 90;
        face.hy = 0;
        exg_canvas_text(c, p->x - 10 - widest, p->y + p->h / 2, ylabel, face);
    }
}

void exg_bar_draw(exg_canvas *c, double x, double y, double w, double h,
                  exg_colormap map, const char *low, const char *middle,
                  const char *high)
{
    const exg_pen pen = {.width = 0.5, .rgb = EXG_AXES_INK};
    const char *const text[] = {high, middle, low};
    exg_face face = {.size = EXG_AXES_SMALL, .rgb = EXG_AXES_INK};
    uint32_t colour[BAR_STEPS];

    for (int i = 0; i < BAR_STEPS; i++) {
        colour[i] = exg_colormap_at(map, 1 - i / (BAR_STEPS - 1.0));
    }
    exg_canvas_image(c, x, y, w, h, 1, BAR_STEPS, colour);
    exg_canvas_frame(c, x, y, w, h, pen);
    for (int i = 0; i < 3; i++) {
        if (text[i] != NULL) {
            face.hy = 1 - i / 2.0; /* inside the ends of the bar */
            exg_canvas_text(c, x + w + 3, y + h * i / 2, text[i], face);
        }
    }
}
