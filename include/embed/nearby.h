/* nearby.h -- points in an order in which neighbours are neighbours in memory.
 * Layer: embed. */
#ifndef EXG_EMBED_NEARBY_H
#define EXG_EMBED_NEARBY_H

#include <stdint.h>

#include "kern/stencil.h"

enum {
    EXG_NEARBY_BUCKETS = 1 << 20
};

/** Sort points by blocks of a grid's cells, by one counting sort: the part of
 * the grid that they touch then stays in cache.  Local.
 *
 * @param[in]  s       the grid; s->count points, s->y is not used
 * @param[in]  stride  floats from one axis of y to the next
 * @param[in]  y       shape (s->dims, stride)
 * @param      bucket  shape (EXG_NEARBY_BUCKETS + 1): work
 * @param[out] order   shape (s->count): which point comes when
 */
void exg_nearby_sort(const exg_stencil *s, exg_int stride, const float *y,
                     int32_t *bucket, int32_t *order);

#endif
