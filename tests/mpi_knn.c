/* mpi_knn.c -- exact neighbours against brute force in double. */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "core/rng.h"
#include "core/signal.h"
#include "embed/knn.h"
#include "kern/kern.h"
#include "par/shared.h"
#include "sets.h"
#include "support.h"

enum {
    D = 5,
    K = 9,
    MOST = 1030
};

/* Rows repeat every 400, so that distances of 0 and ties occur. */
static float value(exg_int row, exg_int d)
{
    const exg_rng stream = {.seed = 21, .use = EXG_RNG_SYNTH};

    return 3.0f + exg_rng_uniform(stream, (uint64_t)(row % 400 * D + d));
}

static double square_distance(exg_int a, exg_int b)
{
    double sum = 0.0;

    for (exg_int d = 0; d < D; d++) {
        const double e = (double)value(a, d) - (double)value(b, d);

        sum += e * e;
    }
    return sum;
}

/* Row i's neighbours are right: in order, ties by number, none missed.  Float
 * distances of unequal rows may differ from ours by TOLERANCE. */
#define TOLERANCE 1e-5

static int good_row(exg_int total, exg_int i, exg_int k, const int32_t *index,
                    const float *dist2, double scale)
{
    exg_int nearer = 0;
    const double last = square_distance(i, index[k - 1]);

    for (exg_int a = 0; a < k; a++) {
        const double d = square_distance(i, index[a]);

        if (index[a] == i || index[a] < 0 || index[a] >= total ||
            fabs((double)dist2[a] * scale - d) > TOLERANCE ||
            (d == 0.0) != (dist2[a] == 0.0f)) {
            return 0;
        }
        if (a > 0 && (dist2[a - 1] > dist2[a] ||
                      (dist2[a - 1] == dist2[a] && index[a - 1] > index[a]))) {
            return 0;
        }
    }
    for (exg_int j = 0; j < total; j++) {
        nearer += j != i && square_distance(i, j) < last - TOLERANCE;
    }
    return nearer < k;
}

START_TEST(neighbours_are_those_of_brute_force)
{
    static const exg_int total[] = {4, 300, 512, 1025};
    static float x[MOST * D], dist2[MOST * K];
    static int32_t index[MOST * K];
    const exg_int n = total[_i / 2], k = n - 1 < K ? n - 1 : K;
    const exg_shard mine = exg_shard_mine(world, n);
    exg_tiles *tiles = NULL;
    int good = 1;

    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = value(mine.first + i / D, i % D);
    }
    exg_shared_allow(_i % 2); /* or round the ring */
    ck_ok(world, exg_tiles_create(world, n, D, x, &tiles));
    ck_ok(world, exg_knn(world, NULL, tiles, k, index, dist2));
    exg_shared_allow(1);
    for (exg_int i = 0; i < mine.count; i++) { /* values 3..4: scale 1/4 */
        good &=
            good_row(n, mine.first + i, k, index + i * k, dist2 + i * k, 16.0);
    }
    ck_all(world, good);
    exg_tiles_destroy(&tiles);
}
END_TEST

/* Equal rows: all distances are 0, and the lowest numbers win. */
START_TEST(ties_go_to_the_lower_row)
{
    enum {
        N = 600
    };
    static float x[N * D], dist2[N * K];
    static int32_t index[N * K];
    const exg_shard mine = exg_shard_mine(world, N);
    exg_tiles *tiles = NULL;
    int good = 1;

    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = 7.5f;
    }
    ck_ok(world, exg_tiles_create(world, N, D, x, &tiles));
    ck_ok(world, exg_knn(world, NULL, tiles, K, index, dist2));
    for (exg_int i = 0; i < mine.count; i++) {
        for (int a = 0; a < K; a++) {
            const exg_int want = a + (a >= mine.first + i);

            good &= index[i * K + a] == want && dist2[i * K + a] == 0.0f;
        }
    }
    ck_all(world, good);
    exg_tiles_destroy(&tiles);
}
END_TEST

/* Shapes of data that a search by bounds could get wrong. */
typedef enum {
    CLUSTERS, /* tight, far from each other: bounds drown in rounding   */
    ZEROS,    /* a third of the rows are zero, the others half zero     */
    FLAT,     /* most columns are constant, few vary                    */
    NOISE,    /* all directions alike: no axis tells anything           */
    PLANE,    /* two dimensions, turned into all columns                */
    KINDS
} kind;

