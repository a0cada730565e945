/* eigen.c -- see eigen.h.  LAPACK comes with OpenBLAS; its columns are the rows
 * of C, so a lower triangle here is an upper one there.  It has no header of
 * its own everywhere, so dsyevr is declared here as gfortran (8 or newer) makes
 * it: each text argument has its length, by value, behind all others. */
#include "embed/eigen.h"

#include <math.h>

extern void dsyevr_(const char *jobz, const char *range, const char *uplo,
                    const int *n, double *a, const int *lda, const double *vl,
                    const double *vu, const int *il, const int *iu,
                    const double *abstol, int *m, double *w, double *z,
                    const int *ldz, int *isuppz, double *work, const int *lwork,
                    int *iwork, const int *liwork, int *info,
                    size_t jobz_length, size_t range_length,
                    size_t uplo_length);

/* Eigenvalues in rising order and their vectors, one after the other. */
static exg_status solve(int n, int keep, double *a, double *value, double *z)
{
    exg_status st = EXG_OK;
    const int from = n - keep + 1, lwork = 32 * n, liwork = 10 * n;
    const double none = 0.0;
    double *work = NULL;
    int *iwork = NULL, *support = NULL;
    int found = 0, info = 0;

    EXG_TRY(exg_new(&work, lwork));
    EXG_TRY(exg_new(&iwork, liwork));
    EXG_TRY(exg_new(&support, 2 * (exg_int)n));
    dsyevr_("V", "I", "U", &n, a, &n, &none, &none, &from, &n, &none, &found,
            value, z, &n, support, work, &lwork, iwork, &liwork, &info, 1, 1,
            1);
    if (info != 0 || found != keep) {
        st = exg_fail(EXG_ENUMERIC,
                      "eigenvectors of a matrix of order %d: dsyevr gave %d", n,
                      info);
    }
done:
    exg_free(work);
    exg_free(iwork);
    exg_free(support);
    return st;
}

exg_status exg_eigen_leading(exg_int n, exg_int keep, double *a, double *vector)
{
    exg_status st = EXG_OK;
    double *value = NULL, *z = NULL;

    EXG_TRY(exg_new(&value, n));
    EXG_TRY(exg_new(&z, n * keep));
    EXG_TRY(solve((int)n, (int)keep, a, value, z));
    for (exg_int c = 0; c < keep; c++) {
        const double *v = z + (keep - 1 - c) * n;
        double most = 0.0;

        for (exg_int i = 0; i < n; i++) {
            most = fabs(v[i]) > fabs(most) ? v[i] : most;
        }
        for (exg_int i = 0; i < n; i++) {
            vector[i * keep + c] = most < 0.0 ? -v[i] : v[i];
        }
    }
done:
    exg_free(value);
    exg_free(z);
    return st;
}
