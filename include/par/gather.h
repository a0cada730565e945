/* gather.h -- rows in global order, to one rank or to all.  Layer: par. */
#ifndef EXG_PAR_GATHER_H
#define EXG_PAR_GATHER_H

#include "par/shard.h"

/** Collect every rank's rows on rank 0, in rank order.  Collective: row_bytes
 * is equal on all ranks.
 *
 * @param[in]  row_bytes  size of a row
 * @param[in]  count      this rank's rows, may be 0
 * @param[in]  rows       count rows
 * @param[out] all        on rank 0 room for the sum of counts; unused elsewhere
 */
void exg_gather_rows(const exg_par *par, exg_int row_bytes, exg_int count,
                     const void *rows, void *all);

/** The way back: rank 0's rows to the ranks, in rank order.  Collective.
 *
 * @param[in]  all   on rank 0 the sum of counts rows; unused elsewhere
 * @param[out] rows  count rows */
void exg_gather_deal(const exg_par *par, exg_int row_bytes, exg_int count,
                     const void *all, void *rows);

/** As exg_gather_rows(), to every rank. */
void exg_gather_all(const exg_par *par, exg_int row_bytes, exg_int count,
                    const void *rows, void *all);

/** Move rows from any contiguous blocks to the owners exg_shard_of() names.
 * Collective.
 *
 * @param[in]  from  total: rows that are moved, from 0; first and count: the
 *                   rows this rank has, blocks in rank order.  Rows past the
 *                   total stay behind, so a set's first rows can be taken.
 * @param[in]  rows  shape (from.count) rows
 * @param[out] mine  shape (my count of exg_shard_mine(total)) rows
 */
void exg_gather_reshard(const exg_par *par, exg_int row_bytes, exg_shard from,
                        const void *rows, void *mine);

#endif
