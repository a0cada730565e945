/* pca_reduce.c -- exg_pca_reduce() and exg_pca_follow(), see pca.h.
 *
 * The covariance is the sum of one BLAS product per tile, added in fixed point,
 * so that it does not depend on who owns which tile. */
#include <cblas.h>

#include "core/fixed.h"
#include "embed/pca.h"
#include "par/agree.h"
#include "par/reduce.h"

/* sum = lower triangle of X'X over all rows.  Entries of X are below 2, so
 * those of a tile's product are below 4 * EXG_TILE. */
static exg_status covariance(const exg_par *par, const exg_tiles *t,
                             double *out)
{
    exg_status st = EXG_OK;
    const exg_int d = t->dim;
    const int scale = exg_fixed_scale(4.0 * EXG_TILE, t->own.total + 1);
    float *part = NULL;
    exg_fixed *sum = NULL;

    EXG_TRY_ALL(par, exg_new(&part, d * d));
    EXG_TRY_ALL(par, exg_new(&sum, d * d));
    for (exg_int i = 0; i < t->own.count; i++) {
        cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, (blasint)d, EXG_TILE,
                    1.0f, t->x + i * EXG_TILE * d, (blasint)d, 0.0f, part,
                    (blasint)d);
        for (exg_int r = 0; r < d; r++) {
            (void)exg_fixed_add(r + 1, part + r * d, scale, t->own.total,
                                sum + r * d);
        }
    }
    exg_reduce_fixed(par, d * d, sum);
    for (exg_int i = 0; i < d * d; i++) {
        out[i] = exg_fixed_value(sum[i], scale);
    }
done:
    exg_free(part);
    exg_free(sum);
    return st;
}

/* The directions to keep, columns of basis; the same on every rank. */
static exg_status directions(const exg_par *par, const exg_tiles *t,
                             exg_int keep, float *basis)
{
    exg_status st = EXG_OK;
    const exg_int d = t->dim;
    double *a = NULL, *v = NULL;

    EXG_TRY_ALL(par, exg_new(&a, d * d));
    EXG_TRY_ALL(par, exg_new(&v, d * keep));
    EXG_TRY(covariance(par, t, a));
    EXG_TRY_ALL(par,
                par->rank == 0 ? exg_eigen_leading(d, keep, a, v) : EXG_OK);
    for (exg_int i = 0; i < d * keep; i++) {
        basis[i] = (float)v[i];
    }
    EXG_MPI(MPI_Bcast(basis, exg_mpi_count(d * keep), MPI_FLOAT, 0, par->comm));
done:
    exg_free(a);
    exg_free(v);
    return st;
}

exg_status exg_pca_check(exg_int dim, exg_int keep)
{
    if (dim > EXG_PCA_WIDEST) {
        return exg_fail(EXG_EUSAGE,
                        "principal components of %td features, want at most "
                        "%d features",
                        dim, EXG_PCA_WIDEST);
    }
    return keep >= 1 && keep <= dim
               ? EXG_OK
               : exg_fail(EXG_EUSAGE,
                          "%td principal components of %td features, want 1 "
                          "to %td",
                          keep, dim, dim);
}

struct exg_pca_axes {
    exg_int keep;
    float *basis;    /* shape (D, keep)                            */
    exg_tiles *like; /* scale and means of what was reduced; no x  */
};

void exg_pca_axes_destroy(exg_pca_axes **axes)
{
    if (*axes != NULL) {
        exg_free((*axes)->basis);
        exg_tiles_destroy(&(*axes)->like);
        exg_free(*axes);
        *axes = NULL;
    }
}

/* The components of rows in tiles. */
static exg_status project(const exg_par *par, const exg_tiles *t,
                          const float *basis, exg_int keep, float *y)
{
    exg_status st = EXG_OK;
    float *mine = NULL;

    EXG_TRY_ALL(par, exg_new(&mine, t->own.count * EXG_TILE * keep));
    for (exg_int i = 0; i < t->own.count; i++) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, EXG_TILE,
                    (blasint)keep, (blasint)t->dim, 1.0f,
                    t->x + i * EXG_TILE * t->dim, (blasint)t->dim, basis,
                    (blasint)keep, 0.0f, mine + i * EXG_TILE * keep,
                    (blasint)keep);
    }
    EXG_TRY(exg_tiles_back(par, t, keep * (exg_int)sizeof *y, mine, y));
done:
    exg_free(mine);
    return st;
}

exg_status exg_pca_reduce(const exg_par *par, exg_int total, exg_int dim,
                          const float *x, exg_int keep, float *y,
                          exg_pca_axes **axes)
{
    exg_status st = EXG_OK;
    exg_pca_axes *a = NULL;

    EXG_TRY_ALL(par, exg_pca_check(dim, keep));
    openblas_set_num_threads(1);
    EXG_TRY_ALL(par, exg_new(&a, 1));
    a->keep = keep;
    EXG_TRY(exg_tiles_create(par, total, dim, x, &a->like));
    EXG_TRY_ALL(par, exg_new(&a->basis, dim * keep));
    EXG_TRY(directions(par, a->like, keep, a->basis));
    EXG_TRY(project(par, a->like, a->basis, keep, y));
    if (axes != NULL) {
        exg_free(a->like->x);
        a->like->x = NULL;
        *axes = a;
        a = NULL;
    }
done:
    exg_pca_axes_destroy(&a);
    return st;
}

exg_status exg_pca_follow(const exg_par *par, const exg_pca_axes *axes,
                          exg_int total, const float *x, float *y)
{
    exg_status st = EXG_OK;
    exg_tiles *t = NULL;

    openblas_set_num_threads(1);
    EXG_TRY(exg_tiles_create_like(par, axes->like, total, x, &t));
    EXG_TRY(project(par, t, axes->basis, axes->keep, y));
done:
    exg_tiles_destroy(&t);
    return st;
}
