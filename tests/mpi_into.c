/* mpi_into.c -- new points in a finished map: their places. */
#include <math.h>
#include <string.h>

#include "embed/place.h"
#include "embed/tsne.h"
#include "guests.h"
#include "kern/kern.h"
#include "par/gather.h"
#include "sets.h"

/* b of a map's kernel. */
static const double dof_of[] = {1.0, 0.1, 0.5, 20.0};

enum {
    DOFS = sizeof dof_of / sizeof *dof_of
};

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

enum {
    FEW = 40,
    STRIDE = 48 /* of their coordinates */
};

/* The divergences of guests at y with coordinate k moved by `step`, and their
 * slope there. */
static void diverge(const exg_guests *g, const exg_field *field, const atlas *a,
                    const float *y, int k, double step, double *kl,
                    float *slope)
{
    float *moved = NULL, *work = NULL;

    ck_ok(world, exg_new(&moved, STRIDE * a->dims));
    ck_ok(world, exg_new(&work, STRIDE * (a->dims + 1)));
    memcpy(moved, y, sizeof *y * (size_t)(STRIDE * a->dims));
    for (exg_int i = 0; i < FEW; i++) {
        moved[k * STRIDE + i] += (float)step;
    }
    exg_place_slope(g, field, a->dims, a->r, STRIDE, moved, 1.0, work, kl,
                    slope);
    exg_free(moved);
    exg_free(work);
}

START_TEST(gradient_is_that_of_the_divergence)
{
    const int dims = _i % 2 + 2;
    const exg_affinity_scales scales = {.count = 2, .perplexity = {4, 12}};
    exg_par alone = sets_alone();
    exg_clock clock = {.count = 0};
    exg_guests *g = NULL;
    exg_field *field = NULL;
    atlas a = {.dims = 0};
    float *y = NULL, *slope = NULL, *rest = NULL, *x;
    double here[FEW], forth[FEW], back[FEW];
    int good = 1;

    make_map(&alone, dims, &a);
    x = features((exg_shard){.first = 0, .count = FEW}, 1);
    ck_ok(world, exg_guests_create(&alone, NULL, a.tiles, FEW, x, &scales,
                                   &clock, &g));
    ck_ok(world, exg_field_create(
                     &alone, a.kern, "exact",
                     &(exg_field_map){MAP, dims, dof_of[_i / 2], a.r}, &field));
    ck_ok(world, exg_new(&y, STRIDE * dims));
    ck_ok(world, exg_new(&slope, STRIDE * dims));
    ck_ok(world, exg_new(&rest, STRIDE * dims));
    for (exg_int i = 0; i < FEW * dims; i++) { /* near points of the map */
        y[i % dims * STRIDE + i / dims] = a.r[i] + 0.3f * feature(FIRST + i, 1);
    }
    diverge(g, field, &a, y, 0, 0.0, here, slope);
    for (int k = 0; k < dims; k++) {
        diverge(g, field, &a, y, k, STEP, forth, rest);
        diverge(g, field, &a, y, k, -STEP, back, rest);
        for (exg_int i = 0; i < FEW; i++) {
            const double want = (forth[i] - back[i]) / (4.0 * STEP);

            good &= fabs(want - (double)slope[k * STRIDE + i]) < TOLERANCE;
        }
    }
    ck_all(world, good);
    exg_free(y);
    exg_free(slope);
    exg_free(rest);
    exg_free(x);
    exg_field_destroy(&field);
    exg_guests_destroy(&g);
    free_map(&a);
    MPI_Comm_free(&alone.comm);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("into");
    TCase *tc = exg_case(s, "into");

    tcase_add_loop_test(tc, gradient_is_that_of_the_divergence, 0, 2 * DOFS);
    tcase_add_loop_test(tc, new_points_land_in_their_clusters, 0, 3);
    tcase_add_loop_test(tc, places_are_the_same_bits_on_any_ranks, 0, 3);
    return s;
}
