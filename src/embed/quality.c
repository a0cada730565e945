/* quality.c -- see quality.h.
 *
 * All scores but the correlation are counts of integers, so they are exact.
 * Work is done for the rows of my tiles.  Neighbours on the map are found like
 * those by features, with bounds.  Most of them are also in the features' list,
 * which gives their rank; for the others one turn of the ring finds their
 * distance and a second counts who is nearer. */
#include "embed/quality.h"

#include <math.h>
#include <string.h>

#include "core/fixed.h"
#include "embed/knn.h"
#include "embed/ring.h"
#include "embed/spearman.h"
#include "par/agree.h"
#include "par/gather.h"
#include "par/reduce.h"

enum {
    M = EXG_QUALITY_NEAR,
    VOTES = EXG_QUALITY_RECALL,
    LANE = 16
};

/* What is known of my tiles' rows. */
typedef struct {
    const exg_tiles *tiles;
    exg_cloud cloud;
    exg_int k, m;   /* neighbours in the list; on the map, min(M, N - 1) */
    exg_int step;   /* between tiles whose rows are ranked               */
    int32_t *near;  /* shape (rows, k): by features                      */
    int32_t *low;   /* shape (rows, m): on the map, nearest first        */
    float *dist2;   /* shape (rows, m): of low, by features; -1: in list */
    int32_t *rank;  /* shape (rows, m): of low, among features, from 1;
                       beyond the list 0, where the row is not ranked    */
    int32_t *label; /* shape (N), or NULL                                */
} scene;

/* Whether all distances of a row are looked at. */
static int is_ranked(const scene *s, exg_int row)
{
    return (s->tiles->own.first + row / EXG_TILE) % s->step == 0;
}

/* Whether a list has a point, and where; -1: it has not. */
static exg_int place_in(exg_int n, const int32_t *list, int32_t who)
{
    for (exg_int a = 0; a < n; a++) {
        if (list[a] == who) {
            return a;
        }
    }
    return -1;
}

/* Where the list has neighbours on the map, their ranks. */
static void look(scene *s)
{
    for (exg_int i = 0; i < s->tiles->count; i++) {
        for (exg_int a = 0; a < s->m; a++) {
            const exg_int at = i * s->m + a;

            s->rank[at] =
                (int32_t)place_in(s->k, s->near + i * s->k, s->low[at]) + 1;
            s->dist2[at] = s->rank[at] > 0 || !is_ranked(s, i) ? -1.0f : 0.0f;
        }
    }
}

/* Distances, by features, of neighbours that the list lacks. */
static exg_status find_distances(void *state, const exg_ring_block *block)
{
    scene *s = state;
    const exg_int dim = s->tiles->dim;
    const exg_int first = block->tiles.first * EXG_TILE;
    const exg_int end = first + block->tiles.count * EXG_TILE;

    for (exg_int i = 0; i < s->tiles->count * s->m; i++) {
        const float *x = s->tiles->x + i / s->m * dim, *z;
        const exg_int who = s->low[i] - first;
        double sum = 0.0;

        if (s->dist2[i] < 0.0f || s->low[i] < first || s->low[i] >= end) {
            continue;
        }
        z = block->data + who / EXG_TILE * block->tile_floats +
            who % EXG_TILE * dim;
        for (exg_int d = 0; d < dim; d++) {
            sum +=
                ((double)x[d] - (double)z[d]) * ((double)x[d] - (double)z[d]);
        }
        s->dist2[i] = (float)sum;
    }
    return EXG_OK;
}

/* How many of n distances are below a bound. */
static int32_t count_below(exg_int n, const float *d, float bound)
{
    int32_t sum = 0;

    for (exg_int j = 0; j < n; j++) {
        sum += d[j] < bound;
    }
    return sum;
}

/* Count the rows that are nearer than neighbours the list lacks; the row itself
 * and the neighbour do not count. */
static void count_nearer(void *state, exg_int tile, exg_int first,
                         exg_int count, const float *dist2)
{
    scene *s = state;

    for (exg_int r = 0; r < EXG_TILE; r++) {
        const exg_int i = tile * EXG_TILE + r;
        const exg_int self = s->tiles->first + i - first;
        const float *d = dist2 + r * EXG_TILE;

        for (exg_int a = 0; i < s->tiles->count && a < s->m; a++) {
            const float bound = s->dist2[i * s->m + a];
            const exg_int who = s->low[i * s->m + a] - first;

            if (bound < 0.0f) {
                continue;
            }
            s->rank[i * s->m + a] += count_below(count, d, bound);
            if (self >= 0 && self < count && d[self] < bound) {
                s->rank[i * s->m + a]--;
            }
            if (who >= 0 && who < count && d[who] < bound) {
                s->rank[i * s->m + a]--;
            }
        }
    }
}

