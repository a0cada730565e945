/* convolve_factors.c -- what each wave of charges is multiplied by.
 *
 * The kernel's transform, times the influence of Hockney & Eastwood 1988
 * (section 8-3-3) for splines of order P, axis by axis: W^2P / (sum W^2P)^2,
 * with W(k) = sin(k/2) / (k/2), the sum over the aliases k + 2 pi a.  The
 * kernel is even, so its transform is a cosine transform of one corner of the
 * grid.  A constant is taken off in double: what is left is small for small
 * maps, where the kernel is nearly constant and single precision would see
 * no slope.
 *
 * On the axis of nodes the kernel ends at L, where its image begins as the
 * negative; so beyond the farthest pair of points it falls to 0 like an error
 * function, which is smooth enough for the splines. */
#include <fftw3.h>
#include <math.h>
#include <stdlib.h>

#include "convolve_impl.h"
#include "kern/stencil.h"

enum {
    ALIASES = 12 /* W^2P falls as a^-12 */
};

#define STEEP 3.3 /* erfc(3.3) = 3e-6 */

/* The kernel on the nodes of one corner of the grid. */
typedef struct {
    double dof, spacing;
    double *by_square; /* of 0, 1, 2, ... nodes: the defect that far, squared;
                          NULL: it is cheaper to compute than to look up */
} kernel;

/* 1 - w(r): no cancellation for small r. */
static double defect_at(const kernel *w, exg_int squares)
{
    const double r2 = w->spacing * w->spacing * (double)squares;

    return w->dof == 1.0 ? r2 / (1.0 + r2)
                         : -expm1(-w->dof * log1p(r2 / w->dof));
}

static double defect(const kernel *w, exg_int i, exg_int j, exg_int k)
{
    const exg_int squares = i * i + j * j + k * k;

    return w->by_square != NULL ? w->by_square[squares] : defect_at(w, squares);
}

/* In three dimensions few squared distances are many nodes': powers of them pay
 * to be kept. */
static exg_status kernel_create(const exg_convolve *c, double spacing,
                                kernel *w)
{
    exg_status st = EXG_OK;
    const exg_int most =
        c->node->n * c->node->n + 2 * (c->band - 1) * (c->band - 1);

    *w = (kernel){.dof = c->dof, .spacing = spacing};
    if (c->dims == 3 && c->dof != 1.0) {
        EXG_TRY(exg_new(&w->by_square, most + 1));
        for (exg_int i = 0; i <= most; i++) {
            w->by_square[i] = defect_at(w, i);
        }
    }
done:
    return st;
}

/* The kernel less the constant, on its way to 0. */
static double fall(const exg_convolve *c, exg_int i)
{
    const double from = (double)(c->n - EXG_RIM);
    const double way = ((double)i - from) / ((double)c->node->n - from);

    return way <= 0.0 ? 1.0 : 0.5 * erfc(STEEP * (2.0 * way - 1.0));
}

/* How many nodes of an axis are as far from 0 as node i. */
static double copies(exg_int i, exg_int band)
{
    return i == 0 || i == band - 1 ? 1.0 : 2.0;
}

/* Nodes of a cosine transform across rows. */
static exg_int row_band(const exg_convolve *c)
{
    return c->dims > 2 ? c->band : 1;
}

static double mean_defect(const exg_convolve *c, const kernel *w)
{
    const exg_int rows = row_band(c);
    double sum = 0.0, all = 0.0;

    for (exg_int p = 0; p < c->band; p++) {
        for (exg_int r = 0; r < rows; r++) {
            const double weight = copies(p, c->band) * copies(r, rows);
            double row = 0.0;

            for (exg_int i = 0; i < c->node->n; i++) {
                row += (i == 0 ? 1.0 : 2.0) * defect(w, i, r, p);
            }
            sum += row * weight;
            all += weight * (double)(2 * c->node->n - 1);
        }
    }
    return sum / all;
}

/* Influence of the wave of half an angle, over n for the way back. */
static double influence(double angle, exg_int n)
{
    double own = 1.0, all = 0.0;

    for (int a = -ALIASES; a <= ALIASES; a++) {
        const double x = angle + M_PI * a;
        const double w = x == 0.0 ? 1.0 : sin(x) / x;
        const double power = pow(w, 2 * EXG_STENCIL);

        own = a == 0 ? power : own;
        all += power;
    }
    return own / (all * all * (double)n);
}

/* A corner of one plane of the kernel and its cosine transforms: waves j + 1/2
 * of the axis of nodes, waves j of rows. */
typedef struct {
    float *x, *fall;
    exg_int rows, width;
    fftwf_plan row, col;
} corner;

static exg_status corner_create(const exg_convolve *c, corner *k)
{
    const int width = (int)c->node->n, rows = (int)row_band(c);
    const fftwf_r2r_kind even = FFTW_REDFT00, half = FFTW_REDFT01;
    exg_status st = EXG_OK;

    k->rows = rows;
    k->width = width;
    EXG_TRY(exg_new(&k->x, k->rows * k->width));
    EXG_TRY(exg_new(&k->fall, k->width));
    for (exg_int i = 0; i < k->width; i++) {
        k->fall[i] = (float)fall(c, i);
    }
    k->row = fftwf_plan_many_r2r(1, &width, rows, k->x, NULL, 1, width, k->x,
                                 NULL, 1, width, &half, FFTW_ESTIMATE);
    if (rows > 1) {
        k->col =
            fftwf_plan_many_r2r(1, &rows, width, k->x, NULL, width, 1, k->x,
                                NULL, width, 1, &even, FFTW_ESTIMATE);
    }
    if (k->row == NULL || (rows > 1 && k->col == NULL)) {
        st = exg_fail(EXG_ENOMEM, "t-SNE: no FFTW plan of length %d", width);
    }
done:
    return st;
}

