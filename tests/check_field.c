/* check_field.c -- the field of points that stay: fast = reference, every width
 * alike. */
#include <math.h>
#include <string.h>

#include "kernels.h"

enum {
    N = 304,
    G = EXG_FIELD_GROUP,
    D = EXG_FIELD_DIMS
};

/* A sum of 304 terms in float against one in double, by its magnitude. */
#define TOLERANCE 2e-6

static float *r, *y;

static void make(float spread)
{
    ck_assert(exg_new(&r, D * N) == EXG_OK);
    ck_assert(exg_new(&y, D * G) == EXG_OK);
    fill(r, D * N, 1);
    fill(y, D * G, 2);
    for (int i = 0; i < D * N; i++) {
        r[i] *= spread;
    }
    for (int i = 0; i < D * G; i++) {
        y[i] *= spread;
    }
}

static void drop(void)
{
    exg_free(r);
    exg_free(y);
}

START_TEST(field_agrees_with_its_definition)
{
    const exg_kern *kern = kernels(_i % ISAS);

    for (int dims = 1; kern != NULL && dims <= D; dims++) {
        exg_field_tile t = {.dims = dims,
                            .count = N,
                            .stride = N,
                            .tails = tails_of(dof_of[_i / ISAS])};
        float z[2][G], f[2][G * D];

        make(dims == 2 ? 1e-2f : 20.0f);
        t.r = r;
        kern->field_at(&t, y, z[0], f[0]);
        exg_field_at_ref(&t, y, z[1], f[1]);
        ck_near(z[0], z[1], G, TOLERANCE, N);
        ck_near(f[0], f[1], (exg_int)G * dims, TOLERANCE, N / 3.0);
        drop();
    }
}
END_TEST

START_TEST(widths_give_the_same_bits)
{
    const exg_kern *first = NULL;
    float z[2][G], f[2][G * D];

    make(5.0f);
    for (int isa = 0; isa < ISAS; isa++) {
        const exg_kern *kern = kernels(isa);
        const exg_field_tile t = {.dims = 3,
                                  .count = N,
                                  .stride = N,
                                  .r = r,
                                  .tails = tails_of(dof_of[_i])};

        if (kern == NULL || !exg_kern_fuses(kern)) {
            continue;
        }
        kern->field_at(&t, y, z[first != NULL], f[first != NULL]);
        if (first != NULL) {
            ck_assert(memcmp(z[0], z[1], sizeof z[0]) == 0);
            ck_assert(memcmp(f[0], f[1], sizeof f[0]) == 0);
        }
        first = first != NULL ? first : kern;
    }
    drop();
}
END_TEST

START_TEST(far_points_exert_nothing)
{
    const exg_kern *kern = NULL;
    float with[2][G], f[2][G * D];

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    make(5.0f);
    for (int far = 0; far < 2; far++) {
        const exg_field_tile t = {.dims = 2,
                                  .count = far ? N : N - 16,
                                  .stride = N,
                                  .r = r,
                                  .tails = tails_of(dof_of[_i])};

        for (int i = N - 16; i < N; i++) {
            r[i] = _i == 0 ? 1e8f : 1e17f;
        }
        kern->field_at(&t, y, with[far], f[far]);
    }
    ck_assert(memcmp(with[0], with[1], sizeof with[0]) == 0);
    ck_assert(memcmp(f[0], f[1], sizeof(float) * G * 2) == 0);
    drop();
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("field");
    TCase *tc = exg_case(s, "field");

    tcase_add_loop_test(tc, field_agrees_with_its_definition, 0, ISAS * DOFS);
    tcase_add_loop_test(tc, widths_give_the_same_bits, 0, DOFS);
    tcase_add_loop_test(tc, far_points_exert_nothing, 0, DOFS);
    return s;
}
