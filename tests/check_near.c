/* check_near.c -- the kernels of the search for neighbours. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "kern/kern.h"
#include "support.h"

enum {
    T = EXG_NEAR_TILE,
    WORDS = EXG_NEAR_WORDS,
    MOST = 70
};

static const char *const isa[] = {"avx512", "avx2", "base"};

/* NULL where this machine lacks the set. */
static const exg_kern *kernels(int i)
{
    const exg_kern *k = NULL;

    if (exg_kern_select(isa[i], &k) != EXG_OK) {
        exg_err_clear();
        return NULL;
    }
    return k;
}

static void draw(exg_int n, uint32_t sub, float *x)
{
    const exg_rng stream = {.seed = 4, .use = EXG_RNG_SYNTH, .sub = sub};

    for (exg_int i = 0; i < n; i++) {
        x[i] = exg_rng_uniform(stream, (uint64_t)i) - 0.5f;
    }
}

/* Sums are multiples of 1/1024 below 2^11, so they are exact and each bit must
 * be as defined, 0 and not-a-number included. */
START_TEST(sieve_is_as_defined)
{
    static const exg_int coordinates[] = {1, 2, 13, 32, MOST};
    static _Alignas(64) float a[T * MOST], b[T * MOST], ka[T], kb[T];
    static uint64_t hit[T * WORDS], want[T * WORDS];
    const exg_kern *k = kernels(_i % 3);
    const exg_int m = coordinates[_i / 3];
    exg_int hits = 0;

    if (k == NULL) {
        return;
    }
    draw(T * m, 1, a);
    draw(T * m, 2, b);
    draw(T, 3, ka);
    draw(T, 4, kb);
    for (exg_int i = 0; i < T * m; i++) {
        a[i] = rintf(32.0f * a[i]) / 32.0f;
        b[i] = rintf(32.0f * b[i]) / 32.0f;
    }
    for (exg_int i = 0; i < T; i++) {
        ka[i] = rintf(32.0f * ka[i]) / 32.0f;
        kb[i] = rintf(32.0f * kb[i]) / 32.0f;
    }
    ka[7] = INFINITY;
    ka[8] = -INFINITY;
    kb[100] = -INFINITY; /* meets ka[7]: not a number, no hit */
    k->near_sieve(m, a, ka, b, kb, hit);
    exg_near_sieve_ref(m, a, ka, b, kb, want);
    ck_assert(memcmp(hit, want, sizeof hit) == 0);
    for (exg_int i = 0; i < T * WORDS; i++) {
        hits += __builtin_popcountll(hit[i]);
    }
    ck_assert(hits > T * T / 4 && hits < T * T * 3 / 4);
    ck_assert(hit[7 * WORDS] == UINT64_MAX && hit[8 * WORDS] == 0);
    ck_assert((hit[7 * WORDS + 1] >> 36 & 1) == 0);
}
END_TEST

START_TEST(distances_are_the_same_bits)
{
    enum {
        D = 400,
        ROWS = 30
    };
    static _Alignas(64) float y[ROWS * D];
    const exg_kern *k = kernels(_i);
    int32_t which[ROWS];
    float got[ROWS], want[ROWS], back;

    if (k == NULL || !exg_kern_fuses(k)) {
        return;
    }
    draw(ROWS * D, 5, y);
    for (int32_t i = 0; i < ROWS; i++) {
        which[i] = (7 * i + 3) % ROWS;
    }
    for (exg_int n = 0; n <= ROWS; n++) {
        k->near_distances(D, y, y, n, which, got);
        exg_near_distances_ref(D, y, y, n, which, want);
        ck_assert(memcmp(got, want, sizeof *got * (size_t)n) == 0);
    }
    for (int32_t i = 0; i < ROWS; i++) { /* the other way round */
        const int32_t first = 0;

        k->near_distances(D, y + which[i] * D, y, 1, &first, &back);
        ck_assert(back == got[i] && (got[i] == 0.0f) == (which[i] == 0));
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("near");
    TCase *tc = exg_case(s, "near");

    tcase_add_loop_test(tc, sieve_is_as_defined, 0, 15);
    tcase_add_loop_test(tc, distances_are_the_same_bits, 0, 3);
    return s;
}
