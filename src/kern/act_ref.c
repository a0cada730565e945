/* act_ref.c -- softmax and cross-entropy, as defined. */
#include <math.h>

#include "kern/ref.h"

/* log of the sum of exp(logit) over classes, for sample n. */
static double log_sum(exg_int k, const float *logits, exg_int n)
{
    double top = logits[n], sum = 0.0;

    for (exg_int c = 1; c < k; c++) {
        top = fmax(top, logits[c * EXG_LANE + n]);
    }
    for (exg_int c = 0; c < k; c++) {
        sum += exp(logits[c * EXG_LANE + n] - top);
    }
    return top + log(sum);
}

void exg_softmax_ref(exg_int k, const float *logits, float *p)
{
    for (exg_int n = 0; n < EXG_LANE; n++) {
        const double all = log_sum(k, logits, n);

        for (exg_int c = 0; c < k; c++) {
            const exg_int j = c * EXG_LANE + n;

            p[j] = (float)exp(logits[j] - all);
        }
    }
}

void exg_cross_entropy_ref(exg_int k, const float *logits,
                           const int32_t *target, const float *weight,
                           float *loss, float *dlogits)
{
    exg_softmax_ref(k, logits, dlogits);
    for (exg_int n = 0; n < EXG_LANE; n++) {
        const double own = logits[target[n] * EXG_LANE + n];

        loss[n] = (float)(weight[n] * (log_sum(k, logits, n) - own));
        for (exg_int c = 0; c < k; c++) {
            const exg_int j = c * EXG_LANE + n;

            dlogits[j] =
                (float)(weight[n] * ((double)dlogits[j] - (c == target[n])));
        }
    }
}
