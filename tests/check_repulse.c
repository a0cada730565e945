/* check_repulse.c -- t-SNE's inner sums: fast = reference, every width alike.
 */
#include <math.h>
#include <string.h>

#include "kernels.h"

enum {
    T = EXG_PAIRS_TILE,
    D = EXG_PAIRS_DIMS,
    ROWS = 37,
    ENTRIES = ROWS * 48
};

/* A sum of 512 terms in float against one in double, relative to the sum of
 * magnitudes (at most 512 * 0.33). */
#define TOLERANCE 2e-5
#define TOLERANCE_Z 2e-6

/* Of one weight, relative: 60 times the rounding of its logarithm. */
#define TOLERANCE_W 8e-6

static float *y, *f;

static void make_points(float spread)
{
    const exg_rng stream = {.seed = 5, .use = EXG_RNG_SYNTH};

    ck_assert(exg_new(&y, 2 * D * T) == EXG_OK);
    ck_assert(exg_new(&f, 4 * D * T) == EXG_OK);
    for (int i = 0; i < 2 * D * T; i++) {
        y[i] = spread * (exg_rng_uniform(stream, (uint64_t)i) - 0.5f);
    }
}

static void free_points(void)
{
    exg_free(y);
    exg_free(f);
}

static exg_pairs_tiles tiles(int dims, int same, double dof)
{
    return (exg_pairs_tiles){.dims = dims,
                             .same = same,
                             .ni = same ? 304 : 48,
                             .nj = 304,
                             .stride = T,
                             .yi = y,
                             .yj = same ? y : y + D * T,
                             .tails = tails_of(dof)};
}

static double worst(int dims, exg_int n, const float *a, const float *b)
{
    double most = 0.0;

    for (int k = 0; k < dims; k++) {
        for (exg_int i = 0; i < n; i++) {
            most =
                fmax(most, fabs((double)a[k * T + i] - (double)b[k * T + i]));
        }
    }
    return most;
}

START_TEST(tile_agrees_with_its_definition)
{
    const exg_kern *kern = NULL;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    make_points(_i % 2 == 0 ? 20.0f : 1e-3f);
    for (int dims = 1; dims <= D; dims++) {
        for (int same = 0; same < 2; same++) {
            const exg_pairs_tiles t = tiles(dims, same, dof_of[_i / 2]);
            const double z = kern->pairs_tile(&t, f, f + D * T);
            const double ref =
                exg_pairs_tile_ref(&t, f + 2 * D * T, f + 3 * D * T);

            if (same) { /* only the sum of both sides is promised */
                for (int i = 0; i < D * T; i++) {
                    f[i] += f[D * T + i];
                    f[2 * D * T + i] += f[3 * D * T + i];
                }
            } else {
                ck_assert(worst(dims, t.nj, f + D * T, f + 3 * D * T) <
                          TOLERANCE);
            }
            ck_assert(worst(dims, t.ni, f, f + 2 * D * T) < TOLERANCE);
            ck_assert(fabs(z / ref - 1.0) < TOLERANCE_Z);
        }
    }
    free_points();
}
END_TEST

/* Sixteen points at one place, sixteen at another: Z is one weight. */
START_TEST(weight_is_right_at_every_distance)
{
    const exg_kern *kern = NULL;
    const double dof = dof_of[_i];
    exg_pairs_tiles t = tiles(1, 0, dof);

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    make_points(0.0f);
    t.ni = t.nj = 16;
    t.yi = y;
    t.yj = y + D * T;
    for (int step = 0; step < 105; step++) {
        const double r = 1e-4 * pow(1.3, step); /* up to 1e8 */
        const double far = (double)(float)r;
        const double w = exp(-dof * log1p(far * far / dof));
        double z;

        for (int i = 0; i < 16; i++) {
            y[D * T + i] = (float)r;
        }
        z = kern->pairs_tile(&t, f, f + D * T) / 512.0;
        if (w > 1e-25) {
            ck_assert(fabs(z / w - 1.0) < TOLERANCE_W);
        } else {
            ck_assert(z >= 0.0 && z < 1e-24);
        }
    }
    free_points();
}
END_TEST

