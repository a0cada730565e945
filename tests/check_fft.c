/* check_fft.c -- transforms in lanes: fast = reference, every width alike. */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "embed/fourier.h"
#include "kern/kern.h"
#include "support.h"

enum {
    MOST = 700,
    CHUNK = 32
};

#define TOLERANCE 2e-6 /* of the root of the sum of squares */

static const int length[] = {1,  2,  3,  4,   5,   6,   7,   8,   16,  40,
                             56, 63, 98, 105, 128, 135, 243, 350, 512, 700};

static _Alignas(64) float x[MOST * CHUNK], y[MOST * CHUNK], z[MOST * CHUNK];
static float w[2 * MOST];

static void fill(float *v, int n, uint64_t key)
{
    const exg_rng stream = {.seed = 8, .use = EXG_RNG_SYNTH};

    for (int i = 0; i < n; i++) {
        v[i] = exg_rng_uniform(stream, key + (uint64_t)i) - 0.5f;
    }
}

static const exg_kern *best(void)
{
    const exg_kern *kern = NULL;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    return kern;
}

/* avx2 beside a best set that fuses as well, else NULL. */
static const exg_kern *narrow(void)
{
    const exg_kern *kern = NULL;

    if (exg_kern_select("avx2", &kern) != EXG_OK) {
        exg_err_clear();
    }
    return kern != NULL && exg_kern_fuses(best()) ? kern : NULL;
}

static void agree(const float *a, const float *b, int n, double bound)
{
    for (int i = 0; i < n; i++) {
        ck_assert(fabs((double)a[i] - (double)b[i]) <= bound);
    }
}

START_TEST(transform_agrees_with_its_definition)
{
    const int n = length[_i], floats = n * CHUNK;
    const exg_kern *other = narrow();
    exg_fft *f = NULL;

    ck_assert(exg_fourier_is_smooth(n));
    ck_assert(exg_fourier_create(n, &f) == EXG_OK);
    for (int back = 0; back < 2; back++) {
        fill(x, floats, 100 * (uint64_t)n);
        memcpy(y, x, sizeof x);
        memcpy(z, x, sizeof x);
        best()->fft_run(f, back, x);
        exg_fft_run_ref(f, back, y);
        agree(x, y, floats, TOLERANCE * sqrt(n));
        if (other != NULL) {
            other->fft_run(f, back, z);
            ck_assert(memcmp(x, z, sizeof *x * (size_t)floats) == 0);
        }
    }
    exg_fourier_destroy(&f);
}
END_TEST

START_TEST(there_and_back_is_n_times_the_same)
{
    const int n = length[_i], floats = n * CHUNK;
    exg_fft *f = NULL;

    ck_assert(exg_fourier_create(n, &f) == EXG_OK);
    fill(x, floats, 7);
    memcpy(y, x, sizeof x);
    best()->fft_run(f, 0, x);
    best()->fft_run(f, 1, x);
    for (int i = 0; i < floats; i++) {
        y[i] *= (float)n;
    }
    agree(x, y, floats, TOLERANCE * n);
    exg_fourier_destroy(&f);
}
END_TEST

typedef void twist_of(exg_int n, const float *w, const float *from, float *to);

static void compare(twist_of *fast, twist_of *plain, twist_of *other)
{
    const int n = 77;

    fill(x, n * CHUNK, 1);
    for (int i = 0; i < 3; i++) {
        fill(i == 0 ? y : z, n * CHUNK, 2);
    }
    fast(n, w, x, y);
    plain(n, w, x, z);
    agree(y, z, n * CHUNK, TOLERANCE);
    if (other != NULL) {
        fill(z, n * CHUNK, 2);
        other(n, w, x, z);
        ck_assert(memcmp(y, z, sizeof *y * (size_t)(n * CHUNK)) == 0);
    }
}

START_TEST(twists_agree_with_their_definitions)
{
    const exg_kern *a = best(), *b = narrow();

    exg_fourier_twist(MOST, 0.25 / MOST, w);
    ck_assert(w[0] == 1.0f && w[1] == 0.0f);
    ck_assert(fabsf(w[2 * MOST - 1] + 1.0f) < 1e-4f);
    compare(a->fft_twist, exg_fft_twist_ref, b ? b->fft_twist : NULL);
    compare(a->fft_untwist, exg_fft_untwist_ref, b ? b->fft_untwist : NULL);
    compare(a->fft_enter, exg_fft_enter_ref, b ? b->fft_enter : NULL);
    compare(a->fft_leave, exg_fft_leave_ref, b ? b->fft_leave : NULL);
}
END_TEST

START_TEST(scaling_and_turning_are_exact)
{
    static const int32_t row[] = {2, 0, 1, 1};

    fill(x, 4 * CHUNK, 5);
    fill(z, 4 * CHUNK, 9);
    memcpy(y, x, sizeof x);
    best()->fft_scale(4, row, z, x);
    exg_fft_scale_ref(4, row, z, y);
    ck_assert(memcmp(x, y, sizeof *x * 4 * CHUNK) == 0);
    fill(x, 16 * CHUNK, 6);
    best()->fft_turn(x, CHUNK, y, 20);
    exg_fft_turn_ref(x, CHUNK, z, 20);
    for (int i = 0; i < 16 * 16; i++) {
        ck_assert(y[i / 16 * 20 + i % 16] == x[i % 16 * CHUNK + i / 16]);
        ck_assert(z[i / 16 * 20 + i % 16] == x[i % 16 * CHUNK + i / 16]);
    }
}
END_TEST

Suite *exg_suite(void)
{
    const int lengths = (int)(sizeof length / sizeof *length);
    Suite *s = suite_create("lanes");
    TCase *tc = exg_case(s, "fft");

    tcase_add_loop_test(tc, transform_agrees_with_its_definition, 0, lengths);
    tcase_add_loop_test(tc, there_and_back_is_n_times_the_same, 0, lengths);
    tcase_add_test(tc, twists_agree_with_their_definitions);
    tcase_add_test(tc, scaling_and_turning_are_exact);
    return s;
}
