/* descend.c -- see descend.h.
 *
 * One iteration: gather all positions; attraction from my rows of P; repulsion
 * by the engine; then, per coordinate, Jacobs' gain and momentum as in the
 * authors' code (gain + 0.2 while a point moves downhill, times 0.8 when it
 * would climb).  Everything per point is local, so only the gather and the
 * engine communicate. */
#include "embed/descend.h"

#include <math.h>
#include <string.h>

#include "core/fixed.h"
#include "embed/attract.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    KL_ROWS = 256, /* at a time */
    KL_BITS = 48   /* the sum is below log N^2 + log of distances */
};

/* What an iteration works on. */
typedef struct {
    exg_cloud cloud;
    exg_attract *attract;
    void *engine;
    exg_int n;          /* my coordinates                    */
    float *all;         /* shape (N, dims)                   */
    float *step, *gain; /* shape (n): last move, Jacobs gain */
    float *pull, *push; /* shape (n): attraction, repulsion  */
    int *count, *first; /* shape (R) each: layout of `all`   */
} work;

static exg_status work_create(const exg_par *par, const exg_affinity *p,
                              const exg_kern *kern, int dims, double dof,
                              work *w)
{
    exg_status st = EXG_OK;
    const exg_int total = p->rows.total;

    w->n = p->rows.count * dims;
    EXG_TRY(exg_cloud_create(total, dims, &w->cloud));
    w->cloud.dof = dof > 0.0 ? dof : 1.0;
    EXG_TRY(exg_attract_create(p, kern, dims, &w->attract));
    EXG_TRY(exg_new(&w->all, total * dims));
    EXG_TRY(exg_new(&w->step, w->n));
    EXG_TRY(exg_new(&w->gain, w->n));
    EXG_TRY(exg_new(&w->pull, w->n));
    EXG_TRY(exg_new(&w->push, w->n));
    EXG_TRY(exg_new(&w->count, 2 * (exg_int)par->size));
    w->first = w->count + par->size;
    for (int r = 0; r < par->size; r++) {
        const exg_shard s = exg_shard_of(total, r, par->size);

        w->count[r] = exg_mpi_count(s.count * dims);
        w->first[r] = exg_mpi_count(s.first * dims);
    }
    for (exg_int i = 0; i < w->n; i++) {
        w->gain[i] = 1.0f;
    }
done:
    return st;
}

static void work_free(const exg_repulse *engine, work *w)
{
    engine->destroy(&w->engine);
    exg_attract_destroy(&w->attract);
    exg_cloud_destroy(&w->cloud);
    exg_free(w->all);
    exg_free(w->step);
    exg_free(w->gain);
    exg_free(w->pull);
    exg_free(w->push);
    exg_free(w->count);
}

/* My positions to every rank, with their mean at 0; mine follow. */
static exg_status share(const exg_par *par, const exg_affinity *p, work *w,
                        float *y)
{
    const int dims = w->cloud.dims;
    const exg_int width = exg_pairs_width(dims);
    exg_status st;

    EXG_MPI(MPI_Allgatherv(y, w->count[par->rank], MPI_FLOAT, w->all, w->count,
                           w->first, MPI_FLOAT, par->comm));
    st = exg_cloud_fill(&w->cloud, w->all); /* alike on every rank */
    for (exg_int i = 0; i < p->rows.count && st == EXG_OK; i++) {
        for (int k = 0; k < dims; k++) {
            y[i * dims + k] = w->cloud.point[(p->rows.first + i) * width + k];
        }
    }
    return st;
}

/* No point moves more than the root of `most`. */
static void hold_back(int dims, float most, work *w)
{
    for (exg_int i = 0; i < w->n; i += dims) {
        float d2 = 0.0f;

        for (int k = 0; k < dims; k++) {
            d2 += w->step[i + k] * w->step[i + k];
        }
        for (int k = 0; k < dims && d2 > most; k++) {
            w->step[i + k] *= sqrtf(most / d2);
        }
    }
}

/* One update of my positions.  gradient = exaggeration * pull - push / Z. */
static void update(const exg_descend_plan *plan, exg_int iteration, double z,
                   work *w, float *y)
{
    const int early = iteration < plan->early;
    const float rate = (float)(early ? plan->early_rate : plan->rate);
    const float factor = (float)(early ? plan->exaggeration : plan->late);
    const float keep = (float)(early ? plan->early_momentum : plan->momentum);
    const float inverse = (float)(1.0 / z);
    const int dims = w->cloud.dims;
    const float most = (float)(plan->most_step * plan->most_step);
    int far = 0; /* does any point move too far, perhaps? */

    for (exg_int i = 0; i < w->n; i++) {
        const float g = factor * w->pull[i] - w->push[i] * inverse;
        const float s = w->step[i];
        const int turns = ((g > 0.0f) & (s > 0.0f)) | ((g < 0.0f) & (s < 0.0f));
        const float times = turns ? 0.8f : 1.0f, plus = turns ? 0.0f : 0.2f;
        const float next = w->gain[i] * times + plus; /* no branch */

        w->gain[i] = next < 0.01f ? 0.01f : next;
        w->step[i] = keep * s - rate * (w->gain[i] * g);
        far |= (float)dims * (w->step[i] * w->step[i]) > most;
    }
    if (far) {
        hold_back(dims, most, w);
    }
    for (exg_int i = 0; i < w->n; i++) {
        y[i] += w->step[i];
    }
}

