/* mpi_tsne.c -- the whole map: the same bits for any number of ranks, engines
 * that agree, refusals, and data without information. */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "embed/tsne.h"
#include "support.h"

enum {
    DIM = 7,
    MOST = 700
};

static const exg_rng stream = {.seed = 11, .use = EXG_RNG_SYNTH};

/* Three loose clusters; value of one feature. */
static float feature(exg_int row, exg_int d)
{
    return (float)(5 * ((row % 3 + d) % 3)) +
           exg_rng_uniform(stream, (uint64_t)(row * DIM + d));
}

static void fill(exg_shard rows, float *x)
{
    for (exg_int i = 0; i < rows.count * DIM; i++) {
        x[i] = feature(rows.first + i / DIM, i % DIM);
    }
}

static exg_tsne_options short_run(exg_int total)
{
    exg_tsne_options opt = EXG_TSNE_DEFAULTS;

    opt.perplexity = fmin(10.0, (double)(total - 1) / 3.0);
    opt.iterations = 60;
    opt.early = 20;
    opt.every = 20;
    return opt;
}

/* All that ranks share against one rank alone, bit by bit. */
static int same_as_alone(exg_int total, const exg_tsne_options *opt)
{
    const exg_par one = {.comm = MPI_COMM_SELF, .rank = 0, .size = 1};
    static float x[MOST * DIM];
    exg_tsne_result many = {.dims = 0}, alone = {.dims = 0};
    int good = 1;

    fill(exg_shard_of(total, 0, 1), x);
    good &= exg_tsne(&one, total, DIM, x, NULL, opt, &alone) == EXG_OK;
    fill(exg_shard_mine(world, total), x);
    good &= exg_tsne(world, total, DIM, x, NULL, opt, &many) == EXG_OK;
    good = good && many.frames == alone.frames;
    for (exg_int f = 0; good && f < many.frames; f++) {
        const size_t row = sizeof(float) * (size_t)opt->dims;
        const float *a = many.trajectory + f * many.rows.count * opt->dims;
        const float *b =
            alone.trajectory + (f * total + many.rows.first) * opt->dims;

        good &= memcmp(a, b, row * (size_t)many.rows.count) == 0;
        good &= many.kl[f] == alone.kl[f];
        good &= many.iteration[f] == alone.iteration[f];
    }
    good = good && isfinite(many.final_kl);
    good =
        good && memcmp(&many.quality, &alone.quality, sizeof many.quality) == 0;
    exg_tsne_free(&many);
    exg_tsne_free(&alone);
    return good;
}

START_TEST(map_is_the_same_bits_as_on_one_rank)
{
    static const exg_int total[] = {4, 5, 16, 257, 691};
    exg_tsne_options opt = short_run(total[_i]);

    for (opt.dims = 1; opt.dims <= 3; opt.dims++) {
        ck_all(world, same_as_alone(total[_i], &opt));
    }
    opt.dims = 2;
    opt.init = EXG_TSNE_RANDOM;
    ck_all(world, same_as_alone(total[_i], &opt));
    opt.init = EXG_TSNE_PCA;
    opt.iterations = 20;
    for (opt.dims = 1; opt.dims <= 3; opt.dims++) {
        opt.engine = opt.dims < 3 ? "fft" : "exact";
        opt.dof = opt.dims == 1 ? 10.0 : 0.5;
        ck_all(world, same_as_alone(total[_i], &opt));
    }
}
END_TEST

/* Status of a map of this many points, features from fill() changed by hand. */
static exg_status try_map(exg_int total, const exg_tsne_options *opt, float *x)
{
    exg_tsne_result r = {.dims = 0};
    const exg_status st = exg_tsne(world, total, DIM, x, NULL, opt, &r);

    exg_tsne_free(&r);
    return st;
}

START_TEST(perplexity_too_large_names_the_largest)
{
    static float x[MOST * DIM];
    exg_tsne_options opt = short_run(31);

    fill(exg_shard_mine(world, 31), x);
    opt.perplexity = 10.0;
    ck_all(world, try_map(31, &opt, x) == EXG_OK);
    opt.perplexity = 10.01;
    ck_refused(world, try_map(31, &opt, x), EXG_EUSAGE, "want 1 to 10 ");
}
END_TEST

START_TEST(too_few_points_are_refused)
{
    static float x[MOST * DIM];
    const exg_tsne_options opt = short_run(4);

    fill(exg_shard_mine(world, 3), x);
    ck_refused(world, try_map(3, &opt, x), EXG_EUSAGE, "want 4 or more");
}
END_TEST

