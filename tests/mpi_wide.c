/* mpi_wide.c -- the grid engine on maps that a fine grid cannot span. */
#include <math.h>

#include "core/rng.h"
#include "embed/mesh.h"
#include "embed/repulse.h"
#include "embed/repulse_fft.h"
#include "par/reduce.h"
#include "support.h"

enum {
    MANY = 100000,
    FEW = 509,
    ASKED = 500 /* points between those whose forces are compared */
};

static float x[2 * MANY], f[3 * MANY];

/* Two heaps, at -apart and at apart. */
static void place(exg_int n, int dims, double apart)
{
    const exg_rng stream = {.seed = 22, .use = EXG_RNG_SYNTH};

    for (exg_int i = 0; i < n * dims; i++) {
        const double v = (double)exg_rng_uniform(stream, (uint64_t)i);

        x[i] = (float)((i / dims % 2 == 0 ? -apart : apart) + 80.0 * v);
    }
}

/* The force of the map's point i, by its definition. */
static void force_on(exg_int i, double *force)
{
    force[0] = force[1] = 0.0;
    for (exg_int j = 0; j < MANY; j++) {
        const double d0 = (double)x[2 * i] - (double)x[2 * j];
        const double d1 = (double)x[2 * i + 1] - (double)x[2 * j + 1];
        const double w = 1.0 / (1.0 + d0 * d0 + d1 * d1);

        force[0] += w * w * d0;
        force[1] += w * w * d1;
    }
}

/* Forces of these points on my shard, and what they cost. */
static exg_fft_cost forces(exg_int n, int dims, double *z)
{
    exg_fft_cost cost = {0};
    const exg_kern *kern = NULL;
    exg_cloud cloud = {.y = NULL};
    void *state = NULL;

    ck_ok(world, exg_kern_select(NULL, &kern));
    ck_ok(world, exg_cloud_create(n, dims, &cloud));
    ck_ok(world, exg_cloud_fill(&cloud, x));
    ck_ok(world, exg_repulse_fft.create(world, kern, n, dims, &state));
    ck_ok(world, exg_repulse_fft.forces(world, state, &cloud, f, z));
    cost = exg_repulse_fft_cost(state);
    exg_repulse_fft.destroy(&state);
    exg_cloud_destroy(&cloud);
    return cost;
}

/* No fine grid spans both heaps, and all pairs of so many would take an age. */
START_TEST(many_points_take_a_coarser_grid)
{
    const exg_shard mine = exg_shard_mine(world, MANY);
    double z = 0.0, off = 0.0, size = 0.0;
    exg_fft_cost cost;

    place(MANY, 2, 760.0);
    cost = forces(MANY, 2, &z);
    ck_all(world, cost.pairs == 0 && cost.grids > 0);
    for (exg_int i = 0; i < mine.count; i += ASKED) {
        double exact[2];

        force_on(mine.first + i, exact);
        for (int k = 0; k < 2; k++) {
            off += pow((double)f[2 * i + k] - exact[k], 2);
            size += pow(exact[k], 2);
        }
    }
    ck_all(world, z > 0.0 && size > 0.0);
    ck_all(world, sqrt(off / size) < fmax(1e-3, 2.0 * cost.error));
    ck_all(world, sqrt(off / size) < 2e-2);
}
END_TEST

START_TEST(few_points_are_left_to_all_pairs)
{
    double z = 0.0;
    exg_fft_cost cost;

    place(FEW, 3, 50.0);
    cost = forces(FEW, 3, &z);
    ck_all(world, cost.pairs == 1 && cost.grids == 0);
    ck_all(world, z > 0.0);
}
END_TEST

START_TEST(a_grid_is_stretched_as_little_as_it_can_be)
{
    const exg_mesh none = {.n = 0};

    for (int dims = 1; dims <= 3; dims++) {
        const double wanted = exg_mesh_spacing(dims);
        double reach = 10.0;
        exg_mesh grid, finer;

        while (exg_mesh_fit(dims, reach, wanted, none).n > 0) {
            reach *= 1.1;
        }
        grid = exg_mesh_stretch(dims, reach, wanted, none);
        finer = exg_mesh_fit(dims, reach, grid.spacing / 1.1, none);
        ck_all(world, grid.n > 0 && grid.spacing > wanted && finer.n == 0);
        ck_all(world, (double)(grid.n - 1) * grid.spacing > 2.0 * reach);
        ck_all(world, exg_mesh_stretch(dims, 9.0 * reach, wanted, none).n == 0);
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("wide");
    TCase *tc = exg_case(s, "wide");

    tcase_add_test(tc, many_points_take_a_coarser_grid);
    tcase_add_test(tc, few_points_are_left_to_all_pairs);
    tcase_add_test(tc, a_grid_is_stretched_as_little_as_it_can_be);
    return s;
}
