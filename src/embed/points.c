/* points.c -- see points.h. */
#include "embed/points.h"

#include <math.h>
#include <string.h>

#include "embed/knn.h"
#include "embed/quality.h"
#include "par/agree.h"

exg_status exg_points_check(exg_int total, exg_int dim, double perplexity)
{
    const double most = (double)(total - 1) / 3.0;

    if (total < 4 || total > INT32_MAX || dim < 1) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: %td points of %td features, want 4 or more of "
                        "1 or more",
                        total, dim);
    }
    if (!(perplexity >= 1.0 && perplexity <= most)) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: perplexity %g for %td points, want 1 to %.6g",
                        perplexity, total, floor(most * 1e3) / 1e3);
    }
    return EXG_OK;
}

void exg_points_lap(exg_clock *clock, const char *phase, double *since)
{
    const double now = exg_clock_now();

    exg_clock_add(clock, phase, now - *since);
    *since = now;
}

/* P from the first `use` of each row's neighbours. */
static exg_status affinities(const exg_par *par, exg_int total, exg_int use,
                             const float *dist2, double perplexity,
                             exg_points *q)
{
    exg_status st = EXG_OK;
    const exg_int rows = exg_shard_mine(par, total).count;
    int32_t *index = NULL;
    float *d = NULL;

    EXG_TRY_ALL(par, exg_new(&index, rows * use));
    EXG_TRY_ALL(par, exg_new(&d, rows * use));
    for (exg_int i = 0; i < rows; i++) {
        memcpy(index + i * use, q->near + i * q->k,
               sizeof *index * (size_t)use);
        memcpy(d + i * use, dist2 + i * q->k, sizeof *d * (size_t)use);
    }
    EXG_TRY(exg_affinity_create(par, total, use, index, d, perplexity, &q->p));
done:
    exg_free(index);
    exg_free(d);
    return st;
}

exg_status exg_points_create(const exg_par *par, exg_int total, exg_int dim,
                             const float *x, double perplexity,
                             exg_clock *clock, exg_points **points)
{
    exg_status st = EXG_OK;
    const exg_int rows = exg_shard_mine(par, total).count;
    const exg_int use = (exg_int)(3.0 * perplexity); /* as openTSNE, sklearn */
    const exg_int wide = use > EXG_QUALITY_NEAR ? use : EXG_QUALITY_NEAR;
    exg_points *q = NULL;
    float *dist2 = NULL;
    double since = exg_clock_now();

    EXG_TRY_ALL(par, exg_points_check(total, dim, perplexity));
    EXG_TRY_ALL(par, exg_new(&q, 1));
    q->k = wide < total - 1 ? wide : total - 1;
    EXG_TRY_ALL(par, exg_new(&q->near, rows * q->k));
    EXG_TRY_ALL(par, exg_new(&dist2, rows * q->k));
    EXG_TRY(exg_tiles_create(par, total, dim, x, &q->tiles));
    exg_points_lap(clock, "tsne prepare", &since);
    EXG_TRY(exg_knn(par, q->tiles, q->k, q->near, dist2));
    exg_points_lap(clock, "tsne neighbours", &since);
    EXG_TRY(affinities(par, total, use, dist2, perplexity, q));
    exg_points_lap(clock, "tsne affinities", &since);
    *points = q;
    q = NULL;
done:
    exg_points_destroy(&q);
    exg_free(dist2);
    return st;
}

void exg_points_destroy(exg_points **points)
{
    if (*points != NULL) {
        exg_tiles_destroy(&(*points)->tiles);
        exg_affinity_destroy(&(*points)->p);
        exg_free((*points)->near);
        exg_free(*points);
        *points = NULL;
    }
}
