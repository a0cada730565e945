/* quality.c -- see quality.h.
 *
 * All scores are counts of integers, so they are exact.  Work is done for the
 * rows of my tiles.  Most neighbours on the map are also in the features' list,
 * which gives their rank; for the others one turn of the ring finds their
 * distance and a second counts who is nearer. */
#include "embed/quality.h"

#include <math.h>
#include <string.h>

#include "core/fixed.h"
#include "embed/ring.h"
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
    int32_t *near;  /* shape (rows, k): by features                      */
    int32_t *low;   /* shape (rows, M): on the map, nearest first        */
    float *dist2;   /* shape (rows, M): of low, by features; -1: in list */
    int32_t *rank;  /* shape (rows, M): of low, among features, from 1   */
    int32_t *label; /* shape (N), or NULL                                */
} scene;

/* Insert a point into a list of the m nearest, sorted; points come by index,
 * so a tie stays behind. */
static void insert(exg_int m, double *d, int32_t *list, double at, exg_int who)
{
    exg_int a = m - 1;

    for (; a > 0 && d[a - 1] > at; a--) {
        d[a] = d[a - 1];
        list[a] = list[a - 1];
    }
    d[a] = at;
    list[a] = (int32_t)who;
}

/* The m nearest points of one point on the map. */
static void nearest_on_map(const scene *s, exg_int row, int32_t *list)
{
    const exg_cloud *c = &s->cloud;
    double best[M];

    for (int a = 0; a < M; a++) {
        best[a] = INFINITY;
    }
    for (exg_int b = 0; b < c->total; b += LANE) {
        double d[LANE] = {0};
        int any = 0;

        for (int k = 0; k < c->dims; k++) {
            const float *y = c->y + k * c->stride;
            const double at = (double)y[row];

            for (int l = 0; l < LANE; l++) {
                d[l] += ((double)y[b + l] - at) * ((double)y[b + l] - at);
            }
        }
        for (int l = 0; l < LANE; l++) {
            any |= d[l] < best[s->m - 1];
        }
        for (int l = 0; any && l < LANE && b + l < c->total; l++) {
            if (d[l] < best[s->m - 1] && b + l != row) {
                insert(s->m, best, list, d[l], b + l);
            }
        }
    }
}

