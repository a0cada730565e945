/* convolve_factors.c -- what each wave of charges is multiplied by.
 *
 * The kernel's transform, times the influence of Hockney & Eastwood 1988
 * (section 8-3-3) for splines of order P, axis by axis: W^2P / (sum W^2P)^2,
 * with W(k) = sin(k/2) / (k/2), the sum over the aliases k + 2 pi a.
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
#include <string.h>

#include "convolve_kernel.h"
#include "kern/stencil.h"

enum {
    L = EXG_LINE,
    CHUNK = EXG_CHUNK,
    ALIASES = 12 /* W^2P falls as a^-12 */
};

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

/* Room to transform in, beside c->wave and c->twin. */
typedef struct {
    exg_int padded;       /* L of the axis of nodes, in whole lanes         */
    exg_int first, count; /* groups of waves that my blocks are of          */
    float *x;             /* shape (16, padded): rows of the kernel         */
    float *lane;          /* the same, side by side                         */
    float *plane;         /* shape (count, rows, 16): 3-D: waves of rows    */
    float *across;        /* shape (band, 16)                               */
} room;

static exg_status room_create(const exg_convolve *c, room *k)
{
    exg_status st = EXG_OK;
    const exg_int per_group = c->dims > 2 ? 2 * c->other->n : 1;
    const exg_int last = c->block.first + c->block.count - 1;

    k->padded = c->groups * L;
    k->first = c->block.first / per_group;
    k->count = c->block.count > 0 ? last / per_group + 1 - k->first : 0;
    EXG_TRY(exg_new(&k->x, L * k->padded));
    EXG_TRY(exg_new(&k->lane, L * k->padded));
    EXG_TRY(exg_new(&k->plane, c->dims > 2 ? k->count * c->band * L : 0));
    EXG_TRY(exg_new(&k->across, c->band * L));
done:
    return st;
}

static void room_free(room *k)
{
    exg_free(k->x);
    exg_free(k->lane);
    exg_free(k->plane);
    exg_free(k->across);
}

/* Up to 16 rows of the kernel, row r of them so many nodes away, squared:
 * side by side in k->lane. */
static void lay_rows(const exg_convolve *c, const exg_convolve_kernel *w,
                     exg_int count, const exg_int *away, room *k)
{
    for (exg_int r = 0; r < L; r++) {
        float *x = k->x + r * k->padded;

        if (r >= count) {
            memset(x, 0, sizeof *x * (size_t)k->padded);
            continue;
        }
        exg_convolve_kernel_row(w, away[r], x);
    }
    for (exg_int i = 0; i < k->padded; i += L) {
        c->kern->fft_turn(k->x + i, k->padded, k->lane + i * L, L);
    }
}

/* Waves along the axis of nodes of the `total` rows of a plane, or of all
 * planes of one row, of my groups.
 * @param[in]  plane  how many nodes away it is
 * @param[out] to     shape (groups of mine, total, 16) */
static void along_nodes(const exg_convolve *c, const exg_convolve_kernel *w,
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
        lay_rows(c, w, count, away, k);
        c->kern->fft_enter(n, c->quarter, k->lane, c->wave);
        memset(c->wave + n * CHUNK, 0,
               sizeof *c->wave * (size_t)((k->padded - n) * CHUNK));
        c->kern->fft_run(c->node, 0, c->wave);
        for (exg_int g = 0; g < k->count; g++) {
            float *wave = c->wave + (k->first + g) * L * CHUNK;

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
static void cosine(const exg_convolve *c, const float *from, float *to)
{
    const exg_int m = c->other->n;

    for (int odd = 0; odd < 2; odd++) {
        const int32_t *wave_of = odd ? c->odd : c->even;
        const float sign = odd ? -1.0f : 1.0f;

        for (exg_int j = 0; j < m; j++) {
            for (int l = 0; l < L; l++) {
                c->twin[j * L + l] =
                    from[j * L + l] + sign * from[(m - j) * L + l];
            }
        }
        if (odd) {
            c->kern->fft_enter(m, c->half, c->twin, c->wave);
        } else {
            memset(c->wave, 0, sizeof *c->wave * (size_t)(m * CHUNK));
            for (exg_int j = 0; j < m; j++) {
                memcpy(c->wave + j * CHUNK, c->twin + j * L, sizeof *to * L);
            }
        }
        c->kern->fft_run(c->other, 0, c->wave);
        for (exg_int t = 0; t < m; t++) {
            memcpy(to + wave_of[t] * L, c->wave + t * CHUNK, sizeof *to * L);
        }
    }
}

/* c->factor of my blocks, not yet transformed across planes. */
static void put_planes(exg_convolve *c, const exg_convolve_kernel *w, room *k)
{
    const exg_int m = c->other->n;

    if (c->dims < 3) {
        along_nodes(c, w, c->band, 0, k, c->factor);
        return;
    }
    for (exg_int p = 0; p < c->band; p++) {
        exg_int last = -1;

        along_nodes(c, w, c->band, p, k, k->plane);
        for (exg_int b = 0; b < c->block.count; b++) {
            const exg_int block = c->block.first + b;
            const exg_int g = block / (2 * m) - k->first;
            const int32_t *row = block / m % 2 == 0 ? c->even : c->odd;

            if (g != last) {
                cosine(c, k->plane + g * c->band * L, k->across);
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
        cosine(c, k->across, factor);
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
    exg_convolve_kernel w;
    room k = {.x = NULL};
    tables t = {.node = NULL};

    EXG_TRY(exg_convolve_kernel_create(c, spacing, &w));
    EXG_TRY(room_create(c, &k));
    EXG_TRY(tables_create(c, &t));
    c->mean = 1.0 - w.mean;
    put_planes(c, &w, &k);
    for (exg_int b = 0; b < c->block.count; b++) {
        finish_block(c, &t, b, &k);
    }
done:
    exg_convolve_kernel_free(&w);
    room_free(&k);
    exg_free(t.node);
    exg_free(t.other);
    return st;
}
