/* mpi_attract.c -- attraction by points in an order of their own: the bits of
 * the kernel on points as they come, while the map changes. */
#include <string.h>

#include "core/rng.h"
#include "embed/attract.h"
#include "support.h"

enum {
    FEW = 700,
    MOST = 70000, /* more than 16 bits can name */
    NEAR = 12,
    CALLS = 24, /* the order is renewed before */
    KINDS = 6   /* dimensions and tails        */
};

static const exg_rng stream = {.seed = 31, .use = EXG_RNG_SYNTH};

/* Neighbours by number, alike far for all. */
static exg_status make_p(exg_int n, exg_int k, exg_affinity **p)
{
    static int32_t index[MOST * NEAR];
    static float dist2[MOST * NEAR];
    const exg_shard mine = exg_shard_mine(world, n);
    const exg_affinity_scales scales = exg_affinity_one_scale((double)k / 3.0);

    for (exg_int i = 0; i < mine.count * k; i++) {
        index[i] = (int32_t)((mine.first + i / k + 1 + i % k) % n);
        dist2[i] = 1.0f + (float)(i % k);
    }
    return exg_affinity_create(world, n, k, index, dist2, &scales, p);
}

/* Points that go elsewhere from call to call; the last one is far away. */
static exg_status move(exg_int n, int dims, int call, exg_cloud *cloud)
{
    static float all[MOST * EXG_PAIRS_DIMS];
    const double reach = call == 1 ? 0.0 : 1e-3 + 4.0 * call;

    for (exg_int i = 0; i < n * dims; i++) {
        const uint64_t key = (uint64_t)(call * n * dims + i);

        all[i] = (float)reach * (exg_rng_uniform(stream, key) - 0.5f);
    }
    all[n * dims - 1] *= 50.0f;
    return exg_cloud_fill(cloud, all);
}

/* Whether all calls give what the kernel gives without an order. */
static exg_status is_the_same(exg_int n, exg_int k, int dims, double dof,
                              int *same)
{
    static float got[MOST * EXG_PAIRS_DIMS], want[MOST * EXG_PAIRS_DIMS];
    const exg_pairs_tails tails = exg_pairs_tails_of(dof);
    exg_pairs_sparse s = {.dims = dims, .tails = dof == 1.0 ? NULL : &tails};
    exg_status st = EXG_OK;
    exg_cloud cloud = {.y = NULL};
    exg_affinity *p = NULL;
    exg_attract *a = NULL;
    const exg_kern *kern = NULL;

    EXG_TRY(exg_kern_select(NULL, &kern));
    EXG_TRY(make_p(n, k, &p));
    EXG_TRY(exg_cloud_create(n, dims, &cloud));
    EXG_TRY(exg_attract_create(p, kern, dims, &a));
    cloud.dof = dof;
    s.rows = p->rows.count;
    s.row0 = p->rows.first;
    s.row = p->row;
    s.col = p->col;
    s.p = p->p;
    s.y = cloud.point;
    for (int call = 0; call < CALLS; call++) {
        EXG_TRY(move(n, dims, call, &cloud));
        exg_attract_run(a, &cloud, got);
        kern->pairs_attract(&s, want);
        *same &= memcmp(got, want, sizeof *got * (size_t)(s.rows * dims)) == 0;
    }
done:
    exg_attract_destroy(&a);
    exg_cloud_destroy(&cloud);
    exg_affinity_destroy(&p);
    return st;
}

START_TEST(order_of_points_does_not_change_a_bit)
{
    static const exg_int count[] = {4, 17, FEW, MOST};
    const double dof = _i < 3 ? 1.0 : 0.5;

    for (size_t a = 0; a < (_i == 1 ? 4 : 3); a++) {
        const exg_int n = count[a];
        int same = 1;

        ck_ok(world,
              is_the_same(n, n > NEAR ? NEAR : n - 1, 1 + _i % 3, dof, &same));
        ck_all(world, same);
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("attract");
    TCase *tc = exg_case(s, "attract");

    tcase_add_loop_test(tc, order_of_points_does_not_change_a_bit, 0, KINDS);
    return s;
}
