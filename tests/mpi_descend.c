/* mpi_descend.c -- the gradient against finite differences of the divergence.
 */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "embed/descend.h"
#include "embed/points.h"
#include "par/gather.h"
#include "support.h"

enum {
    N = 90,
    D = 6,
    MOST_DIMS = 3,
    DOFS = 5
};

#define STEP 2e-3f /* of a coordinate; the map is 4 wide    */
#define RATE 64.0f /* of the one step                       */
#define TOLERANCE                                               \
    1e-3 /* of the largest derivative: STEP^2 / 6 times a third \
            derivative of its size, and rounding */

/* b of the kernel. */
static const double dof_of[DOFS] = {1.0, 0.1, 0.5, 3.0, 100.0};

#define FFT_TOLERANCE 3e-3 /* its error is 1e-3 of the mean square root */
#define KL_TOLERANCE 1e-5  /* floats, times up to 50 */

static const exg_rng stream = {.seed = 77, .use = EXG_RNG_SYNTH};

static exg_points *make_points(void)
{
    const exg_shard mine = exg_shard_mine(world, N);
    float x[N * D];
    exg_clock clock = {.count = 0};
    exg_points *points = NULL;

    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = exg_rng_uniform(stream, (uint64_t)(mine.first * D + i));
    }
    ck_ok(world, exg_points_create(world, N, D, x, 8.0, &clock, &points));
    return points;
}

static void positions(int dims, float *all)
{
    for (int i = 0; i < N * dims; i++) {
        all[i] = 4.0f * exg_rng_uniform(stream, 9000 + (uint64_t)i);
    }
}

/* log w of two points. */
static double log_weight(const exg_cloud *cloud, const float *a, const float *b)
{
    double d2 = 0.0;

    for (int k = 0; k < cloud->dims; k++) {
        const double e = (double)a[k] - (double)b[k];

        d2 += e * e;
    }
    return -cloud->dof * log1p(d2 / cloud->dof);
}

/* Divergence of these positions, but for the entropy of P; in double. */
static double divergence(const exg_affinity *p, const exg_cloud *cloud,
                         const float *all, double *zed)
{
    const int dims = cloud->dims;
    double sum[2] = {0.0}, z = 0.0; /* of p log w, of p */

    for (int i = 0; i < N * N; i++) {
        z += i / N == i % N ? 0.0
                            : exp(log_weight(cloud, all + i / N * dims,
                                             all + i % N * dims));
    }
    for (exg_int i = 0; i < p->rows.count; i++) {
        const float *mine = all + (p->rows.first + i) * dims;

        for (exg_int a = p->row[i]; a < p->row[i + 1]; a++) {
            sum[0] += (double)p->p[a] *
                      log_weight(cloud, mine, all + p->col[a] * dims);
            sum[1] += (double)p->p[a];
        }
    }
    MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, world->comm);
    *zed = z;
    return sum[1] * log(z) - sum[0];
}

static exg_status look_away(const exg_par *par, void *state, exg_int iteration,
                            const exg_cloud *cloud, double z, int *stop)
{
    (void)state;
    (void)stop;
    (void)iteration;
    return par != NULL && cloud->total == N && z > 0.0 ? EXG_OK : EXG_ENUMERIC;
}

/* The gradient, read off one step of plain descent: without momentum, and with
 * the gain of a first step, 1.2.  The rate lifts it above the rounding of
 * positions; the factor 4 of equation 5 is ours to add. */
