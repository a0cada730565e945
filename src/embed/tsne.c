/* tsne.c -- t-SNE from end to end; each step is a module of its own. */
#include "embed/tsne.h"

#include <math.h>
#include <string.h>

#include "embed/descend.h"
#include "embed/pca.h"
#include "embed/repulse.h"
#include "par/agree.h"

enum {
    MANY = 20000 /* points that want more momentum */
};

#define LEAST_RATE 200.0 /* for few points, as scikit-learn and FIt-SNE */

exg_status exg_tsne_check(exg_int total, exg_int dim, const exg_tsne_options *o)
{
    const exg_repulse *engine;

    if (o->iterations < 0 || o->early < 0 || o->every < 1) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: %td iterations, %td early, a frame every %td: "
                        "want 0 or more, and frames 1 or more apart",
                        o->iterations, o->early, o->every);
    }
    if (!(o->exaggeration > 0.0) || !(o->late > 0.0) || !(o->stop >= 0.0) ||
        !(o->learning_rate >= 0.0) || !isfinite(o->exaggeration) ||
        !isfinite(o->late) || !isfinite(o->learning_rate)) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: exaggeration %g, later %g, learning rate %g, "
                        "stop at %g: want positive numbers",
                        o->exaggeration, o->late, o->learning_rate, o->stop);
    }
    if (!(o->dof >= EXG_REPULSE_LEAST_DOF && o->dof <= EXG_REPULSE_MOST_DOF)) {
        return exg_fail(EXG_EUSAGE, "t-SNE: dof %g, want %g to %g", o->dof,
                        EXG_REPULSE_LEAST_DOF, EXG_REPULSE_MOST_DOF);
    }
    if (!(o->momentum < 1.0)) {
        return exg_fail(EXG_EUSAGE, "t-SNE: momentum %g, want less than 1",
                        o->momentum);
    }
    if (o->init == EXG_TSNE_GIVEN && o->start == NULL) {
        return exg_fail(EXG_EUSAGE,
                        "t-SNE: no positions to start from, want some");
    }
    if (exg_repulse_pick(o->engine, o->dims, &engine) != EXG_OK) {
        return EXG_EUSAGE;
    }
    return exg_points_check(total, dim, o->perplexity);
}

/* Refuse choices that differ between ranks. */
static exg_status same(const exg_par *par, const exg_tsne_options *o,
                       const int32_t *label)
{
    const double all[] = {o->dims,
                          o->perplexity,
                          (double)o->iterations,
                          (double)o->early,
                          o->exaggeration,
                          o->learning_rate,
                          (double)o->init,
                          (double)o->seed,
                          (double)o->every,
                          (double)o->quality,
                          o->late,
                          o->stop,
                          o->dof,
                          o->momentum,
                          label != NULL};

    const uint64_t hash = exg_par_hash(0, all, sizeof all);

    return exg_par_same(par, exg_par_hash(hash, o->engine, strlen(o->engine)),
                        "t-SNE options");
}

/* Room for the map and its frames. */
static exg_status make_room(const exg_par *par, exg_shard rows,
                            const exg_tsne_options *o, exg_tsne_result *r)
{
    exg_status st = EXG_OK;
    const exg_int most = o->iterations / o->every + 2;
    exg_int all = 0;

    r->rows = rows;
    EXG_TRY_ALL(par, exg_mem_product(most, rows.count * o->dims, &all));
    EXG_TRY_ALL(par, exg_new(&r->y, rows.count * o->dims));
    EXG_TRY_ALL(par, exg_new(&r->trajectory, all));
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
    const exg_kern *kern;
    exg_tsne_result *result;
} film;

/* Has the divergence come to rest?  The early phase descends another one. */
static int at_rest(const exg_tsne_options *o, const exg_tsne_result *r)
{
    const exg_int last = r->frames - 1;

    return o->stop > 0.0 && last > 0 && r->iteration[last - 1] >= o->early &&
           r->kl[last - 1] - r->kl[last] < o->stop * r->kl[last - 1];
}

/* Keep my positions and the divergence. */
static exg_status record(const exg_par *par, void *state, exg_int iteration,
                         const exg_cloud *cloud, double z, int *stop)
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
    r->kl[frame] = exg_descend_kl(par, f->p, f->kern, cloud, z);
    r->final_kl = r->kl[frame];
    *stop = at_rest(f->opt, r);
    r->rested = *stop && iteration < f->opt->iterations;
    if (f->opt->progress != NULL) {
        f->opt->progress(f->opt->progress_state, iteration, f->opt->iterations,
                         r->final_kl);
    }
    return EXG_OK;
}

/* A checkpoint is due: the frames belong to it. */
static int is_due(void *state, int last)
{
    const film *f = state;

    return f->opt->keeper->due(f->opt->keeper->state, last);
}

static exg_status keep_frames(const exg_par *par, void *state,
                              const exg_pause *pause, exg_wish wish)
{
    const film *f = state;
    exg_pause p = *pause;

    p.frames = f->result->frames;
    p.trajectory = f->result->trajectory;
    p.when = f->result->iteration;
    p.kl = f->result->kl;
    return f->opt->keeper->keep(par, f->opt->keeper->state, &p, wish);
}