static float sample_of(kind what, exg_int row, exg_int d)
{
    const exg_rng r = {.seed = 5, .use = EXG_RNG_SYNTH, .sub = what};
    const uint64_t at = (uint64_t)(row * 1000 + d);
    const float u = exg_rng_uniform(r, at) - 0.5f;

    switch (what) {
    case CLUSTERS:
        return 1e-3f * u +
               10.0f * exg_rng_uniform(r, (uint64_t)(row % 5 * 1000 + d));
    case ZEROS:
        return row % 3 == 0 || u < 0.0f ? 0.0f : u;
    case FLAT:
        return d % 16 == 3 ? u : 2.5f;
    case PLANE:
        return sinf((float)d) * exg_rng_uniform(r, (uint64_t)row * 1000) +
               cosf((float)d) * exg_rng_uniform(r, (uint64_t)row * 1000 + 1);
    default:
        return u;
    }
}

/* What exg_knn() should find: distances by its definition, all of them. */
static int wanted(const exg_kern *kern, exg_int n, exg_int wide, const float *x,
                  exg_int row, exg_int k, const int32_t *index,
                  const float *dist2)
{
    static float all[2000];
    static int32_t every[2000];
    exg_int before = 0;

    for (exg_int j = 0; j < n; j++) {
        every[j] = (int32_t)j;
    }
    kern->near_distances(wide, x + row * wide, x, n, every, all);
    for (exg_int a = 0; a < k; a++) {
        const int32_t j = index[a];

        if (j < 0 || j >= n || j == row || dist2[a] != all[j] ||
            (a > 0 && (dist2[a - 1] > dist2[a] ||
                       (dist2[a - 1] == dist2[a] && index[a - 1] >= j)))) {
            return 0;
        }
    }
    for (exg_int j = 0; j < n; j++) { /* those that come before the last */
        before += j != row && (all[j] < dist2[k - 1] ||
                               (all[j] == dist2[k - 1] && j < index[k - 1]));
    }
    return before == k - 1;
}

/* Bit for bit, against all distances of the same definition. */
START_TEST(no_bound_hides_a_neighbour)
{
    static const struct {
        exg_int n, d, k;
    } shape[] = {{1500, 64, 20}, {700, 400, 12}, {513, 30, 512}, {3, 20, 2}};
    const kind what = (kind)(_i % KINDS);
    const exg_int n = shape[_i / KINDS].n, d = shape[_i / KINDS].d;
    const exg_int k = shape[_i / KINDS].k, wide = (d + 15) / 16 * 16;
    const exg_shard mine = exg_shard_mine(world, n);
    exg_par alone = sets_alone();
    exg_tiles *tiles = NULL, *whole = NULL;
    const exg_kern *kern = NULL;
    float *x = NULL, *all = NULL, *dist2 = NULL;
    int32_t *index = NULL;
    int good = 1;

    ck_ok(world, exg_kern_select(NULL, &kern));
    ck_ok(world, exg_new(&x, n * d));
    ck_ok(world, exg_new(&all, n * wide));
    ck_ok(world, exg_new(&index, mine.count * k));
    ck_ok(world, exg_new(&dist2, mine.count * k));
    for (exg_int i = 0; i < n * d; i++) {
        x[i] = sample_of(what, i / d, i % d);
    }
    ck_ok(world, exg_tiles_create(&alone, n, d, x, &whole));
    for (exg_int i = 0; i < n; i++) {
        memcpy(all + i * wide, whole->x + i * d, sizeof *x * (size_t)d);
    }
    ck_ok(world, exg_tiles_create(world, n, d, x + mine.first * d, &tiles));
    ck_ok(world, exg_knn(world, NULL, tiles, k, index, dist2));
    for (exg_int i = 0; i < mine.count; i++) {
        good &= wanted(kern, n, wide, all, mine.first + i, k, index + i * k,
                       dist2 + i * k);
    }
    ck_all(world, good);
    exg_tiles_destroy(&tiles);
    exg_tiles_destroy(&whole);
    exg_free(x);
    exg_free(all);
    exg_free(index);
    exg_free(dist2);
    MPI_Comm_free(&alone.comm);
}
END_TEST

static const exg_kern *inner;
static int sieved;

/* The portable sieve, counted. */
static void count_sieve(exg_int m, const float *a, const float *ka,
                        const float *b, const float *kb, uint64_t *hit)
{
    sieved++;
    inner->near_sieve(m, a, ka, b, kb, hit);
}

