/* check_stencil.c -- splines: fast = reference, every width alike. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "kern/kern.h"
#include "support.h"

enum {
    COUNT = 301,
    STRIDE = 304,
    NODES = 14,
    DIMS = 3,
    SIZE = NODES * NODES * NODES + EXG_STENCIL_SLACK,
    BITS = 20
};

#define TOLERANCE 3e-6 /* of values up to 1: some 200 float products */
#define UNITS 8        /* of 2^-BITS: float weights, rounded to integers */

typedef struct {
    float y[DIMS * STRIDE];
    float grid[SIZE], value[2][STRIDE], slope[2][DIMS * STRIDE];
    uint32_t charge[2][SIZE];
} room;

static _Alignas(64) room r;

static exg_stencil make_points(int dims)
{
    const exg_rng stream = {.seed = 8, .use = EXG_RNG_SYNTH};
    const exg_stencil s = {.dims = dims,
                           .n = NODES,
                           .first = {-3.0f, 1.0f, 0.5f},
                           .per_unit = 2.0f,
                           .count = COUNT,
                           .stride = STRIDE,
                           .y = r.y};

    memset(&r, 0, sizeof r);
    for (int k = 0; k < dims; k++) {
        for (exg_int i = 0; i < COUNT; i++) {
            const uint64_t key = (uint64_t)(k * COUNT + i);
            /* every seventh point on a node, the last ones outside */
            const float u = i % 7 == 0
                                ? (float)(2 + i % 9)
                                : 2.0f + 8.99f * exg_rng_uniform(stream, key);

            r.y[k * STRIDE + i] =
                s.first[k] + (i > COUNT - 5 ? (float)(i % 2) * 90.0f - 40.0f
                                            : u / s.per_unit);
        }
    }
    for (int i = 0; i < SIZE; i++) {
        r.grid[i] = exg_rng_uniform(stream, 9000 + (uint64_t)i) - 0.5f;
    }
    return s;
}

static exg_int size_of(int dims)
{
    return dims == 1 ? NODES : dims == 2 ? NODES * NODES : SIZE - 8;
}

START_TEST(spreading_agrees_with_its_definition)
{
    const exg_stencil s = make_points(_i);
    const exg_kern *kern = NULL;
    int64_t total = 0, worst = 0;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    kern->stencil_spread(&s, BITS, r.charge[0]);
    exg_stencil_spread_ref(&s, BITS, r.charge[1]);
    for (exg_int i = 0; i < size_of(_i); i++) {
        const int64_t off = (int64_t)r.charge[0][i] - (int64_t)r.charge[1][i];

        worst = off > worst ? off : -off > worst ? -off : worst;
        total += r.charge[0][i];
    }
    for (exg_int i = size_of(_i); i < SIZE; i++) {
        ck_assert(r.charge[0][i] == 0); /* the slack */
    }
    ck_assert_msg(worst <= UNITS, "worst %td", (exg_int)worst);
    ck_assert(llabs(total - ((int64_t)COUNT << BITS)) < COUNT * 216);
}
END_TEST

START_TEST(gathering_agrees_with_its_definition)
{
    const exg_stencil s = make_points(_i);
    const exg_kern *kern = NULL;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    kern->stencil_gather(&s, r.grid, r.value[0], r.slope[0]);
    exg_stencil_gather_ref(&s, r.grid, r.value[1], r.slope[1]);
    for (exg_int i = 0; i < COUNT; i++) {
        ck_assert(fabsf(r.value[0][i] - r.value[1][i]) < (float)TOLERANCE);
        for (int k = 0; k < _i; k++) {
            const exg_int a = k * STRIDE + i;

            ck_assert(fabsf(r.slope[0][a] - r.slope[1][a]) < (float)TOLERANCE);
        }
    }
}
END_TEST

/* A grid of squares has squares' slopes: the spline is exact up to degree 5,
 * but for the B-spline's own width, (h^2) / 2 for the value. */
START_TEST(slope_of_a_parabola_is_exact)
{
    const exg_stencil s = make_points(2);
    const exg_kern *kern = NULL;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    for (int i = 0; i < NODES * NODES; i++) {
        const int row = i / NODES, column = i % NODES;
        const float x = (float)column, y = (float)row;

        r.grid[i] = (x * x + 2.0f * y * y + x * y) / 64.0f;
    }
    kern->stencil_gather(&s, r.grid, r.value[0], r.slope[0]);
    for (exg_int i = 0; i < COUNT - 5; i++) {
        const float x = (r.y[i] - s.first[0]) * s.per_unit;
        const float y = (r.y[STRIDE + i] - s.first[1]) * s.per_unit;

        ck_assert(fabsf(r.slope[0][i] - (2.0f * x + y) / 64.0f) < 1e-5f);
        ck_assert(fabsf(r.slope[0][STRIDE + i] - (4.0f * y + x) / 64.0f) <
                  1e-5f);
    }
}
END_TEST