START_TEST(too_many_features_are_refused)
{
    ck_all(world, exg_points_check(50, EXG_TILES_WIDEST, 5.0) == EXG_OK);
    ck_refused(world, exg_points_check(50, EXG_TILES_WIDEST + 1, 5.0),
               EXG_EUSAGE, "at most 2000000");
}
END_TEST

START_TEST(first_row_that_is_no_number_is_named)
{
    static float x[MOST * DIM];
    const exg_shard mine = exg_shard_mine(world, 50);
    const exg_tsne_options opt = short_run(50);

    fill(mine, x);
    for (exg_int i = 0; i < mine.count; i++) {
        if (mine.first + i == 17 || mine.first + i == 44) {
            x[i * DIM + 3] = mine.first + i == 17 ? NAN : INFINITY;
        }
    }
    ck_refused(world, try_map(50, &opt, x), EXG_EINPUT, "row 17, column 3");
}
END_TEST

START_TEST(unknown_engine_is_refused)
{
    static float x[MOST * DIM];
    exg_tsne_options opt = short_run(50);

    fill(exg_shard_mine(world, 50), x);
    opt.engine = "magic";
    ck_all(world, try_map(50, &opt, x) == EXG_EUSAGE);
}
END_TEST

START_TEST(impossible_degrees_of_freedom_are_refused)
{
    static const double dof[] = {0.0, -1.0, 0.09, 100.1, NAN, INFINITY};
    static float x[MOST * DIM];
    exg_tsne_options opt = short_run(50);

    fill(exg_shard_mine(world, 50), x);
    opt.dof = dof[_i];
    ck_refused(world, try_map(50, &opt, x), EXG_EUSAGE, "want 0.1 to 100");
}
END_TEST

START_TEST(descent_ends_when_the_divergence_rests)
{
    static float x[MOST * DIM];
    exg_tsne_options opt = short_run(100);
    exg_tsne_result r = {.dims = 0};

    fill(exg_shard_mine(world, 100), x);
    opt.iterations = 5000;
    opt.stop = 1e-4;
    ck_ok(world, exg_tsne(world, 100, DIM, x, NULL, &opt, &r));
    ck_all(world, r.rested && r.iteration[r.frames - 1] < opt.iterations);
    ck_all(world, r.iteration[r.frames - 2] >= opt.early);
    ck_all(world, r.kl[r.frames - 2] - r.kl[r.frames - 1] <
                      opt.stop * r.kl[r.frames - 2]);
    for (exg_int f = 1; f + 1 < r.frames; f++) { /* it ended at the first */
        ck_all(world, r.iteration[f - 1] < opt.early ||
                          r.kl[f - 1] - r.kl[f] >= opt.stop * r.kl[f - 1]);
    }
    ck_all(world,
           memcmp(r.y, r.trajectory + (r.frames - 1) * r.rows.count * r.dims,
                  sizeof *r.y * (size_t)(r.rows.count * r.dims)) == 0);
    exg_tsne_free(&r);
}
END_TEST

/* Zeros, one constant, and many copies of two rows: all must end finite. */
START_TEST(data_without_information_ends_finite)
{
    static float x[MOST * DIM];
    const exg_shard mine = exg_shard_mine(world, 300);
    const exg_tsne_options opt = short_run(300);
    exg_tsne_result r = {.dims = 0};
    int good = 1;

    for (exg_int i = 0; i < mine.count * DIM; i++) {
        const exg_int row = mine.first + i / DIM;

        x[i] = _i == 0 ? 0.0f : _i == 1 ? -3e37f : (float)(row % 2) * 1e-30f;
    }
    ck_ok(world, exg_tsne(world, 300, DIM, x, NULL, &opt, &r));
    for (exg_int i = 0; i < mine.count * r.dims; i++) {
        good &= isfinite(r.y[i]);
    }
    ck_all(world, good && isfinite(r.final_kl));
    exg_tsne_free(&r);
}
END_TEST

START_TEST(a_start_that_is_not_given_is_refused)
{
    static float x[MOST * DIM];
    exg_tsne_options opt = short_run(50);

    fill(exg_shard_mine(world, 50), x);
    opt.init = EXG_TSNE_GIVEN;
    ck_refused(world, try_map(50, &opt, x), EXG_EUSAGE,
               "no positions to start");
}
END_TEST

