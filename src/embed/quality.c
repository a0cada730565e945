/* quality.c -- see quality.h.
 *
 * All scores but the correlation are counts of integers, so they are exact.
 * Work is done for the rows of my tiles.  Neighbours on the map are found like
 * those by features, with bounds. */
#include "embed/quality.h"

#include <math.h>
#include <string.h>

#include "core/signal.h"
#include "embed/knn.h"
#include "embed/spearman.h"
#include "par/agree.h"
#include "par/gather.h"
#include "par/reduce.h"
#include "quality_impl.h"

enum {
    M = EXG_QUALITY_NEAR,
    VOTES = EXG_QUALITY_RECALL
};

/* The label that most of n neighbours have; a tie goes to the lower. */
static int32_t vote(const exg_quality_scene *s, exg_int n, const int32_t *who)
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

static void add_row(const exg_quality_scene *s, exg_int i, exg_fixed *total)
{
    const int32_t *low = s->low + i * s->m, *near = s->near + i * s->k;
    const int32_t *rank = s->rank + i * s->m;
    const exg_int n = s->m < VOTES ? s->m : VOTES;

    for (exg_int a = 0; a < n; a++) {
        total[KEPT] += rank[a] > 0 && rank[a] <= n;
    }
    if (exg_quality_ranked(s, i)) {
        total[RANKED]++;
        total[LOST12] += exg_quality_lost(s, i);
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

static exg_status scores(const exg_par *par, exg_quality_scene *s,
                         exg_quality *out)
{
    exg_status st = EXG_OK;
    const double n = (double)s->tiles->total;
    const double of = n * (double)(s->m < VOTES ? s->m : VOTES);
    exg_fixed t[TOTALS] = {0};

    for (exg_int i = 0; i < s->tiles->count && st == EXG_OK; i++) {
        st = exg_signal_check();
        add_row(s, i, t);
        if (((i + 1) % EXG_TILE == 0 || i + 1 == s->tiles->count) &&
            exg_quality_ranked(s, i)) {
            exg_quality_advance(s, 1);
        }
    }
    EXG_TRY_ALL(par, st);
    exg_reduce_fixed(par, TOTALS, t);
    out->ranked = (double)t[RANKED];
    out->trust5 = trust(n, 5.0, t[RANKED], t[PENALTY5]);
    out->trust12 = trust(n, (double)M, t[RANKED], t[PENALTY12]);
    out->continuity12 = trust(n, (double)M, t[RANKED], t[LOST12]);
    out->recall = (double)t[KEPT] / of;
    out->accuracy_features =
        s->label != NULL ? (double)t[RIGHT_FEATURES] / n : NAN;
    out->accuracy_map = s->label != NULL ? (double)t[RIGHT_MAP] / n : NAN;
done:
    return st;
}

/* The nearest points on the map, of my tiles' rows. */
static exg_status find_on_map(const exg_par *par, const exg_quality_job *job,
                              exg_quality_scene *s)
{
    exg_status st = EXG_OK;
    const exg_int total = s->tiles->total;
    const exg_int n = exg_shard_mine(par, total).count * s->m;
    const exg_knn_how how = {.kern = job->kern};
    exg_tiles *map = NULL;
    int32_t *index = NULL;
    float *dist2 = NULL;

    EXG_TRY_ALL(par, exg_new(&index, n));
    EXG_TRY_ALL(par, exg_new(&dist2, n));
    EXG_TRY(exg_tiles_create(par, total, job->dims, job->y, &map));
    EXG_TRY(exg_knn(par, &how, map, s->m, index, dist2));
    EXG_TRY(exg_tiles_deal(par, total, s->m * (exg_int)sizeof *index, index,
                           s->low));
done:
    exg_tiles_destroy(&map);
    exg_free(index);
    exg_free(dist2);
    return st;
}

/* Which tiles are ranked, and how much work that is for me. */
static void plan(const exg_quality_job *job, exg_quality_scene *s)
{
    const exg_int tiles = s->tiles->own.total;
    const int few = tiles <= EXG_QUALITY_TILES || job->rows == EXG_QUALITY_ALL;

    s->m = s->tiles->total - 1 < M ? s->tiles->total - 1 : M;
    s->step = few ? 1 : (tiles + EXG_QUALITY_SOME - 1) / EXG_QUALITY_SOME;
    for (exg_int i = 0; i < s->tiles->own.count; i++) {
        s->planned += exg_quality_ranked(s, i * EXG_TILE) ? tiles + 1 : 0;
    }
}

/* Everything that the rows of my tiles need.
 * @param[out] all  shape (N, dims): positions */
static exg_status set_scene(const exg_par *par, const exg_quality_job *job,
                            float *all, exg_quality_scene *s)
{
    exg_status st = EXG_OK;
    const exg_int total = s->tiles->total, rows = s->tiles->count;
    const exg_int mine = exg_shard_mine(par, total).count;

    EXG_TRY_ALL(par, exg_cloud_create(total, job->dims, &s->cloud));
    EXG_TRY_ALL(par, exg_new(&s->near, rows * s->k));
    EXG_TRY_ALL(par, exg_new(&s->low, rows * s->m));
    EXG_TRY_ALL(par, exg_new(&s->dist2, rows * s->m));
    EXG_TRY_ALL(par, exg_new(&s->rank, rows * s->m));
    exg_gather_all(par, job->dims * (exg_int)sizeof *job->y, mine, job->y, all);
    EXG_TRY(exg_cloud_fill(&s->cloud, all)); /* alike on every rank */
    EXG_TRY(exg_tiles_deal(par, total, s->k * (exg_int)sizeof *job->near,
                           job->near, s->near));
    EXG_TRY(find_on_map(par, job, s));
    if (job->label != NULL) {
        EXG_TRY_ALL(par, exg_new(&s->label, total));
        exg_gather_all(par, sizeof *job->label, mine, job->label, s->label);
    }
done:
    return st;
}

exg_status exg_quality_of(const exg_par *par, const exg_quality_job *job,
                          exg_quality *out)
{
    exg_status st = EXG_OK;
    exg_quality_scene s = {.job = job, .tiles = job->tiles, .k = job->k};
    float *all = NULL;

    EXG_TRY_ALL(par, exg_new(&all, s.tiles->total * job->dims));
    plan(job, &s);
    EXG_TRY(set_scene(par, job, all, &s));
    exg_quality_advance(&s, 0);
    EXG_TRY(exg_quality_find_ranks(par, &s));
    EXG_TRY(scores(par, &s, out));
    EXG_TRY(exg_spearman(par, s.tiles, EXG_QUALITY_PAIRS, job->dims, all,
                         &out->spearman));
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
