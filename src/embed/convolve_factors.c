/* convolve_factors.c -- what each wave of charges is multiplied by.
 *
 * The kernel's transform, times the influence of Hockney & Eastwood 1988
 * (section 8-3-3) for splines of order P, axis by axis: W^2P / (sum W^2P)^2,
 * with W(k) = sin(k/2) / (k/2), the sum over the aliases k + 2 pi a.  A
 * constant is taken off in double: what is left is small for small maps, where
 * the kernel is nearly constant and single precision would see no slope.
 *
 * The kernel is even, so its transform is a cosine transform of one corner of
 * the grid, 16 rows at a time by the transforms that charges take.  On the axis
 * of nodes, waves k + 1/4 of L numbers: twice the real part, less the first
 * number.  On another axis, waves k of 2 L numbers of which L + 1 differ: the
 * even ones from x_j + x_(L-j), the odd ones from x_j - x_(L-j) with a twist.
 *
 * On the axis of nodes the kernel ends at L, where its image begins as the
 * negative; so beyond the farthest pair of points it falls to 0 like an error
 * function, which is smooth enough for the splines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "convolve_impl.h"
#include "kern/stencil.h"

enum {
    L = EXG_LINE,
    CHUNK = EXG_CHUNK,
    ALIASES = 12,     /* W^2P falls as a^-12                          */
    ROWS_OF_MEAN = 48 /* of the kernel, on an axis, at least: of all the mean
                     would cost as much as the rest */
};

#define STEEP 3.3 /* erfc(3.3) = 3e-6 */

/* The kernel on the nodes of one corner of the grid. */
typedef struct {
    double dof, spacing;
    double *by_square; /* of 0, 1, 2, ... nodes: the defect that far, squared;
                          NULL: it is cheaper to compute than to look up */
    double *row;       /* shape (L of the axis of nodes): work */
} kernel;

/* 1 - w(r): no cancellation for small r. */
static double defect_at(const kernel *w, exg_int squares)
{
    const double r2 = w->spacing * w->spacing * (double)squares;

    return w->dof == 1.0 ? r2 / (1.0 + r2)
                         : -expm1(-w->dof * log1p(r2 / w->dof));
}

/* That of n nodes in a row, whose first is so many nodes away, squared: in
 * w->row. */
static void defects(const kernel *w, exg_int n, exg_int away)
{
    const double unit = w->spacing * w->spacing;

    for (exg_int i = 0; i < n && w->by_square != NULL; i++) {
        w->row[i] = w->by_square[away + i * i];
    }
    for (exg_int i = 0; i < n && w->by_square == NULL && w->dof != 1.0; i++) {
        w->row[i] = defect_at(w, away + i * i);
    }
    for (int i = 0; i < n && w->dof == 1.0; i++) { /* int: in vectors */
        const double r2 = unit * ((double)away + (double)i * (double)i);

        w->row[i] = r2 / (1.0 + r2);
    }
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
    EXG_TRY(exg_new(&w->row, c->node->n));
    if (c->dims == 3 && c->dof != 1.0) {
        EXG_TRY(exg_new(&w->by_square, most + 1));
        for (exg_int i = 0; i <= most; i++) {
            w->by_square[i] = defect_at(w, i);
        }
    }
done:
    return st;
}

