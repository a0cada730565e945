/* guests.c -- see place.h: new points and their neighbours in a map. */
#include <math.h>

#include "embed/place.h"
#include "par/agree.h"

void exg_guests_destroy(exg_guests **guests)
{
    if (*guests != NULL) {
        exg_free((*guests)->near);
        exg_free((*guests)->p);
        exg_free((*guests)->own);
        exg_free(*guests);
        *guests = NULL;
    }
}

/* 3 * the largest perplexity, as for maps. */
static exg_status count(const exg_affinity_scales *scales, exg_guests *g)
{
    const double most = exg_affinity_most(scales);

    if (!(most >= 1.0 && most <= (double)g->others / 3.0)) {
        return exg_fail(EXG_EUSAGE,
                        "perplexity %g, want 1 to %.10g for %td points of a "
                        "map",
                        most, floor((double)g->others / 3.0 * 1e3) / 1e3,
                        g->others);
    }
    g->use = (exg_int)(3.0 * most);
    g->k = g->use > EXG_PLACE_NEAR ? g->use : EXG_PLACE_NEAR;
    g->k = g->k < g->others ? g->k : g->others;
    return EXG_OK;
}

/* The mean over the scales of my rows' probabilities. */
static exg_status weigh(const exg_affinity_scales *scales, const float *dist2,
                        exg_guests *g)
{
    exg_status st = EXG_OK;
    double *p = NULL;

    EXG_TRY(exg_new(&p, 3 * g->use));
    for (exg_int i = 0; i < g->rows.count; i++) {
        double *sum = p + 2 * g->use;

        for (exg_int a = 0; a < g->use; a++) {
            sum[a] = 0.0;
        }
        for (int s = 0; s < scales->count; s++) {
            (void)exg_affinity_row(g->use, dist2 + i * g->k,
                                   scales->perplexity[s], p);
            for (exg_int a = 0; a < g->use; a++) {
                sum[a] += p[a] / scales->count;
            }
        }
        for (exg_int a = 0; a < g->use; a++) {
            g->p[i * g->use + a] = (float)sum[a];
            g->own[i] += sum[a] > 0.0 ? sum[a] * log(sum[a]) : 0.0;
        }
    }
done:
    exg_free(p);
    return st;
}

exg_status exg_guests_create(const exg_par *par, const exg_knn_how *how,
                             const exg_tiles *map, exg_int total,
                             const float *x, const exg_affinity_scales *scales,
                             exg_clock *clock, exg_guests **guests)
{
    exg_status st = EXG_OK;
    double since = exg_clock_now();
    exg_int all = 0;
    exg_tiles *tiles = NULL;
    exg_guests *g = NULL;
    float *dist2 = NULL;

    EXG_TRY_ALL(par, exg_new(&g, 1));
    g->rows = exg_shard_mine(par, total);
    g->others = map->total;
    g->kern = how != NULL ? how->kern : NULL;
    EXG_TRY_ALL(par, count(scales, g));
    EXG_TRY_ALL(par, exg_mem_product(g->rows.count, g->k, &all));
    EXG_TRY_ALL(par, exg_new(&g->near, all));
    EXG_TRY_ALL(par, exg_new(&g->p, g->rows.count * g->use)); /* use <= k */
    EXG_TRY_ALL(par, exg_new(&g->own, g->rows.count));
    EXG_TRY_ALL(par, exg_new(&dist2, all));
    EXG_TRY(exg_tiles_create_like(par, map, total, x, &tiles));
    EXG_TRY(exg_knn_among(par, how, tiles, map, g->k, g->near, dist2));
    exg_clock_add(clock, "into neighbours", exg_clock_lap(&since));
    EXG_TRY_ALL(par, weigh(scales, dist2, g));
    exg_clock_add(clock, "into affinities", exg_clock_lap(&since));
    *guests = g;
    g = NULL;
done:
    exg_free(dist2);
    exg_tiles_destroy(&tiles);
    exg_guests_destroy(&g);
    return st;
}
