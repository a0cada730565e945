/* rng.c -- Philox4x32-10.  Counter = (index low, index high, use, sub),
 * key = seed.  Checked in the tests against the published known answers. */
#include "core/rng.h"

#include <math.h>

void exg_rng_block(exg_rng stream, uint64_t index, uint32_t out[4])
{
    uint32_t c[4] = {(uint32_t)index, (uint32_t)(index >> 32), stream.use,
                     stream.sub};
    uint32_t k0 = (uint32_t)stream.seed;
    uint32_t k1 = (uint32_t)(stream.seed >> 32);

    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c[0];
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2];

        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[1] = (uint32_t)p1;
        c[3] = (uint32_t)p0;
        k0 += 0x9E3779B9u; /* golden ratio */
        k1 += 0xBB67AE85u; /* sqrt(3) - 1  */
    }
    for (int i = 0; i < 4; i++) {
        out[i] = c[i];
    }
}

float exg_rng_uniform(exg_rng stream, uint64_t index)
{
    uint32_t word[4];

    exg_rng_block(stream, index, word);
    return (float)(word[0] >> 8) * 0x1p-24f;
}

double exg_rng_uniform53(exg_rng stream, uint64_t index)
{
    uint32_t word[4];

    exg_rng_block(stream, index, word);
    return (double)(((uint64_t)word[1] << 21) ^ (word[0] >> 11)) * 0x1p-53;
}

double exg_rng_normal(exg_rng stream, uint64_t index)
{
    uint32_t word[4];
    double u, v;

    exg_rng_block(stream, index, word);
    u = ((double)(((uint64_t)word[1] << 20) ^ (word[0] >> 12)) + 0.5) * 0x1p-52;
    v = (double)(((uint64_t)word[3] << 20) ^ (word[2] >> 12)) * 0x1p-52;
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586477 * v);
}
