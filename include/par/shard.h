/* shard.h -- which rank holds which rows.  Layer: par.
 *
 * Rows 0..total-1 are dealt in contiguous blocks, whose sizes differ by at most
 * one.  Every function is local and cannot fail. */
#ifndef EXG_PAR_SHARD_H
#define EXG_PAR_SHARD_H

#include "par/par.h"

/** One rank's block.  Plain data. */
typedef struct {
    exg_int total; /* rows over all ranks */
    exg_int first; /* my first row        */
    exg_int count; /* my rows, may be 0   */
} exg_shard;

/** The block of `rank` among `size` ranks. */
exg_shard exg_shard_of(exg_int total, int rank, int size);

/** My block. */
exg_shard exg_shard_mine(const exg_par *par, exg_int total);

/** The rank that holds a row, 0 <= row < total. */
int exg_shard_owner(exg_int total, int size, exg_int row);

#endif
