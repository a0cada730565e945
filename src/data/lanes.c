/* lanes.c -- a blocked byte transpose, then arithmetic on whole registers.
 *
 * Four rounds of interleaving register i with register i + 8 transpose a tile
 * of 16 images x 16 pixels.  (A 256-entry table and scalar stores take three
 * times as long.)
 *
 * p/255 must be rounded once, as the division is, or the inputs would differ
 * from PyTorch's in the last bit, and dividing is slow.  With 1/255 = HIGH +
 * LOW, where HIGH has 16 significant bits, p*HIGH is exact in a float, and
 * p*HIGH + p*LOW is rounded once but for an error of 2^-40 of its size, with
 * or without fused multiply-add.  A test compares all 256 values. */
#include "data/lanes.h"

#include <string.h>

#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector((a), (b), __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle((a), (b), (bytes){__VA_ARGS__})
#endif

typedef uint8_t bytes __attribute__((vector_size(EXG_LANE)));

_Static_assert(EXG_LANE == 16, "the transpose is of 16 x 16 bytes");

static const float HIGH = 0x1.0100p-8f;         /* 1/255 to 16 bits */
static const float LOW = 0x1.010101010101p-24f; /* the rest         */

float exg_lanes_pixel(uint8_t p)
{
    return ((float)p / 255.0f - 0.5f) / 0.5f;
}

/* 16 pixels of 16 images, transposed in place. */
static inline void transpose(bytes *restrict v)
{
    bytes t[EXG_LANE];

    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 8; i++) {
            t[2 * i] = SHUFFLE(v[i], v[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4,
                               20, 5, 21, 6, 22, 7, 23);
            t[2 * i + 1] = SHUFFLE(v[i], v[i + 8], 8, 24, 9, 25, 10, 26, 11, 27,
                                   12, 28, 13, 29, 14, 30, 15, 31);
        }
        memcpy(v, t, sizeof t);
    }
}

static inline void convert(const bytes *restrict v, float *restrict x)
{
    uint8_t p[EXG_LANE];

    memcpy(p, v, sizeof p);
    for (int s = 0; s < EXG_LANE; s++) {
        const float f = (float)p[s];

        x[s] = (f * HIGH + f * LOW - 0.5f) * 2.0f;
    }
}

void exg_lanes_load(exg_int pixels, exg_int stride, exg_int count,
                    const uint8_t *rows, float *x)
{
    const exg_int whole = pixels - pixels % EXG_LANE;
    const uint8_t *row[EXG_LANE];
    bytes tile[EXG_LANE];

    for (exg_int s = 0; s < EXG_LANE; s++) {
        row[s] = rows + (s < count ? s : 0) * stride;
    }
    for (exg_int p = 0; p < whole; p += EXG_LANE) {
        for (exg_int s = 0; s < EXG_LANE; s++) {
            memcpy(&tile[s], row[s] + p, EXG_LANE);
        }
        transpose(tile);
        for (exg_int i = 0; i < EXG_LANE; i++) {
            convert(&tile[i], x + (p + i) * EXG_LANE);
        }
    }
    for (exg_int p = whole; p < pixels; p++) {
        for (exg_int s = 0; s < EXG_LANE; s++) {
            x[p * EXG_LANE + s] = exg_lanes_pixel(row[s][p]);
        }
    }
    for (exg_int p = 0; count < EXG_LANE && p < pixels; p++) {
        memset(x + p * EXG_LANE + count, 0,
               (size_t)(EXG_LANE - count) * sizeof *x);
    }
}
