/* mpi_quality.c -- against scikit-learn: divergence and scores of maps. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "embed/knn.h"
#include "embed/tsne.h"
#include "support.h"

#define GOLDEN "tests/golden/tsne.bin" /* by tests/golden/make_tsne.py */

#define TOLERANCE_KL 1e-4    /* scikit-learn finds the perplexity to 1e-5 */
#define TOLERANCE_END 1e-3   /* two descents do not end in the same bits */
#define TOLERANCE_SCORE 1e-9 /* the same counts, other arithmetic */
#define SAMPLING 0.05        /* share of the loss: of 5,120 rows of 10,785 */
#define TOLERANCE_VOTE 2e-3  /* under one vote of 300: ties of distances */

enum {
    MOST = 300 * 12,
    TRIES = 8 /* rounding decides between ends that are 2 % apart */
};

/* The golden file, whole, on every rank. */
static struct {
    int32_t n, d, dims;
    float x[MOST], start[MOST], end[MOST];
    int32_t label[MOST];
    double kl, trust5, trust12, features, map;
} g;

static int read_golden(void)
{
    FILE *f = fopen(GOLDEN, "rb");
    size_t n, good = 0;

    if (f == NULL) {
        return 0;
    }
    good += fread(&g.n, sizeof g.n, 3, f); /* n, d, dims lie side by side */
    n = good == 3 ? (size_t)g.n : 0;
    good += fread(g.x, sizeof *g.x, n * (size_t)g.d, f);
    good += fread(g.start, sizeof *g.start, 2 * n, f);
    good += fread(g.end, sizeof *g.end, 2 * n, f);
    good += fread(g.label, sizeof *g.label, n, f);
    good += fread(&g.kl, sizeof g.kl, 5, f); /* and the four after it */
    fclose(f);
    return good == 3 + n * (size_t)g.d + 5 * n + 5;
}

/* A map from these positions. */
static exg_status map_from(const float *start, exg_int iterations,
                           exg_tsne_result *r)
{
    const exg_shard mine = exg_shard_mine(world, g.n);
    exg_tsne_options opt = EXG_TSNE_DEFAULTS;

    opt.perplexity = (g.n - 1) / 3.0; /* all neighbours, as there */
    opt.iterations = iterations;
    opt.init = EXG_TSNE_GIVEN;
    opt.start = start + 2 * mine.first;
    return exg_tsne(world, g.n, g.d, g.x + g.d * mine.first,
                    g.label + mine.first, &opt, r);
}

START_TEST(scores_are_those_of_scikit_learn)
{
    exg_tsne_result r = {.dims = 0};

    ck_all(world, read_golden());
    ck_ok(world, map_from(g.end, 0, &r));
    ck_all(world, fabs(r.quality.trust5 - g.trust5) < TOLERANCE_SCORE);
    ck_all(world, fabs(r.quality.trust12 - g.trust12) < TOLERANCE_SCORE);
    ck_all(world,
           fabs(r.quality.accuracy_features - g.features) < TOLERANCE_VOTE);
    ck_all(world, fabs(r.quality.accuracy_map - g.map) < TOLERANCE_VOTE);
    exg_tsne_free(&r);
}
END_TEST

START_TEST(divergence_is_that_of_scikit_learn)
{
    static float start[MOST];
    exg_tsne_result same = {.dims = 0}, own = {.final_kl = INFINITY};

    ck_all(world, read_golden());
    ck_ok(world, map_from(g.end, 0, &same)); /* its map, our measure */
    ck_all(world, fabs(same.final_kl / g.kl - 1.0) < TOLERANCE_KL);
    for (int t = 0; t < TRIES && !(own.final_kl / g.kl - 1.0 < TOLERANCE_END);
         t++) {
        for (int i = 0; i < 2 * g.n; i++) { /* our map from its start */
            start[i] = g.start[i] * (1.0f + (float)(t * (i % 7)) * 1e-6f);
        }
        exg_tsne_free(&own);
        ck_ok(world, map_from(start, 1000, &own));
    }
    ck_all(world, own.final_kl / g.kl - 1.0 < TOLERANCE_END);
    ck_all(world, fabs(own.quality.trust12 - g.trust12) < TOLERANCE_END);
    exg_tsne_free(&same);
    exg_tsne_free(&own);
}
END_TEST

