/* place.c -- see place.h.
 *
 * A rank descends with its own points and needs no other rank on the way but to
 * add up the divergence of a frame, and that in fixed point. */
#include "embed/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/fixed.h"
#include "core/signal.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    LANE = 16,
    KL_BITS = 30 /* a point's is below some 100 nats, points below 2^26 */
};

/* What an iteration works on; coordinates lie by axes. */
typedef struct {
    exg_int stride;
    float *y, *step, *gain, *slope; /* shape (dims, stride) */
    float *work;                    /* shape (dims + 1, stride) */
    double *kl;                     /* shape (my points)        */
} bench;

static exg_status bench_create(exg_int n, int dims, bench *b)
{
    exg_status st = EXG_OK;

    b->stride = (n + LANE - 1) / LANE * LANE;
    EXG_TRY(exg_new(&b->y, dims * b->stride));
    EXG_TRY(exg_new(&b->step, dims * b->stride));
    EXG_TRY(exg_new(&b->gain, dims * b->stride));
    EXG_TRY(exg_new(&b->slope, dims * b->stride));
    EXG_TRY(exg_new(&b->work, (dims + 1) * b->stride));
    EXG_TRY(exg_new(&b->kl, n));
    for (exg_int i = 0; i < dims * b->stride; i++) {
        b->gain[i] = 1.0f;
    }
done:
    return st;
}

static void bench_free(bench *b)
{
    exg_free(b->y);
    exg_free(b->step);
    exg_free(b->gain);
    exg_free(b->slope);
    exg_free(b->work);
    exg_free(b->kl);
}

/* A neighbour's coordinate and its weight. */
typedef struct {
    float at, weight;
    int32_t who;
} vote;

static int by_place(const void *a, const void *b)
{
    const vote *x = a, *y = b;

    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return x->who < y->who ? -1 : x->who > y->who;
}

/* The lower weighted median; weights sum to about 1. */
static float median(exg_int n, vote *v)
{
    double sum = 0.0, half = 0.0;

    qsort(v, (size_t)n, sizeof *v, by_place);
    for (exg_int a = 0; a < n; a++) {
        half += 0.5 * (double)v[a].weight;
    }
    for (exg_int a = 0; a < n; a++) {
        sum += (double)v[a].weight;
        if (sum >= half) {
            return v[a].at;
        }
    }
    return v[n - 1].at;
}

/* Each point in the middle of its neighbours. */
static exg_status start(const exg_guests *g, int dims, const float *r, bench *b)
{
    exg_status st = EXG_OK;
    vote *v = NULL;

    EXG_TRY(exg_new(&v, g->use));
    for (exg_int i = 0; i < g->rows.count; i++) {
        for (int k = 0; k < dims; k++) {
            for (exg_int a = 0; a < g->use; a++) {
                const int32_t who = g->near[i * g->k + a];

                v[a] = (vote){.at = r[who * dims + k],
                              .weight = g->p[i * g->use + a],
                              .who = who};
            }
            b->y[k * b->stride + i] = median(g->use, v);
        }
    }
done:
    exg_free(v);
    return st;
}

/* The pull of a point's neighbours; returns sum of p log(1 + d^2 / b), where
 * that is asked for. */
static double pull_of(const exg_guests *g, double dof, int dims, const float *r,
                      exg_int i, const float *y, int wants, float *pull)
{
    const int32_t *near = g->near + i * g->k;
    const float *p = g->p + i * g->use;
    const int cauchy = dof == 1.0; /* b of 1 costs no product */
    const float inverse = (float)(1.0 / dof);
    double far = 0.0;

    for (exg_int a = 0; a < g->use; a++) {
        float e[EXG_FIELD_DIMS], d2 = cauchy ? 1.0f : 0.0f;

        for (int k = 0; k < dims; k++) {
            e[k] = y[k] - r[near[a] * dims + k];
            d2 += e[k] * e[k];
        }
        d2 = cauchy ? d2 : 1.0f + d2 * inverse;
        for (int k = 0; k < dims; k++) {
            pull[k] += p[a] / d2 * e[k];
        }
        far += wants ? (double)p[a] * log((double)d2) : 0.0;
    }
    return far;
}

void exg_place_slope(const exg_guests *g, const exg_field *field, int dims,
                     const float *r, exg_int stride, const float *y,
                     double factor, float *work, double *kl, float *slope)
{
    const float times = (float)factor;
    const double dof = exg_field_dof(field);
    float *z = work, *push = work + stride;

    exg_field_at(field, g->rows.count, stride, y, z, push);
    for (exg_int i = 0; i < g->rows.count; i++) {
        float at[EXG_FIELD_DIMS], pull[EXG_FIELD_DIMS] = {0};
        double far;

        for (int k = 0; k < dims; k++) {
            at[k] = y[k * stride + i];
        }
        far = pull_of(g, dof, dims, r, i, at, kl != NULL, pull);
        for (int k = 0; k < dims; k++) {
            slope[k * stride + i] =
                times * pull[k] - push[k * stride + i] / z[i];
        }
        if (kl != NULL) {
            kl[i] = g->own[i] + dof * far + log((double)z[i]);
        }
    }
}