START_TEST(labels_on_some_ranks_only_are_refused)
{
    static float x[MOST * DIM];
    static int32_t label[MOST];
    const exg_tsne_options opt = short_run(50);
    const int odd = world->rank == world->size - 1;
    exg_tsne_result r = {.dims = 0};
    exg_status st;

    fill(exg_shard_mine(world, 50), x);
    st = exg_tsne(world, 50, DIM, x, odd ? label : NULL, &opt, &r);
    ck_all(world, st == (world->size > 1 ? EXG_EUSAGE : EXG_OK));
    exg_tsne_free(&r);
}
END_TEST

START_TEST(a_map_need_not_be_measured)
{
    static float x[MOST * DIM];
    exg_tsne_options opt = short_run(50);
    exg_tsne_result r = {.dims = 0};

    fill(exg_shard_mine(world, 50), x);
    opt.quality = EXG_QUALITY_NONE;
    ck_ok(world, exg_tsne(world, 50, DIM, x, NULL, &opt, &r));
    ck_all(world, isnan(r.quality.trust12) && isnan(r.quality.ranked));
    ck_all(world, isfinite(r.final_kl) && !r.rested);
    exg_tsne_free(&r);
}
END_TEST

START_TEST(affinities_need_neighbours_enough)
{
    static float x[MOST * DIM];
    const exg_affinity_scales wide = exg_affinity_one_scale(9.0);
    exg_clock clock = {.count = 0};
    exg_points *points = NULL;

    fill(exg_shard_mine(world, 50), x);
    ck_ok(world, exg_points_create(world, 50, DIM, x, 5.0, &clock, &points));
    ck_refused(world, exg_points_tune(world, &wide, &clock, points), EXG_EUSAGE,
               "with 15 neighbours");
    exg_points_destroy(&points);
}
END_TEST

/* Number `key` of a fixed sequence, -1 to 1. */
static double draw(exg_int key)
{
    const exg_rng other = {.seed = 21, .use = EXG_RNG_SYNTH};

    return 2.0 * (double)exg_rng_uniform(other, (uint64_t)key) - 1.0;
}

START_TEST(divergence_by_grid_is_that_of_all_pairs)
{
    enum {
        POINTS = 2000,
        FEATURES = 12
    };
    static float x[POINTS * FEATURES];
    const exg_shard mine = exg_shard_mine(world, POINTS);
    exg_tsne_options opt = EXG_TSNE_DEFAULTS;
    double kl[2] = {0};

    for (exg_int i = 0; i < mine.count * FEATURES; i++) {
        const exg_int row = mine.first + i / FEATURES;

        x[i] = (float)(2.0 * draw(row % 9 * FEATURES + i % FEATURES) +
                       0.5 * draw(9000 + row * FEATURES + i % FEATURES));
    }
    opt.iterations = 500;
    opt.quality = 0;
    opt.dof = _i == 0 ? 1.0 : 0.5;
    for (int e = 0; e < 2; e++) {
        exg_tsne_result r = {.dims = 0};

        opt.engine = e == 0 ? "fft" : "exact";
        ck_ok(world, exg_tsne(world, POINTS, FEATURES, x, NULL, &opt, &r));
        kl[e] = r.final_kl;
        ck_all(world, strcmp(r.engine, opt.engine) == 0);
        exg_tsne_free(&r);
    }
    ck_all(world, fabs(kl[0] / kl[1] - 1.0) < 0.01);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("tsne");
    TCase *tc = exg_case(s, "tsne");

    tcase_add_loop_test(tc, map_is_the_same_bits_as_on_one_rank, 0, 5);
    tcase_add_test(tc, perplexity_too_large_names_the_largest);
    tcase_add_test(tc, too_few_points_are_refused);
    tcase_add_test(tc, too_many_features_are_refused);
    tcase_add_test(tc, first_row_that_is_no_number_is_named);
    tcase_add_test(tc, unknown_engine_is_refused);
    tcase_add_loop_test(tc, impossible_degrees_of_freedom_are_refused, 0, 6);
    tcase_add_test(tc, descent_ends_when_the_divergence_rests);
    tcase_add_loop_test(tc, data_without_information_ends_finite, 0, 3);
    tcase_add_test(tc, a_start_that_is_not_given_is_refused);
    tcase_add_test(tc, labels_on_some_ranks_only_are_refused);
    tcase_add_test(tc, a_map_need_not_be_measured);
    tcase_add_test(tc, affinities_need_neighbours_enough);
    tcase_add_loop_test(tc, divergence_by_grid_is_that_of_all_pairs, 0, 2);
    return s;
}