/* Both have fused multiply-add, so the promise holds between them. */
START_TEST(avx512_and_avx2_give_the_same_bits)
{
    const exg_stencil s = make_points(_i);
    const exg_kern *wide = NULL, *narrow = NULL;

    if (exg_kern_select("avx512", &wide) != EXG_OK ||
        exg_kern_select("avx2", &narrow) != EXG_OK) {
        exg_err_clear();
        return; /* this CPU has but one of them */
    }
    wide->stencil_spread(&s, BITS, r.charge[0]);
    narrow->stencil_spread(&s, BITS, r.charge[1]);
    ck_assert(memcmp(r.charge[0], r.charge[1], sizeof r.charge[0]) == 0);
    wide->stencil_gather(&s, r.grid, r.value[0], r.slope[0]);
    narrow->stencil_gather(&s, r.grid, r.value[1], r.slope[1]);
    ck_assert(memcmp(r.value[0], r.value[1], sizeof r.value[0]) == 0);
    ck_assert(memcmp(r.slope[0], r.slope[1], sizeof r.slope[0]) == 0);
}
END_TEST

/* Points that leave the first planes alone, on a grid without them. */
START_TEST(window_is_a_part_of_the_grid)
{
    const exg_kern *kern = NULL;
    exg_stencil s = make_points(_i);
    const exg_int plane = _i == 2 ? NODES : NODES * NODES, from = 3 * plane;
    float *last = r.y + (_i - 1) * STRIDE;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    for (exg_int i = 0; i < COUNT; i++) {
        last[i] =
            s.first[_i - 1] + (5.0f + (float)(i % 50) * 0.1f) / s.per_unit;
    }
    kern->stencil_spread(&s, BITS, r.charge[0]);
    kern->stencil_gather(&s, r.grid, r.value[0], r.slope[0]);
    s.origin = from;
    kern->stencil_spread(&s, BITS, r.charge[1]);
    kern->stencil_gather(&s, r.grid + from, r.value[1], r.slope[1]);
    ck_assert(memcmp(r.charge[0] + from, r.charge[1],
                     sizeof r.charge[0][0] * (size_t)(SIZE - from)) == 0);
    ck_assert(memcmp(r.value[0], r.value[1], sizeof(float) * COUNT) == 0);
    exg_stencil_gather_ref(&s, r.grid + from, r.value[0], r.slope[0]);
    for (exg_int i = 0; i < COUNT; i++) {
        ck_assert(fabsf(r.value[0][i] - r.value[1][i]) < (float)TOLERANCE);
    }
    memset(r.charge[0], 0, sizeof r.charge[0]);
    exg_stencil_spread_ref(&s, BITS, r.charge[0]);
    for (exg_int i = 0; i < SIZE; i++) {
        ck_assert(llabs((int64_t)r.charge[0][i] - (int64_t)r.charge[1][i]) <
                  COUNT * UNITS);
    }
}
END_TEST

/* Charges as they come, or such that some are large or have wrapped. */
static void make_charges(int kind)
{
    const exg_rng stream = {.seed = 9, .use = EXG_RNG_SYNTH};

    for (int i = 0; i < SIZE; i++) {
        const float u = exg_rng_uniform(stream, (uint64_t)i);

        r.charge[0][i] = (uint32_t)(u * 0x1p26f);
    }
    for (int i = 0; i < 9 && kind > 0; i++) {
        r.charge[0][i * 97 + 1] = (uint32_t)1 << (26 + kind % 6);
        r.charge[0][i * 31] = kind == 6 ? (uint32_t)-5 - (uint32_t)i : 7;
    }
}

static int are_equal(const exg_charge_sums *a, const exg_charge_sums *b)
{
    return a->total == b->total && a->squares == b->squares &&
           (a->large > 0) == (b->large > 0) &&
           (a->medium > 0) == (b->medium > 0);
}

START_TEST(charges_are_taken_as_defined)
{
    static const char *const isa[] = {"avx512", "avx2", "base"};
    static _Alignas(64) float to[2][SIZE];

    make_charges(_i);
    for (exg_int n = 0; n < 80; n += n < 40 ? 1 : 13) {
        for (int k = 0; k < 3; k++) {
            const uint32_t *from = r.charge[0] + (n < 40 ? n : 1);
            const exg_kern *kern;
            exg_charge_sums sums[2] = {{3, 0, 0, 5}, {3, 0, 0, 5}};

            if (exg_kern_select(isa[k], &kern) != EXG_OK) {
                exg_err_clear();
                continue; /* this CPU or build lacks it */
            }
            exg_charge_take_ref(n, _i * 4, 0x1p-20f, from, to[0], sums);
            kern->charge_take(n, _i * 4, 0x1p-20f, from, to[1], sums + 1);
            ck_assert(memcmp(to[0], to[1], sizeof(float) * (size_t)n) == 0);
            ck_assert(are_equal(sums, sums + 1));
        }
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("stencil");
    TCase *tc = exg_case(s, "stencil");

    tcase_add_loop_test(tc, spreading_agrees_with_its_definition, 1, 4);
    tcase_add_loop_test(tc, gathering_agrees_with_its_definition, 1, 4);
    tcase_add_test(tc, slope_of_a_parabola_is_exact);
    tcase_add_loop_test(tc, avx512_and_avx2_give_the_same_bits, 1, 4);
    tcase_add_loop_test(tc, charges_are_taken_as_defined, 0, 7);
    tcase_add_loop_test(tc, window_is_a_part_of_the_grid, 2, 4);
    return s;
}
