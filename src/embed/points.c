/* points.c -- see points.h. */
#include "embed/points.h"

#include <math.h>
#include <string.h>

#include "embed/quality.h"
#include "par/agree.h"

/* An index has 32 bits; so no product of two of N, D and the number of
 * neighbours has more than 62. */
exg_status exg_points_check(exg_int total, exg_int dim, double perplexity)
{
    const double most = (double)(total - 1) / 3.0;

    if (total < 4 || total > INT32_MAX || dim < 1) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: %td points of %td features, want 4 or more of "
                        "1 or more",
                        total, dim);
    }
    if (dim > EXG_TILES_WIDEST) {
        return exg_fail(EXG_EUSAGE, "t-SNE: %td features, want at most %d", dim,
                        EXG_TILES_WIDEST);
    }
    if (!(perplexity >= 1.0 && perplexity <= most)) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: perplexity %g for %td points, want 1 to %.10g",
                        perplexity, total, floor(most * 1e3) / 1e3);
    }
    return EXG_OK;
}

static exg_int neighbours_for(exg_int total, double perplexity)
{
    const exg_int use = (exg_int)(3.0 * perplexity); /* openTSNE, sklearn */
    const exg_int wide = use > EXG_QUALITY_NEAR ? use : EXG_QUALITY_NEAR;

    return wide < total - 1 ? wide : total - 1;
}

double exg_points_bytes(exg_int total, exg_int dim, double perplexity, int size)
{
    const exg_int tiles = (total + EXG_TILE - 1) / EXG_TILE;
    const double n = (double)(exg_shard_of(tiles, 0, size).count * EXG_TILE);
    const double k = (double)neighbours_for(total, perplexity);
    const double d = (double)dim, m = fmin(d, 256.0);
    const double find = 4.0 * (d + m + 24.0) * (size < 3 ? size : 3) +
                        8.0 * fmax(1.5 * k, k + 128.0) + 16.0 * k;
    const double tune = 88.0 * k + 16.0;

    return n * (4.0 * d + fmax(find, tune)) + 120.0 * (double)total;
}

static exg_status too_few(exg_int k, double perplexity)
{
    return exg_fail(EXG_EUSAGE,
                    "t-SNE: perplexity %g of points with %td neighbours, want "
                    "at most %.10g",
                    perplexity, k, (double)k / 3.0);
}

/* The nearest `use` of every row's neighbours. */
static void cut(exg_int rows, exg_int use, const exg_points *q, int32_t *index,
                float *d)
{
    for (exg_int i = 0; i < rows; i++) {
        memcpy(index + i * use, q->near + i * q->k,
               sizeof *index * (size_t)use);
        memcpy(d + i * use, q->dist2 + i * q->k, sizeof *d * (size_t)use);
    }
}

exg_status exg_points_tune(const exg_par *par,
                           const exg_affinity_scales *scales, exg_clock *clock,
                           exg_points *q)
{
    exg_status st = EXG_OK;
    const exg_int total = q->tiles->total;
    const exg_int rows = exg_shard_mine(par, total).count;
    const double most = exg_affinity_most(scales);
    const exg_int use = (exg_int)(3.0 * most); /* as openTSNE, sklearn */
    int32_t *index = NULL;
    float *d = NULL;
    double since = exg_clock_now();

    EXG_TRY_ALL(par, exg_points_check(total, q->tiles->dim, most));
    EXG_TRY_ALL(par, use <= q->k ? EXG_OK : too_few(q->k, most));
    exg_affinity_destroy(&q->p);
    if (use < q->k) {
        EXG_TRY_ALL(par, exg_new(&index, rows * use));
        EXG_TRY_ALL(par, exg_new(&d, rows * use));
        cut(rows, use, q, index, d);
    }
    EXG_TRY(exg_affinity_create(par, total, use, use < q->k ? index : q->near,
                                use < q->k ? d : q->dist2, scales, &q->p));
    exg_clock_add(clock, "tsne affinities", exg_clock_lap(&since));
done:
    exg_free(index);
    exg_free(d);
    return st;
}

exg_status exg_points_prepare(const exg_par *par, exg_int total, exg_int dim,
                              const float *x, exg_clock *clock,
                              exg_points **points)
{
    exg_status st = EXG_OK;
    exg_points *q = NULL;
    double since = exg_clock_now();

    EXG_TRY_ALL(par, exg_points_check(total, dim, 1.0));
    EXG_TRY_ALL(par, exg_new(&q, 1));
    EXG_TRY(exg_tiles_create(par, total, dim, x, &q->tiles));
    exg_clock_add(clock, "tsne prepare", exg_clock_lap(&since));
    *points = q;
    q = NULL;
done:
    exg_points_destroy(&q);
    return st;
}

exg_status exg_points_neighbours(const exg_par *par, const exg_knn_how *how,
                                 double most, exg_clock *clock, exg_points *q)
{
    exg_status st = EXG_OK;
    const exg_int total = q->tiles->total;
    const exg_int rows = exg_shard_mine(par, total).count;
    const exg_int k = neighbours_for(total, most);
    double since = exg_clock_now();

    EXG_ASSERT(q->near == NULL);
    EXG_TRY_ALL(par, exg_points_check(total, q->tiles->dim, most));
    EXG_TRY_ALL(par, exg_new(&q->near, rows * k));
    EXG_TRY_ALL(par, exg_new(&q->dist2, rows * k));
    EXG_TRY(exg_knn(par, how, q->tiles, k, q->near, q->dist2));
    q->k = k;
    exg_clock_add(clock, "tsne neighbours", exg_clock_lap(&since));
done:
    return st;
}

exg_status exg_points_create(const exg_par *par, exg_int total, exg_int dim,
                             const float *x, double perplexity,
                             exg_clock *clock, exg_points **points)
{
    exg_status st = EXG_OK;
    const exg_affinity_scales scales = exg_affinity_one_scale(perplexity);
    exg_points *q = NULL;

    EXG_TRY_ALL(par, exg_points_check(total, dim, perplexity));
    EXG_TRY(exg_points_prepare(par, total, dim, x, clock, &q));
    EXG_TRY(exg_points_neighbours(par, NULL, perplexity, clock, q));
    EXG_TRY(exg_points_tune(par, &scales, clock, q));
    *points = q;
    q = NULL;
done:
    exg_points_destroy(&q);
    return st;
}

void exg_points_destroy(exg_points **points)
{
    if (*points != NULL) {
        exg_tiles_destroy(&(*points)->tiles);
        exg_affinity_destroy(&(*points)->p);
        exg_free((*points)->near);
        exg_free((*points)->dist2);
        exg_free(*points);
        *points = NULL;
    }
}