/* Both have fused multiply-add, so the promise holds between them. */
START_TEST(avx512_and_avx2_give_the_same_bits)
{
    const exg_kern *wide = NULL, *narrow = NULL;

    if (exg_kern_select("avx512", &wide) != EXG_OK ||
        exg_kern_select("avx2", &narrow) != EXG_OK) {
        exg_err_clear();
        return; /* this CPU has but one of them */
    }
    make_points(9.0f);
    for (int dims = 1; dims <= D; dims++) {
        for (int same = 0; same < 2; same++) {
            const exg_pairs_tiles t = tiles(dims, same, dof_of[_i]);
            const double a = wide->pairs_tile(&t, f, f + D * T);
            const double b =
                narrow->pairs_tile(&t, f + 2 * D * T, f + 3 * D * T);

            ck_assert(a == b);
            ck_assert(memcmp(f, f + 2 * D * T, 2 * D * T * sizeof *f) == 0);
        }
    }
    free_points();
}
END_TEST

static void make_rows(exg_pairs_sparse *s, exg_int *row, int32_t *col, float *p,
                      int32_t *self)
{
    for (int i = 0; i <= ROWS; i++) {
        row[i] = i * 48 - (i % 3) * 16; /* 32, 32, 80, ... entries */
    }
    for (int a = 0; a < ENTRIES; a++) {
        col[a] = a * 37 % T;
        p[a] = a % 16 == 15 ? 0.0f : 1.0f / (float)(1 + a % 48);
    }
    for (int i = 0; i < ROWS; i++) {
        self[i] = i * 11 % T;
    }
    *s = (exg_pairs_sparse){.rows = ROWS,
                            .row0 = 3,
                            .y = y,
                            .row = row,
                            .col = col,
                            .p = p,
                            .self = self};
}

/* Name the points of every other row in 16 bits. */
static void shorten(exg_pairs_sparse *s, uint16_t *near, int32_t *base)
{
    for (int i = 0; i < ROWS; i++) {
        base[i] = i % 2 == 0 ? -1 : i % 4;
        for (exg_int a = s->row[i]; a < s->row[i + 1] && i % 2 != 0; a++) {
            near[a] = (uint16_t)(s->col[a] * 3 % (T - 4));
        }
    }
    s->near = near;
    s->base = base;
}

typedef void sum_of(const exg_pairs_sparse *s, float *f);

static void compare_sums(const exg_pairs_sparse *s, int width, sum_of *fast,
                         sum_of *plain, sum_of *narrow)
{
    fast(s, f);
    plain(s, f + D * T);
    for (int i = 0; i < ROWS * width; i++) {
        ck_assert(fabsf(f[i] - f[D * T + i]) < (float)TOLERANCE);
    }
    if (narrow != NULL) {
        narrow(s, f + D * T);
        ck_assert(memcmp(f, f + D * T, ROWS * sizeof *f * (size_t)width) == 0);
    }
}

START_TEST(sums_over_rows_agree_with_their_definitions)
{
    const exg_kern *kern = NULL, *narrow = NULL;
    exg_pairs_sparse s;
    exg_int row[ROWS + 1];
    int32_t *col, self[ROWS], base[ROWS];
    uint16_t *near;
    float *p;
    int alike;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    ck_assert(exg_kern_select("avx2", &narrow) == EXG_OK || kern != NULL);
    exg_err_clear();
    alike = narrow != NULL && exg_kern_fuses(kern);
    make_points(5.0f);
    ck_assert(exg_new(&col, ENTRIES) == EXG_OK);
    ck_assert(exg_new(&near, ENTRIES) == EXG_OK);
    ck_assert(exg_new(&p, ENTRIES) == EXG_OK);
    make_rows(&s, row, col, p, self);
    s.tails = tails_of(dof_of[_i]);
    for (int kind = 0; kind < 3; kind++) {
        for (s.dims = 1; s.dims <= D; s.dims++) {
            compare_sums(&s, s.dims, kern->pairs_attract, exg_pairs_attract_ref,
                         alike ? narrow->pairs_attract : NULL);
            compare_sums(&s, 2, kern->pairs_diverge, exg_pairs_diverge_ref,
                         alike ? narrow->pairs_diverge : NULL);
        }
        if (kind == 0) {
            s.self = NULL;
        } else {
            shorten(&s, near, base);
        }
    }
    exg_free(col);
    exg_free(near);
    exg_free(p);
    free_points();
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("repulse");
    TCase *tc = exg_case(s, "pairs");

    tcase_add_loop_test(tc, tile_agrees_with_its_definition, 0, 2 * DOFS);
    tcase_add_loop_test(tc, weight_is_right_at_every_distance, 1, DOFS);
    tcase_add_loop_test(tc, avx512_and_avx2_give_the_same_bits, 0, DOFS);
    tcase_add_loop_test(tc, sums_over_rows_agree_with_their_definitions, 0,
                        DOFS);
    return s;
}
