/* mpi_into.c -- new points in a finished map: neighbours among other rows, the
 * field of points that stay, places. */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "embed/knn.h"
#include "embed/place.h"
#include "embed/tsne.h"
#include "kern/kern.h"
#include "par/gather.h"
#include "sets.h"
#include "support.h"

enum {
    D = 20,         /* features                        */
    CLUSTERS = 6,   /* row i is of cluster i % 6       */
    MAP = 500,      /* points of the map               */
    NEW = 150,      /* new points                      */
    FIRST = 100000, /* the first of them, as rows      */
    SAME = 7        /* the last are rows of the map    */
};

/* b of a map's kernel. */
static const double dof_of[] = {1.0, 0.1, 0.5, 20.0};

enum {
    DOFS = sizeof dof_of / sizeof *dof_of
};

/* Feature d of row i: clusters 8 deviations apart. */
static float feature(exg_int i, exg_int d)
{
    const exg_rng noise = {.seed = 4, .use = EXG_RNG_SYNTH};
    const exg_rng where = {.seed = 9, .use = EXG_RNG_SYNTH};

    return 8.0f * exg_rng_normal(where, (uint64_t)(i % CLUSTERS * D + d)) +
           exg_rng_normal(noise, (uint64_t)(i * D + d));
}

/* The row that new point i is. */
static exg_int row_of(exg_int i)
{
    return i >= NEW - SAME ? (i * 5) % MAP : FIRST + i;
}

static float *features(exg_shard rows, int new)
{
    float *x = NULL;

    ck_assert(exg_new(&x, rows.count * D) == EXG_OK);
    for (exg_int i = 0; i < rows.count * D; i++) {
        const exg_int row = rows.first + i / D;

        x[i] = feature(new ? row_of(row) : row, i % D);
    }
    return x;
}

/* A map of the first rows, and all that is needed to add to it. */
typedef struct {
    int dims;
    exg_tiles *tiles;
    float *r; /* shape (MAP, dims) */
    int32_t label[MAP];
    const exg_kern *kern;
} atlas;

static void make_map(const exg_par *par, int dims, atlas *a)
{
    const exg_shard mine = exg_shard_mine(par, MAP);
    exg_tsne_options opt = EXG_TSNE_DEFAULTS;
    exg_tsne_result map = {.dims = 0};
    float *x = features(mine, 0);

    opt.dims = dims;
    opt.iterations = 200;
    opt.early = 80;
    opt.quality = 0;
    a->dims = dims;
    ck_ok(par, exg_kern_select(NULL, &a->kern));
    ck_ok(par, exg_tsne(par, MAP, D, x, NULL, &opt, &map));
    ck_ok(par, exg_tiles_create(par, MAP, D, x, &a->tiles));
    ck_ok(par, exg_new(&a->r, MAP * dims));
    exg_gather_all(par, dims * (exg_int)sizeof *map.y, mine.count, map.y, a->r);
    for (exg_int i = 0; i < MAP; i++) {
        a->label[i] = (int32_t)(i % CLUSTERS);
    }
    exg_tsne_free(&map);
    exg_free(x);
}

static void free_map(atlas *a)
{
    exg_tiles_destroy(&a->tiles);
    exg_free(a->r);
}

/* The first n new points, placed. */
static void put(const exg_par *par, const atlas *a, const char *engine,
                exg_int n, exg_placed *placed)
{
    const exg_affinity_scales scales = exg_affinity_one_scale(5.0);
    const exg_place_plan plan = EXG_PLACE_DEFAULTS;
    const exg_shard mine = exg_shard_mine(par, n);
    exg_clock clock = {.count = 0};
    exg_guests *guests = NULL;
    exg_field *field = NULL;
    float *x = features(mine, 1);
    int32_t *label = NULL;

    ck_ok(par, exg_new(&label, mine.count));
    for (exg_int i = 0; i < mine.count; i++) {
        label[i] = (int32_t)(row_of(mine.first + i) % CLUSTERS);
    }
    ck_ok(par, exg_guests_create(par, NULL, a->tiles, n, x, &scales, &clock,
                                 &guests));
    ck_ok(par,
          exg_field_create(par, a->kern, engine,
                           &(exg_field_map){MAP, a->dims, 1.0, a->r}, &field));
    ck_ok(par, exg_place(par, guests, field, a->dims, a->r, &plan, NULL, NULL,
                         placed));
    ck_ok(par, exg_place_score(par, guests, a->r, a->label, label, placed));
    exg_field_destroy(&field);
    exg_guests_destroy(&guests);
    exg_free(label);
    exg_free(x);
}

