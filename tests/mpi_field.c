/* mpi_field.c -- the field of a finished map's points: by grid as by sum. */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "embed/field.h"
#include "support.h"

enum {
    N = 6000,    /* points of the map        */
    M = 500,     /* places                   */
    STRIDE = 512 /* of the places, and of z  */
};

/* b of the map's kernel. */
static const double dof_of[] = {1.0, 0.1, 0.5, 20.0};

enum {
    DOFS = sizeof dof_of / sizeof *dof_of
};

static const exg_rng where = {.seed = 2, .use = EXG_RNG_SYNTH};

/* A map of seven heaps: shape (N, dims). */
static float *make_heaps(int dims, float wide)
{
    float *r = NULL;

    ck_ok(world, exg_new(&r, N * dims));
    for (exg_int i = 0; i < N * dims; i++) {
        const exg_int heap = i / dims % 7 * dims + i % dims;

        r[i] = (dims == 2 ? 40.0f : 12.0f) *
                   exg_rng_uniform(where, (uint64_t)heap) +
               wide * exg_rng_normal(where, (uint64_t)(1000 + i));
    }
    return r;
}

/* Places at points, between them, at the rim and, the last, off the grid: shape
 * (dims, STRIDE). */
static float *make_places(int dims, const float *r)
{
    float *y = NULL;

    ck_ok(world, exg_new(&y, STRIDE * dims));
    for (exg_int i = 0; i < M * dims; i++) {
        const exg_int at = i / dims;

        y[i % dims * STRIDE + at] =
            r[i] + (at % 3 == 0   ? 0.0f
                    : at % 3 == 1 ? exg_rng_normal(where, (uint64_t)(9e6 + i))
                                  : 0.1f);
    }
    y[M - 1] = 200.0f;
    return y;
}

/* The field that an engine gives to the places: Z, shape (STRIDE), and behind
 * it F, shape (dims, STRIDE). */
static float *field_of(const char *engine, const char *used,
                       const exg_field_map *map, const float *y)
{
    const exg_kern *kern = NULL;
    exg_field *field = NULL;
    float *z = NULL;

    ck_ok(world, exg_kern_select(NULL, &kern));
    ck_ok(world, exg_new(&z, STRIDE * (1 + map->dims)));
    ck_ok(world, exg_field_create(world, kern, engine, map, &field));
    ck_all(world, strcmp(exg_field_engine(field), used) == 0);
    exg_field_at(field, M, STRIDE, y, z, z + STRIDE);
    exg_field_destroy(&field);
    return z;
}

START_TEST(grid_agrees_with_all_pairs)
{
    const int dims = _i % 2 + 2;
    float *r = make_heaps(dims, _i % 4 < 2 ? 3.0f : 0.7f);
    float *y = make_places(dims, r);
    const exg_field_map map = {
        .total = N, .dims = dims, .dof = dof_of[_i / 4], .r = r};
    float *exact = field_of("exact", "exact", &map, y);
    float *grid = field_of("auto", "fft", &map, y);
    double wrong = 0.0, all = 0.0, zs = 0.0;

    for (exg_int i = 0; i < M; i++) {
        zs = fmax(zs, fabs((double)grid[i] / (double)exact[i] - 1.0));
        for (int k = 1; k <= dims; k++) {
            const double want = (double)exact[k * STRIDE + i];
            const double e = (double)grid[k * STRIDE + i] - want;

            wrong += e * e;
            all += want * want;
        }
    }
    ck_all(world, sqrt(wrong / all) <= 1e-3);
    ck_all(world, zs <= 1e-3);
    ck_all(world, exact[M - 1] == grid[M - 1]); /* off the grid: summed */
    exg_free(r);
    exg_free(y);
    exg_free(exact);
    exg_free(grid);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("field");
    TCase *tc = exg_case(s, "grid");

    tcase_add_loop_test(tc, grid_agrees_with_all_pairs, 0, 4 * DOFS);
    return s;
}