static void kernel_free(kernel *w)
{
    exg_free(w->by_square);
    exg_free(w->row);
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

/* About: what is taken off here is put back exactly. */
static double mean_defect(const exg_convolve *c, const kernel *w)
{
    const exg_int rows = row_band(c);
    const exg_int step = 1 + c->band / ROWS_OF_MEAN;
    double sum = 0.0, all = 0.0;

    for (exg_int p = 0; p < c->band; p += step) {
        for (exg_int r = 0; r < rows; r += step) {
            const double weight = copies(p, c->band) * copies(r, rows);
            double row = 0.0;

            defects(w, c->node->n, r * r + p * p);
            for (exg_int i = 0; i < c->node->n; i++) {
                row += (i == 0 ? 1.0 : 2.0) * w->row[i];
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

/* Lane l of block b of mine: wave `row` of the axis of rows and `node` of the
 * axis of nodes, as the influences count them. */
typedef struct {
    exg_int row, node; /* node < 0: there is no such line */
} line;

static line line_of(const exg_convolve *c, exg_int b, exg_int l)
{
    const exg_int m = c->dims > 2 ? c->other->n : 1, n = c->node->n;
    const exg_int block = c->block.first + b;
    const exg_int at = block / (c->dims > 2 ? 2 * m : 1) * L + l;
    const exg_int wave = at < n ? c->node->wave[at] : -1; /* and a quarter */
    const int32_t *row = block / m % 2 == 0 ? c->even : c->odd;

    return (line){.row = c->dims > 2 ? row[block % m] : 0,
                  .node = 2 * wave < n ? 2 * wave : 2 * (n - wave) - 1};
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

/* Room to transform in. */
typedef struct {
    exg_int padded;        /* L of the axis of nodes, in whole lanes        */
    exg_int first, count;  /* groups of waves that my blocks are of         */
    float *fall;           /* shape (L): of the axis of nodes               */
    float *quarter, *half; /* twists of all L numbers of an axis            */
    float *x;              /* shape (16, padded): rows of the kernel        */
    float *lane;           /* the same, side by side                        */
    float *wave;           /* chunks of the longest transform               */
    float *fold;           /* shape (L of another axis, 16)                 */
    float *plane;          /* shape (count, rows, 16): 3-D: waves of rows   */
    float *across;         /* shape (band, 16)                              */
} room;

static exg_status room_create(const exg_convolve *c, room *k)
{
    exg_status st = EXG_OK;
    const exg_int per_group = c->dims > 2 ? 2 * c->other->n : 1;
    const exg_int last = c->block.first + c->block.count - 1;
    const exg_int n = c->node->n, m = c->other->n;

    k->padded = c->groups * L;
    k->first = c->block.first / per_group;
    k->count = c->block.count > 0 ? last / per_group + 1 - k->first : 0;
    EXG_TRY(exg_new(&k->fall, n));
    EXG_TRY(exg_new(&k->quarter, 2 * n));
    EXG_TRY(exg_new(&k->half, 2 * m));
    EXG_TRY(exg_new(&k->x, L * k->padded));
    EXG_TRY(exg_new(&k->lane, L * k->padded));
    EXG_TRY(exg_new(&k->wave, (k->padded > m ? k->padded : m) * CHUNK));
    EXG_TRY(exg_new(&k->fold, m * L));
    EXG_TRY(exg_new(&k->plane, c->dims > 2 ? k->count * c->band * L : 0));
    EXG_TRY(exg_new(&k->across, c->band * L));
    for (exg_int i = 0; i < n; i++) {
        k->fall[i] = (float)fall(c, i);
    }
    exg_fourier_twist(n, 0.25 / (double)n, k->quarter);
    exg_fourier_twist(m, 0.5 / (double)m, k->half);
done:
    return st;
}

static void room_free(room *k)
{
    exg_free(k->fall);
    exg_free(k->quarter);
    exg_free(k->half);
    exg_free(k->x);
    exg_free(k->lane);
    exg_free(k->wave);
    exg_free(k->fold);
    exg_free(k->plane);
    exg_free(k->across);
}

/* Up to 16 rows of the kernel, row `at` of them so many nodes away, squared:
 * side by side in k->lane. */
static void lay_rows(const exg_convolve *c, const kernel *w, double mean,
                     exg_int count, const exg_int *away, room *k)
{
    for (exg_int r = 0; r < L; r++) {
        float *x = k->x + r * k->padded;

        if (r >= count) {
            memset(x, 0, sizeof *x * (size_t)k->padded);
            continue;
        }
        defects(w, c->node->n, away[r]);
        for (exg_int i = 0; i < c->node->n; i++) {
            x[i] = (float)(mean - w->row[i]) * k->fall[i];
        }
    }
    for (exg_int i = 0; i < k->padded; i += L) {
        c->kern->fft_turn(k->x + i, k->padded, k->lane + i * L, L);
    }
}

/* Waves along the axis of nodes of the `total` rows of a plane, or of all
 * planes of one row, of my groups.
 * @param[in]  plane  how many nodes away it is
 * @param[out] to     shape (groups of mine, total, 16) */
static void along_nodes(const exg_convolve *c, const kernel *w, double mean,
                        exg_int total, exg_int plane, room *k, float *to)
{
    _Alignas(64) float turned[L * L];
    const exg_int n = c->node->n;

    for (exg_int q = 0; q < total; q += L) {
        const exg_int count = total - q < L ? total - q : L;
        exg_int away[L];

        for (exg_int r = 0; r < count; r++) {
            away[r] = (q + r) * (q + r) + plane * plane;
        }
        lay_rows(c, w, mean, count, away, k);
        c->kern->fft_enter(n, k->quarter, k->lane, k->wave);
        memset(k->wave + n * CHUNK, 0,
               sizeof *k->wave * (size_t)((k->padded - n) * CHUNK));
        c->kern->fft_run(c->node, 0, k->wave);
        for (exg_int g = 0; g < k->count; g++) {
            float *wave = k->wave + (k->first + g) * L * CHUNK;

            for (exg_int t = 0; t < L && (k->first + g) * L + t < n; t++) {
                for (int l = 0; l < L; l++) {
                    wave[t * CHUNK + l] =
                        2.0f * wave[t * CHUNK + l] - k->lane[l];
                }
            }
            c->kern->fft_turn(wave, CHUNK, turned, L);
            memcpy(to + (g * total + q) * L, turned,
                   sizeof *to * (size_t)(count * L));
        }
    }
}

/* The cosine transform of another axis: from and to of shape (band, 16). */
static void cosine(const exg_convolve *c, const float *from, room *k, float *to)
{
    const exg_int m = c->other->n;

    for (int odd = 0; odd < 2; odd++) {
        const int32_t *wave_of = odd ? c->odd : c->even;
        const float sign = odd ? -1.0f : 1.0f;

        for (exg_int j = 0; j < m; j++) {
            for (int l = 0; l < L; l++) {
                k->fold[j * L + l] =
                    from[j * L + l] + sign * from[(m - j) * L + l];
            }
        }
        if (odd) {
            c->kern->fft_enter(m, k->half, k->fold, k->wave);
        } else {
            memset(k->wave, 0, sizeof *k->wave * (size_t)(m * CHUNK));
            for (exg_int j = 0; j < m; j++) {
                memcpy(k->wave + j * CHUNK, k->fold + j * L, sizeof *to * L);
            }
        }
        c->kern->fft_run(c->other, 0, k->wave);
        for (exg_int t = 0; t < m; t++) {
            memcpy(to + wave_of[t] * L, k->wave + t * CHUNK, sizeof *to * L);
        }
    }
}

/* c->factor of my blocks, not yet transformed across planes. */
static void put_planes(exg_convolve *c, const kernel *w, double mean, room *k)
{
    const exg_int m = c->other->n;

    if (c->dims < 3) {
        along_nodes(c, w, mean, c->band, 0, k, c->factor);
        return;
    }
    for (exg_int p = 0; p < c->band; p++) {
        exg_int last = -1;

        along_nodes(c, w, mean, c->band, p, k, k->plane);
        for (exg_int b = 0; b < c->block.count; b++) {
            const exg_int block = c->block.first + b;
            const exg_int g = block / (2 * m) - k->first;
            const int32_t *row = block / m % 2 == 0 ? c->even : c->odd;

            if (g != last) {
                cosine(c, k->plane + g * c->band * L, k, k->across);
                last = g;
            }
            memcpy(c->factor + (b * c->band + p) * L,
                   k->across + row[block % m] * L, sizeof *k->across * L);
        }
    }
}

/* Transform my block b across planes, and put the influence on it. */
static void finish_block(exg_convolve *c, const tables *t, exg_int b, room *k)
{
    float *factor = c->factor + b * c->band * L;
    double of_lane[L];

    if (c->band > 1) {
        memcpy(k->across, factor, sizeof *factor * (size_t)(c->band * L));
        cosine(c, k->across, k, factor);
    }
    for (int l = 0; l < L; l++) {
        const line v = line_of(c, b, l);

        of_lane[l] = v.node < 0 ? 0.0
                                : t->node[v.node] *
                                      (c->dims > 2 ? t->other[v.row] : 1.0);
    }
    for (exg_int p = 0; p < c->band; p++) {
        const double of_plane = c->band > 1 ? t->other[p] : 1.0;

        for (int l = 0; l < L; l++) {
            factor[p * L + l] =
                (float)((double)factor[p * L + l] * of_lane[l] * of_plane);
        }
    }
}

exg_status exg_convolve_factors(exg_convolve *c, double spacing)
{
    exg_status st = EXG_OK;
    kernel w;
    room k = {.x = NULL};
    tables t = {.node = NULL};
    double mean;

    EXG_TRY(kernel_create(c, spacing, &w));
    EXG_TRY(room_create(c, &k));
    EXG_TRY(tables_create(c, &t));
    mean = mean_defect(c, &w);
    c->mean = 1.0 - mean;
    put_planes(c, &w, mean, &k);
    for (exg_int b = 0; b < c->block.count; b++) {
        finish_block(c, &t, b, &k);
    }
done:
    kernel_free(&w);
    room_free(&k);
    exg_free(t.node);
    exg_free(t.other);
    return st;
}
