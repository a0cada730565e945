/* lead.h -- a few coordinates that bound distances from below.  Layer: embed.
 *
 * An orthonormal map never lengthens a difference, and norms of what it leaves
 * out differ by no more than the rows do.  So the distance between two rows'
 * m lead coordinates, projections on m - 1 principal axes and the norm of the
 * rest, is at most their own.  For embeddings 32 of 400 do: fewer than 1 % of
 * all pairs look nearer than the last neighbour and are not.
 *
 * Which axes, and how many, changes the time of a search, never its result. */
#ifndef EXG_EMBED_LEAD_H
#define EXG_EMBED_LEAD_H

#include "embed/tiles.h"

/** The same on every rank.  Plain data. */
typedef struct {
    exg_int m;     /* lead coordinates, 1..D; D: the row itself            */
    double *basis; /* shape (D, m - 1): orthonormal columns; NULL: m is D  */
} exg_lead;

/** Choose axes by a sample of rows, and their number by a model of the time
 * that a search for k neighbours takes with them.
 *
 * Collective.
 * @param[out] lead  ended by exg_lead_clear()
 * @return EXG_OK, EXG_ENOMEM, EXG_ENUMERIC */
EXG_MUST_CHECK exg_status exg_lead_choose(const exg_par *par,
                                          const exg_tiles *tiles, exg_int k,
                                          exg_lead *lead);

/** Free; leaves m.  Local. */
void exg_lead_clear(exg_lead *lead);

/** Lead coordinates of all of my tiles' rows.  Local.
 * @param[out] u  shape (tiles->count, m): right to a rounding of float
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_lead_rows(const exg_lead *lead,
                                        const exg_tiles *tiles, float *u);

#endif
