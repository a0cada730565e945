/* mpi_affinity.c -- perplexity, symmetry and sum of P. */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "embed/affinity.h"
#include "embed/knn.h"
#include "par/gather.h"
#include "par/reduce.h"
#include "support.h"

enum {
    N = 333,
    D = 4,
    K = 30
};

START_TEST(the_perplexity_is_reached)
{
    static const double want[] = {1.0, 1.5, 5.0, 20.0, 29.9};
    const exg_rng stream = {.seed = 4, .use = EXG_RNG_SYNTH};
    float dist2[K];
    double p[2 * K], sum = 0.0;

    for (int spread = 0; spread < 3; spread++) { /* also tiny and huge */
        float at = spread == 0 ? 0.0f : 100.0f;

        for (int a = 0; a < K; a++) {
            at += exg_rng_uniform(stream, (uint64_t)a) + 0.01f;
            dist2[a] = at * (spread == 2 ? 1e-25f : 1.0f);
        }
        ck_assert(fabs(exg_affinity_row(K, dist2, want[_i], p) / want[_i] -
                       1.0) < 1e-8);
        sum = 0.0;
        for (int a = 0; a < K; a++) {
            sum += p[a];
            ck_assert(a == 0 || p[a] <= p[a - 1]);
        }
        ck_assert(fabs(sum - 1.0) < 1e-12);
    }
}
END_TEST

/* More equally near neighbours than the perplexity: they share, all of it. */
START_TEST(equal_neighbours_share_evenly)
{
    float dist2[K] = {0};
    double p[2 * K];

    ck_assert(fabs(exg_affinity_row(K, dist2, 5.0, p) - K) < 1e-9);
    for (int a = 12; a < K; a++) {
        dist2[a] = 1.0f;
    }
    ck_assert(fabs(exg_affinity_row(K, dist2, 5.0, p) - 12.0) < 1e-6);
    ck_assert(fabs(p[11] - 1.0 / 12.0) < 1e-6 && p[12] < 1e-6);
}
END_TEST

/* P of made-up points, dense on every rank. */
static void dense(const exg_affinity_scales *scales, double *all,
                  double *negative)
{
    const exg_rng stream = {.seed = 9, .use = EXG_RNG_SYNTH};
    const exg_shard mine = exg_shard_mine(world, N);
    static float x[N * D], dist2[N * K];
    static int32_t index[N * K];
    static double rows[N * N];
    exg_tiles *tiles = NULL;
    exg_affinity *p = NULL;

    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = exg_rng_uniform(stream, (uint64_t)(mine.first * D + i));
    }
    ck_ok(world, exg_tiles_create(world, N, D, x, &tiles));
    ck_ok(world, exg_knn(world, NULL, tiles, K, index, dist2));
    ck_ok(world, exg_affinity_create(world, N, K, index, dist2, scales, &p));
    memset(rows, 0, sizeof rows);
    for (exg_int i = 0; i < mine.count; i++) {
        for (exg_int a = p->row[i]; a < p->row[i + 1]; a++) {
            rows[i * N + p->col[a]] += (double)p->p[a];
        }
    }
    *negative = p->negative;
    exg_gather_all(world, N * sizeof *rows, mine.count, rows, all);
    exg_affinity_destroy(&p);
    exg_tiles_destroy(&tiles);
}

START_TEST(p_is_symmetric_and_sums_to_one)
{
    static double p[N * N];
    double sum = 0.0, negative = 0.0, found = 0.0;
    const exg_affinity_scales scales = exg_affinity_one_scale(K / 3.0);
    int good = 1;

    dense(&scales, p, &found);
    for (int i = 0; i < N; i++) {
        double row = 0.0;

        for (int j = 0; j < N; j++) {
            good &= p[i * N + j] == p[j * N + i];
            row += p[i * N + j];
            negative +=
                p[i * N + j] > 0.0 ? p[i * N + j] * log(p[i * N + j]) : 0.0;
        }
        good &= row >= 0.5 / N - 1e-8; /* its own conditionals, halved */
        good &= p[i * N + i] == 0.0;
        sum += row;
    }
    ck_all(world, good);
    ck_all(world, fabs(sum - 1.0) < 1e-5);
    ck_all(world, fabs(negative - found) < 1e-9);
}
END_TEST

/* P is linear in the conditional probabilities. */
START_TEST(several_perplexities_are_averaged)
{
    static double p[3][N * N];
    const exg_affinity_scales scales[] = {
        exg_affinity_one_scale(K / 4.0),
        exg_affinity_one_scale(K / 2.0),
        {.count = 2, .perplexity = {K / 4.0, K / 2.0}}};
    double negative, worst = 0.0, apart = 0.0;

    for (int s = 0; s < 3; s++) {
        dense(&scales[s], p[s], &negative);
    }
    for (int i = 0; i < N * N; i++) {
        worst = fmax(worst, fabs(p[2][i] - 0.5 * (p[0][i] + p[1][i])));
        apart = fmax(apart, fabs(p[0][i] - p[1][i]));
    }
    ck_all(world, worst < 1e-8); /* three roundings to float */
    ck_all(world, apart > 1e-5);
    ck_all(world, exg_affinity_most(&scales[2]) == K / 2.0);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("affinity");
    TCase *tc = exg_case(s, "affinity");

    tcase_add_loop_test(tc, the_perplexity_is_reached, 0, 5);
    tcase_add_test(tc, equal_neighbours_share_evenly);
    tcase_add_test(tc, p_is_symmetric_and_sums_to_one);
    tcase_add_test(tc, several_perplexities_are_averaged);
    return s;
}
