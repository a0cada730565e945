/* synth.h -- a tiny generated dataset, for tests.  Layer: data. */
#ifndef EXG_DATA_SYNTH_H
#define EXG_DATA_SYNTH_H

#include <stdint.h>

#include "core/mem.h"

/** What to make.  Start from EXG_SYNTH_DEFAULTS. */
typedef struct {
    exg_int train, test; /* samples                     */
    exg_int h, w;        /* >= 1                        */
    exg_int nclass;      /* 2..256                      */
    uint64_t seed;
    int gzip; /* files end in .gz            */
} exg_synth;

#define EXG_SYNTH_DEFAULTS                                                   \
    {                                                                        \
        .train = 256, .test = 64, .h = 28, .w = 28, .nclass = 10, .seed = 1, \
        .gzip = 0                                                            \
    }

/** Write the four IDX files into a directory, which exists.  Local: one rank.
 *
 * Sample i is of class i % nclass: a bright bar whose place and direction
 * belong to the class, shifted by up to a pixel, with noise.  It is a function
 * of (seed, set, i).
 * @return EXG_OK, EXG_EUSAGE (no such set), EXG_EIO, EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_synth_write(const exg_synth *want,
                                          const char *dir);

/** The pixels of sample i, shape (h, w), and its class.  Local.
 * @param[in] set  0 training, 1 test
 * @return the class */
int exg_synth_sample(const exg_synth *want, int set, exg_int i,
                     uint8_t *pixels);

#endif