static void corner_free(corner *k)
{
    fftwf_destroy_plan(k->row);
    fftwf_destroy_plan(k->col);
    exg_free(k->x);
    exg_free(k->fall);
}

/* Lane l of block b of mine, line 16 b + l: wave `row` of the axis of rows and
 * `node` of the axis of nodes, as the cosine transforms count them. */
typedef struct {
    exg_int row, node; /* node < 0: there is no such line */
} line;

static line line_of(const exg_convolve *c, exg_int at_line)
{
    const exg_int b = at_line / EXG_LINE, l = at_line % EXG_LINE;
    const exg_int m = c->dims > 2 ? c->other->n : 1, n = c->node->n;
    const exg_int block = c->block.first + b;
    const exg_int at = block / (c->dims > 2 ? 2 * m : 1) * EXG_LINE + l;
    const exg_int wave = at < n ? c->node->wave[at] : -1; /* and a quarter */
    const int32_t *row = block / m % 2 == 0 ? c->even : c->odd;

    return (line){.row = c->dims > 2 ? row[block % m] : 0,
                  .node = 2 * wave < n ? 2 * wave : 2 * (n - wave) - 1};
}

/* Element p of my lines. */
static void put_plane(exg_convolve *c, const kernel *w, double mean, exg_int p,
                      const line *lines, corner *k)
{
    for (exg_int r = 0; r < k->rows; r++) {
        float *x = k->x + r * k->width;

        for (exg_int i = 0; i < k->width; i++) {
            x[i] = (float)(mean - defect(w, i, r, p)) * k->fall[i];
        }
    }
    fftwf_execute(k->row);
    if (k->rows > 1) {
        fftwf_execute(k->col);
    }
    for (exg_int i = 0; i < c->block.count * EXG_LINE; i++) {
        const exg_int b = i / EXG_LINE, l = i % EXG_LINE;
        const line v = lines[i];

        c->factor[(b * c->band + p) * EXG_LINE + l] =
            v.node < 0 ? 0.0f : k->x[v.row * k->width + v.node];
    }
}

/* The influence of every wave, by axis. */
typedef struct {
    double *node, *other;
} tables;

static exg_status tables_create(const exg_convolve *c, tables *t)
{
    const exg_int n = c->node->n, m = c->other->n;
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&t->node, n));
    EXG_TRY(exg_new(&t->other, c->band));
    for (exg_int k = 0; k < n; k++) {
        t->node[k] = influence(M_PI * ((double)k + 0.5) / (double)(2 * n), n);
    }
    for (exg_int k = 0; k < c->band; k++) {
        t->other[k] = influence(M_PI * (double)k / (double)(2 * m), 2 * m);
    }
done:
    return st;
}

/* Transform lane l of my block b across planes, and put the influence on it. */
static void finish_line(exg_convolve *c, fftwf_plan plan, float *x,
                        const tables *t, exg_int b, exg_int l)
{
    float *factor = c->factor + b * c->band * EXG_LINE + l;
    const line v = line_of(c, b * EXG_LINE + l);
    const double of_line =
        v.node < 0 ? 0.0
                   : t->node[v.node] * (c->dims > 2 ? t->other[v.row] : 1.0);

    for (exg_int p = 0; p < c->band; p++) {
        x[p] = factor[p * EXG_LINE];
    }
    if (plan != NULL) {
        fftwf_execute(plan);
    }
    for (exg_int p = 0; p < c->band; p++) {
        const double of_plane = plan != NULL ? t->other[p] : 1.0;

        factor[p * EXG_LINE] = (float)((double)x[p] * of_line * of_plane);
    }
}

static exg_status finish_lines(exg_convolve *c)
{
    const int band = (int)c->band;
    fftwf_plan plan = NULL;
    float *x = NULL;
    tables t = {.node = NULL};
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&x, c->band));
    EXG_TRY(tables_create(c, &t));
    if (band > 1) {
        plan = fftwf_plan_r2r_1d(band, x, x, FFTW_REDFT00, FFTW_ESTIMATE);
        if (plan == NULL) {
            st = exg_fail(EXG_ENOMEM, "t-SNE: no FFTW plan of length %d", band);
            goto done;
        }
    }
    for (exg_int i = 0; i < c->block.count * EXG_LINE; i++) {
        finish_line(c, plan, x, &t, i / EXG_LINE, i % EXG_LINE);
    }
done:
    fftwf_destroy_plan(plan);
    exg_free(x);
    exg_free(t.node);
    exg_free(t.other);
    return st;
}

exg_status exg_convolve_factors(exg_convolve *c, double spacing)
{
    exg_status st = EXG_OK;
    corner k = {.x = NULL};
    const exg_int nlines = c->block.count * EXG_LINE;
    line *lines = NULL;
    kernel w;
    double mean;

    EXG_TRY(kernel_create(c, spacing, &w));
    mean = mean_defect(c, &w);
    c->mean = 1.0 - mean;
    EXG_TRY(corner_create(c, &k));
    EXG_TRY(exg_new(&lines, nlines));
    for (exg_int i = 0; i < nlines; i++) {
        lines[i] = line_of(c, i);
    }
    for (exg_int p = 0; p < c->band; p++) {
        put_plane(c, &w, mean, p, lines, &k);
    }
    EXG_TRY(finish_lines(c));
done:
    exg_free(lines);
    corner_free(&k);
    exg_free(w.by_square);
    return st;
}
