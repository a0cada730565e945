/* pca.h -- fewer features, and initial positions of a map.  Layer: embed. */
#ifndef EXG_EMBED_PCA_H
#define EXG_EMBED_PCA_H

#include <stdint.h>

#include "embed/eigen.h"
#include "embed/tiles.h"

enum {
    EXG_PCA_WIDEST = EXG_EIGEN_ORDER /* most features that can be reduced */
};

/** Whether so many components of so many features can be had.  Local.
 * @return EXG_OK, or EXG_EUSAGE with what is possible */
EXG_MUST_CHECK exg_status exg_pca_check(exg_int dim, exg_int keep);

/** Axes of components, on which other rows can be projected.  Opaque. */
typedef struct exg_pca_axes exg_pca_axes;

/** Replace features by their first principal components.
 *
 * Collective; total, dim and keep are equal on all ranks.  The covariance is
 * summed exactly over rows, its eigenvectors are found on rank 0: the same bits
 * for any number of ranks.  Memory on every rank is 20 D^2 bytes beside the
 * rows, on rank 0 a little more.
 *
 * @param[in]  total  rows N >= 1
 * @param[in]  dim    columns D, 1..EXG_PCA_WIDEST
 * @param[in]  x      shape (my count of exg_shard_mine(par, total), D)
 * @param[in]  keep   components, 1..D
 * @param[out] y      shape (my count, keep): component 0 has the largest
 *                    variance; a component's largest loading is positive; the
 *                    scale is that of x times a power of two, which t-SNE does
 *                    not see
 * @param[out] axes   for exg_pca_follow(), ended by exg_pca_axes_destroy(); or
 *                    NULL
 * @return EXG_OK; EXG_EUSAGE (see exg_pca_check()); EXG_EINPUT naming the
 *         first row with a NaN or infinity; EXG_ENOMEM; EXG_ENUMERIC
 */
EXG_MUST_CHECK exg_status exg_pca_reduce(const exg_par *par, exg_int total,
                                         exg_int dim, const float *x,
                                         exg_int keep, float *y,
                                         exg_pca_axes **axes);

/** The components of other rows, on the axes of those that were reduced and in
 * their scale: what is found for a row does not depend on those beside it.
 *
 * Collective.
 * @param[in]  total  rows N >= 1
 * @param[in]  x      shape (my count of exg_shard_mine(par, total), D)
 * @param[out] y      shape (my count, keep)
 * @return what exg_tiles_create_like() returns */
EXG_MUST_CHECK exg_status exg_pca_follow(const exg_par *par,
                                         const exg_pca_axes *axes,
                                         exg_int total, const float *x,
                                         float *y);

/** Free; sets *axes NULL.  Local. */
void exg_pca_axes_destroy(exg_pca_axes **axes);

/** The first principal components of every row.
 *
 * Collective.  Subspace iteration (Halko, Martinsson & Tropp 2011, algorithm
 * 4.4): memory O(D) beside the tiles, for any D.  A component's largest loading
 * is positive.  Where the data has fewer dimensions the rest is 0.
 *
 * @param[in]  dims      components, 1..8; more than D gives zeros
 * @param[in]  seed      of the start vectors
 * @param[out] y         shape (my count of exg_shard_mine(), dims), in the
 *                       tiles' scale
 * @param[out] variance  shape (dims), or NULL: variances of the components
 * @return EXG_OK, EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_pca(const exg_par *par, const exg_tiles *tiles,
                                  int dims, uint64_t seed, float *y,
                                  double *variance);

/** Initial positions from components: the first gets the standard deviation
 * 1e-4 (Kobak & Berens 2019), and 1 % of that is added as noise, so that
 * identical rows can part.  Local.
 *
 * @param[in]     rows      which rows
 * @param[in]     variance  of the first component; 0: noise only, of 1e-4
 * @param[in,out] y         shape (rows.count, dims)
 */
void exg_pca_to_start(exg_shard rows, int dims, uint64_t seed, double variance,
                      float *y);

/** Random initial positions, normal with deviation 1e-4.  Local.
 * @param[out] y  shape (rows.count, dims) */
void exg_pca_random_start(exg_shard rows, int dims, uint64_t seed, float *y);

#endif
