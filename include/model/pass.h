/* pass.h -- forward and backward of one lane block.  Layer: model.
 *
 * A pass owns the activations and their derivatives for 16 samples.  All
 * functions are local; none allocates but exg_pass_create().  A sample's
 * numbers depend on that sample and the parameters alone, never on its place
 * in the block or on its neighbours. */
#ifndef EXG_MODEL_PASS_H
#define EXG_MODEL_PASS_H

#include <stdint.h>

#include "model/net.h"

/** Opaque. */
typedef struct exg_pass exg_pass;

/** Memory for one lane block through `net`.  The net must outlive the pass.
 * @return EXG_OK or EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_pass_create(const exg_net *net, exg_pass **pass);

/** Free a pass; sets *pass NULL. */
void exg_pass_destroy(exg_pass **pass);

/** Where the caller writes inputs: [C][H][W][16].  Borrowed. */
float *exg_pass_input(exg_pass *pass);

/** Input -> all activations. */
void exg_pass_forward(exg_pass *pass);

/** Logits [K][16] and embedding [D][16] of the last forward.  Borrowed. */
const float *exg_pass_logits(const exg_pass *pass);
const float *exg_pass_embedding(const exg_pass *pass);

/** Softmax of the logits, [K][16], after exg_pass_loss().  Borrowed. */
const float *exg_pass_probability(const exg_pass *pass);

/** Softmax cross-entropy of the last forward.
 *
 * @param[in]  target  shape (16), classes 0..K-1
 * @param[in]  weight  shape (16): 1, or 0 for padding
 * @param[out] loss    shape (16): nats, times weight
 * Leaves d (weighted loss) / d logits for exg_pass_backward_params(). */
void exg_pass_loss(exg_pass *pass, const int32_t *target, const float *weight,
                   float *loss);

/** Gradients of the sum of the block's weighted losses towards parameters:
 * overwrites grad, shape (P).  After exg_pass_loss(). */
void exg_pass_backward_params(exg_pass *pass, float *grad);

/** Gradient of sum_k weight[k][s] * logit[k][s] towards the input, per sample
 * s.
 *
 * @param[in]  dlogits  [K][16]
 * @param[out] dx       [C][H][W][16], 64-byte aligned
 */
void exg_pass_backward_input(exg_pass *pass, const float *dlogits, float *dx);

#endif
