/* tsne.c -- t-SNE from end to end; each step is a module of its own. */
#include "embed/tsne.h"

#include <math.h>
#include <string.h>

#include "embed/affinity.h"
#include "embed/descend.h"
#include "embed/knn.h"
#include "embed/pca.h"
#include "embed/repulse.h"
#include "par/agree.h"

#define LEAST_RATE 200.0 /* for few points: scikit-learn's 50, FIt-SNE's 200 \
                          */

/* Refuse what cannot work, and choices that differ between ranks. */
static exg_status check(const exg_par *par, exg_int total, exg_int dim,
                        const exg_tsne_options *o)
{
    const double most = (double)(total - 1) / 3.0;
    const double same[] = {
        (double)total,   (double)dim,           o->dims,
        o->perplexity,   (double)o->iterations, (double)o->early,
        o->exaggeration, o->learning_rate,      (double)o->init,
        (double)o->seed, (double)o->every};
    exg_status st =
        exg_par_same(par, exg_par_hash(0, same, sizeof same), "t-SNE options");

    if (st != EXG_OK) {
        return st;
    }
    if (total < 4 || total > INT32_MAX || dim < 1) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: %td points of %td features, want 4 or more of "
                        "1 or more",
                        total, dim);
    }
    if (!(o->perplexity >= 1.0 && o->perplexity <= most)) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: perplexity %g for %td points, want 1 to %.6g",
                        o->perplexity, total, floor(most * 1e3) / 1e3);
    }
    if (o->iterations < 0 || o->early < 0 || o->every < 1 ||
        !(o->exaggeration > 0.0) || !(o->learning_rate >= 0.0) ||
        !isfinite(o->exaggeration + o->learning_rate)) {
        return exg_fail(EXG_EUSAGE, "t-SNE: iterations, exaggeration or "
                                    "learning rate out of range");
    }
    return EXG_OK;
}

/* Room for the map and its frames. */
static exg_status make_room(const exg_par *par, exg_int total,
                            const exg_tsne_options *o, exg_tsne_result *r)
{
    exg_status st = EXG_OK;
    const exg_int most = o->iterations / o->every + 2;

    *r = (exg_tsne_result){.rows = exg_shard_mine(par, total), .dims = o->dims};
    EXG_TRY_ALL(par, exg_new(&r->y, r->rows.count * o->dims));
    EXG_TRY_ALL(par, exg_new(&r->trajectory, most * r->rows.count * o->dims));
    EXG_TRY_ALL(par, exg_new(&r->iteration, most));
    EXG_TRY_ALL(par, exg_new(&r->kl, most));
done:
    return st;
}

/* Positions before the first iteration. */
static exg_status start(const exg_par *par, const exg_tiles *tiles,
                        const exg_tsne_options *o, exg_tsne_result *r)
{
    exg_status st = EXG_OK;
    double variance[EXG_PAIRS_DIMS];

    if (o->init == EXG_TSNE_PCA) {
        EXG_TRY(exg_pca(par, tiles, o->dims, o->seed, r->y, variance));
        exg_pca_to_start(r->rows, o->dims, o->seed, variance[0], r->y);
    } else if (o->init == EXG_TSNE_RANDOM) {
        exg_pca_random_start(r->rows, o->dims, o->seed, r->y);
    } else {
        memcpy(r->y, o->start,
               sizeof *r->y * (size_t)(r->rows.count * o->dims));
    }
done:
    return st;
}

/* What a frame needs to be recorded. */
typedef struct {
    const exg_tsne_options *opt;
    const exg_affinity *p;
    exg_tsne_result *result;
} film;