static double apart(int dims, const float *a, const float *b)
{
    double sum = 0.0;

    for (int k = 0; k < dims; k++) {
        sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    }
    return sqrt(sum);
}

START_TEST(new_points_land_in_their_clusters)
{
    const int dims = _i % 2 + 2;
    const char *engine = _i < 2 ? "exact" : "fft";
    atlas a = {.dims = 0};
    exg_placed p = {.dims = 0};
    int good = 1;

    make_map(world, dims, &a);
    put(world, &a, engine, NEW, &p);
    ck_all(world, p.scores.accuracy_map == 1.0);
    ck_all(world, p.scores.accuracy_features == 1.0);
    ck_all(world, p.scores.recall > 0.2 && p.scores.recall <= 1.0);
    for (exg_int t = 1; t < p.frames; t++) { /* it goes down, and stays there */
        good &= p.kl[t] < p.kl[0] && p.kl[t] > 0.0;
    }
    good &= p.frames == 11 && p.iteration[10] == 250;
    for (exg_int i = 0; i < p.rows.count; i++) {
        const exg_int row = row_of(p.rows.first + i);
        double nearest = INFINITY;

        if (row >= FIRST) {
            continue;
        }
        /* A point that is in the map already: nearer to itself than the
         * cluster is wide. */
        for (exg_int j = 0; j < MAP; j++) {
            if (j % CLUSTERS != row % CLUSTERS) {
                nearest =
                    fmin(nearest, apart(dims, p.y + i * dims, a.r + j * dims));
            }
        }
        good &= apart(dims, p.y + i * dims, a.r + row * dims) < 2.0 &&
                apart(dims, p.y + i * dims, a.r + row * dims) < nearest;
    }
    ck_all(world, good);
    exg_place_free(&p);
    free_map(&a);
}
END_TEST

START_TEST(places_are_the_same_bits_on_any_ranks)
{
    const char *engine = _i == 1 ? "fft" : "exact";
    const int dims = _i == 2 ? 3 : 2;
    exg_par alone = sets_alone();
    atlas a = {.dims = 0}, b = {.dims = 0};
    exg_placed p = {.dims = 0}, one = {.dims = 0}, few = {.dims = 0};
    exg_int first;

    make_map(world, dims, &a);
    make_map(&alone, dims, &b);
    put(world, &a, engine, NEW, &p);
    put(&alone, &b, engine, NEW, &one);
    put(&alone, &b, engine, 17, &few); /* the same without the others */
    first = p.rows.first * dims;
    ck_all(world, memcmp(a.r, b.r, sizeof *a.r * (size_t)(MAP * dims)) == 0);
    ck_all(world, memcmp(p.y, one.y + first,
                         sizeof *p.y * (size_t)(p.rows.count * dims)) == 0);
    ck_all(world, memcmp(p.kl, one.kl, sizeof *p.kl * (size_t)p.frames) == 0);
    ck_all(world, memcmp(&p.scores, &one.scores, sizeof p.scores) == 0);
    ck_all(world,
           memcmp(few.y, one.y, sizeof *few.y * (size_t)(17 * dims)) == 0);
    exg_place_free(&p);
    exg_place_free(&one);
    exg_place_free(&few);
    free_map(&a);
    free_map(&b);
    MPI_Comm_free(&alone.comm);
}
END_TEST

/* Central differences of a divergence that is summed in float. */
#define STEP 1e-2
#define TOLERANCE 2e-4

