/* convolve_factors.c -- what each wave of charges is multiplied by.
 *
 * The kernel's transform, times the influence of Hockney & Eastwood 1988
 * (section 8-3-3) for splines of order P, axis by axis: W^2P / (sum W^2P)^2,
 * with W(k) = sin(k/2) / (k/2), the sum over the aliases k + 2 pi a.  The
 * kernel is even, so its transform is a cosine transform of one corner of the
 * grid.  Its mean is taken off in double: what is left is small for small maps,
 * where 1 / (1 + r^2) is nearly constant and single precision would see no
 * slope. */
#include <math.h>
#include <stdlib.h>

#include "convolve_impl.h"
#include "kern/stencil.h"

enum {
    ALIASES = 12 /* W^2P falls as a^-12 */
};

/* 1 - 1 / (1 + r^2): no cancellation for small r. */
static double defect(double spacing, exg_int i, exg_int j, exg_int k)
{
    const double r2 = spacing * spacing * (double)(i * i + j * j + k * k);

    return r2 / (1.0 + r2);
}

/* How many nodes of the padded axis are as far from 0 as node i. */
static double copies(exg_int i, exg_int m)
{
    return i == 0 || 2 * i == m ? 1.0 : 2.0;
}

static double mean_defect(const exg_convolve *c, double spacing)
{
    double sum = 0.0;

    for (exg_int p = 0; p < c->band; p++) {
        for (exg_int r = 0; r <= c->mrow / 2; r++) {
            double row = 0.0;

            for (exg_int i = 0; i < c->half; i++) {
                row += copies(i, c->m) * defect(spacing, i, r, p);
            }
            sum += row * copies(p, c->mplane) * copies(r, c->mrow);
        }
    }
    return sum / ((double)c->m * (double)c->mrow * (double)c->mplane);
}

/* Influence of wave k <= m / 2 of an axis of m nodes, over m for the way back.
 */
static double influence(exg_int k, exg_int m)
{
    const double angle = M_PI * (double)k / (double)m;
    double own = 1.0, all = 0.0;

    for (int a = -ALIASES; a <= ALIASES; a++) {
        const double x = angle + M_PI * a;
        const double w = x == 0.0 ? 1.0 : sin(x) / x;
        const double power = pow(w, 2 * EXG_STENCIL);

        own = a == 0 ? power : own;
        all += power;
    }
    return own / (all * all * (double)m);
}

/* A corner of one plane of the kernel and its cosine transforms. */
typedef struct {
    float *x;
    exg_int rows, width;
    fftwf_plan row, col;
} corner;

static exg_status corner_create(const exg_convolve *c, corner *k)
{
    const int half = (int)c->half, rows = (int)(c->mrow / 2 + 1);
    const fftwf_r2r_kind even = FFTW_REDFT00;
    exg_status st = EXG_OK;

    k->rows = rows;
    EXG_TRY(exg_new(&k->x, rows * c->half));
    k->row = fftwf_plan_many_r2r(1, &half, rows, k->x, NULL, 1, half, k->x,
                                 NULL, 1, half, &even, FFTW_ESTIMATE);
    if (rows > 1) {
        k->col = fftwf_plan_many_r2r(1, &rows, half, k->x, NULL, half, 1, k->x,
                                     NULL, half, 1, &even, FFTW_ESTIMATE);
    }
    if (k->row == NULL || (rows > 1 && k->col == NULL)) {
        st = exg_fail(EXG_ENOMEM, "t-SNE: no FFTW plan of length %d", half);
    }
done:
    return st;
}

static void corner_free(corner *k)
{
    fftwf_destroy_plan(k->row);
    fftwf_destroy_plan(k->col);
    exg_free(k->x);
}

/* Element p of my lines. */
static void put_plane(exg_convolve *c, double spacing, double mean, exg_int p,
                      corner *k)
{
    for (exg_int r = 0; r < k->rows; r++) {
        for (exg_int i = 0; i < c->half; i++) {
            k->x[r * c->half + i] = (float)(mean - defect(spacing, i, r, p));
        }
    }
    fftwf_execute(k->row);
    if (k->rows > 1) {
        fftwf_execute(k->col);
    }
    for (exg_int l = 0; l < c->line.count; l++) {
        const exg_int wave = (c->line.first + l) / c->half;
        const exg_int r = 2 * wave > c->mrow ? c->mrow - wave : wave;
        const exg_int i = (c->line.first + l) % c->half;

        c->factor[l * c->band + p] = k->x[r * c->half + i];
    }
}

/* The influence of every wave up to the middle of an axis. */
static exg_status table_of(const exg_convolve *c, double **by_wave)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(by_wave, c->half));
    for (exg_int k = 0; k < c->half; k++) {
        (*by_wave)[k] = influence(k, c->m);
    }
done:
    return st;
}

/* Transform line l of mine, and put the influence on it. */
static void finish_line(exg_convolve *c, fftwf_plan plan, float *x,
                        const double *by_wave, exg_int l)
{
    float *factor = c->factor + l * c->band;
    const exg_int line = c->line.first + l, wave = line / c->half;
    const exg_int r = 2 * wave > c->mrow ? c->mrow - wave : wave;
    const double of_line =
        by_wave[line % c->half] * (c->mrow > 1 ? by_wave[r] : 1.0);

    for (exg_int p = 0; p < c->band; p++) {
        x[p] = factor[p];
    }
    if (plan != NULL) {
        fftwf_execute(plan);
    }
    for (exg_int p = 0; p < c->band; p++) {
        const double of_plane = plan != NULL ? by_wave[p] : 1.0;

        factor[p] = (float)((double)x[p] * of_line * of_plane);
    }
    if (line == 0) {
        factor[0] = 0.0f; /* the mean, up to rounding */
    }
}

static exg_status finish_lines(exg_convolve *c)
{
    const int band = (int)c->band;
    fftwf_plan plan = NULL;
    float *x = NULL;
    double *by_wave = NULL;
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&x, c->band));
    EXG_TRY(table_of(c, &by_wave));
    if (band > 1) {
        plan = fftwf_plan_r2r_1d(band, x, x, FFTW_REDFT00, FFTW_ESTIMATE);
        if (plan == NULL) {
            st = exg_fail(EXG_ENOMEM, "t-SNE: no FFTW plan of length %d", band);
            goto done;
        }
    }
    for (exg_int l = 0; l < c->line.count; l++) {
        finish_line(c, plan, x, by_wave, l);
    }
done:
    fftwf_destroy_plan(plan);
    exg_free(x);
    exg_free(by_wave);
    return st;
}

exg_status exg_convolve_factors(exg_convolve *c, double spacing)
{
    exg_status st = EXG_OK;
    corner k = {.x = NULL};
    const double mean = mean_defect(c, spacing);

    c->mean = 1.0 - mean;
    EXG_TRY(corner_create(c, &k));
    for (exg_int p = 0; p < c->band; p++) {
        put_plane(c, spacing, mean, p, &k);
    }
    EXG_TRY(finish_lines(c));
done:
    corner_free(&k);
    return st;
}