static void gradient(const exg_affinity *p, int dims, double dof,
                     const exg_repulse *engine, const float *all, double *g)
{
    const exg_shard mine = exg_shard_mine(world, N);
    const exg_descend_plan plan = {.iterations = 1,
                                   .exaggeration = 1.0,
                                   .late = 1.0,
                                   .rate = RATE / 1.2,
                                   .most_step = 1e6,
                                   .every = 1,
                                   .dof = dof};
    const exg_kern *kern = NULL;
    float y[N * MOST_DIMS], after[N * MOST_DIMS];

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    memcpy(y, all + mine.first * dims, sizeof *y * (size_t)(mine.count * dims));
    ck_ok(world,
          exg_descend(world, p, kern, engine, dims, &plan, look_away, NULL, y));
    exg_gather_all(world, dims * (exg_int)sizeof *y, mine.count, y, after);
    for (int k = 0; k < dims; k++) { /* the map's mean has moved to 0 */
        double mean = 0.0;

        for (int i = k; i < N * dims; i += dims) {
            mean += ((double)all[i] - (double)after[i]) / N;
        }
        for (int i = k; i < N * dims; i += dims) {
            g[i] = 4.0 / RATE * ((double)all[i] - (double)after[i] - mean);
        }
    }
}

/* Derivatives by every seventh coordinate against those of the engine. */
static void compare(const exg_affinity *p, const exg_cloud *cloud,
                    const exg_repulse *engine, double tolerance)
{
    float all[N * MOST_DIMS];
    double g[N * MOST_DIMS], most = 0.0, worst = 0.0, z;

    positions(cloud->dims, all);
    gradient(p, cloud->dims, cloud->dof, engine, all, g);
    for (int i = 0; i < N * cloud->dims; i += 7) {
        const float at = all[i];
        double up, down, width;

        all[i] = at + STEP;
        up = divergence(p, cloud, all, &z);
        width = (double)all[i];
        all[i] = at - STEP;
        down = divergence(p, cloud, all, &z);
        width -= (double)all[i];
        all[i] = at;
        most = fmax(most, fabs(g[i]));
        worst = fmax(worst, fabs((up - down) / width - g[i]));
    }
    ck_all(world, most > 1e-4); /* there is something to compare */
    ck_all(world, worst < tolerance * most);
}

START_TEST(gradient_agrees_with_finite_differences)
{
    exg_points *points = make_points();
    exg_cloud cloud;

    ck_ok(world, exg_cloud_create(N, 1 + _i % 3, &cloud));
    cloud.dof = dof_of[_i / 3];
    compare(points->p, &cloud, &exg_repulse_exact, TOLERANCE);
    compare(points->p, &cloud, &exg_repulse_fft, FFT_TOLERANCE);
    exg_cloud_destroy(&cloud);
    exg_points_destroy(&points);
}
END_TEST

START_TEST(divergence_agrees_with_plain_sums)
{
    const exg_kern *kern = NULL;
    float all[N * MOST_DIMS];
    exg_points *points = make_points();
    exg_cloud cloud;
    double plain, z, kl;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    positions(1 + _i % 3, all);
    ck_ok(world, exg_cloud_create(N, 1 + _i % 3, &cloud));
    cloud.dof = dof_of[_i / 3];
    ck_ok(world, exg_cloud_fill(&cloud, all));
    plain = points->p->negative + divergence(points->p, &cloud, all, &z);
    kl = exg_descend_kl(world, points->p, kern, &cloud, z);
    ck_all(world, plain > 0.1);
    ck_all(world, fabs(kl / plain - 1.0) < KL_TOLERANCE);
    exg_cloud_destroy(&cloud);
    exg_points_destroy(&points);
}
END_TEST

/* Far positions with a huge rate: the descent must say so, not go on. */
START_TEST(divergence_of_the_descent_is_reported)
{
    const exg_descend_plan plan = {.iterations = 5,
                                   .exaggeration = 1.0,
                                   .late = 1.0,
                                   .rate = INFINITY,
                                   .most_step = 5.0,
                                   .every = 1};
    const exg_shard mine = exg_shard_mine(world, N);
    const exg_kern *kern = NULL;
    exg_points *points = make_points();
    float y[N * 2];

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    positions(2, y);
    memmove(y, y + 2 * mine.first, sizeof *y * (size_t)(2 * mine.count));
    ck_refused(world,
               exg_descend(world, points->p, kern, &exg_repulse_exact, 2, &plan,
                           look_away, NULL, y),
               EXG_ENUMERIC, "diverged");
    exg_points_destroy(&points);
}
END_TEST

/* 20 iterations, the first `early` of them early, at a learning rate of 50,
 * and `rate` later; returns those seen. */
