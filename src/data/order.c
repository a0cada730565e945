/* order.c -- a Feistel network over a grid, with cycle walking.
 *
 * Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002: the
 * numbers 0..left*right-1 are pairs (l, r), and each round adds a keyed
 * function of one half to the other, modulo that half's size, which can always
 * be undone; so the whole is a permutation.  A result outside 0..total-1 goes
 * round again until it falls inside: the walk stays on one cycle, so what is
 * left is a permutation of 0..total-1.  With left = ceil(sqrt(total)) the grid
 * is hardly larger than total (a square of powers of two could be four times
 * as large) and few numbers walk.
 *
 * The round function is a multiply-and-shift mixer: it has to look random, not
 * to keep secrets, and costs a tenth of a Philox block.  Its keys are Philox
 * numbers of (seed, epoch). */
#include "data/order.h"

#include <math.h>

#include "core/rng.h"

/* Uniform over 0..size-1 for size < 2^32; finaliser of splitmix64 (Steele,
 * Lea, Flood, "Fast splittable pseudorandom number generators", 2014). */
static uint64_t mix(uint64_t x, uint64_t key, uint64_t size)
{
    x = (x + 1) * 0x9E3779B97F4A7C15u ^ key;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return ((x >> 32) * size) >> 32;
}

static uint64_t ceil_sqrt(uint64_t n)
{
    uint64_t s = (uint64_t)sqrt((double)n);

    while (s * s >= n && s > 1) {
        s--;
    }
    while (s * s < n) {
        s++;
    }
    return s;
}

exg_order exg_order_of(exg_int total, uint64_t seed, exg_int epoch, int shuffle)
{
    const exg_rng stream = {
        .seed = seed, .use = EXG_RNG_ORDER, .sub = (uint32_t)epoch};
    const uint64_t n = (uint64_t)total;
    exg_order order = {.total = total, .shuffle = shuffle};

    order.left = ceil_sqrt(n);
    order.right = (n + order.left - 1) / order.left;
    for (int i = 0; i < EXG_ORDER_ROUNDS; i++) {
        uint32_t word[4];

        exg_rng_block(stream, (uint64_t)i, word);
        order.key[i] = (uint64_t)word[1] << 32 | word[0];
    }
    return order;
}

static uint64_t permute(const exg_order *order, uint64_t x)
{
    uint64_t l = x % order->left;
    uint64_t r = x / order->left;

    for (int i = 0; i < EXG_ORDER_ROUNDS; i += 2) {
        l += mix(r, order->key[i], order->left);
        l -= l >= order->left ? order->left : 0;
        r += mix(l, order->key[i + 1], order->right);
        r -= r >= order->right ? order->right : 0;
    }
    return r * order->left + l;
}

exg_int exg_order_at(const exg_order *order, exg_int position)
{
    uint64_t x = (uint64_t)position;

    if (!order->shuffle) {
        return position;
    }
    do {
        x = permute(order, x);
    } while (x >= (uint64_t)order->total);
    return (exg_int)x;
}
