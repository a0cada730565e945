/* act.c -- ReLU, softmax and cross-entropy on lanes.
 *
 * Softmax subtracts the largest logit, so exp never overflows; cross-entropy
 * is log(sum of exp) + largest - logit of the target, never the log of a
 * probability that may have rounded to 0. */
#include "kern/vecmath.h"
#include "table.h"

void EXG_KERN(exg_relu_forward)(exg_int n, const float *x, float *y)
{
    for (exg_int i = 0; i < n * EXG_LANE; i += EXG_VEC) {
        exg_vec_store(y + i, exg_vec_relu(exg_vec_load(x + i)));
    }
}

void EXG_KERN(exg_relu_backward)(exg_int n, const float *y, const float *dy,
                                 float *dx)
{
    for (exg_int i = 0; i < n * EXG_LANE; i += EXG_VEC) {
        exg_vec_store(dx + i,
                      exg_vec_gate(exg_vec_load(y + i), exg_vec_load(dy + i)));
    }
}

/* p = exp(logit - top); returns the sum of p over classes. */
EXG_INLINE exg_vec exponentials(exg_int k, const float *logits, exg_vec *top,
                                float *p)
{
    exg_vec most = exg_vec_load(logits);
    exg_vec sum = {0};

    for (exg_int c = 1; c < k; c++) {
        const exg_vec v = exg_vec_load(logits + c * EXG_LANE);

        most = exg_vec_select(v > most, v, most);
    }
    for (exg_int c = 0; c < k; c++) {
        const exg_vec v = exg_vec_load(logits + c * EXG_LANE);
        const exg_vec e = exg_vec_exp(v - most);

        sum += e;
        exg_vec_store(p + c * EXG_LANE, e);
    }
    *top = most;
    return sum;
}

void EXG_KERN(exg_softmax)(exg_int k, const float *logits, float *p)
{
    for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
        exg_vec top;
        const exg_vec sum = exponentials(k, logits + part, &top, p + part);
        const exg_vec scale = exg_vec_all(1.0f) / sum;

        for (exg_int c = 0; c < k; c++) {
            float *at = p + part + c * EXG_LANE;

            exg_vec_store(at, exg_vec_load(at) * scale);
        }
    }
}

void EXG_KERN(exg_cross_entropy)(exg_int k, const float *logits,
                                 const int32_t *target, const float *weight,
                                 float *loss, float *dlogits)
{
    for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
        const exg_vec factor = exg_vec_load_any(weight + part);
        const exg_ivec want =
            (exg_ivec)exg_vec_load_any((const float *)(target + part));
        exg_vec at_target = {0};
        exg_vec top;
        const exg_vec sum =
            exponentials(k, logits + part, &top, dlogits + part);
        const exg_vec scale = exg_vec_all(1.0f) / sum;

        for (exg_int c = 0; c < k; c++) {
            const exg_ivec is = want == (exg_ivec){0} + (int32_t)c;
            const exg_vec one = (exg_vec)((exg_ivec)exg_vec_all(1.0f) & is);
            float *d = dlogits + part + c * EXG_LANE;

            at_target = exg_vec_select(
                is, exg_vec_load(logits + part + c * EXG_LANE), at_target);
            exg_vec_store(d,
                          factor * exg_vec_fma(exg_vec_load(d), scale, -one));
        }
        exg_vec_store_any(loss + part,
                          factor * (exg_vec_log(sum) + (top - at_target)));
    }
}