/* Points on a line, mapped to themselves: nothing is lost. */
START_TEST(a_perfect_map_scores_one)
{
    enum {
        N = 40
    };
    const exg_shard mine = exg_shard_mine(world, N);
    exg_tsne_options opt = EXG_TSNE_DEFAULTS;
    exg_tsne_result r = {.dims = 0};
    float x[N];
    int32_t label[N];

    for (exg_int i = 0; i < mine.count; i++) {
        x[i] = (float)((mine.first + i) * (mine.first + i));
        label[i] = mine.first + i < N / 2;
    }
    opt.dims = 1;
    opt.perplexity = 5.0;
    opt.iterations = 0;
    opt.init = EXG_TSNE_GIVEN;
    opt.start = x;
    ck_ok(world, exg_tsne(world, N, 1, x, label, &opt, &r));
    ck_all(world, r.quality.trust5 == 1.0 && r.quality.trust12 == 1.0);
    ck_all(world, r.quality.recall == 1.0);
    ck_all(world, r.quality.accuracy_map == r.quality.accuracy_features);
    exg_tsne_free(&r);
}
END_TEST

/* Points and a map that have little to do with each other. */
enum {
    POINTS = 150
};

static float apart_from(int space, exg_int row, exg_int d)
{
    const exg_rng r = {.seed = 8, .use = EXG_RNG_SYNTH, .sub = (uint32_t)space};

    return exg_rng_uniform(r, (uint64_t)(row * 2 + d)) +
           (space == 1 && d == 0 ? apart_from(0, row, 0) : 0.0f);
}

static void measure(int features, int map, exg_quality *q)
{
    static float x[POINTS * 2], y[POINTS * 2], dist2[POINTS * 12];
    static int32_t near[POINTS * 12];
    const exg_shard mine = exg_shard_mine(world, POINTS);
    exg_tiles *tiles = NULL;

    for (exg_int i = 0; i < 2 * mine.count; i++) {
        x[i] = apart_from(features, mine.first + i / 2, i % 2);
        y[i] = apart_from(map, mine.first + i / 2, i % 2);
    }
    ck_ok(world, exg_tiles_create(world, POINTS, 2, x, &tiles));
    ck_ok(world, exg_knn(world, NULL, tiles, 12, near, dist2));
    ck_ok(world, exg_quality_of(world,
                                &(exg_quality_job){.tiles = tiles,
                                                   .k = 12,
                                                   .near = near,
                                                   .dims = 2,
                                                   .y = y,
                                                   .rows = EXG_QUALITY_SAMPLE},
                                q));
    exg_tiles_destroy(&tiles);
}

/* One rank of one pair, should rounding decide between two. */
#define TOLERANCE_RANK (4.0 / (POINTS * 12.0 * 2.0 * POINTS))

START_TEST(continuity_is_trust_of_the_spaces_exchanged)
{
    exg_quality q, back;

    measure(0, 1, &q);
    measure(1, 0, &back);
    ck_all(world, q.trust12 < 0.95 && q.continuity12 < 0.95);
    ck_all(world, fabs(q.trust12 - back.continuity12) < TOLERANCE_RANK);
    ck_all(world, fabs(q.continuity12 - back.trust12) < TOLERANCE_RANK);
    ck_all(world, fabs(q.trust12 - q.continuity12) > TOLERANCE_RANK);
    ck_all(world, q.ranked == POINTS);
}
END_TEST

