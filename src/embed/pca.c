/* pca.c -- see pca.h.
 *
 * V holds M orthonormal columns.  One step makes B = X'(X V) tile by tile; the
 * tiles' float results add up in fixed point, so that the sum does not depend
 * on who owns which.  What follows is small and done alike on every rank: the
 * Ritz values, eigenvalues of V'B, tell when to stop, and B is made orthonormal
 * for the next step. */
#include "embed/pca.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/fixed.h"
#include "core/rng.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    EXTRA = 8,   /* columns beyond the components: faster convergence */
    MOST = 16,   /* columns at most                                   */
    STEPS = 100, /* steps at most                                     */
    SWEEPS = 30  /* of Jacobi rotations; 6 to 8 are usual             */
};

#define CHANGE 1e-7 /* of Ritz values, relative: vectors to 3e-4 or so */
#define SIGMA 1e-4  /* deviation of the first coordinate at the start  */

/* Working memory; everything but tile and part is the same on every rank. */
typedef struct {
    exg_int d, m;
    double *v, *b;  /* shape (d, m)        */
    float *vf;      /* shape (d, m)        */
    float *tile;    /* shape (EXG_TILE, m) */
    float *part;    /* shape (d, m)        */
    exg_fixed *sum; /* shape (d, m)        */
    double h[MOST * MOST], w[MOST * MOST], value[MOST];
} space;

static exg_status space_create(space *s)
{
    exg_status st = EXG_OK;
    const exg_int n = s->d * s->m;

    EXG_TRY(exg_new(&s->v, n));
    EXG_TRY(exg_new(&s->b, n));
    EXG_TRY(exg_new(&s->vf, n));
    EXG_TRY(exg_new(&s->tile, EXG_TILE * s->m));
    EXG_TRY(exg_new(&s->part, n));
    EXG_TRY(exg_new(&s->sum, n));
done:
    return st;
}

static void space_free(space *s)
{
    exg_free(s->v);
    exg_free(s->b);
    exg_free(s->vf);
    exg_free(s->tile);
    exg_free(s->part);
    exg_free(s->sum);
}

/* Make the columns of b orthonormal, into v (Gram-Schmidt, twice); a column
 * without a part of its own becomes 0. */
static void orthonormal(space *s)
{
    const exg_int d = s->d, m = s->m;

    for (exg_int c = 0; c < m; c++) {
        const double before = cblas_dnrm2((blasint)d, s->b + c, (blasint)m);
        double norm;

        for (int twice = 0; twice < 2; twice++) {
            for (exg_int e = 0; e < c; e++) {
                const double dot = cblas_ddot((blasint)d, s->v + e, (blasint)m,
                                              s->b + c, (blasint)m);

                cblas_daxpy((blasint)d, -dot, s->v + e, (blasint)m, s->b + c,
                            (blasint)m);
            }
        }
        norm = cblas_dnrm2((blasint)d, s->b + c, (blasint)m);
        for (exg_int i = 0; i < d; i++) {
            s->v[i * m + c] =
                norm > 1e-10 * before ? s->b[i * m + c] / norm : 0.0;
        }
    }
}

/* tile = rows x columns vf, the product of one tile. */
static void project(const exg_tiles *t, exg_int tile, exg_int m,
                    const float *vf, float *y)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, EXG_TILE, (blasint)m,
                (blasint)t->dim, 1.0f, t->x + tile * EXG_TILE * t->dim,
                (blasint)t->dim, vf, (blasint)m, 0.0f, y, (blasint)m);
}

/* b = X'(X v) / N.  Entries of X are below 2, so those of a tile's share are
 * below EXG_TILE * 4 sqrt(d). */
