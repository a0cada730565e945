/* mpi_fft.c -- the grid engine: its error, the same bits for any number of
 * ranks, and maps that do not suit a grid. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "embed/repulse.h"
#include "embed/repulse_fft.h"
#include "par/reduce.h"
#include "par/shared.h"
#include "support.h"

enum {
    MOST = 4000,
    DIMS = 3,
    CLUSTERS = 8,
    DOFS = 6
};

#define BOUND 1e-3 /* of the root mean square force, as promised */
#define HEAP 2e-3  /* of a heap narrower than the kernel, in a wide map */

static const exg_rng stream = {.seed = 21, .use = EXG_RNG_SYNTH};
static const exg_par alone = {.comm = MPI_COMM_SELF, .rank = 0, .size = 1};

/* b of the kernel, and that of every run. */
static const double dof_of[DOFS] = {0.3, 3.0, 0.5, 0.1, 20.0, 100.0};
static double dof = 1.0;

static float all[MOST * DIMS], force[2][MOST * DIMS];

static double draw(exg_int key)
{
    return 2.0 * (double)exg_rng_uniform(stream, (uint64_t)key) - 1.0;
}

/* Clusters, denser inside, within +-reach. */
static void place(exg_int n, int dims, double reach)
{
    for (exg_int i = 0; i < n; i++) {
        const double r = 0.3 * fabs(draw(50000 + i));

        for (int k = 0; k < dims; k++) {
            const double centre = draw(90000 + i % CLUSTERS * DIMS + k);

            all[i * dims + k] =
                (float)(reach * (0.7 * centre + r * draw(i * DIMS + k)));
        }
    }
}

static exg_kern const *kernels(const char *wish)
{
    const exg_kern *kern = NULL;

    if (exg_kern_select(wish, &kern) != EXG_OK) {
        exg_err_clear();
    }
    return kern;
}

/* Forces of the points in all[] on my shard, after `calls` calls. */
static exg_status run(const exg_par *par, const exg_repulse *engine,
                      const exg_kern *kern, exg_int n, int dims, int calls,
                      float *f, double *z)
{
    exg_status st = EXG_OK;
    exg_cloud cloud = {.y = NULL};
    void *state = NULL;

    EXG_TRY(exg_cloud_create(n, dims, &cloud));
    cloud.dof = dof;
    EXG_TRY(exg_cloud_fill(&cloud, all));
    EXG_TRY(engine->create(par, kern, n, dims, &state));
    for (int i = 0; i < calls; i++) {
        EXG_TRY(engine->forces(par, state, &cloud, f, z));
    }
done:
    engine->destroy(&state);
    exg_cloud_destroy(&cloud);
    return st;
}

/* |force[0] - force[1]| / |force[1]| over n points. */
static double error_of(exg_int n, int dims)
{
    double off = 0.0, size = 0.0;

    for (exg_int i = 0; i < n * dims; i++) {
        off += pow((double)force[0][i] - (double)force[1][i], 2);
        size += pow((double)force[1][i], 2);
    }
    return sqrt(off / size);
}

/* The error against all pairs, of forces and of Z; 1 if both are small. */
static int is_close(exg_int n, int dims, int calls)
{
    double z[2] = {0};
    const exg_kern *kern = kernels(NULL);
    const int ran = run(&alone, &exg_repulse_fft, kern, n, dims, calls,
                        force[0], z) == EXG_OK &&
                    run(&alone, &exg_repulse_exact, kern, n, dims, 1, force[1],
                        z + 1) == EXG_OK;
    const double e = error_of(n, dims);

    if (!ran || !(e < BOUND) || !(fabs(z[0] / z[1] - 1.0) < 1e-4)) {
        fprintf(stderr, "%td points, %d-D, dof %g: error %.2e, Z %.2e\n", n,
                dims, dof, e, z[0] / z[1] - 1.0);
        return 0;
    }
    return 1;
}

