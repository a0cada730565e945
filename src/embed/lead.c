/* lead.c -- see lead.h.
 *
 * Rank 0 gathers a sample of rows, finds its principal axes, measures how many
 * pairs the first of them fail to tell apart, and tells the others.  The model
 * counts cycles per pair, measured on Zen 4 with AVX-512: a coordinate of the
 * sieve costs 1/16, a pair that passes it some tens and a share for each
 * coordinate of the full distance. */
#include "embed/lead.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "embed/eigen.h"
#include "par/agree.h"
#include "par/gather.h"

enum {
    SAMPLE = 4096,  /* rows at most                                    */
    QUERIES = 64,   /* of them that ask for neighbours                 */
    AXES = 255,     /* at most                                         */
    LARGEST = 1024, /* columns: more, and axes cost more than they save */
    CHOICES = 9,
    CHAINS = 8
};

static const exg_int choice[CHOICES] = {12, 16, 24, 32, 48, 64, 96, 128, 256};

/* A sample on rank 0, and its projections. */
typedef struct {
    exg_int n, d, axes;
    double *x;     /* shape (n, d)    */
    double *basis; /* shape (d, axes) */
    double *u;     /* shape (n, axes) */
} sample;

static void sample_free(sample *s)
{
    exg_free(s->x);
    exg_free(s->basis);
    exg_free(s->u);
}

/* Every step-th row of all, on rank 0. */
static exg_status take(const exg_par *par, const exg_tiles *t, sample *s)
{
    exg_status st = EXG_OK;
    const exg_int step = (t->total + SAMPLE - 1) / SAMPLE, d = t->dim;
    const exg_int all = (t->total + step - 1) / step;
    const exg_int room = par->rank == 0 ? all : 0;
    exg_int n = 0;
    float *mine = NULL, *rows = NULL;

    EXG_TRY_ALL(par, exg_new(&mine, (t->count / step + 1) * d));
    EXG_TRY_ALL(par, exg_new(&rows, room * d));
    EXG_TRY_ALL(par, exg_new(&s->x, room * d));
    for (exg_int i = 0; i < t->count; i++) {
        if ((t->first + i) % step == 0) {
            memcpy(mine + n++ * d, t->x + i * d, sizeof *mine * (size_t)d);
        }
    }
    exg_gather_rows(par, d * (exg_int)sizeof *mine, n, mine, rows);
    for (exg_int i = 0; i < room * d; i++) {
        s->x[i] = (double)rows[i];
    }
    s->n = all;
    s->d = d;
done:
    exg_free(mine);
    exg_free(rows);
    return st;
}

/* Principal axes of the sample and its coordinates on them. */
static exg_status find_axes(sample *s)
{
    exg_status st = EXG_OK;
    const blasint n = (blasint)s->n, d = (blasint)s->d, a = (blasint)s->axes;
    double *square = NULL;

    EXG_TRY(exg_new(&square, s->d * s->d));
    EXG_TRY(exg_new(&s->basis, s->d * s->axes));
    EXG_TRY(exg_new(&s->u, s->n * s->axes));
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, d, n, 1.0, s->x, d, 0.0,
                square, d);
    EXG_TRY(exg_eigen_leading(s->d, s->axes, square, s->basis));
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, a, d, 1.0, s->x,
                d, s->basis, a, 0.0, s->u, a);
done:
    exg_free(square);
    return st;
}

static double square_distance(exg_int d, const double *x, const double *y)
{
    double sum[CHAINS] = {0}, all = 0.0; /* one chain would wait for itself */
    exg_int k = 0;

    for (; k + CHAINS <= d; k += CHAINS) {
        for (int c = 0; c < CHAINS; c++) {
            sum[c] += (x[k + c] - y[k + c]) * (x[k + c] - y[k + c]);
        }
    }
    for (; k < d; k++) {
        sum[0] += (x[k] - y[k]) * (x[k] - y[k]);
    }
    for (int c = 0; c < CHAINS; c++) {
        all += sum[c];
    }
    return all;
}

/* The near-th smallest distance of row q to the others, near >= 1. */
static double reach(const sample *s, exg_int q, exg_int near, double *best)
{
    for (exg_int a = 0; a < near; a++) {
        best[a] = INFINITY;
    }
    for (exg_int i = 0; i < s->n; i++) {
        const double d =
            square_distance(s->d, s->x + q * s->d, s->x + i * s->d);
        exg_int a = near - 1;

        if (i == q || d >= best[a]) {
            continue;
        }
        for (; a > 0 && best[a - 1] > d; a--) {
            best[a] = best[a - 1];
        }
        best[a] = d;
    }
    return best[near - 1];
}

/* Of how many pairs (q, i) the first axes do not show that i is beyond reach,
 * for each choice. */
static void count_passing(const sample *s, exg_int q, double bound,
                          exg_int *pass)
{
    for (exg_int i = 0; i < s->n; i++) {
        const double *a = s->u + q * s->axes, *b = s->u + i * s->axes;
        double sum = 0.0;
        exg_int k = 0;

        for (int c = 0; c < CHOICES && choice[c] <= s->axes + 1; c++) {
            sum += square_distance(choice[c] - 1 - k, a + k, b + k);
            k = choice[c] - 1;
            pass[c] += sum <= bound;
        }
    }
}