/* All points are in the sample: pairs by pairs, from the definition. */
START_TEST(spearman_is_the_correlation_of_ranks)
{
    enum {
        PAIRS = POINTS * (POINTS - 1) / 2
    };
    static double d[2][PAIRS];
    double sum = 0.0;
    exg_quality q, self;
    exg_int at = 0;

    measure(0, 1, &q);
    measure(1, 1, &self);
    for (exg_int i = 0; i < POINTS; i++) {
        for (exg_int j = i + 1; j < POINTS; j++, at++) {
            for (int s = 0; s < 2; s++) {
                d[s][at] = 0.0;
                for (exg_int k = 0; k < 2; k++) {
                    const double e = (double)apart_from(s, i, k) -
                                     (double)apart_from(s, j, k);

                    d[s][at] += e * e;
                }
            }
        }
    }
    for (exg_int p = 0; p < PAIRS; p++) {
        double rank[2] = {0};

        for (exg_int r = 0; r < PAIRS; r++) {
            rank[0] += d[0][r] < d[0][p];
            rank[1] += d[1][r] < d[1][p];
        }
        sum += (rank[0] - rank[1]) * (rank[0] - rank[1]);
    }
    sum = 1.0 - 6.0 * sum / (PAIRS * ((double)PAIRS * PAIRS - 1.0));
    ck_all(world, q.spearman > 0.1 && q.spearman < 0.9);
    ck_all(world, fabs(q.spearman - sum) < 1e-6); /* floats rarely swap */
    ck_all(world, fabs(self.spearman - 1.0) < 1e-6);
}
END_TEST

/* More rows than are all ranked, each a little off its place on the map. */
enum {
    MANY = (EXG_QUALITY_TILES + 2) * EXG_TILE + 33
};

typedef struct {
    exg_int calls, last, total;
    int rises;
} told;

static void listen(void *state, exg_int done, exg_int total)
{
    told *t = state;

    t->rises &= (t->calls == 0 ? done == 0 : done > t->last) &&
                (t->calls == 0 || total == t->total);
    t->calls++;
    t->last = done;
    t->total = total;
}

START_TEST(a_sample_of_rows_scores_like_all_of_them)
{
    static float x[MANY * 2], y[MANY * 2], dist2[MANY * 12];
    static int32_t near[MANY * 12];
    const exg_shard mine = exg_shard_mine(world, MANY);
    exg_tiles *tiles = NULL;
    exg_quality some, all;
    told sampled = {.rises = 1}, whole = {.rises = 1};
    exg_quality_job job = {.k = 12,
                           .near = near,
                           .dims = 2,
                           .y = y,
                           .rows = EXG_QUALITY_SAMPLE,
                           .progress = listen,
                           .progress_state = &sampled};

    for (exg_int i = 0; i < 2 * mine.count; i++) {
        x[i] = apart_from(0, mine.first + i / 2, i % 2);
        y[i] = x[i] + 0.1f * apart_from(2, mine.first + i / 2, i % 2);
    }
    ck_ok(world, exg_tiles_create(world, MANY, 2, x, &tiles));
    ck_ok(world, exg_knn(world, NULL, tiles, 12, near, dist2));
    job.tiles = tiles;
    ck_ok(world, exg_quality_of(world, &job, &some));
    job.rows = EXG_QUALITY_ALL;
    job.progress_state = &whole;
    ck_ok(world, exg_quality_of(world, &job, &all));
    ck_all(world, some.ranked <= EXG_QUALITY_SOME * EXG_TILE);
    ck_all(world, all.ranked == MANY);
    ck_all(world, some.recall == all.recall && all.recall < 0.9);
    ck_all(world, all.trust12 < 0.999 && all.continuity12 < 0.999);
    ck_all(world,
           fabs(some.trust12 - all.trust12) < SAMPLING * (1.0 - all.trust12));
    ck_all(world, sampled.rises && sampled.last == sampled.total);
    ck_all(world, whole.rises && whole.last == whole.total);
    ck_all(world, whole.calls > sampled.calls || world->size > 1);
    exg_tiles_destroy(&tiles);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("quality");
    TCase *tc = exg_case(s, "quality");

    tcase_add_test(tc, scores_are_those_of_scikit_learn);
    tcase_add_test(tc, divergence_is_that_of_scikit_learn);
    tcase_add_test(tc, a_perfect_map_scores_one);
    tcase_add_test(tc, continuity_is_trust_of_the_spaces_exchanged);
    tcase_add_test(tc, spearman_is_the_correlation_of_ranks);
    tcase_add_test(tc, a_sample_of_rows_scores_like_all_of_them);
    return s;
}