START_TEST(error_is_below_its_bound)
{
    static const double reach[] = {1e-4, 1e-2, 0.7, 3.0, 9.0, 25.0};
    static const exg_int count[] = {500, MOST};

    for (int a = 0; a < 2; a++) {
        for (size_t b = 0; b < sizeof reach / sizeof *reach; b++) {
            if (_i < 3 || reach[b] < 10.0) {
                place(count[a], _i, reach[b]);
                ck_all(world, is_close(count[a], _i, 1));
            }
        }
    }
}
END_TEST

START_TEST(error_is_below_its_bound_for_other_tails)
{
    static const double reach[] = {1e-2, 0.7, 3.0, 9.0, 25.0, 80.0};
    static const exg_int count[] = {500, MOST};
    const int dims = 1 + _i % 3;

    dof = dof_of[_i / 3];
    for (int a = 0; a < 2; a++) {
        for (size_t b = 0; b < sizeof reach / sizeof *reach; b++) {
            if (reach[b] < (dims < 3 ? 50.0 * a + 30.0 : 5.0)) {
                place(count[a], dims, reach[b]);
                ck_all(world, is_close(count[a], dims, 1));
            }
        }
    }
    dof = 1.0;
}
END_TEST

/* This rank's forces among all against the same points on one rank. */
static int same_as_alone(exg_int n, int dims, int calls)
{
    const exg_shard mine = exg_shard_mine(world, n);
    const exg_kern *kern = kernels(NULL);
    double z[2] = {0};

    return run(world, &exg_repulse_fft, kern, n, dims, calls, force[0], z) ==
               EXG_OK &&
           run(&alone, &exg_repulse_fft, kern, n, dims, calls, force[1],
               z + 1) == EXG_OK &&
           z[0] == z[1] &&
           memcmp(force[0], force[1] + mine.first * dims,
                  sizeof *all * (size_t)(mine.count * dims)) == 0;
}

START_TEST(forces_are_the_same_bits_as_on_one_rank)
{
    static const exg_int count[] = {1, 2, 3, 61, 1500};
    static const double reach[] = {1e-3, 2.0, 14.0};

    for (size_t a = 0; a < sizeof count / sizeof *count; a++) {
        for (size_t b = 0; b < sizeof reach / sizeof *reach; b++) {
            place(count[a], _i, reach[b]);
            ck_all(world, same_as_alone(count[a], _i, 2));
        }
    }
}
END_TEST

/* As between hosts: the same from messages as from memory that all see. */
START_TEST(messages_give_the_same_bits_as_shared_memory)
{
    place(1500, _i, 8.0);
    exg_shared_allow(0);
    ck_all(world, same_as_alone(1500, _i, 2));
    exg_shared_allow(1);
}
END_TEST

START_TEST(avx512_and_avx2_give_the_same_bits)
{
    const exg_kern *wide = kernels("avx512"), *narrow = kernels("avx2");
    double z[2];

    if (wide == NULL || narrow == NULL) {
        return; /* this CPU has but one of them */
    }
    place(1500, _i, 8.0);
    ck_ok(world, run(&alone, &exg_repulse_fft, wide, 1500, _i, 2, force[0], z));
    ck_ok(world,
          run(&alone, &exg_repulse_fft, narrow, 1500, _i, 2, force[1], z + 1));
    ck_all(world, z[0] == z[1]);
    ck_all(world,
           memcmp(force[0], force[1], sizeof *all * (size_t)(1500 * _i)) == 0);
}
END_TEST

START_TEST(other_tails_give_the_same_bits)
{
    const exg_kern *wide = kernels("avx512"), *narrow = kernels("avx2");
    const int dims = 1 + _i % 3;
    double z[2];

    dof = dof_of[_i / 3];
    for (exg_int n = 37; n < MOST; n *= 10) {
        place(n, dims, 8.0);
        ck_all(world, same_as_alone(n, dims, 2));
    }
    if (wide != NULL && narrow != NULL) {
        ck_ok(world,
              run(&alone, &exg_repulse_fft, wide, 370, dims, 2, force[0], z));
        ck_ok(world, run(&alone, &exg_repulse_fft, narrow, 370, dims, 2,
                         force[1], z + 1));
        ck_all(world, z[0] == z[1]);
        ck_all(world, memcmp(force[0], force[1],
                             sizeof *all * (size_t)(370 * dims)) == 0);
    }
    dof = 1.0;
}
END_TEST

