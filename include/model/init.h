/* init.h -- initial weights.  Layer: model. */
#ifndef EXG_MODEL_INIT_H
#define EXG_MODEL_INIT_H

#include <stdint.h>

#include "model/net.h"

/** PyTorch's default initialisation: weights and biases uniform in
 * +-1/sqrt(fan_in), fan_in = ic*k*k or the inputs of a dense layer.  A weight
 * is a function of (seed, layer, index) alone.  Local. */
void exg_init_uniform(exg_net *net, uint64_t seed);

#endif