/* Cut a vector of each point to a length. */
static void cut(exg_int n, int dims, exg_int stride, double most, float *v)
{
    const float bound = (float)(most * most);

    for (exg_int i = 0; i < n; i++) {
        float d2 = 0.0f;

        for (int k = 0; k < dims; k++) {
            d2 += v[k * stride + i] * v[k * stride + i];
        }
        for (int k = 0; d2 > bound && k < dims; k++) {
            v[k * stride + i] *= sqrtf(bound / d2);
        }
    }
}

/* Gradient, gain and momentum as in descend.c. */
static void update(const exg_place_plan *plan, exg_int n, int dims, bench *b)
{
    const float rate = (float)plan->learning_rate;
    const float keep = (float)plan->momentum;

    cut(n, dims, b->stride, plan->most_gradient, b->slope);
    for (exg_int i = 0; i < dims * b->stride; i++) {
        const float g = b->slope[i], s = b->step[i];
        const int turns = (g > 0.0f && s > 0.0f) || (g < 0.0f && s < 0.0f);

        b->gain[i] = turns ? b->gain[i] * 0.8f : b->gain[i] + 0.2f;
        b->gain[i] = b->gain[i] < 0.01f ? 0.01f : b->gain[i];
        b->step[i] = keep * s - rate * (b->gain[i] * g);
    }
    cut(n, dims, b->stride, plan->most_step, b->step);
    for (exg_int i = 0; i < dims * b->stride; i++) {
        b->y[i] += b->step[i];
    }
}

/* Keep positions and the mean divergence. */
static void record(const exg_par *par, const bench *b, exg_int iteration,
                   exg_placed *out)
{
    const exg_int frame = out->frames++, n = out->rows.count;
    float *y = out->trajectory + frame * n * out->dims;
    exg_fixed sum = 0;

    for (exg_int i = 0; i < n; i++) {
        for (int k = 0; k < out->dims; k++) {
            y[i * out->dims + k] = b->y[k * b->stride + i];
        }
        sum += exg_fixed_of(b->kl[i], KL_BITS);
    }
    exg_reduce_fixed(par, 1, &sum);
    out->iteration[frame] = (int32_t)iteration;
    out->kl[frame] = exg_fixed_value(sum, KL_BITS) / (double)out->rows.total;
}

static exg_status make_room(const exg_guests *g, int dims,
                            const exg_place_plan *plan, exg_placed *out)
{
    exg_status st = EXG_OK;
    const exg_int most = plan->iterations / plan->every + 2;
    exg_int all = 0;

    out->rows = g->rows;
    out->dims = dims;
    EXG_TRY(exg_mem_product(most, g->rows.count * dims, &all));
    EXG_TRY(exg_new(&out->y, g->rows.count * dims));
    EXG_TRY(exg_new(&out->trajectory, all));
    EXG_TRY(exg_new(&out->iteration, most));
    EXG_TRY(exg_new(&out->kl, most));
done:
    return st;
}

static exg_status check(const exg_guests *g, int dims, const float *y)
{
    for (exg_int i = 0; i < g->rows.count * dims; i++) {
        if (!isfinite(y[i])) {
            return exg_fail(EXG_ENUMERIC,
                            "new point %td diverged; try a smaller learning "
                            "rate",
                            g->rows.first + i / dims);
        }
    }
    return EXG_OK;
}

exg_status exg_place(const exg_par *par, const exg_guests *g,
                     const exg_field *field, int dims, const float *r,
                     const exg_place_plan *plan, exg_place_seen seen,
                     void *state, exg_placed *placed)
{
    exg_status st = EXG_OK;
    const exg_int n = g->rows.count;
    exg_placed out = {.scores = {NAN, NAN, NAN}};
    bench b = {.stride = 0};

    EXG_TRY_ALL(par, bench_create(n, dims, &b));
    EXG_TRY_ALL(par, make_room(g, dims, plan, &out));
    EXG_TRY_ALL(par, start(g, dims, r, &b));
    for (exg_int t = 0; t <= plan->iterations; t++) {
        const int frame = t % plan->every == 0 || t == plan->iterations;
        const double factor = t < plan->early ? plan->exaggeration : plan->late;

        exg_place_slope(g, field, dims, r, b.stride, b.y, factor, b.work,
                        frame ? b.kl : NULL, b.slope);
        if (frame) {
            record(par, &b, t, &out);
            EXG_TRY_ALL(par, exg_signal_check());
        }
        if (frame && seen != NULL) {
            seen(state, t, plan->iterations, out.kl[out.frames - 1]);
        }
        if (t < plan->iterations) {
            update(plan, n, dims, &b);
        }
    }
    memcpy(out.y, out.trajectory + (out.frames - 1) * n * dims,
           sizeof *out.y * (size_t)(n * dims));
    EXG_TRY_ALL(par, check(g, dims, out.y));
    *placed = out;
    out = (exg_placed){.dims = 0};
done:
    bench_free(&b);
    exg_place_free(&out);
    return st;
}

void exg_place_free(exg_placed *placed)
{
    exg_free(placed->y);
    exg_free(placed->trajectory);
    exg_free(placed->iteration);
    exg_free(placed->kl);
    *placed = (exg_placed){.dims = 0};
}