/* Cycles per pair of a search with m coordinates, if that share passes. */
static double cost(exg_int m, exg_int d, double share)
{
    return 0.25 + (double)m / 16.0 + share * (50.0 + 0.15 * (double)d);
}

/* How many lead coordinates are fastest. */
static exg_status best_number(const sample *s, exg_int total, exg_int k,
                              exg_int *m)
{
    exg_status st = EXG_OK;
    const exg_int step = (s->n + QUERIES - 1) / QUERIES;
    const exg_int want = k * s->n / total + 1;
    const exg_int near = want < s->n ? want : s->n;
    exg_int pass[CHOICES] = {0}, asked = 0;
    double *best = NULL, least;

    EXG_TRY(exg_new(&best, near));
    for (exg_int q = 0; q < s->n; q += step, asked++) {
        count_passing(s, q, reach(s, q, near, best), pass);
    }
    *m = s->d;
    least = cost(s->d, s->d, 2.0 * (double)near / (double)s->n);
    for (int c = 0; c < CHOICES && choice[c] <= s->axes + 1; c++) {
        const double share = (double)pass[c] / ((double)asked * (double)s->n);

        if (cost(choice[c], s->d, share) < least) {
            least = cost(choice[c], s->d, share);
            *m = choice[c];
        }
    }
done:
    exg_free(best);
    return st;
}

static exg_status decide(exg_int total, exg_int k, sample *s, exg_int *m)
{
    exg_status st = EXG_OK;

    EXG_TRY(find_axes(s));
    EXG_TRY(best_number(s, total, k, m));
done:
    return st;
}

exg_status exg_lead_choose(const exg_par *par, const exg_tiles *tiles,
                           exg_int k, exg_lead *lead)
{
    exg_status st = EXG_OK;
    const exg_int d = tiles->dim;
    sample s = {.axes = d - 1 < AXES ? d - 1 : AXES};
    exg_lead new = {.m = d};
    int64_t m = d;

    if (d > choice[0] && d <= LARGEST) {
        EXG_TRY(take(par, tiles, &s));
        EXG_TRY_ALL(par, par->rank == 0 ? decide(tiles->total, k, &s, &new.m)
                                        : EXG_OK);
        m = new.m;
        EXG_MPI(MPI_Bcast(&m, 1, MPI_INT64_T, 0, par->comm));
        new.m = (exg_int)m;
    }
    if (new.m < d) {
        const exg_int n = new.m - 1;

        EXG_TRY_ALL(par, exg_new(&new.basis, d * n));
        for (exg_int i = 0; par->rank == 0 && i < d; i++) {
            memcpy(new.basis + i *n, s.basis + i * s.axes,
                   sizeof *new.basis *(size_t)n);
        }
        EXG_MPI(MPI_Bcast(new.basis, exg_mpi_count(d * n), MPI_DOUBLE, 0,
                          par->comm));
    }
    *lead = new;
    new.basis = NULL;
done:
    exg_lead_clear(&new);
    sample_free(&s);
    return st;
}

void exg_lead_clear(exg_lead *lead)
{
    exg_free(lead->basis);
    lead->basis = NULL;
}

/* What the axes leave of a row, |x|^2 - |u|^2. */
static double rest(exg_int d, const double *x, exg_int n, const double *u)
{
    double sum = 0.0;

    for (exg_int k = 0; k < d; k++) {
        sum += x[k] * x[k];
    }
    for (exg_int k = 0; k < n; k++) {
        sum -= u[k] * u[k];
    }
    return sqrt(fmax(sum, 0.0));
}

exg_status exg_lead_rows(const exg_lead *lead, const exg_tiles *tiles, float *u)
{
    exg_status st = EXG_OK;
    const exg_int d = tiles->dim, m = lead->m, n = m - 1;
    double *x = NULL, *v = NULL;

    if (lead->basis == NULL) {
        memcpy(u, tiles->x, sizeof *u * (size_t)(tiles->count * d));
        return EXG_OK;
    }
    EXG_TRY(exg_new(&x, EXG_TILE * d));
    EXG_TRY(exg_new(&v, EXG_TILE * n));
    for (exg_int i = 0; i < tiles->own.count; i++) {
        const exg_int left = tiles->count - i * EXG_TILE;
        const exg_int rows = left < EXG_TILE ? left : EXG_TILE;

        for (exg_int e = 0; e < EXG_TILE * d; e++) {
            x[e] = (double)tiles->x[i * EXG_TILE * d + e];
        }
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, EXG_TILE,
                    (blasint)n, (blasint)d, 1.0, x, (blasint)d, lead->basis,
                    (blasint)n, 0.0, v, (blasint)n);
        for (exg_int r = 0; r < rows; r++) {
            float *to = u + (i * EXG_TILE + r) * m;

            for (exg_int c = 0; c < n; c++) {
                to[c] = (float)v[r * n + c];
            }
            to[n] = (float)rest(d, x + r * d, n, v + r * n);
        }
    }
done:
    exg_free(x);
    exg_free(v);
    return st;
}
