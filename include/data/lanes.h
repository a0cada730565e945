/* lanes.h -- 16 images of bytes to one lane block of floats.  Layer: data. */
#ifndef EXG_DATA_LANES_H
#define EXG_DATA_LANES_H

#include <stdint.h>

#include "core/lane.h"
#include "core/mem.h"

/** What a network sees for a pixel: ((float)p/255 - 0.5)/0.5, each operation
 * rounded to float, as PyTorch's ToTensor and Normalize(0.5, 0.5).  Local. */
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