static void apply(const exg_par *par, const exg_tiles *t, space *s)
{
    const exg_int n = s->d * s->m;
    const double bound = 4.0 * EXG_TILE * sqrt((double)s->d);
    const int scale = exg_fixed_scale(bound, t->own.total + 1);

    memset(s->sum, 0, sizeof *s->sum * (size_t)n);
    for (exg_int i = 0; i < n; i++) {
        s->vf[i] = (float)s->v[i];
    }
    for (exg_int i = 0; i < t->own.count; i++) {
        project(t, i, s->m, s->vf, s->tile);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)s->d,
                    (blasint)s->m, EXG_TILE, 1.0f, t->x + i * EXG_TILE * s->d,
                    (blasint)s->d, s->tile, (blasint)s->m, 0.0f, s->part,
                    (blasint)s->m);
        (void)exg_fixed_add(n, s->part, scale, t->own.total, s->sum);
    }
    exg_reduce_fixed(par, n, s->sum);
    for (exg_int i = 0; i < n; i++) {
        s->b[i] = exg_fixed_value(s->sum[i], scale) / (double)t->total;
    }
}

/* One Jacobi rotation that makes h[p][q] zero, collected in w. */
static void rotate(int m, double *h, double *w, int p, int q)
{
    const double theta = 0.5 * (h[q * m + q] - h[p * m + p]) / h[p * m + q];
    const double t =
        copysign(1.0, theta) / (fabs(theta) + sqrt(theta * theta + 1.0));
    const double c = 1.0 / sqrt(t * t + 1.0), s = t * c;

    for (int i = 0; i < m; i++) {
        const double a = h[i * m + p], b = h[i * m + q];

        h[i * m + p] = c * a - s * b;
        h[i * m + q] = s * a + c * b;
    }
    for (int i = 0; i < m; i++) {
        const double a = h[p * m + i], b = h[q * m + i];
        const double u = w[i * m + p], v = w[i * m + q];

        h[p * m + i] = c * a - s * b;
        h[q * m + i] = s * a + c * b;
        w[i * m + p] = c * u - s * v;
        w[i * m + q] = s * u + c * v;
    }
}

/* Eigenvalues, largest first, and eigenvectors (columns of w) of h. */
static void eigen(int m, double *h, double *w, double *value)
{
    for (int i = 0; i < m * m; i++) {
        w[i] = i % (m + 1) == 0 ? 1.0 : 0.0;
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (int p = 0; p < m; p++) {
            for (int q = p + 1; q < m; q++) {
                if (fabs(h[p * m + q]) >
                    1e-16 * sqrt(fabs(h[p * m + p] * h[q * m + q]))) {
                    rotate(m, h, w, p, q);
                }
            }
        }
    }
    for (int i = 0; i < m; i++) {
        int best = i;

        for (int j = i + 1; j < m; j++) {
            best = h[j * m + j] > h[best * m + best] ? j : best;
        }
        value[i] = h[best * m + best];
        h[best * m + best] = h[i * m + i];
        for (int r = 0; r < m; r++) {
            const double x = w[r * m + best];

            w[r * m + best] = w[r * m + i];
            w[r * m + i] = x;
        }
    }
}

/* Ritz values and vectors from v and b = A v. */
static void ritz(space *s)
{
    const blasint d = (blasint)s->d, m = (blasint)s->m;

    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, m, d, 1.0, s->v, m,
                s->b, m, 0.0, s->h, m);
    for (int i = 0; i < m; i++) { /* symmetric but for rounding */
        for (int j = 0; j < i; j++) {
            s->h[i * m + j] = 0.5 * (s->h[i * m + j] + s->h[j * m + i]);
            s->h[j * m + i] = s->h[i * m + j];
        }
    }
    eigen(m, s->h, s->w, s->value);
}

/* Rank 0's numbers for all, so that all stop at the same step. */
static void share(const exg_par *par, double *x, exg_int n)
{
    EXG_MPI(MPI_Bcast(x, exg_mpi_count(n), MPI_DOUBLE, 0, par->comm));
}