/* An engine that has seen one kernel computes with another one. */
START_TEST(kernel_is_that_of_the_cloud)
{
    exg_cloud cloud = {.y = NULL};
    void *state = NULL;
    double z[2];

    place(600, 2, 6.0);
    ck_ok(world, exg_cloud_create(600, 2, &cloud));
    ck_ok(world, exg_cloud_fill(&cloud, all));
    ck_ok(world, exg_repulse_fft.create(&alone, kernels(NULL), 600, 2, &state));
    ck_ok(world, exg_repulse_fft.forces(&alone, state, &cloud, force[0], z));
    cloud.dof = 0.4;
    ck_ok(world, exg_repulse_fft.forces(&alone, state, &cloud, force[0], z));
    dof = 0.4;
    ck_ok(world, run(&alone, &exg_repulse_exact, kernels(NULL), 600, 2, 1,
                     force[1], z + 1));
    dof = 1.0;
    ck_all(world, error_of(600, 2) < BOUND);
    ck_all(world, fabs(z[0] / z[1] - 1.0) < 1e-4);
    exg_repulse_fft.destroy(&state);
    exg_cloud_destroy(&cloud);
}
END_TEST

/* Bits, spacing, and a grid's nodes and spacing, if there is one. */
START_TEST(engine_goes_on_from_what_an_engine_keeps)
{
    static const double kept[][EXG_REPULSE_KEPT] = {
        {20, 0.33, 0, 0},    {20, 0.33, 32, 0.3},  {-1, 0.33, 32, 0.3},
        {20, 7, 32, 0.3},    {20, 0.33, 33, 0.3},  {20, 0.33, 32.5, 0.3},
        {20, 0.33, 4, 0.3},  {20, 0.33, 1e9, 0.3}, {20, 0.33, NAN, 0.3},
        {20, 0.33, 32, -0.3}};
    void *state = NULL;

    ck_ok(world, exg_repulse_fft.create(&alone, kernels(NULL), 600, 2, &state));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        ck_all(world, exg_repulse_fft.resume(state, kept[i]) ==
                          (i < 2 ? EXG_OK : EXG_EINPUT));
        exg_err_clear();
    }
    exg_repulse_fft.destroy(&state);
}
END_TEST

START_TEST(points_at_one_place_do_not_push)
{
    const exg_shard mine = exg_shard_mine(world, 777);
    double z = 0.0;
    int still = 1;

    for (int i = 0; i < 777 * _i; i++) {
        all[i] = 3.25f;
    }
    ck_ok(world, run(world, &exg_repulse_fft, kernels(NULL), 777, _i, 3,
                     force[0], &z));
    for (exg_int i = 0; i < mine.count * _i; i++) {
        still &= fabsf(force[0][i]) < 1e-6f;
    }
    ck_all(world, still);
    ck_all(world, fabs(z / (777.0 * 776.0) - 1.0) < 1e-6);
    ck_all(world, same_as_alone(777, _i, 3));
}
END_TEST

/* More and more bits, until all points meet at one node: sums wrap, which must
 * be seen and repeated with fewer. */
START_TEST(charges_that_overflow_are_spread_again)
{
    const exg_kern *kern = kernels(NULL);
    exg_cloud cloud = {.y = NULL};
    void *state = NULL;
    double z[2] = {0};

    ck_ok(world, exg_cloud_create(MOST, 2, &cloud));
    ck_ok(world, exg_repulse_fft.create(&alone, kern, MOST, 2, &state));
    place(MOST, 2, 60.0);
    ck_ok(world, exg_cloud_fill(&cloud, all));
    for (int i = 0; i < 14; i++) {
        ck_ok(world,
              exg_repulse_fft.forces(&alone, state, &cloud, force[0], z));
    }
    for (int i = 4; i < MOST; i++) { /* the corners stay: the grid does, too */
        all[2 * i] = 7.0f + 4e-2f * (float)(i % 11);
        all[2 * i + 1] = 5.0f + 4e-2f * (float)(i % 13);
    }
    ck_ok(world, exg_cloud_fill(&cloud, all));
    ck_ok(world, exg_repulse_fft.forces(&alone, state, &cloud, force[0], z));
    ck_ok(world,
          run(&alone, &exg_repulse_exact, kern, MOST, 2, 1, force[1], z + 1));
    ck_all(world, exg_repulse_fft_cost(state).repeats > 0);
    ck_all(world, error_of(MOST, 2) < HEAP);
    exg_repulse_fft.destroy(&state);
    exg_cloud_destroy(&cloud);
}
END_TEST

