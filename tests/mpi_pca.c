/* mpi_pca.c -- principal components of data whose components are known. */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "embed/pca.h"
#include "par/gather.h"
#include "sets.h"
#include "support.h"

enum {
    N = 900,
    D = 21,
    DIMS = 3
};

/* Directions 0.8 and 0.6 of axes 2 and 5; then axis 7; then axis 11; faint
 * noise elsewhere.  Deviations 1, 0.7, 0.5. */
static const exg_rng stream = {.seed = 33, .use = EXG_RNG_SYNTH};

static double factor(exg_int row, int c)
{
    return (c == 0   ? 1.0
            : c == 1 ? 0.7
                     : 0.5) *
           exg_rng_normal(stream, (uint64_t)(row * DIMS + c));
}

static float value(exg_int row, exg_int d)
{
    const double noise =
        1e-3 * exg_rng_uniform(stream, (uint64_t)(100000 + row * D + d));

    return (float)(noise + 5.0 + (d == 2 ? 0.8 * factor(row, 0) : 0.0) +
                   (d == 5 ? 0.6 * factor(row, 0) : 0.0) +
                   (d == 7 ? -factor(row, 1) : 0.0) +
                   (d == 11 ? factor(row, 2) : 0.0));
}

static void components(int dims, exg_int dim, float *y, double *variance)
{
    const exg_shard mine = exg_shard_mine(world, N);
    static float x[N * D];
    exg_tiles *tiles = NULL;

    for (exg_int i = 0; i < mine.count * dim; i++) {
        x[i] = value(mine.first + i / dim, i % dim);
    }
    ck_ok(world, exg_tiles_create(world, N, dim, x, &tiles));
    ck_ok(world, exg_pca(world, tiles, dims, 1, y, variance));
    exg_tiles_destroy(&tiles);
}

/* Correlation over all rows of a component with a factor: sampled factors are
 * themselves correlated by about 1 / sqrt(N), so components mix a little. */
START_TEST(components_follow_the_factors)
{
    static float y[N * DIMS];
    const exg_shard mine = exg_shard_mine(world, N);
    double variance[DIMS];

    components(DIMS, D, y, variance);
    for (int c = 0; c < DIMS; c++) {
        double s[3] = {0}; /* yy, ff, yf */

        for (exg_int i = 0; i < mine.count; i++) {
            const double f = factor(mine.first + i, c);
            const double v = (double)y[i * DIMS + c];

            s[0] += v * v;
            s[1] += f * f;
            s[2] += v * f;
        }
        MPI_Allreduce(MPI_IN_PLACE, s, 3, MPI_DOUBLE, MPI_SUM, world->comm);
        ck_all(world, fabs(s[2]) / sqrt(s[0] * s[1]) > 0.98);
        ck_all(world, fabs(s[0] / N / variance[c] - 1.0) < 1e-4);
        if (c != 1) { /* its largest loading is positive in the data too */
            ck_all(world, s[2] > 0.0);
        } else {
            ck_all(world, s[2] < 0.0); /* the sign is turned to positive */
        }
    }
}
END_TEST

START_TEST(missing_dimensions_are_zero)
{
    static float y[N * DIMS];
    const exg_shard mine = exg_shard_mine(world, N);
    double variance[DIMS];
    int good = 1;

    components(DIMS, 1, y, variance);
    for (exg_int i = 0; i < mine.count; i++) {
        good &= y[i * DIMS + 1] == 0.0f && y[i * DIMS + 2] == 0.0f;
    }
    ck_all(world, good && variance[1] == 0.0 && variance[2] == 0.0);
}
END_TEST

START_TEST(start_has_the_stated_deviation)
{
    static float y[N * DIMS];
    const exg_shard mine = exg_shard_mine(world, N);
    double variance[DIMS], sum = 0.0;

    components(DIMS, D, y, variance);
    exg_pca_to_start(mine, DIMS, 1, variance[0], y);
    for (exg_int i = 0; i < mine.count; i++) {
        sum += (double)y[i * DIMS] * (double)y[i * DIMS];
    }
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, world->comm);
    ck_all(world, fabs(sqrt(sum / N) / 1e-4 - 1.0) < 1e-2);
}
END_TEST

/* My rows reduced to `keep` components, by some ranks or one alone. */
static void reduced(exg_par par, exg_int keep, float *y)
{
    const exg_shard mine = exg_shard_mine(&par, N);
    static float x[N * D];

    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = value(mine.first + i / D, i % D);
    }
    ck_ok(world, exg_pca_reduce(&par, N, D, x, keep, y, NULL));
}

