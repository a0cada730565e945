/* attract.h -- the attractive forces of t-SNE.  Layer: embed.
 *
 * Each point is pulled by the points of its row of P, which are near it in the
 * map as soon as the map has taken shape.  So points are copied in an order in
 * which those near in the map are near in memory, which is renewed as the map
 * changes.  Sums are the same bits in any such order. */
#ifndef EXG_EMBED_ATTRACT_H
#define EXG_EMBED_ATTRACT_H

#include "embed/affinity.h"
#include "embed/repulse.h"

/** Attraction on my rows of P.  Opaque. */
typedef struct exg_attract exg_attract;

/** Prepare.  Local.
 * @param[in] p     lives longer
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_attract_create(const exg_affinity *p,
                                             const exg_kern *kern, int dims,
                                             exg_attract **out);

/** Free; sets *a NULL.  Local. */
void exg_attract_destroy(exg_attract **a);

/** Sum over j of p_ij (y_i - y_j) / (1 + |y_i - y_j|^2 / b), b = cloud->dof.
 * Local.
 * @param[out] pull  shape (p->rows.count, dims) */
void exg_attract_run(exg_attract *a, const exg_cloud *cloud, float *pull);

#endif
