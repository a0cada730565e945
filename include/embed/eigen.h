/* eigen.h -- leading eigenvectors of a symmetric matrix.  Layer: embed. */
#ifndef EXG_EMBED_EIGEN_H
#define EXG_EMBED_EIGEN_H

#include "core/mem.h"

enum {
    EXG_EIGEN_ORDER = 46340 /* most: LAPACK's integers hold its square */
};

/** The eigenvectors of the largest eigenvalues, by LAPACK's dsyevr.  Local.
 *
 * Machines differ in the last bits: where ranks must agree, one of them asks
 * and tells the others.  A vector's largest entry is positive.
 *
 * @param[in]     n       order of the matrix, 1..EXG_EIGEN_ORDER
 * @param[in]     keep    vectors, 1..n
 * @param[in,out] a       shape (n, n): the matrix, of which the part
 *                        a[i][j], j <= i, is read; destroyed
 * @param[out]    vector  shape (n, keep): vectors are columns, the largest
 *                        eigenvalue's first
 * @return EXG_OK, EXG_ENOMEM, EXG_ENUMERIC (no convergence, as with NaN)
 */
EXG_MUST_CHECK exg_status exg_eigen_leading(exg_int n, exg_int keep, double *a,
                                            double *vector);

#endif