START_TEST(gradient_is_that_of_the_divergence)
{
    enum {
        N = 40,
        STRIDE = 48
    };
    const int dims = _i % 2 + 2;
    const exg_affinity_scales scales = {.count = 2, .perplexity = {4, 12}};
    exg_par alone = sets_alone();
    exg_clock clock = {.count = 0};
    exg_guests *g = NULL;
    exg_field *field = NULL;
    atlas a = {.dims = 0};
    float *y = NULL, *work = NULL, *slope = NULL, *x;
    double kl[3][N];
    int good = 1;

    make_map(&alone, dims, &a);
    x = features((exg_shard){.first = 0, .count = N}, 1);
    ck_ok(world,
          exg_guests_create(&alone, NULL, a.tiles, N, x, &scales, &clock, &g));
    ck_ok(world, exg_field_create(
                     &alone, a.kern, "exact",
                     &(exg_field_map){MAP, dims, dof_of[_i / 2], a.r}, &field));
    ck_ok(world, exg_new(&y, STRIDE * dims));
    ck_ok(world, exg_new(&slope, STRIDE * dims));
    ck_ok(world, exg_new(&work, STRIDE * (dims + 1)));
    for (exg_int i = 0; i < N * dims; i++) { /* near points of the map */
        y[i % dims * STRIDE + i / dims] = a.r[i] + 0.3f * feature(FIRST + i, 1);
    }
    exg_place_slope(g, field, dims, a.r, STRIDE, y, 1.0, work, kl[0], slope);
    for (int k = 0; k < dims; k++) {
        float *forth = NULL, *rest = NULL;

        ck_ok(world, exg_new(&forth, STRIDE * dims));
        ck_ok(world, exg_new(&rest, STRIDE * dims));
        for (int side = 1; side <= 2; side++) {
            memcpy(forth, y, sizeof *y * (size_t)(STRIDE * dims));
            for (exg_int i = 0; i < N; i++) {
                forth[k * STRIDE + i] += (float)(side == 1 ? STEP : -STEP);
            }
            exg_place_slope(g, field, dims, a.r, STRIDE, forth, 1.0, work,
                            kl[side], rest);
        }
        for (exg_int i = 0; i < N; i++) {
            const double want = (kl[1][i] - kl[2][i]) / (4.0 * STEP);

            good &= fabs(want - (double)slope[k * STRIDE + i]) < TOLERANCE;
        }
        exg_free(forth);
        exg_free(rest);
    }
    ck_all(world, good);
    exg_free(y);
    exg_free(work);
    exg_free(slope);
    exg_free(x);
    exg_field_destroy(&field);
    exg_guests_destroy(&g);
    free_map(&a);
    MPI_Comm_free(&alone.comm);
}
END_TEST