/* Ranks of neighbours on the map. */
static exg_status find_ranks(const exg_par *par, scene *s)
{
    exg_status st = EXG_OK;
    const exg_tiles *t = s->tiles;

    look(s);
    EXG_TRY(
        exg_ring_turn(par, t->own, EXG_TILE * t->dim, t->x, find_distances, s));
    for (exg_int i = 0; i < t->count * s->m; i++) {
        s->rank[i] += s->dist2[i] >= 0.0f; /* ranks from 1 */
    }
    EXG_TRY(exg_ring_distances(par, t, s->step, count_nearer, s));
done:
    return st;
}

/* Squared distance of two points on the map. */
static double apart(const exg_cloud *c, exg_int i, exg_int j)
{
    double sum = 0.0;

    for (int k = 0; k < c->dims; k++) {
        const float *y = c->y + k * c->stride;

        sum += ((double)y[j] - (double)y[i]) * ((double)y[j] - (double)y[i]);
    }
    return sum;
}

/* For n bounds, how many points are nearer to one on the map. */
static void count_on_map(const exg_cloud *c, exg_int row, exg_int n,
                         const double *bound, int32_t *count)
{
    for (exg_int b = 0; b < c->total; b += LANE) { /* padding is far away */
        double d[LANE] = {0};

        for (int k = 0; k < c->dims; k++) {
            const float *y = c->y + k * c->stride;
            const double at = (double)y[row];

            for (int l = 0; l < LANE; l++) {
                d[l] += ((double)y[b + l] - at) * ((double)y[b + l] - at);
            }
        }
        for (exg_int a = 0; a < n; a++) {
            int32_t sum = 0;

            for (int l = 0; l < LANE; l++) {
                sum += d[l] < bound[a];
            }
            count[a] += sum;
        }
    }
}

/* By how much the ranks on the map of a row's neighbours exceed M. */
static exg_fixed lost_on_map(const scene *s, exg_int i)
{
    const exg_int row = s->tiles->first + i;
    double bound[M];
    int32_t count[M] = {0};
    exg_int n = 0;
    exg_fixed sum = 0;

    for (exg_int a = 0; a < s->m; a++) {
        const int32_t who = s->near[i * s->k + a];

        if (place_in(s->m, s->low + i * s->m, who) < 0) {
            bound[n++] = apart(&s->cloud, row, who);
        }
    }
    count_on_map(&s->cloud, row, n, bound, count);
    for (exg_int a = 0; a < n; a++) { /* the row itself was counted */
        const int32_t rank = count[a] + (bound[a] > 0.0 ? 0 : 1);

        sum += rank > M ? rank - M : 0;
    }
    return sum;
}

/* The label that most of n neighbours have; a tie goes to the lower. */
static int32_t vote(const scene *s, exg_int n, const int32_t *who)
{
    int most = 0;
    int32_t winner = 0;

    for (exg_int a = 0; a < n; a++) {
        const int32_t mine = s->label[who[a]];
        int votes = 0;

        for (exg_int b = 0; b < n; b++) {
            votes += s->label[who[b]] == mine;
        }
        if (votes > most || (votes == most && mine < winner)) {
            most = votes;
            winner = mine;
        }
    }
    return winner;
}

/* Totals over all rows, or those that are ranked. */
enum {
    RANKED,
    PENALTY5,
    PENALTY12,
    LOST12,
    KEPT,
    RIGHT_FEATURES,
    RIGHT_MAP,
    TOTALS
};

static void add_row(const scene *s, exg_int i, exg_fixed *total)
{
    const int32_t *low = s->low + i * s->m, *near = s->near + i * s->k;
    const int32_t *rank = s->rank + i * s->m;
    const exg_int n = s->m < VOTES ? s->m : VOTES;

    for (exg_int a = 0; a < n; a++) {
        total[KEPT] += rank[a] > 0 && rank[a] <= n;
    }
    if (is_ranked(s, i)) {
        total[RANKED]++;
        total[LOST12] += lost_on_map(s, i);
        for (exg_int a = 0; a < s->m; a++) {
            total[PENALTY5] += a < 5 && rank[a] > 5 ? rank[a] - 5 : 0;
            total[PENALTY12] += rank[a] > M ? rank[a] - M : 0;
        }
    }
    if (s->label != NULL) {
        const int32_t truth = s->label[s->tiles->first + i];

        total[RIGHT_FEATURES] += vote(s, n, near) == truth;
        total[RIGHT_MAP] += vote(s, n, low) == truth;
    }
}

/* 1 without a penalty, from so many rows of n. */
static double trust(double n, double k, exg_fixed rows, exg_fixed penalty)
{
    return 2.0 * k < n
               ? 1.0 - 2.0 / ((double)rows * k * (2.0 * n - 3.0 * k - 1.0)) *
                           (double)penalty
               : NAN;
}