/* What a search has said of its progress. */
typedef struct {
    exg_int done, total, calls;
    int rises; /* 0: it once went back, or beyond the total */
} course;

static void follow(void *state, exg_int done, exg_int total)
{
    course *c = state;

    c->rises &= c->calls++ == 0 ? done == 0 : done >= c->done && done <= total;
    c->done = done;
    c->total = total;
}

START_TEST(kernels_and_progress_are_those_of_the_caller)
{
    enum {
        N = 300
    };
    static float x[N * D], dist2[N * K];
    static int32_t index[N * K];
    const exg_shard mine = exg_shard_mine(world, N);
    exg_kern counted;
    course seen = {.rises = 1};
    exg_tiles *tiles = NULL;

    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = value(mine.first + i / D, i % D);
    }
    ck_ok(world, exg_kern_select("base", &inner));
    counted = *inner;
    counted.near_sieve = count_sieve;
    sieved = 0;
    ck_ok(world, exg_tiles_create(world, N, D, x, &tiles));
    ck_ok(world,
          exg_knn(world,
                  &(exg_knn_how){
                      .kern = &counted, .progress = follow, .state = &seen},
                  tiles, K, index, dist2));
    ck_all(world, sieved > 0 || tiles->count == 0);
    ck_all(world, seen.rises && seen.done == seen.total);
    ck_all(world, seen.total == tiles->own.count * tiles->own.total);
    exg_tiles_destroy(&tiles);
}
END_TEST

/* The signal reaches one rank alone, in the midst of its tiles. */
static void raise_late(void *state, exg_int done, exg_int total)
{
    (void)state;
    if (world->rank == 0 && done > 0 && done < total) {
        raise(SIGUSR1);
    }
}

START_TEST(signal_to_one_rank_stops_all)
{
    const exg_knn_how how = {.progress = raise_late};
    const exg_shard mine = exg_shard_mine(world, MOST);
    static float x[MOST * D], dist2[MOST * K];
    static int32_t index[MOST * K];
    exg_tiles *tiles = NULL;

    exg_signal_watch();
    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = value(mine.first + i / D, i % D);
    }
    exg_shared_allow(_i);
    ck_ok(world, exg_tiles_create(world, MOST, D, x, &tiles));
    ck_refused(world, exg_knn(world, &how, tiles, K, index, dist2), EXG_ESTOP,
               "SIGUSR1");
    exg_shared_allow(1);
    exg_tiles_destroy(&tiles);
}
END_TEST

START_TEST(tiles_are_centred_and_return_to_their_owners)
{
    enum {
        N = 777
    };
    static float x[N * D], back[N * D];
    const exg_shard mine = exg_shard_mine(world, N);
    exg_tiles *tiles = NULL;
    int good = 1;
    double mean[D] = {0};

    for (exg_int i = 0; i < mine.count * D; i++) {
        x[i] = 1e30f * value(mine.first + i / D, i % D);
    }
    ck_ok(world, exg_tiles_create(world, N, D, x, &tiles));
    ck_ok(world, exg_tiles_back(world, tiles, D * sizeof *x, tiles->x, back));
    for (exg_int i = 0; i < mine.count * D; i++) {
        mean[i % D] += (double)back[i] / N;
        good &= fabsf(back[i]) < 1.0f;
    }
    MPI_Allreduce(MPI_IN_PLACE, mean, D, MPI_DOUBLE, MPI_SUM, world->comm);
    for (int d = 0; d < D; d++) {
        good &= fabs(mean[d]) < 1e-7;
    }
    for (exg_int i = 1; i < mine.count; i++) { /* differences are kept */
        const double want = (double)x[i * D] - (double)x[(i - 1) * D];
        const double is = (double)back[i * D] - (double)back[(i - 1) * D];

        good &= fabs(want / 0x1p102 - is) < 1e-6;
    }
    ck_all(world, good);
    exg_tiles_destroy(&tiles);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("knn");
    TCase *tc = exg_case(s, "knn");

    tcase_add_loop_test(tc, neighbours_are_those_of_brute_force, 0, 8);
    tcase_add_test(tc, ties_go_to_the_lower_row);
    tcase_add_loop_test(tc, no_bound_hides_a_neighbour, 0, 4 * KINDS);
    tcase_add_test(tc, kernels_and_progress_are_those_of_the_caller);
    tcase_add_test(tc, tiles_are_centred_and_return_to_their_owners);
    tcase_add_loop_test(tc, signal_to_one_rank_stops_all, 0, 2); /* the last */
    return s;
}
