/* init.c -- see init.h.  Kaiming's uniform with a = sqrt(5), as PyTorch's
 * layers use it, is uniform in +-1/sqrt(fan_in); so are its biases. */
#include "model/init.h"

#include <math.h>

#include "core/rng.h"

void exg_init_uniform(exg_net *net, uint64_t seed)
{
    for (exg_int l = 0; l < net->nlayer; l++) {
        const exg_layer *layer = &net->layer[l];
        const exg_rng stream = {seed, EXG_RNG_INIT, (uint32_t)l};
        exg_int fan_in = 0;
        double bound = 0.0;

        if (layer->weight < 0) {
            continue;
        }
        fan_in = layer->nweight / layer->oc;
        bound = 1.0 / sqrt((double)fan_in);
        for (exg_int i = 0; i < layer->nweight + layer->oc; i++) {
            const double u = exg_rng_uniform53(stream, (uint64_t)i);

            net->param[layer->weight + i] = (float)(bound * (2.0 * u - 1.0));
        }
    }
}