/* Neighbours on the map and, where the list has them, their ranks. */
static void look(scene *s)
{
    for (exg_int i = 0; i < s->tiles->count; i++) {
        int32_t *low = s->low + i * M;

        nearest_on_map(s, s->tiles->first + i, low);
        for (exg_int a = 0; a < s->m; a++) {
            for (exg_int j = 0; j < s->k; j++) {
                if (s->near[i * s->k + j] == low[a]) {
                    s->rank[i * M + a] = (int32_t)j + 1;
                    s->dist2[i * M + a] = -1.0f;
                    break;
                }
            }
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

    for (exg_int i = 0; i < s->tiles->count * M; i++) {
        const float *x = s->tiles->x + i / M * dim, *z;
        const exg_int who = s->low[i] - first;
        double sum = 0.0;

        if (i % M >= s->m || s->rank[i] > 0 || s->low[i] < first ||
            s->low[i] >= end) {
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
            const float bound = s->dist2[i * M + a];
            const exg_int who = s->low[i * M + a] - first;

            if (bound < 0.0f) {
                continue;
            }
            s->rank[i * M + a] += count_below(count, d, bound);
            if (self >= 0 && self < count && d[self] < bound) {
                s->rank[i * M + a]--;
            }
            if (who >= 0 && who < count && d[who] < bound) {
                s->rank[i * M + a]--;
            }
        }
    }
}

/* Ranks of all neighbours on the map. */
static exg_status find_ranks(const exg_par *par, scene *s)
{
    exg_status st = EXG_OK;

    look(s);
    EXG_TRY(exg_ring_turn(par, s->tiles->own, EXG_TILE * s->tiles->dim,
                          s->tiles->x, find_distances, s));
    for (exg_int i = 0; i < s->tiles->count * M; i++) {
        s->rank[i] += i % M < s->m && s->dist2[i] >= 0.0f; /* ranks from 1 */
    }
    EXG_TRY(exg_ring_distances(par, s->tiles, count_nearer, s));
done:
    return st;
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

/* Totals over all rows. */
enum {
    PENALTY5,
    PENALTY12,
    KEPT,
    RIGHT_FEATURES,
    RIGHT_MAP,
    TOTALS
};

static void add_row(const scene *s, exg_int i, exg_fixed *total)
{
    const int32_t *low = s->low + i * M, *near = s->near + i * s->k;
    const int32_t *rank = s->rank + i * M;
    const exg_int n = s->m < VOTES ? s->m : VOTES;

    for (exg_int a = 0; a < s->m; a++) {
        total[PENALTY5] += a < 5 && rank[a] > 5 ? rank[a] - 5 : 0;
        total[PENALTY12] += rank[a] > M ? rank[a] - M : 0;
        total[KEPT] += a < n && rank[a] <= n;
    }
    if (s->label != NULL) {
        const int32_t truth = s->label[s->tiles->first + i];

        total[RIGHT_FEATURES] += vote(s, n, near) == truth;
        total[RIGHT_MAP] += vote(s, n, low) == truth;
    }
}

static double trust(double n, double k, exg_fixed penalty)
{
    return 2.0 * k < n ? 1.0 - 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)) *
                                   (double)penalty
                       : NAN;
}

static void scores(const exg_par *par, const scene *s, exg_quality *out)
{
    const double n = (double)s->tiles->total;
    const double of = n * (double)(s->m < VOTES ? s->m : VOTES);
    exg_fixed total[TOTALS] = {0};

    for (exg_int i = 0; i < s->tiles->count; i++) {
        add_row(s, i, total);
    }
    exg_reduce_fixed(par, TOTALS, total);
    out->trust5 = trust(n, 5.0, total[PENALTY5]);
    out->trust12 = trust(n, (double)M, total[PENALTY12]);
    out->recall = (double)total[KEPT] / of;
    out->accuracy_features =
        s->label != NULL ? (double)total[RIGHT_FEATURES] / n : NAN;
    out->accuracy_map = s->label != NULL ? (double)total[RIGHT_MAP] / n : NAN;
}

/* Everything that the rows of my tiles need. */
static exg_status set_scene(const exg_par *par, const int32_t *near,
                            const int32_t *label, int dims, const float *y,
                            scene *s)
{
    exg_status st = EXG_OK;
    const exg_int total = s->tiles->total, rows = s->tiles->count;
    const exg_int mine = exg_shard_mine(par, total).count;
    float *all = NULL;

    s->m = total - 1 < M ? total - 1 : M;
    EXG_TRY_ALL(par, exg_cloud_create(total, dims, &s->cloud));
    EXG_TRY_ALL(par, exg_new(&all, total * dims));
    EXG_TRY_ALL(par, exg_new(&s->near, rows * s->k));
    EXG_TRY_ALL(par, exg_new(&s->low, rows * M));
    EXG_TRY_ALL(par, exg_new(&s->dist2, rows * M));
    EXG_TRY_ALL(par, exg_new(&s->rank, rows * M));
    exg_gather_all(par, dims * (exg_int)sizeof *y, mine, y, all);
    EXG_TRY(exg_cloud_fill(&s->cloud, all)); /* alike on every rank */
    EXG_TRY(exg_tiles_deal(par, total, s->k * (exg_int)sizeof *near, near,
                           s->near));
    if (label != NULL) {
        EXG_TRY_ALL(par, exg_new(&s->label, total));
        exg_gather_all(par, sizeof *label, mine, label, s->label);
    }
done:
    exg_free(all);
    return st;
}

exg_status exg_quality_of(const exg_par *par, const exg_tiles *tiles, exg_int k,
                          const int32_t *near, const int32_t *label, int dims,
                          const float *y, exg_quality *out)
{
    exg_status st = EXG_OK;
    scene s = {.tiles = tiles, .k = k};

    EXG_TRY(set_scene(par, near, label, dims, y, &s));
    EXG_TRY(find_ranks(par, &s));
    scores(par, &s, out);
done:
    exg_cloud_destroy(&s.cloud);
    exg_free(s.near);
    exg_free(s.low);
    exg_free(s.dist2);
    exg_free(s.rank);
    exg_free(s.label);
    return st;
}