/* Places at points, between them, at the rim and off the grid. */
START_TEST(grid_agrees_with_all_pairs)
{
    enum {
        N = 6000,
        M = 500,
        STRIDE = 512
    };
    const int dims = _i % 2 + 2;
    const float wide = _i % 4 < 2 ? 3.0f : 0.7f; /* of a heap */
    const exg_rng where = {.seed = 2, .use = EXG_RNG_SYNTH};
    exg_field_map map = {.total = N, .dims = dims, .dof = dof_of[_i / 4]};
    const exg_kern *kern = NULL;
    exg_field *exact = NULL, *grid = NULL;
    float *r = NULL, *y = NULL, *z = NULL, *f = NULL;
    double wrong = 0.0, all = 0.0, zs = 0.0;

    ck_ok(world, exg_kern_select(NULL, &kern));
    ck_ok(world, exg_new(&r, N * dims));
    ck_ok(world, exg_new(&y, STRIDE * dims));
    ck_ok(world, exg_new(&z, 2 * STRIDE));
    ck_ok(world, exg_new(&f, 2 * STRIDE * dims));
    for (exg_int i = 0; i < N * dims; i++) {
        const exg_int heap = i / dims % 7 * dims + i % dims;

        r[i] = (dims == 2 ? 40.0f : 12.0f) *
                   exg_rng_uniform(where, (uint64_t)heap) +
               wide * exg_rng_normal(where, (uint64_t)(1000 + i));
    }
    for (exg_int i = 0; i < M * dims; i++) {
        const exg_int at = i / dims;

        y[i % dims * STRIDE + at] =
            r[i] + (at % 3 == 0   ? 0.0f
                    : at % 3 == 1 ? exg_rng_normal(where, (uint64_t)(9e6 + i))
                                  : 0.1f);
    }
    y[M - 1] = 200.0f; /* off the grid: summed, so the very same */
    map.r = r;
    ck_ok(world, exg_field_create(world, kern, "exact", &map, &exact));
    ck_ok(world, exg_field_create(world, kern, "auto", &map, &grid));
    ck_all(world, strcmp(exg_field_engine(exact), "exact") == 0);
    ck_all(world, strcmp(exg_field_engine(grid), "fft") == 0);
    exg_field_at(exact, M, STRIDE, y, z, f);
    exg_field_at(grid, M, STRIDE, y, z + STRIDE, f + STRIDE * dims);
    for (exg_int i = 0; i < M; i++) {
        zs = fmax(zs, fabs((double)z[STRIDE + i] / (double)z[i] - 1.0));
        for (int k = 0; k < dims; k++) {
            const double want = (double)f[k * STRIDE + i];
            const double e = (double)f[(dims + k) * STRIDE + i] - want;

            wrong += e * e;
            all += want * want;
        }
    }
    ck_all(world, sqrt(wrong / all) <= 1e-3);
    ck_all(world, zs <= 1e-3);
    ck_all(world, z[M - 1] == z[STRIDE + M - 1]);
    exg_field_destroy(&exact);
    exg_field_destroy(&grid);
    exg_free(r);
    exg_free(y);
    exg_free(z);
    exg_free(f);
}
END_TEST

/* Bit for bit what the definition of a distance finds among all pairs. */
START_TEST(neighbours_among_others_are_those_of_brute_force)
{
    static const struct {
        exg_int n, m, k;
    } shape[] = {{300, 1100, 12}, {3, 513, 513}, {700, 5, 5}, {1, 1, 1}};
    const exg_int n = shape[_i].n, m = shape[_i].m, k = shape[_i].k;
    const exg_int wide = (D + 15) / 16 * 16;
    const exg_shard mine = exg_shard_mine(world, n);
    const exg_shard theirs = exg_shard_mine(world, m);
    exg_par alone = sets_alone();
    const exg_kern *kern = NULL;
    exg_tiles *among = NULL, *asking = NULL, *all = NULL, *ask = NULL;
    float *x = NULL, *y = NULL, *full = NULL, *one = NULL, *dist2 = NULL;
    float *every = NULL;
    int32_t *index = NULL, *which = NULL;
    int good = 1;

    ck_ok(world, exg_kern_select(NULL, &kern));
    ck_ok(world, exg_new(&x, m * D));
    ck_ok(world, exg_new(&y, n * D));
    ck_ok(world, exg_new(&full, m * wide));
    ck_ok(world, exg_new(&one, wide));
    ck_ok(world, exg_new(&every, m));
    ck_ok(world, exg_new(&which, m));
    ck_ok(world, exg_new(&index, mine.count * k));
    ck_ok(world, exg_new(&dist2, mine.count * k));
    for (exg_int i = 0; i < m * D; i++) { /* rows come twice: ties */
        x[i] = feature(i / D % (m / 2 + 1), i % D);
    }
    for (exg_int i = 0; i < n * D; i++) {
        y[i] = i / D % 4 == 0 ? x[i % (m * D)] : feature(FIRST + i / D, i % D);
    }
    ck_ok(world, exg_tiles_create(world, m, D, x + theirs.first * D, &among));
    ck_ok(world,
          exg_tiles_create_like(world, among, n, y + mine.first * D, &asking));
    ck_ok(world, exg_knn_among(world, NULL, asking, among, k, index, dist2));
    ck_ok(world, exg_tiles_create(&alone, m, D, x, &all));
    ck_ok(world, exg_tiles_create_like(&alone, all, n, y, &ask));
    for (exg_int j = 0; j < m; j++) {
        memcpy(full + j * wide, all->x + j * D, sizeof *x * D);
        which[j] = (int32_t)j;
    }
    for (exg_int i = 0; i < mine.count; i++) {
        exg_int before = 0;
        const float last = dist2[i * k + k - 1];

        memcpy(one, ask->x + (mine.first + i) * D, sizeof *one * D);
        kern->near_distances(wide, one, full, m, which, every);
        for (exg_int a = 0; a < k; a++) {
            const int32_t j = index[i * k + a];

            good &= j >= 0 && j < m && dist2[i * k + a] == every[j];
            good &= a == 0 || dist2[i * k + a - 1] < dist2[i * k + a] ||
                    (dist2[i * k + a - 1] == dist2[i * k + a] &&
                     index[i * k + a - 1] < j);
        }
        for (exg_int j = 0; j < m; j++) {
            before += every[j] < last ||
                      (every[j] == last && j < index[i * k + k - 1]);
        }
        good &= before == k - 1;
        good &= (mine.first + i) % 4 != 0 || dist2[i * k] == 0.0f;
    }
    ck_all(world, good);
    exg_tiles_destroy(&among);
    exg_tiles_destroy(&asking);
    exg_tiles_destroy(&all);
    exg_tiles_destroy(&ask);
    exg_free(x);
    exg_free(y);
    exg_free(full);
    exg_free(one);
    exg_free(every);
    exg_free(which);
    exg_free(index);
    exg_free(dist2);
    MPI_Comm_free(&alone.comm);
}
END_TEST

