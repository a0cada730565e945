/* place_score.c -- see place.h: what the new points' places are worth. */
#include <math.h>

#include "embed/knn.h"
#include "embed/place.h"
#include "par/agree.h"
#include "par/reduce.h"

/* The label that most of n neighbours have; a tie goes to the lower. */
static int32_t elect(exg_int n, const int32_t *who, const int32_t *label)
{
    int most = 0;
    int32_t winner = 0;

    for (exg_int a = 0; a < n; a++) {
        const int32_t mine = label[who[a]];
        int votes = 0;

        for (exg_int c = 0; c < n; c++) {
            votes += label[who[c]] == mine;
        }
        if (votes > most || (votes == most && mine < winner)) {
            most = votes;
            winner = mine;
        }
    }
    return winner;
}

/* The nearest m points on the map, of my new points. */
static exg_status find_on_map(const exg_par *par, const exg_guests *g,
                              const float *r, const exg_placed *placed,
                              exg_int m, int32_t *low)
{
    exg_status st = EXG_OK;
    const exg_shard theirs = exg_shard_mine(par, g->others);
    const exg_knn_how how = {.kern = g->kern};
    exg_tiles *map = NULL, *mine = NULL;
    float *dist2 = NULL;

    EXG_TRY_ALL(par, exg_new(&dist2, g->rows.count * m));
    EXG_TRY(exg_tiles_create(par, g->others, placed->dims,
                             r + theirs.first * placed->dims, &map));
    EXG_TRY(exg_tiles_create_like(par, map, g->rows.total, placed->y, &mine));
    EXG_TRY(exg_knn_among(par, &how, mine, map, m, low, dist2));
done:
    exg_free(dist2);
    exg_tiles_destroy(&map);
    exg_tiles_destroy(&mine);
    return st;
}

/* How many of n are in both lists. */
static exg_int shared(exg_int n, const int32_t *a, const int32_t *b)
{
    exg_int sum = 0;

    for (exg_int i = 0; i < n; i++) {
        for (exg_int j = 0; j < n; j++) {
            sum += a[i] == b[j];
        }
    }
    return sum;
}

exg_status exg_place_score(const exg_par *par, const exg_guests *g,
                           const float *r, const int32_t *theirs,
                           const int32_t *label, exg_placed *placed)
{
    exg_status st = EXG_OK;
    const exg_int m = g->k < EXG_PLACE_NEAR ? g->k : EXG_PLACE_NEAR;
    const double n = (double)g->rows.total;
    const int known = theirs != NULL && label != NULL;
    exg_fixed sum[3] = {0};
    int32_t *low = NULL;

    EXG_TRY_ALL(par, exg_new(&low, g->rows.count * m));
    EXG_TRY(find_on_map(par, g, r, placed, m, low));
    for (exg_int i = 0; i < g->rows.count; i++) {
        sum[0] += shared(m, g->near + i * g->k, low + i * m);
        if (known) {
            sum[1] += elect(m, g->near + i * g->k, theirs) == label[i];
            sum[2] += elect(m, low + i * m, theirs) == label[i];
        }
    }
    exg_reduce_fixed(par, 3, sum);
    placed->scores = (exg_place_scores){
        .recall = (double)sum[0] / (n * (double)m),
        .accuracy_features = known ? (double)sum[1] / n : NAN,
        .accuracy_map = known ? (double)sum[2] / n : NAN};
done:
    exg_free(low);
    return st;
}
