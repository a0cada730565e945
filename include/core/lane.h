/* lane.h -- how many samples travel side by side.  Layer: core. */
#ifndef EXG_CORE_LANE_H
#define EXG_CORE_LANE_H

/** Samples in a lane block.  Activations are [C][H][W][16] floats, 64-byte
 * aligned: one pixel of 16 samples side by side. */
enum {
    EXG_LANE = 16
};

#endif