/* What guests answer to a matrix and a perplexity. */
static exg_status answer(const exg_tiles *tiles, float spoilt,
                         double perplexity)
{
    const exg_affinity_scales scales = exg_affinity_one_scale(perplexity);
    const exg_shard mine = exg_shard_mine(world, 9);
    exg_clock clock = {.count = 0};
    exg_guests *g = NULL;
    float *x = features(mine, 1);
    exg_status st;

    if (mine.first <= 8 && mine.first + mine.count > 8) {
        x[(8 - mine.first) * D + 2] += spoilt;
    }
    st = exg_guests_create(world, NULL, tiles, 9, x, &scales, &clock, &g);
    exg_guests_destroy(&g);
    exg_free(x);
    return st;
}

START_TEST(what_cannot_be_placed_is_refused)
{
    const exg_shard mine = exg_shard_mine(world, 30);
    exg_tiles *tiles = NULL;
    float *x = features(mine, 0);

    ck_ok(world, exg_tiles_create(world, 30, D, x, &tiles));
    ck_all(world, answer(tiles, 0.0f, 10.0) == EXG_OK);
    ck_all(world, answer(tiles, 0.0f, 10.5) == EXG_EUSAGE);
    ck_all(world, strstr(exg_err_text(), "want 1 to 10 for 30") != NULL);
    exg_err_clear();
    ck_all(world, answer(tiles, 0.0f, 0.5) == EXG_EUSAGE);
    exg_err_clear();
    ck_all(world, answer(tiles, NAN, 5.0) == EXG_EINPUT);
    ck_all(world, strstr(exg_err_text(), "row 8, column 2") != NULL);
    exg_err_clear();
    ck_all(world, answer(tiles, 1e30f, 5.0) == EXG_EINPUT);
    ck_all(world, strstr(exg_err_text(), "reference") != NULL);
    exg_err_clear();
    exg_tiles_destroy(&tiles);
    exg_free(x);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("into");
    TCase *tc = exg_case(s, "into");

    tcase_add_loop_test(tc, neighbours_among_others_are_those_of_brute_force, 0,
                        4);
    tcase_add_loop_test(tc, grid_agrees_with_all_pairs, 0, 4 * DOFS);
    tcase_add_loop_test(tc, gradient_is_that_of_the_divergence, 0, 2 * DOFS);
    tcase_add_loop_test(tc, new_points_land_in_their_clusters, 0, 3);
    tcase_add_loop_test(tc, places_are_the_same_bits_on_any_ranks, 0, 3);
    tcase_add_test(tc, what_cannot_be_placed_is_refused);
    return s;
}
