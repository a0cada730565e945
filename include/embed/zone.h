/* zone.h -- points dealt to ranks by where they are in the map.
 * Layer: embed.
 *
 * The rank that owns a point by its index is any; those of a zone are near each
 * other, so that they touch a small part of a grid.  All ranks know all points,
 * so they agree on zones without a word; zones have equal numbers of points. */
#ifndef EXG_EMBED_ZONE_H
#define EXG_EMBED_ZONE_H

#include "embed/convolve.h"
#include "embed/repulse.h"

/** Zones of all ranks.  Open: read freely. */
typedef struct {
    int dims, size;
    exg_shard mine; /* points of my zone are order[first .. + count); those that
                       I own by index are first .. + count, too             */
    int32_t *order; /* shape (N): all points, zone by zone                  */
    int32_t *bucket; /* shape (EXG_NEARBY_BUCKETS + 1): work                */
    int32_t *slot;   /* shape (count): where my zone's forces go in `out`   */
    int32_t *from;   /* shape (count): where those of my points are in `in` */
    int *out_count, *out_first, *in_count, *in_first; /* shape (R): floats  */
    float *out, *in; /* shape (count, dims); the same where R is 1          */
} exg_zone;

/** No zones yet.  Local.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_zone_create(const exg_par *par, exg_int total,
                                          int dims, exg_zone *zone);

/** Free the contents.  Local. */
void exg_zone_destroy(exg_zone *zone);

/** Deal points anew, by the cells of a grid.  Local, alike on every rank.
 * @param[in] s  the grid; its points are not used */
void exg_zone_sort(exg_zone *zone, const exg_stencil *s,
                   const exg_cloud *cloud);

/** The positions of my zone.  Local.
 * @param[out] y  shape (dims, stride) */
void exg_zone_fetch(const exg_zone *zone, const exg_cloud *cloud,
                    exg_int stride, float *y);

/** The planes of a grid that these points touch.  Local.
 * @param[in] s  with points */
exg_window exg_zone_window(const exg_stencil *s);

/** Forces of zones, to the ranks that own the points.  Collective.
 * @param[in]  slope  shape (dims, stride): of my zone
 * @param[in]  unit   factor of slopes
 * @param[out] f      shape (count, dims): of the points that I own
 * @return bytes that this rank sends */
double exg_zone_return(const exg_par *par, exg_zone *zone, exg_int stride,
                       const float *slope, float unit, float *f);

#endif
