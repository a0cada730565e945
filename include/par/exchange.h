/* exchange.h -- rows to the ranks that need them.  Layer: par. */
#ifndef EXG_PAR_EXCHANGE_H
#define EXG_PAR_EXCHANGE_H

#include "par/shard.h"

/** A fetch of rows that may still be under way.  Opaque. */
typedef struct exg_exchange exg_exchange;

/** Start fetching rows of a block-sharded table.  Collective.
 *
 * Row ids travel by MPI_Alltoallv, then the rows by MPI_Ialltoallv, so the
 * caller can work until exg_exchange_finish().
 *
 * @param[in]  total      rows of the table; rank r holds exg_shard_of(total, r)
 * @param[in]  row_bytes  bytes of a row, equal on all ranks
 * @param[in]  mine       my rows; unchanged until the finish
 * @param[in]  nwant      how many rows this rank wants, may be 0
 * @param[in]  want       their ids, 0..total-1, any order, repeats allowed
 * @param[out] x          the fetch; ended by exg_exchange_finish()
 * @return EXG_OK, or EXG_ENOMEM on every rank
 */
EXG_MUST_CHECK exg_status exg_exchange_start(const exg_par *par, exg_int total,
                                             exg_int row_bytes,
                                             const void *mine, exg_int nwant,
                                             const exg_int *want,
                                             exg_exchange **x);

/** Wait for the rows and write them in the order of `want`.  Collective.
 * Destroys *x and sets it NULL.
 * @param[out] rows  shape (nwant) rows */
void exg_exchange_finish(const exg_par *par, exg_exchange **x, void *rows);

/** Give up a fetch: waits for it, drops the rows.  Collective.  NULL is fine
 * (then on all ranks). */
void exg_exchange_drop(const exg_par *par, exg_exchange **x);

#endif
