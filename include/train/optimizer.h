/* optimizer.h -- from a mean gradient to new parameters.  Layer: train.
 *
 * Every rank steps the same parameters with the same gradient, in one order of
 * operations, so parameters stay equal without being sent.  Local. */
#ifndef EXG_TRAIN_OPTIMIZER_H
#define EXG_TRAIN_OPTIMIZER_H

#include "core/mem.h"

typedef enum {
    EXG_OPTIMIZER_ADAM, /* Kingma & Ba 2015, Algorithm 1: betas 0.9, 0.999,
                           epsilon 1e-8                                   */
    EXG_OPTIMIZER_SGD   /* with momentum as PyTorch has it: v = m v + g   */
} exg_optimizer_kind;

/** Plain settings. */
typedef struct {
    exg_optimizer_kind kind;
    double lr;       /* step size, > 0         */
    double momentum; /* of SGD only, in [0, 1) */
} exg_optimizer_plan;

/** An optimiser's state.  Opaque. */
typedef struct exg_optimizer exg_optimizer;

/** State for n parameters, zero.
 * @param[out] o  owned by the caller: exg_optimizer_destroy()
 * @return EXG_OK or EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_optimizer_create(exg_optimizer_plan plan,
                                               exg_int n, exg_optimizer **o);

/** Free; sets *o NULL. */
void exg_optimizer_destroy(exg_optimizer **o);

/** One step, in PyTorch's order of operations, in float.
 * @param[in]     grad   shape (n)
 * @param[in,out] param  shape (n) */
void exg_optimizer_step(exg_optimizer *o, const float *grad, float *param);

/** All that steps leave behind.  Plain data, borrowed from the optimiser. */
typedef struct {
    exg_int n;      /* parameters                                       */
    exg_int steps;  /* made so far                                      */
    float *first;   /* shape (n): mean of gradients, or velocity        */
    exg_int square; /* n, or 0 for SGD                                  */
    float *second;  /* shape (square): mean of squared gradients        */
} exg_optimizer_state;

/** Look at the state, and write its arrays to go on from another. */
exg_optimizer_state exg_optimizer_look(exg_optimizer *o);

/** Go on as if so many steps had been made. */
void exg_optimizer_resume(exg_optimizer *o, exg_int steps);

#endif
