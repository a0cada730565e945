/* lanes.h -- 16 images of bytes to one lane block of floats.  Layer: data. */
#ifndef EXG_DATA_LANES_H
#define EXG_DATA_LANES_H

#include <stdint.h>

#include "core/lane.h"
#include "core/mem.h"

/** See exg_batches_pixel(), which is this.  Local. */
float exg_lanes_pixel(uint8_t p);

/** Transpose and convert, with the values of exg_lanes_pixel().  Local.
 *
 * @param[in]  pixels  of an image
 * @param[in]  stride  bytes from one image to the next, >= pixels
 * @param[in]  count   images, 1..EXG_LANE; the other lanes get x = 0
 * @param[in]  rows    shape (count, stride)
 * @param[out] x       shape (pixels, 16)
 */
void exg_lanes_load(exg_int pixels, exg_int stride, exg_int count,
                    const uint8_t *rows, float *x);

#endif
