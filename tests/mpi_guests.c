/* mpi_guests.c -- new points: their neighbours among a map's, and what cannot
 * be one. */
#include <math.h>
#include <string.h>

#include "embed/knn.h"
#include "embed/place.h"
#include "guests.h"
#include "kern/kern.h"
#include "sets.h"

/* Rows that come twice, so that there are ties: shape (m, D). */
static float *make_map(exg_int m)
{
    float *x = NULL;

    ck_ok(world, exg_new(&x, m * D));
    for (exg_int i = 0; i < m * D; i++) {
        x[i] = feature(i / D % (m / 2 + 1), i % D);
    }
    return x;
}

/* Every fourth is one of the map's: shape (n, D). */
static float *make_guests(exg_int n, exg_int m, const float *x)
{
    float *y = NULL;

    ck_ok(world, exg_new(&y, n * D));
    for (exg_int i = 0; i < n * D; i++) {
        y[i] = i / D % 4 == 0 ? x[i % (m * D)] : feature(FIRST + i / D, i % D);
    }
    return y;
}

/* All distances from a row, by their definition. */
typedef struct {
    exg_par alone;
    const exg_kern *kern;
    exg_int m, wide;       /* rows of the map, their padded length */
    exg_tiles *all, *asks; /* whole, as one rank has them           */
    float *full, *one;     /* shapes (m, wide) and (wide)           */
    int32_t *which;        /* shape (m): 0, 1, 2, ...               */
    float *every;          /* shape (m): the distances              */
} brute;

static void begin(brute *b, exg_int n, const float *y, exg_int m,
                  const float *x)
{
    *b = (brute){.alone = sets_alone(), .m = m, .wide = (D + 15) / 16 * 16};
    ck_ok(world, exg_kern_select(NULL, &b->kern));
    ck_ok(world, exg_tiles_create(&b->alone, m, D, x, &b->all));
    ck_ok(world, exg_tiles_create_like(&b->alone, b->all, n, y, &b->asks));
    ck_ok(world, exg_new(&b->full, m * b->wide));
    ck_ok(world, exg_new(&b->one, b->wide));
    ck_ok(world, exg_new(&b->which, m));
    ck_ok(world, exg_new(&b->every, m));
    for (exg_int j = 0; j < m; j++) {
        memcpy(b->full + j * b->wide, b->all->x + j * D, sizeof *x * D);
        b->which[j] = (int32_t)j;
    }
}

static void measure(brute *b, exg_int row)
{
    memcpy(b->one, b->asks->x + row * D, sizeof *b->one * D);
    b->kern->near_distances(b->wide, b->one, b->full, b->m, b->which, b->every);
}

static void end(brute *b)
{
    exg_tiles_destroy(&b->all);
    exg_tiles_destroy(&b->asks);
    exg_free(b->full);
    exg_free(b->one);
    exg_free(b->which);
    exg_free(b->every);
    MPI_Comm_free(&b->alone.comm);
}

/* Are these the k nearest of m, in order, ties by index? */
static int are_nearest(exg_int k, const int32_t *index, const float *dist2,
                       exg_int m, const float *every)
{
    exg_int before = 0; /* the last of them */
    int good = 1;

    for (exg_int a = 0; a < k; a++) {
        const int32_t j = index[a];

        good &= j >= 0 && j < m && dist2[a] == every[j];
        good &= a == 0 || dist2[a - 1] < dist2[a] ||
                (dist2[a - 1] == dist2[a] && index[a - 1] < j);
    }
    for (exg_int j = 0; j < m; j++) {
        before += every[j] < dist2[k - 1] ||
                  (every[j] == dist2[k - 1] && j < index[k - 1]);
    }
    return good && before == k - 1;
}

/* Bit for bit what the definition of a distance finds among all pairs. */
START_TEST(neighbours_among_others_are_those_of_brute_force)
{
    static const struct {
        exg_int n, m, k;
    } shape[] = {{300, 1100, 12}, {3, 513, 513}, {700, 5, 5}, {1, 1, 1}};
    const exg_int n = shape[_i].n, m = shape[_i].m, k = shape[_i].k;
    const exg_shard mine = exg_shard_mine(world, n);
    const exg_shard theirs = exg_shard_mine(world, m);
    float *x = make_map(m), *y = make_guests(n, m, x), *dist2 = NULL;
    int32_t *index = NULL;
    exg_tiles *among = NULL, *asking = NULL;
    brute b;
    int good = 1;

    begin(&b, n, y, m, x);
    ck_ok(world, exg_new(&index, mine.count * k));
    ck_ok(world, exg_new(&dist2, mine.count * k));
    ck_ok(world, exg_tiles_create(world, m, D, x + theirs.first * D, &among));
    ck_ok(world,
          exg_tiles_create_like(world, among, n, y + mine.first * D, &asking));
    ck_ok(world, exg_knn_among(world, NULL, asking, among, k, index, dist2));
    for (exg_int i = 0; i < mine.count; i++) {
        measure(&b, mine.first + i);
        good &= are_nearest(k, index + i * k, dist2 + i * k, m, b.every);
        good &= (mine.first + i) % 4 != 0 || dist2[i * k] == 0.0f;
    }
    ck_all(world, good);
    exg_tiles_destroy(&among);
    exg_tiles_destroy(&asking);
    exg_free(x);
    exg_free(y);
    exg_free(index);
    exg_free(dist2);
    end(&b);
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
    ck_refused(world, answer(tiles, 0.0f, 10.5), EXG_EUSAGE,
               "want 1 to 10 for 30");
    ck_all(world, answer(tiles, 0.0f, 0.5) == EXG_EUSAGE);
    exg_err_clear();
    ck_refused(world, answer(tiles, NAN, 5.0), EXG_EINPUT, "row 8, column 2");
    ck_refused(world, answer(tiles, 1e30f, 5.0), EXG_EINPUT, "reference");
    exg_tiles_destroy(&tiles);
    exg_free(x);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("guests");
    TCase *tc = exg_case(s, "guests");

    tcase_add_loop_test(tc, neighbours_among_others_are_those_of_brute_force, 0,
                        4);
    tcase_add_test(tc, what_cannot_be_placed_is_refused);
    return s;
}