/* The frames of a descent that goes on. */
static exg_status take_frames(const exg_tsne_options *o, exg_tsne_result *r)
{
    const exg_pause *p = o->from;
    const exg_int n = r->rows.count * r->dims;
    const exg_int due =
        p->iteration > 0 ? 1 + (p->iteration - 1) / o->every : 0;

    if (p->iteration < 0 || p->iteration > o->iterations || p->n != n ||
        p->frames != due) {
        return exg_fail(EXG_EINPUT,
                        "t-SNE goes on from iteration %td with %td frames of "
                        "%td numbers, want up to %td, %td and %td",
                        p->iteration, p->frames, p->n, o->iterations, due, n);
    }
    memcpy(r->trajectory, p->trajectory,
           (size_t)(p->frames * n) * sizeof *r->trajectory);
    memcpy(r->iteration, p->when, (size_t)p->frames * sizeof *r->iteration);
    memcpy(r->kl, p->kl, (size_t)p->frames * sizeof *r->kl);
    r->frames = p->frames;
    return EXG_OK;
}

double exg_tsne_momentum(double given, exg_int total)
{
    return given >= 0.0 ? given : total > MANY ? 0.9 : 0.8;
}

/* How to descend: Belkina et al. 2019 for the rate, the authors' code for the
 * early momentum; no point moves more than 5 in an iteration, as in openTSNE.
 * The gradient shrinks with the exaggeration, so the rate follows it: N / 12
 * kept to the end leaves maps of many points unfinished. */
static exg_descend_plan plan_of(exg_int total, const exg_tsne_options *o)
{
    const double given = o->learning_rate;
    const double early = fmax((double)total / o->exaggeration, LEAST_RATE);
    const double late = fmax((double)total / o->late, LEAST_RATE);

    return (exg_descend_plan){.iterations = o->iterations,
                              .early = o->early,
                              .exaggeration = o->exaggeration,
                              .late = o->late,
                              .early_rate = given > 0.0 ? given : early,
                              .rate = given > 0.0 ? given : late,
                              .early_momentum = 0.5,
                              .momentum = exg_tsne_momentum(o->momentum, total),
                              .most_step = 5.0,
                              .every = o->every,
                              .dof = o->dof};
}

static exg_status measure(const exg_par *par, const exg_points *points,
                          const int32_t *label, const exg_tsne_options *opt,
                          const exg_kern *kern, exg_tsne_result *r)
{
    const exg_quality_job job = {.tiles = points->tiles,
                                 .k = points->k,
                                 .near = points->near,
                                 .label = label,
                                 .dims = r->dims,
                                 .y = r->y,
                                 .kern = kern,
                                 .rows = opt->quality,
                                 .progress = opt->measuring,
                                 .progress_state = opt->progress_state};

    return exg_quality_of(par, &job, &r->quality);
}

exg_status exg_tsne_map(const exg_par *par, const exg_points *points,
                        const int32_t *label, const exg_tsne_options *opt,
                        exg_tsne_result *result)
{
    exg_status st = EXG_OK;
    const exg_tiles *tiles = points->tiles;
    const exg_affinity *p = points->p;
    const exg_kern *kern = opt->kern;
    const exg_repulse *engine = NULL;
    const exg_quality none = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    exg_tsne_result r = {.dims = opt->dims, .quality = none};
    film reel = {.opt = opt, .p = p, .result = &r};
    const exg_pause_keeper keeper = {
        .state = &reel, .due = is_due, .keep = keep_frames};
    exg_descend_plan plan = plan_of(tiles->total, opt);
    double since = exg_clock_now();

    EXG_TRY_ALL(par, exg_tsne_check(tiles->total, tiles->dim, opt));
    EXG_TRY(same(par, opt, label));
    EXG_TRY_ALL(par, exg_repulse_pick(opt->engine, opt->dims, &engine));
    EXG_TRY_ALL(par, kern != NULL ? EXG_OK : exg_kern_select(NULL, &kern));
    reel.kern = kern;
    EXG_TRY(make_room(par, p->rows, opt, &r));
    plan.keeper = opt->keeper != NULL ? &keeper : NULL;
    plan.from = opt->from;
    if (opt->from != NULL) {
        EXG_TRY_ALL(par, take_frames(opt, &r));
    } else {
        EXG_TRY(start(par, tiles, opt, &r));
    }
    exg_clock_add(&r.clock, "tsne start", exg_clock_lap(&since));
    EXG_TRY(exg_descend(par, p, kern, engine, opt->dims, &plan, record, &reel,
                        r.y));
    exg_clock_add(&r.clock, "tsne descent", exg_clock_lap(&since));
    if (opt->quality != EXG_QUALITY_NONE) {
        EXG_TRY(measure(par, points, label, opt, kern, &r));
        exg_clock_add(&r.clock, "tsne quality", exg_clock_lap(&since));
    }
    r.engine = engine->name;
    r.learning_rate = plan.rate;
    *result = r;
    r = (exg_tsne_result){.dims = 0};
done:
    exg_tsne_free(&r);
    return st;
}

exg_status exg_tsne(const exg_par *par, exg_int total, exg_int dim,
                    const float *x, const int32_t *label,
                    const exg_tsne_options *opt, exg_tsne_result *result)
{
    exg_status st = EXG_OK;
    const exg_affinity_scales scales = exg_affinity_one_scale(opt->perplexity);
    const exg_knn_how how = {.kern = opt->kern};
    exg_points *points = NULL;
    exg_clock clock = {.count = 0};

    EXG_TRY_ALL(par, exg_tsne_check(total, dim, opt));
    EXG_TRY(exg_points_prepare(par, total, dim, x, &clock, &points));
    EXG_TRY(exg_points_neighbours(par, &how, opt->perplexity, &clock, points));
    EXG_TRY(exg_points_tune(par, &scales, &clock, points));
    EXG_TRY(exg_tsne_map(par, points, label, opt, result));
    for (int i = 0; i < result->clock.count; i++) {
        exg_clock_add(&clock, result->clock.name[i], result->clock.seconds[i]);
    }
    result->clock = clock;
done:
    exg_points_destroy(&points);
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
