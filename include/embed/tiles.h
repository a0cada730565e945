/* tiles.h -- a feature matrix made ready: checked, scaled, centred, and dealt
 * to ranks in whole tiles of rows.  Layer: embed.
 *
 * BLAS rounds differently for different shapes, so it may only be given tiles
 * of one shape at fixed global rows, whoever owns them.  Row shards do not end
 * at tile borders; therefore rows move once, to ranks that own whole tiles. */
#ifndef EXG_EMBED_TILES_H
#define EXG_EMBED_TILES_H

#include "par/shard.h"

enum {
    EXG_TILE = 256,            /* rows of a tile                              */
    EXG_TILES_WIDEST = 2000000 /* columns; a tile travels in less than 2 GiB */
};

/** Tiles of one rank.  Open: read freely. */
typedef struct {
    exg_int total; /* rows over all ranks, N                               */
    exg_int dim;   /* columns, D                                           */
    exg_shard own; /* tiles: over all ranks, my first, my count            */
    exg_int first; /* my first row                                         */
    exg_int count; /* my rows; only the last tile of all can be part empty */
    float *x;      /* shape (own.count * EXG_TILE, dim), zero where empty  */
    int exponent;  /* values are divided by 2^exponent                     */
    float *mean;   /* shape (dim): subtracted from them then               */
} exg_tiles;

/** Check, scale, centre and deal a row-sharded matrix.
 *
 * Collective; total and dim are equal on all ranks.  Values are multiplied by
 * a power of two, so that the largest magnitude is in [0.5, 1), and the exact
 * column means are subtracted: distances keep their order, t-SNE does not see
 * the scale, and float's rounding is least around 0.
 *
 * @param[in]  total  rows N >= 1
 * @param[in]  dim    columns D, 1..EXG_TILES_WIDEST
 * @param[in]  x      shape (my count of exg_shard_mine(par, total), dim)
 * @param[out] tiles  ended by exg_tiles_destroy()
 * @return EXG_OK; EXG_EINPUT naming the first row with a NaN or infinity;
 *         EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_tiles_create(const exg_par *par, exg_int total,
                                           exg_int dim, const float *x,
                                           exg_tiles **tiles);

/** The same for rows that will be compared with another matrix's: they are
 * scaled and centred as it was, so that what is found for a row depends on that
 * matrix and on the row alone.
 *
 * @param[in]  like   has as many columns
 * @return as above; also EXG_EINPUT where a value is more than 2^48 times as
 *         large as all of `like` */
EXG_MUST_CHECK exg_status exg_tiles_create_like(const exg_par *par,
                                                const exg_tiles *like,
                                                exg_int total, const float *x,
                                                exg_tiles **tiles);

/** Free; sets *tiles NULL.  Local. */
void exg_tiles_destroy(exg_tiles **tiles);

/** The rows of a rank's tiles.  Local. */
exg_shard exg_tiles_rows(exg_int total, int rank, int size);

/** Move rows from tile owners to the owners of row shards.  Collective.
 * @param[in]  row_bytes  equal on all ranks
 * @param[in]  mine       shape (tiles->count) rows
 * @param[out] rows       shape (my count of exg_shard_mine()) rows
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_tiles_back(const exg_par *par,
                                         const exg_tiles *tiles,
                                         exg_int row_bytes, const void *mine,
                                         void *rows);

/** Move rows from the owners of row shards to tile owners, the inverse of
 * exg_tiles_back().  Collective. */
EXG_MUST_CHECK exg_status exg_tiles_deal(const exg_par *par, exg_int total,
                                         exg_int row_bytes, const void *rows,
                                         void *mine);

#endif
