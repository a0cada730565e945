/* pack.h -- rows in compact tiles, ready to be searched.  Layer: embed.
 *
 * A rank sorts its rows so that a tile's are near each other: a tile is far
 * from most others as a whole, and what is near comes first.  The order is each
 * rank's own, so nothing that is found may depend on it. */
#ifndef EXG_EMBED_PACK_H
#define EXG_EMBED_PACK_H

#include <stdint.h>

#include "embed/lead.h"
#include "kern/near.h"

/** Where things are in a packed tile, in floats.  The same on every rank. */
typedef struct {
    exg_int wide;   /* of a row: D rounded up to 16, the rest 0              */
    exg_int m;      /* lead coordinates                                      */
    exg_int panel;  /* of lead coordinates, see exg_near_at(); rows are at 0 */
    exg_int half;   /* shape (EXG_TILE): -|u|^2 / 2, made larger by the share
                       exg_pack_slack(); -infinity where there is no row     */
    exg_int id;     /* shape (EXG_TILE), int32_t: row numbers; -1: no row    */
    exg_int centre; /* shape (m): mean of lead coordinates                   */
    exg_int facts;  /* exg_pack_facts                                        */
    exg_int floats; /* from one tile to the next                             */
} exg_pack_layout;

/** A tile as a whole, in lead coordinates. */
typedef struct {
    float radius;   /* no row is farther from the centre */
    float norm;     /* none is longer                    */
    int32_t lowest; /* row number                        */
    int32_t count;  /* rows                              */
} exg_pack_facts;

/** My rows, packed.  Open: read freely. */
typedef struct {
    exg_pack_layout at;
    exg_shard tiles; /* over all ranks; which are mine; as exg_tiles.own     */
    float *data;     /* shape (tiles.count, at.floats)                       */
} exg_pack;

/** Pack the rows of my tiles.  Local.
 * @param[out] pack  ended by exg_pack_clear()
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_pack_create(const exg_lead *lead,
                                          const exg_tiles *tiles,
                                          exg_pack *pack);

/** Free.  Local. */
void exg_pack_clear(exg_pack *pack);

/** The share by which squares of m lead coordinates may be wrong, at most,
 * after rounding, products in float and all.  Local. */
double exg_pack_slack(exg_int m);

/** Row number of a packed row.  Local. */
static inline int32_t exg_pack_id(const exg_pack_layout *at, const float *tile,
                                  exg_int r)
{
    return ((const int32_t *)(const void *)(tile + at->id))[r];
}

/** Bring the k smallest of n words to the front, in any order.  Local. */
void exg_pack_smallest(uint64_t *word, exg_int n, exg_int k);

#endif