/* Iterate to the leading components. */
static void iterate(const exg_par *par, const exg_tiles *t, int dims,
                    uint64_t seed, space *s)
{
    const exg_rng stream = {.seed = seed, .use = EXG_RNG_PCA};

    for (exg_int i = 0; i < s->d * s->m; i++) {
        s->b[i] = exg_rng_normal(stream, (uint64_t)i);
    }
    for (int step = 0; step < STEPS; step++) {
        double old[MOST], change = 0.0;

        memcpy(old, s->value, sizeof old);
        orthonormal(s); /* the ranks may have different BLAS kernels */
        share(par, s->v, s->d * s->m);
        apply(par, t, s);
        ritz(s);
        share(par, s->value, s->m);
        share(par, s->w, s->m * s->m);
        for (int c = 0; c < dims && c < s->m; c++) {
            change = fmax(change, fabs(s->value[c] - old[c]));
        }
        if (change <= CHANGE * s->value[0]) {
            break;
        }
    }
}

/* Component c as a column of vf, its largest loading positive. */
static void component(space *s, int dims, int c)
{
    exg_int most = 0;

    for (exg_int i = 0; i < s->d; i++) {
        double sum = 0.0;

        for (exg_int e = 0; e < s->m; e++) {
            sum += s->v[i * s->m + e] * s->w[e * s->m + c];
        }
        s->vf[i * dims + c] = (float)sum;
        if (fabsf(s->vf[i * dims + c]) > fabsf(s->vf[most * dims + c])) {
            most = i;
        }
    }
    if (s->vf[most * dims + c] < 0.0f) {
        for (exg_int i = 0; i < s->d; i++) {
            s->vf[i * dims + c] = -s->vf[i * dims + c];
        }
    }
}

exg_status exg_pca(const exg_par *par, const exg_tiles *tiles, int dims,
                   uint64_t seed, float *y, double *variance)
{
    exg_status st = EXG_OK;
    space s = {.d = tiles->dim};
    float *mine = NULL;

    s.m = dims + EXTRA < s.d ? dims + EXTRA : s.d;
    s.m = s.m < dims ? dims : s.m; /* columns beyond D stay 0 */
    openblas_set_num_threads(1);
    EXG_TRY_ALL(par, space_create(&s));
    EXG_TRY_ALL(par, exg_new(&mine, tiles->own.count * EXG_TILE * dims));
    iterate(par, tiles, dims, seed, &s);
    for (int c = 0; c < dims; c++) {
        component(&s, dims, c);
        if (variance != NULL) {
            variance[c] = fmax(s.value[c], 0.0);
        }
    }
    for (exg_int i = 0; i < tiles->own.count; i++) {
        project(tiles, i, dims, s.vf, mine + i * EXG_TILE * dims);
    }
    EXG_TRY(exg_tiles_back(par, tiles, dims * (exg_int)sizeof *y, mine, y));
done:
    space_free(&s);
    exg_free(mine);
    return st;
}

/* Normal noise by global row. */
static double noise(exg_shard rows, int dims, uint64_t seed, exg_int i)
{
    const exg_rng stream = {.seed = seed, .use = EXG_RNG_TSNE};

    return SIGMA * exg_rng_normal(stream, (uint64_t)(rows.first * dims + i));
}

void exg_pca_to_start(exg_shard rows, int dims, uint64_t seed, double variance,
                      float *y)
{
    const double factor = variance > 0.0 ? SIGMA / sqrt(variance) : 0.0;
    const double jitter = variance > 0.0 ? 0.01 : 1.0;

    for (exg_int i = 0; i < rows.count * dims; i++) {
        y[i] = (float)(factor * (double)y[i] +
                       jitter * noise(rows, dims, seed, i));
    }
}

void exg_pca_random_start(exg_shard rows, int dims, uint64_t seed, float *y)
{
    for (exg_int i = 0; i < rows.count * dims; i++) {
        y[i] = (float)noise(rows, dims, seed, i);
    }
}
