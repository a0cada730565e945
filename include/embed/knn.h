/* knn.h -- exact nearest neighbours of every row.  Layer: embed. */
#ifndef EXG_EMBED_KNN_H
#define EXG_EMBED_KNN_H

#include <stdint.h>

#include "embed/tiles.h"
#include "kern/kern.h"

/** Told on every rank of its own work: first 0, and then often.
 * @param[in] state  exg_knn_how.state */
typedef void (*exg_knn_progress)(void *state, exg_int done, exg_int total);

/** How to search.  Plain data; all zero: silently, with this CPU's kernels. */
typedef struct {
    const exg_kern *kern; /* the same set on all ranks; NULL: this CPU's best */
    exg_knn_progress progress; /* or NULL                                     */
    void *state;
} exg_knn_how;

/** The k nearest other rows of every row, in Euclidean distance.
 *
 * Collective; k is equal on all ranks.  Exact: of all pairs, those are left out
 * whose distance is bounded from below by more than the last neighbour's (see
 * lead.h, pack.h).  A distance is that of exg_near_distances_ref(), the same
 * bits from any number of ranks and for both rows; it is exactly 0 for
 * identical rows.  Equal distances go to the lower row.  Ranks of one host read
 * each other's rows where they are; otherwise blocks of rows travel round a
 * ring of ranks, the next behind the work on the last.  Memory per rank is
 * O(N (D + k) / R).
 *
 * @param[in]  how    NULL: all zero
 * @param[in]  tiles  the matrix
 * @param[in]  k      1 <= k <= tiles->total - 1
 * @param[out] index  shape (my count of exg_shard_mine(), k): row numbers,
 *                    nearest first
 * @param[out] dist2  the same shape: squared distances in the tiles' scale
 * @return EXG_OK, EXG_ENOMEM, EXG_ENUMERIC
 */
EXG_MUST_CHECK exg_status exg_knn(const exg_par *par, const exg_knn_how *how,
                                  const exg_tiles *tiles, exg_int k,
                                  int32_t *index, float *dist2);

/** The k nearest rows of another matrix, for every row of one.
 *
 * As above.  What is found for a row depends on it and on the other matrix
 * alone, not on which rows ask beside it.
 * @param[in]  asking  made by exg_tiles_create_like(..., among, ...)
 * @param[in]  among   the other matrix
 * @param[in]  k       1 <= k <= among->total
 * @param[out] index   shape (my count of exg_shard_mine(par, asking->total),
 *                     k): row numbers of `among`, nearest first */
EXG_MUST_CHECK exg_status exg_knn_among(const exg_par *par,
                                        const exg_knn_how *how,
                                        const exg_tiles *asking,
                                        const exg_tiles *among, exg_int k,
                                        int32_t *index, float *dist2);

#endif