/* A descent under way. */
typedef struct {
    const exg_affinity *p;
    const exg_repulse *engine;
    const exg_descend_plan *plan;
    exg_descend_seen seen;
    void *state; /* of seen */
    work w;
    float *y;
} descent;

/* Everything as it was between two updates. */
static exg_status go_on(descent *d)
{
    exg_status st = EXG_OK;
    const exg_pause *from = d->plan->from;
    const size_t bytes = (size_t)d->w.n * sizeof *d->y;

    EXG_ASSERT(from->n == d->w.n);
    memcpy(d->y, from->y, bytes);
    memcpy(d->w.step, from->step, bytes);
    memcpy(d->w.gain, from->gain, bytes);
    if (d->engine->resume != NULL) {
        st = d->engine->resume(d->w.engine, from->engine);
    }
    return st;
}

/* So many updates are made: let the keeper have what they came to. */
static exg_status pause(const exg_par *par, const descent *d, exg_int updates,
                        exg_wish wish)
{
    const exg_pause_keeper *keeper = d->plan->keeper;
    exg_pause p = {.iteration = updates,
                   .n = d->w.n,
                   .y = d->y,
                   .step = d->w.step,
                   .gain = d->w.gain};

    if (d->engine->keep != NULL) {
        d->engine->keep(d->w.engine, p.engine);
    }
    return keeper->keep(par, keeper->state, &p, wish);
}

/* Positions, forces, and the look at them. */
static exg_status look(const exg_par *par, descent *d, exg_int t, double *z,
                       int *stop)
{
    exg_status st = EXG_OK;
    work *w = &d->w;

    EXG_TRY(share(par, d->p, w, d->y));
    exg_attract_run(w->attract, &w->cloud, w->pull);
    EXG_TRY(d->engine->forces(par, w->engine, &w->cloud, w->push, z));
    if (t % d->plan->every == 0 || t == d->plan->iterations) {
        EXG_TRY(d->seen(par, d->state, t, &w->cloud, *z, stop));
    }
done:
    return st;
}

/* One iteration.  Whether to stop or to keep a checkpoint is asked behind its
 * work, and done after it. */
static exg_status iterate(const exg_par *par, descent *d, exg_int t, int *stop)
{
    exg_status st = EXG_OK;
    const exg_pause_keeper *k = d->plan->keeper;
    const int last = t + 1 == d->plan->iterations;
    exg_wish_asking asking;
    exg_wish wish;
    double z = 0.0;

    exg_wish_begin(par, k != NULL && k->due(k->state, last), &asking);
    st = look(par, d, t, &z, stop);
    wish = exg_wish_end(&asking);
    EXG_TRY(st);
    if (t == d->plan->iterations || *stop) {
        return EXG_OK;
    }
    update(d->plan, t, z, &d->w, d->y);
    if (k != NULL && (wish.stop != 0 || wish.keep)) {
        EXG_TRY(pause(par, d, t + 1, wish));
    }
done:
    return st;
}

exg_status exg_descend(const exg_par *par, const exg_affinity *p,
                       const exg_kern *kern, const exg_repulse *engine,
                       int dims, const exg_descend_plan *plan,
                       exg_descend_seen seen, void *state, float *y)
{
    exg_status st = EXG_OK;
    descent d = {.p = p,
                 .engine = engine,
                 .plan = plan,
                 .seen = seen,
                 .state = state,
                 .y = y};
    int stop = 0;

    EXG_TRY_ALL(par, work_create(par, p, kern, dims, plan->dof, &d.w));
    EXG_TRY(engine->create(par, kern, p->rows.total, dims, &d.w.engine));
    if (plan->from != NULL) {
        EXG_TRY_ALL(par, go_on(&d));
    }
    for (exg_int t = plan->from != NULL ? plan->from->iteration : 0;
         t <= plan->iterations && !stop; t++) {
        EXG_TRY(iterate(par, &d, t, &stop));
    }
done:
    work_free(engine, &d.w);
    return st;
}

double exg_descend_kl(const exg_par *par, const exg_affinity *p,
                      const exg_kern *kern, const exg_cloud *cloud, double z)
{
    const exg_pairs_tails tails = exg_pairs_tails_of(cloud->dof);
    exg_pairs_sparse s = {.dims = cloud->dims,
                          .y = cloud->point,
                          .col = p->col,
                          .p = p->p,
                          .tails = cloud->dof == 1.0 ? NULL : &tails};
    exg_fixed sum[2] = {0, 0}; /* of -p log u, of p */
    float row[2 * KL_ROWS];

    for (exg_int i = 0; i < p->rows.count; i += s.rows) {
        const exg_int left = p->rows.count - i;

        s.rows = left < KL_ROWS ? left : KL_ROWS;
        s.row0 = p->rows.first + i;
        s.row = p->row + i;
        kern->pairs_diverge(&s, row);
        for (exg_int r = 0; r < 2 * s.rows; r++) {
            sum[r % 2] += exg_fixed_of((double)row[r], KL_BITS);
        }
    }
    exg_reduce_fixed(par, 2, sum);
    return p->negative + cloud->dof * exg_fixed_value(sum[0], KL_BITS) +
           exg_fixed_value(sum[1], KL_BITS) * log(z);
}