static void scores(const exg_par *par, const scene *s, exg_quality *out)
{
    const double n = (double)s->tiles->total;
    const double of = n * (double)(s->m < VOTES ? s->m : VOTES);
    exg_fixed t[TOTALS] = {0};

    for (exg_int i = 0; i < s->tiles->count; i++) {
        add_row(s, i, t);
    }
    exg_reduce_fixed(par, TOTALS, t);
    out->ranked = (double)t[RANKED];
    out->trust5 = trust(n, 5.0, t[RANKED], t[PENALTY5]);
    out->trust12 = trust(n, (double)M, t[RANKED], t[PENALTY12]);
    out->continuity12 = trust(n, (double)M, t[RANKED], t[LOST12]);
    out->recall = (double)t[KEPT] / of;
    out->accuracy_features =
        s->label != NULL ? (double)t[RIGHT_FEATURES] / n : NAN;
    out->accuracy_map = s->label != NULL ? (double)t[RIGHT_MAP] / n : NAN;
}

/* The nearest points on the map, of my tiles' rows. */
static exg_status find_on_map(const exg_par *par, int dims, const float *y,
                              scene *s)
{
    exg_status st = EXG_OK;
    const exg_int total = s->tiles->total;
    const exg_int n = exg_shard_mine(par, total).count * s->m;
    exg_tiles *map = NULL;
    int32_t *index = NULL;
    float *dist2 = NULL;

    EXG_TRY_ALL(par, exg_new(&index, n));
    EXG_TRY_ALL(par, exg_new(&dist2, n));
    EXG_TRY(exg_tiles_create(par, total, dims, y, &map));
    EXG_TRY(exg_knn(par, map, s->m, index, dist2));
    EXG_TRY(exg_tiles_deal(par, total, s->m * (exg_int)sizeof *index, index,
                           s->low));
done:
    exg_tiles_destroy(&map);
    exg_free(index);
    exg_free(dist2);
    return st;
}

/* Everything that the rows of my tiles need.
 * @param[out] all  shape (N, dims): positions */
static exg_status set_scene(const exg_par *par, const int32_t *near,
                            const int32_t *label, int dims, const float *y,
                            float *all, scene *s)
{
    exg_status st = EXG_OK;
    const exg_int total = s->tiles->total, rows = s->tiles->count;
    const exg_int tiles = s->tiles->own.total;
    const exg_int mine = exg_shard_mine(par, total).count;

    s->m = total - 1 < M ? total - 1 : M;
    s->step = tiles <= EXG_QUALITY_TILES
                  ? 1
                  : (tiles + EXG_QUALITY_SAMPLE - 1) / EXG_QUALITY_SAMPLE;
    EXG_TRY_ALL(par, exg_cloud_create(total, dims, &s->cloud));
    EXG_TRY_ALL(par, exg_new(&s->near, rows * s->k));
    EXG_TRY_ALL(par, exg_new(&s->low, rows * s->m));
    EXG_TRY_ALL(par, exg_new(&s->dist2, rows * s->m));
    EXG_TRY_ALL(par, exg_new(&s->rank, rows * s->m));
    exg_gather_all(par, dims * (exg_int)sizeof *y, mine, y, all);
    EXG_TRY(exg_cloud_fill(&s->cloud, all)); /* alike on every rank */
    EXG_TRY(exg_tiles_deal(par, total, s->k * (exg_int)sizeof *near, near,
                           s->near));
    EXG_TRY(find_on_map(par, dims, y, s));
    if (label != NULL) {
        EXG_TRY_ALL(par, exg_new(&s->label, total));
        exg_gather_all(par, sizeof *label, mine, label, s->label);
    }
done:
    return st;
}

exg_status exg_quality_of(const exg_par *par, const exg_tiles *tiles, exg_int k,
                          const int32_t *near, const int32_t *label, int dims,
                          const float *y, exg_quality *out)
{
    exg_status st = EXG_OK;
    scene s = {.tiles = tiles, .k = k};
    float *all = NULL;

    EXG_TRY_ALL(par, exg_new(&all, tiles->total * dims));
    EXG_TRY(set_scene(par, near, label, dims, y, all, &s));
    EXG_TRY(find_ranks(par, &s));
    scores(par, &s, out);
    EXG_TRY(
        exg_spearman(par, tiles, EXG_QUALITY_PAIRS, dims, all, &out->spearman));
done:
    exg_free(all);
    exg_cloud_destroy(&s.cloud);
    exg_free(s.near);
    exg_free(s.low);
    exg_free(s.dist2);
    exg_free(s.rank);
    exg_free(s.label);
    return st;
}
