/* optimizer.c -- Adam and SGD with momentum.
 *
 * The bias corrections 1 - beta^t are taken in double and enter as two scalars;
 * the loops are plain, so that the compiler vectorises them and the same
 * sequence of float operations runs on every rank. */
#include "train/optimizer.h"

#include <math.h>

struct exg_optimizer {
    exg_optimizer_plan plan;
    exg_int n;
    exg_int steps;
    float *first;  /* shape (n): mean of gradients, or velocity */
    float *second; /* shape (n): mean of their squares (Adam)   */
};

exg_status exg_optimizer_create(exg_optimizer_plan plan, exg_int n,
                                exg_optimizer **out)
{
    exg_status st = EXG_OK;
    exg_optimizer *o = NULL;

    EXG_TRY(exg_new(&o, 1));
    o->plan = plan;
    o->n = n;
    EXG_TRY(exg_new(&o->first, n));
    EXG_TRY(exg_new(&o->second, plan.kind == EXG_OPTIMIZER_ADAM ? n : 0));
    *out = o;
    o = NULL;
done:
    exg_optimizer_destroy(&o);
    return st;
}

void exg_optimizer_destroy(exg_optimizer **o)
{
    if (*o != NULL) {
        exg_free((*o)->first);
        exg_free((*o)->second);
        exg_free(*o);
        *o = NULL;
    }
}

static void adam(exg_optimizer *o, const float *restrict grad,
                 float *restrict param)
{
    const double t = (double)o->steps;
    const float step = (float)(o->plan.lr / (1 - pow(0.9, t)));
    const float root = (float)sqrt(1 - pow(0.999, t));
    float *restrict m = o->first;
    float *restrict v = o->second;

    for (exg_int i = 0; i < o->n; i++) {
        m[i] = 0.9f * m[i] + 0.1f * grad[i];
        v[i] = 0.999f * v[i] + 0.001f * (grad[i] * grad[i]);
        param[i] -= step * (m[i] / (sqrtf(v[i]) / root + 1e-8f));
    }
}

static void sgd(exg_optimizer *o, const float *restrict grad,
                float *restrict param)
{
    const float lr = (float)o->plan.lr;
    const float momentum = (float)o->plan.momentum;
    float *restrict v = o->first;

    for (exg_int i = 0; i < o->n; i++) {
        v[i] = momentum * v[i] + grad[i];
        param[i] -= lr * v[i];
    }
}

void exg_optimizer_step(exg_optimizer *o, const float *grad, float *param)
{
    o->steps++;
    if (o->plan.kind == EXG_OPTIMIZER_ADAM) {
        adam(o, grad, param);
    } else {
        sgd(o, grad, param);
    }
}

exg_optimizer_state exg_optimizer_look(exg_optimizer *o)
{
    return (exg_optimizer_state){
        .n = o->n,
        .steps = o->steps,
        .first = o->first,
        .square = o->plan.kind == EXG_OPTIMIZER_ADAM ? o->n : 0,
        .second = o->second};
}

void exg_optimizer_resume(exg_optimizer *o, exg_int steps)
{
    o->steps = steps;
}
