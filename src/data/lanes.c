/* lanes.c -- a blocked byte transpose, then arithmetic on whole registers.
 *
 * Eight pixels of 16 images at a time: interleaving image i with image i + 8,
 * and three more rounds of interleaving register i with register i + 4, leave
 * in register p the 16 images' pixel p.  (Tiles of 16 pixels need 16 registers
 * and spill; a 256-entry table takes three times as long.)  Sixteen short
 * streams are more than the hardware follows: the next block, which lies behind
 * this one, is prefetched line by line.
 *
 * p/255 must be rounded once, as the division is, or the inputs would differ
 * from PyTorch's in the last bit, and dividing is slow.  With 2/255 = HIGH +
 * LOW, where HIGH has 16 significant bits, p*HIGH is exact in a float, and
 * p*HIGH + p*LOW is rounded once but for an error of 2^-40 of its size, with
 * or without fused multiply-add.  Doubling is exact, so it may come first: 2
 * (p/255 - 1/2) = 2p/255 - 1.  A test compares all 256 values. */
#include "data/lanes.h"

#include <string.h>

#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector((a), (b), __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle((a), (b), (bytes){__VA_ARGS__})
#endif

typedef uint8_t bytes __attribute__((vector_size(EXG_LANE)));
typedef uint64_t halves __attribute__((vector_size(EXG_LANE)));

enum {
    TILE = 8 /* pixels transposed at a time */
};
_Static_assert(EXG_LANE == 16, "the transpose is of 16 images x 8 bytes");

static const float HIGH = 0x1.01p-7f;           /* 2/255 to 16 bits */
static const float LOW = 0x1.010101010101p-23f; /* the rest         */

float exg_lanes_pixel(uint8_t p)
{
    return ((float)p / 255.0f - 0.5f) / 0.5f;
}

static inline bytes zip_low(bytes a, bytes b)
{
    return SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7,
                   23);
}

static inline bytes zip_high(bytes a, bytes b)
{
    return SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,
                   15, 31);
}

static inline bytes load_half(const uint8_t *from)
{
    uint64_t word;

    memcpy(&word, from, sizeof word);
    return (bytes)(halves){word, 0};
}

static inline void zip_round(const bytes *restrict v, bytes *restrict t)
{
    for (int i = 0; i < TILE / 2; i++) {
        t[2 * i] = zip_low(v[i], v[i + TILE / 2]);
        t[2 * i + 1] = zip_high(v[i], v[i + TILE / 2]);
    }
}

/* Eight pixels of 16 images: out[i] is pixel p + i of each. */
static inline void transpose(const uint8_t *const *row, exg_int p,
                             bytes *restrict out)
{
    bytes t[TILE];

    for (int i = 0; i < TILE; i++) {
        out[i] = zip_low(load_half(row[i] + p), load_half(row[i + TILE] + p));
    }
    zip_round(out, t);
    zip_round(t, out);
    zip_round(out, t);
    memcpy(out, t, sizeof t);
}

static inline void convert(bytes v, float *restrict x)
{
    for (int s = 0; s < EXG_LANE; s++) {
        const float f = (float)v[s];

        x[s] = f * HIGH + f * LOW - 1.0f;
    }
}

void exg_lanes_load(exg_int pixels, exg_int stride, exg_int count,
                    const uint8_t *rows, float *x)
{
    const exg_int whole = pixels - pixels % TILE;
    const uint8_t *next = rows + EXG_LANE * stride; /* the block after this */
    const uint8_t *row[EXG_LANE];

    for (exg_int s = 0; s < EXG_LANE; s++) {
        row[s] = rows + (s < count ? s : 0) * stride;
    }
    for (exg_int p = 0; p < whole; p += TILE) {
        bytes tile[TILE];

        __builtin_prefetch(next + p * EXG_LANE);
        __builtin_prefetch(next + p * EXG_LANE + 64);
        transpose(row, p, tile);
        for (exg_int i = 0; i < TILE; i++) {
            convert(tile[i], x + (p + i) * EXG_LANE);
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
