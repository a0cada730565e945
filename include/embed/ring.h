/* ring.h -- every tile of a matrix passes every rank.  Layer: embed. */
#ifndef EXG_EMBED_RING_H
#define EXG_EMBED_RING_H

#include "embed/tiles.h"

/** The tiles of one rank, passing by.  Plain data. */
typedef struct {
    exg_shard tiles;     /* which                            */
    exg_int tile_floats; /* floats from one tile to the next */
    const float *data;   /* shape (tiles.count, tile_floats) */
} exg_ring_block;

/** What is done with a block.  Local; see exg_ring_turn().
 * @param[in] state  the caller's
 * @return EXG_OK or a failure */
typedef exg_status (*exg_ring_visit)(void *state, const exg_ring_block *block);

/** Show every rank's tiles to every rank, my own first.
 *
 * Collective.  The next block arrives while `visit` works on this one.  All
 * ranks stop after the same block when one was told to.
 * @param[in] own          which tiles are mine: exg_shard_mine() of their total
 * @param[in] tile_floats  of a tile, equal on all ranks
 * @param[in] mine         shape (own.count, tile_floats): my block
 * @return EXG_OK, EXG_ESTOP, EXG_ENOMEM, or what visit returned on the lowest
 * rank that failed */
EXG_MUST_CHECK exg_status exg_ring_turn(const exg_par *par, exg_shard own,
                                        exg_int tile_floats, const float *mine,
                                        exg_ring_visit visit, void *state);

/** What is done with the squared distances between two tiles.  Local.
 *
 * @param[in] state  the caller's
 * @param[in] tile   0..own.count-1: which of my tiles has the rows
 * @param[in] first  global row of the other tile's first row
 * @param[in] count  rows of the other tile
 * @param[in] dist2  shape (EXG_TILE, EXG_TILE): squared distances, >= 0 */
typedef void (*exg_ring_use)(void *state, exg_int tile, exg_int first,
                             exg_int count, const float *dist2);

/** Squared distances of rows of mine to every row there is.
 *
 * Collective.  The rows are those of every step-th tile of all, from tile 0; 1:
 * all rows.  |a - b|^2 = |a|^2 + |b|^2 - 2 ab, by BLAS on whole tiles.  The
 * norms are BLAS products too, so identical rows get exactly 0.
 *
 * @return EXG_OK, EXG_ESTOP, EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_ring_distances(const exg_par *par,
                                             const exg_tiles *tiles,
                                             exg_int step, exg_ring_use use,
                                             void *state);

#endif
