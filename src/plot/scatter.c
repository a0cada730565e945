/* scatter.c -- drawing order is data, too.
 *
 * Points drawn class by class let the last class hide the others.  So points
 * are dealt to layers -- by a hash of their index, or by depth -- and within a
 * layer class by class, starting with another class in each.  A (layer, class)
 * pair is one path, which keeps SVG files short: 24 layers mix well enough. */
#include "plot/scatter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plot/axes.h"

#define ALPHA 0.75
#define FADE 0.72 /* how much white the farthest points get */
#define GREY_RGB 0x8c8c8cu

enum {
    LAYERS = 24,
    PUSHES = 60 /* rounds in which overlapping numbers move apart */
};

/* Finaliser of MurmurHash3 (A. Appleby, public domain): neighbours in index
 * land in unrelated layers. */
static uint32_t hash(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

static exg_int class_of(const exg_scatter *s, exg_int i)
{
    const int64_t k = s->label[i];

    return k >= 0 && k < s->classes ? (exg_int)k : s->classes;
}

static exg_int layer_of(const exg_scatter *s, exg_int i)
{
    double d;

    if (s->depth == NULL) {
        return hash((uint32_t)i) % LAYERS;
    }
    d = s->depth[i] * LAYERS;
    return d >= LAYERS ? LAYERS - 1 : d > 0 ? (exg_int)d : 0; /* NaN: 0 */
}

/* Sort by (layer, class): `start` (LAYERS * (K + 1) + 1) delimits the pairs in
 * the sorted x and y. */
static void sort_points(const exg_scatter *s, exg_int *start, double *x,
                        double *y)
{
    const exg_int kinds = s->classes + 1, pairs = LAYERS * kinds;

    for (exg_int i = 0; i < s->n; i++) {
        start[layer_of(s, i) * kinds + class_of(s, i) + 1]++;
    }
    for (exg_int p = 0; p < pairs; p++) {
        start[p + 1] += start[p];
    }
    for (exg_int i = s->n - 1; i >= 0; i--) { /* fills from the ends */
        const exg_int p = layer_of(s, i) * kinds + class_of(s, i);
        const exg_int to = --start[p + 1];

        x[to] = s->x[i];
        y[to] = s->y[i];
    }
    /* start[p + 1] is now where pair p begins */
    for (exg_int p = 0; p < pairs; p++) {
        start[p] = start[p + 1];
    }
    start[pairs] = s->n;
}

static void draw_pair(exg_canvas *c, const exg_scatter *s, exg_int layer,
                      exg_int kind, const exg_int *range, const double *x,
                      const double *y)
{
    const double near = layer / (LAYERS - 1.0);
    uint32_t rgb = kind < s->classes ? exg_colormap_class(kind) : GREY_RGB;

    rgb = exg_colormap_mix(rgb, 0xffffff, s->pale);
    if (s->depth != NULL) {
        rgb = exg_colormap_mix(rgb, 0xffffff, FADE * (1 - near));
    }
    if (range[1] > range[0]) {
        exg_canvas_dots(c, range[1] - range[0], x + range[0], y + range[0],
                        s->radius, rgb, s->depth != NULL ? 0.9 : ALPHA);
    }
}

exg_status exg_scatter_draw(exg_canvas *c, const exg_scatter *s)
{
    exg_status st = EXG_OK;
    const exg_int kinds = s->classes + 1;
    exg_int *start = NULL;
    double *x = NULL, *y = NULL;

    EXG_TRY(exg_new(&start, LAYERS * kinds + 1));
    EXG_TRY(exg_new(&x, s->n));
    EXG_TRY(exg_new(&y, s->n));
    sort_points(s, start, x, y);
    for (exg_int layer = 0; layer < LAYERS; layer++) {
        for (exg_int k = 0; k < kinds; k++) {
            const exg_int kind = (k + 7 * layer) % kinds;

            draw_pair(c, s, layer, kind, start + layer * kinds + kind, x, y);
        }
    }
done:
    exg_free(y);
    exg_free(x);
    exg_free(start);
    return st;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Median of v over class k; NaN if it has no point.  `scratch` has shape (n).
 */
static double median(const exg_scatter *s, const double *v, exg_int k,
                     double *scratch)
{
    exg_int m = 0;

    for (exg_int i = 0; i < s->n; i++) {
        if (s->label[i] == k && isfinite(s->x[i]) && isfinite(s->y[i])) {
            scratch[m++] = v[i];
        }
    }
    qsort(scratch, (size_t)m, sizeof *scratch, ascending);
    return m > 0 ? scratch[m / 2] : NAN;
}

/* Push labels nearer than `apart` from each other, half the lack each. */
static void part(exg_int k, double *x, double *y, double apart)
{
    for (int round = 0; round < PUSHES; round++) {
        for (exg_int i = 0; i < k; i++) {
            for (exg_int j = 0; j < i; j++) {
                const double dx = x[i] - x[j], dy = y[i] - y[j];
                const double r = hypot(dx, dy);

                if (r < apart) { /* false for NaN */
                    const double push = 0.5 * (apart - r);
                    const double ux = r > 0 ? dx / r : 1;
                    const double uy = r > 0 ? dy / r : 0;

                    x[i] += push * ux;
                    x[j] -= push * ux;
                    y[i] += push * uy;
                    y[j] -= push * uy;
                }
            }
        }
    }
}

exg_status exg_scatter_number(exg_canvas *c, const exg_scatter *s, double size)
{
    exg_status st = EXG_OK;
    const exg_face face = {.size = size,
                           .rgb = 0x000000,
                           .bold = 1,
                           .halo = 1,
                           .hx = 0.5,
                           .hy = 0.5};
    double *scratch = NULL, *x = NULL, *y = NULL;

    EXG_TRY(exg_new(&scratch, s->n));
    EXG_TRY(exg_new(&x, s->classes));
    EXG_TRY(exg_new(&y, s->classes));
    for (exg_int k = 0; k < s->classes; k++) {
        x[k] = median(s, s->x, k, scratch);
        y[k] = median(s, s->y, k, scratch);
    }
    part(s->classes, x, y, 1.5 * size);
    for (exg_int k = 0; k < s->classes; k++) {
        char text[32];

        snprintf(text, sizeof text, "%td", k);
        if (isfinite(x[k])) {
            exg_canvas_text(c, x[k], y[k], text, face);
        }
    }
done:
    exg_free(y);
    exg_free(x);
    exg_free(scratch);
    return st;
}

double exg_scatter_radius(exg_int n, double side)
{
    const double r = 0.0055 * side * pow(1000.0 / (double)n, 0.32);

    return fmin(fmax(r, 0.45), 3);
}