static exg_int wander_at(const exg_affinity *p, exg_int early, double first,
                         double late, double rate, exg_descend_seen seen,
                         float *y)
{
    const exg_descend_plan plan = {.iterations = 20,
                                   .early = early,
                                   .exaggeration = first,
                                   .late = late,
                                   .early_rate = 50.0,
                                   .rate = rate,
                                   .early_momentum = 0.5,
                                   .momentum = 0.5,
                                   .most_step = 5.0,
                                   .every = 4};
    const exg_shard mine = exg_shard_mine(world, N);
    const exg_kern *kern = NULL;
    exg_int last = 0;

    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK);
    positions(2, y);
    memmove(y, y + 2 * mine.first, sizeof *y * (size_t)(2 * mine.count));
    ck_ok(world, exg_descend(world, p, kern, &exg_repulse_exact, 2, &plan, seen,
                             &last, y));
    return last;
}

static exg_int wander(const exg_affinity *p, exg_int early, double first,
                      double late, exg_descend_seen seen, float *y)
{
    return wander_at(p, early, first, late, 50.0, seen, y);
}

static exg_status look_until_8(const exg_par *par, void *state,
                               exg_int iteration, const exg_cloud *cloud,
                               double z, int *stop)
{
    *(exg_int *)state = iteration;
    *stop = iteration == 8;
    return par != NULL && cloud->total == N && z > 0.0 ? EXG_OK : EXG_ENUMERIC;
}

START_TEST(late_exaggeration_is_the_early_one_later)
{
    exg_points *points = make_points();
    const size_t bytes =
        sizeof(float) * 2 * (size_t)exg_shard_mine(world, N).count;
    float a[N * 2], b[N * 2], c[N * 2];
    int other;

    wander(points->p, 20, 3.0, 1.0, look_away, a);
    wander(points->p, 7, 3.0, 3.0, look_away, b);
    wander(points->p, 7, 3.0, 1.0, look_away, c);
    ck_all(world, memcmp(a, b, bytes) == 0);
    other = bytes == 0 || memcmp(a, c, bytes) != 0;
    ck_all(world, other);
    exg_points_destroy(&points);
}
END_TEST

START_TEST(each_phase_has_its_rate)
{
    exg_points *points = make_points();
    const size_t bytes =
        sizeof(float) * 2 * (size_t)exg_shard_mine(world, N).count;
    float a[N * 2], b[N * 2], c[N * 2];
    int other;

    wander_at(points->p, 20, 3.0, 3.0, 10.0, look_away, a);
    wander_at(points->p, 7, 3.0, 3.0, 50.0, look_away, b);
    wander_at(points->p, 7, 3.0, 3.0, 10.0, look_away, c);
    ck_all(world, memcmp(a, b, bytes) == 0);
    other = bytes == 0 || memcmp(a, c, bytes) != 0;
    ck_all(world, other);
    exg_points_destroy(&points);
}
END_TEST

START_TEST(descent_stops_when_told)
{
    exg_points *points = make_points();
    const exg_shard mine = exg_shard_mine(world, N);
    float y[N * 2], at_20[N * 2];

    ck_all(world, wander(points->p, 0, 1.0, 1.0, look_until_8, y) == 8);
    wander(points->p, 0, 1.0, 1.0, look_away, at_20);
    ck_all(world, memcmp(y, at_20, sizeof *y * 2 * (size_t)mine.count) != 0);
    exg_points_destroy(&points);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("descend");
    TCase *tc = exg_case(s, "descend");

    tcase_add_loop_test(tc, gradient_agrees_with_finite_differences, 0,
                        3 * DOFS);
    tcase_add_loop_test(tc, divergence_agrees_with_plain_sums, 0, 3 * DOFS);
    tcase_add_test(tc, divergence_of_the_descent_is_reported);
    tcase_add_test(tc, late_exaggeration_is_the_early_one_later);
    tcase_add_test(tc, each_phase_has_its_rate);
    tcase_add_test(tc, descent_stops_when_told);
    return s;
}