START_TEST(reduction_finds_the_same_components)
{
    static float y[N * DIMS], want[N * DIMS];
    const exg_shard mine = exg_shard_mine(world, N);
    int good = 1;

    components(DIMS, D, want, NULL);
    reduced(*world, DIMS, y);
    for (exg_int i = 0; i < mine.count * DIMS; i++) {
        good &= fabsf(y[i] - want[i]) < 1e-3f;
    }
    ck_all(world, good);
}
END_TEST

/* Some rows again, in other places: they fall where they were. */
START_TEST(rows_that_follow_are_where_they_would_be)
{
    enum {
        FROM = 41,
        M = N / 2 - FROM
    };
    static float x[N * D], y[N * DIMS], all[N * DIMS], again[N * DIMS];
    const exg_shard mine = exg_shard_mine(world, N);
    const exg_shard some = exg_shard_mine(world, M);
    exg_pca_axes *axes = NULL;

    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = value(mine.first + i / D, i % D);
    }
    ck_ok(world, exg_pca_reduce(world, N, D, x, DIMS, y, &axes));
    exg_gather_all(world, DIMS * sizeof *y, mine.count, y, all);
    for (exg_int i = 0; i < some.count * D; i++) {
        x[i] = value(FROM + some.first + i / D, i % D);
    }
    ck_ok(world, exg_pca_follow(world, axes, M, x, again));
    ck_all(world, memcmp(again, all + (FROM + some.first) * DIMS,
                         sizeof *all * (size_t)(some.count * DIMS)) == 0);
    x[0] = some.count > 0 && some.first == 0 ? NAN : x[0];
    ck_all(world, exg_pca_follow(world, axes, M, x, again) == EXG_EINPUT);
    exg_err_clear();
    exg_pca_axes_destroy(&axes);
}
END_TEST

/* The largest value is between 4 and 8: the scale is 1/8. */
START_TEST(all_components_keep_all_distances)
{
    static float y[N * D];
    const exg_shard mine = exg_shard_mine(world, N);
    int good = 1;

    reduced(*world, D, y);
    for (exg_int i = 1; i < mine.count; i++) {
        double is = 0.0, want = 0.0;

        for (exg_int d = 0; d < D; d++) {
            const double e = (double)y[i * D + d] - (double)y[i * D - D + d];
            const double f = (double)value(mine.first + i, d) -
                             (double)value(mine.first + i - 1, d);

            is += e * e * 64.0;
            want += f * f;
        }
        good &= fabs(is - want) < 1e-5 * want + 1e-9;
    }
    ck_all(world, good);
}
END_TEST

START_TEST(reduction_does_not_depend_on_ranks)
{
    static float y[N * DIMS], all[N * DIMS];
    const exg_shard mine = exg_shard_mine(world, N);
    exg_par alone = sets_alone();

    reduced(*world, DIMS, y);
    reduced(alone, DIMS, all);
    ck_all(world, memcmp(y, all + mine.first * DIMS,
                         sizeof *y * (size_t)(mine.count * DIMS)) == 0);
    MPI_Comm_free(&alone.comm);
}
END_TEST

START_TEST(more_components_than_features_are_refused)
{
    float none[1] = {0};

    ck_all(world,
           exg_pca_reduce(world, 0, 3, none, 4, none, NULL) == EXG_EUSAGE);
    exg_err_clear();
}
END_TEST

/* Before anything is read: there are no features here. */
START_TEST(too_many_features_are_refused)
{
    float none[1] = {0};

    ck_all(world, exg_pca_check(EXG_PCA_WIDEST, 50) == EXG_OK);
    ck_refused(
        world,
        exg_pca_reduce(world, 8, EXG_PCA_WIDEST + 1, none, 2, none, NULL),
        EXG_EUSAGE, "at most 46340 features");
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("pca");
    TCase *tc = exg_case(s, "pca");

    tcase_add_test(tc, components_follow_the_factors);
    tcase_add_test(tc, missing_dimensions_are_zero);
    tcase_add_test(tc, start_has_the_stated_deviation);
    tcase_add_test(tc, reduction_finds_the_same_components);
    tcase_add_test(tc, rows_that_follow_are_where_they_would_be);
    tcase_add_test(tc, all_components_keep_all_distances);
    tcase_add_test(tc, reduction_does_not_depend_on_ranks);
    tcase_add_test(tc, more_components_than_features_are_refused);
    tcase_add_test(tc, too_many_features_are_refused);
    return s;
}