START_TEST(far_point_is_no_harm)
{
    const double far[] = {0.0, 1e7, 1e5, 1e4};

    place(600, _i, 10.0);
    all[17 * _i] = (float)far[_i]; /* no grid is that wide */
    ck_all(world, is_close(600, _i, 2));
    ck_all(world, same_as_alone(600, _i, 2));
}
END_TEST

/* A map that grows and shrinks: grids come and go, and so may all pairs. */
START_TEST(grid_follows_the_map)
{
    enum {
        COUNT = 1500 /* few enough for all pairs where the map is wide */
    };
    const exg_repulse *engine = _i == 0 ? &exg_repulse_fft : &exg_repulse_auto;
    static const double reach[] = {1e-3, 0.1, 6.0, 6.1, 30.0, 20.0, 0.5};
    const exg_kern *kern = kernels(NULL);
    const exg_shard mine = exg_shard_mine(world, COUNT);
    exg_cloud cloud = {.y = NULL};
    void *state[2] = {NULL};
    double z[2] = {0};

    ck_ok(world, exg_cloud_create(COUNT, 2, &cloud));
    ck_ok(world, engine->create(world, kern, COUNT, 2, state));
    ck_ok(world, engine->create(&alone, kern, COUNT, 2, state + 1));
    for (size_t i = 0; i < sizeof reach / sizeof *reach; i++) {
        place(COUNT, 2, reach[i]);
        ck_ok(world, exg_cloud_fill(&cloud, all));
        ck_ok(world, engine->forces(world, state[0], &cloud, force[0], z));
        ck_ok(world, engine->forces(&alone, state[1], &cloud, force[1], z + 1));
        ck_all(world, z[0] == z[1]);
        ck_all(world, memcmp(force[0], force[1] + mine.first * 2,
                             sizeof *all * (size_t)(mine.count * 2)) == 0);
    }
    ck_all(world, exg_repulse_fft_cost(state[0]).grids > 3);
    ck_all(world, (exg_repulse_fft_cost(state[0]).pairs > 0) == _i);
    engine->destroy(state);
    engine->destroy(state + 1);
    exg_cloud_destroy(&cloud);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("fft");
    TCase *tc = exg_case(s, "fft");

    tcase_add_loop_test(tc, error_is_below_its_bound, 1, 4);
    tcase_add_loop_test(tc, forces_are_the_same_bits_as_on_one_rank, 1, 4);
    tcase_add_loop_test(tc, messages_give_the_same_bits_as_shared_memory, 1, 4);
    tcase_add_loop_test(tc, avx512_and_avx2_give_the_same_bits, 1, 4);
    tcase_add_loop_test(tc, points_at_one_place_do_not_push, 1, 4);
    tcase_add_test(tc, charges_that_overflow_are_spread_again);
    tcase_add_loop_test(tc, far_point_is_no_harm, 1, 4);
    tcase_add_loop_test(tc, grid_follows_the_map, 0, 2);
    tcase_add_loop_test(tc, error_is_below_its_bound_for_other_tails, 0,
                        3 * DOFS);
    tcase_add_loop_test(tc, other_tails_give_the_same_bits, 0, 6);
    tcase_add_test(tc, kernel_is_that_of_the_cloud);
    tcase_add_test(tc, engine_goes_on_from_what_an_engine_keeps);
    return s;
}