/* Keep my positions and the divergence. */
static exg_status record(const exg_par *par, void *state, exg_int iteration,
                         const exg_cloud *cloud, double z)
{
    const film *f = state;
    exg_tsne_result *r = f->result;
    const exg_int frame = r->frames++;
    float *y = r->trajectory + frame * r->rows.count * r->dims;

    for (exg_int i = 0; i < r->rows.count; i++) {
        for (int k = 0; k < r->dims; k++) {
            y[i * r->dims + k] =
                cloud->y[k * cloud->stride + r->rows.first + i];
        }
    }
    r->iteration[frame] = iteration;
    r->kl[frame] = exg_descend_kl(par, f->p, cloud, z);
    r->final_kl = r->kl[frame];
    if (f->opt->progress != NULL) {
        f->opt->progress(f->opt->progress_state, iteration, f->opt->iterations,
                         r->final_kl);
    }
    return EXG_OK;
}

/* How to descend: Belkina et al. 2019 for the rate, the authors' code for the
 * rest; no point moves more than 5 in an iteration, as in openTSNE. */
static exg_descend_plan plan_of(exg_int total, const exg_tsne_options *o)
{
    const double rate = fmax((double)total / o->exaggeration, LEAST_RATE);

    return (exg_descend_plan){
        .iterations = o->iterations,
        .early = o->early,
        .exaggeration = o->exaggeration,
        .learning_rate = o->learning_rate > 0.0 ? o->learning_rate : rate,
        .early_momentum = 0.5,
        .momentum = 0.8,
        .most_step = 5.0,
        .every = o->every};
}

/* Seconds since the last call, booked on a phase. */
static void lap(exg_clock *clock, const char *phase, double *since)
{
    const double now = exg_clock_now();

    exg_clock_add(clock, phase, now - *since);
    *since = now;
}

exg_status exg_tsne(const exg_par *par, exg_int total, exg_int dim,
                    const float *x, const exg_tsne_options *opt,
                    exg_tsne_result *result)
{
    exg_status st = EXG_OK;
    const exg_int k = (exg_int)(3.0 * opt->perplexity);
    const exg_kern *kern = opt->kern;
    const exg_repulse *engine = NULL;
    exg_tsne_result r = {.dims = opt->dims};
    exg_tiles *tiles = NULL;
    exg_affinity *p = NULL;
    int32_t *near = NULL;
    float *dist2 = NULL;
    film reel = {.opt = opt, .result = &r};
    const exg_descend_plan plan = plan_of(total, opt);
    double since = exg_clock_now();

    EXG_TRY(check(par, total, dim, opt));
    EXG_TRY_ALL(par, exg_repulse_pick(opt->engine, total, opt->dims, &engine));
    EXG_TRY_ALL(par, kern != NULL ? EXG_OK : exg_kern_select(NULL, &kern));
    EXG_TRY(make_room(par, total, opt, &r));
    EXG_TRY(exg_tiles_create(par, total, dim, x, &tiles));
    EXG_TRY_ALL(par, exg_new(&near, r.rows.count * k));
    EXG_TRY_ALL(par, exg_new(&dist2, r.rows.count * k));
    lap(&r.clock, "tsne prepare", &since);
    EXG_TRY(exg_knn(par, tiles, k, near, dist2));
    lap(&r.clock, "tsne neighbours", &since);
    EXG_TRY(
        exg_affinity_create(par, total, k, near, dist2, opt->perplexity, &p));
    reel.p = p;
    lap(&r.clock, "tsne affinities", &since);
    EXG_TRY(start(par, tiles, opt, &r));
    exg_tiles_destroy(&tiles); /* the features are not needed any more */
    lap(&r.clock, "tsne start", &since);
    EXG_TRY(exg_descend(par, p, kern, engine, opt->dims, &plan, record, &reel,
                        r.y));
    lap(&r.clock, "tsne descent", &since);
    r.engine = engine->name;
    *result = r;
    r = (exg_tsne_result){.dims = 0};
done:
    exg_tsne_free(&r);
    exg_tiles_destroy(&tiles);
    exg_affinity_destroy(&p);
    exg_free(near);
    exg_free(dist2);
    return st;
}

void exg_tsne_free(exg_tsne_result *result)
{
    exg_free(result->y);
    exg_free(result->trajectory);
    exg_free(result->iteration);
    exg_free(result->kl);
    *result = (exg_tsne_result){.dims = 0};
}
