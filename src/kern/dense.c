/* dense.c -- fully connected layer and its gradients.
 *
 * Forward and towards the input a lane is one feature of 16 samples and each
 * sum runs in index order; blocks of outputs share the loads of x.  Towards
 * the weights the sum runs over samples: x is transposed to [16][d] first, so
 * that vectors lie along d and each dw is one chain over samples. */
#include "table.h"

enum {
    OB = EXG_REGISTERS == 32 ? 10 : 5 /* outputs at a time */
};

/* ob sums over n lanes at once: acc[j] = start[j] + sum x[i] * w(j, i), where
 * w(j, i) = w[j * wj + i * wi]. */
EXG_INLINE void sums(exg_int ob, exg_int n, const float *x, const float *w,
                     exg_int wj, exg_int wi, exg_vec *acc)
{
    for (exg_int i = 0; i < n; i++) {
        const exg_vec v = exg_vec_load(x + i * EXG_LANE);

        for (exg_int j = 0; j < ob; j++) {
            acc[j] = exg_vec_fma(v, exg_vec_all(w[j * wj + i * wi]), acc[j]);
        }
    }
}

EXG_INLINE void forward_block(exg_int ob, exg_int d, const float *x,
                              const float *w, const float *b, float *y)
{
    for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
        exg_vec acc[OB];

        for (exg_int j = 0; j < ob; j++) {
            acc[j] = exg_vec_all(b[j]);
        }
        sums(ob, d, x + part, w, d, 1, acc);
        for (exg_int j = 0; j < ob; j++) {
            exg_vec_store(y + j * EXG_LANE + part, acc[j]);
        }
    }
}

void EXG_KERN(exg_dense_forward)(exg_int d, exg_int k, const float *x,
                                 const float *w, const float *b, float *y)
{
    exg_int o = 0;

    for (; o + OB <= k; o += OB) {
        forward_block(OB, d, x, w + o * d, b + o, y + o * EXG_LANE);
    }
    for (; o < k; o++) {
        forward_block(1, d, x, w + o * d, b + o, y + o * EXG_LANE);
    }
}

EXG_INLINE void dgrad_block(exg_int ob, exg_int d, exg_int k, const float *dy,
                            const float *w, const float *gate, float *dx)
{
    for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
        exg_vec acc[OB];

        for (exg_int j = 0; j < ob; j++) {
            acc[j] = (exg_vec){0};
        }
        sums(ob, k, dy + part, w, 1, d, acc);
        for (exg_int j = 0; j < ob; j++) {
            const exg_int at = j * EXG_LANE + part;

            exg_vec_store(dx + at,
                          gate == NULL
                              ? acc[j]
                              : exg_vec_gate(exg_vec_load(gate + at), acc[j]));
        }
    }
}

void EXG_KERN(exg_dense_dgrad)(exg_int d, exg_int k, const float *dy,
                               const float *w, const float *gate, float *dx)
{
    exg_int i = 0;

    for (; i + OB <= d; i += OB) {
        dgrad_block(OB, d, k, dy, w + i,
                    gate == NULL ? NULL : gate + i * EXG_LANE,
                    dx + i * EXG_LANE);
    }
    for (; i < d; i++) {
        dgrad_block(1, d, k, dy, w + i,
                    gate == NULL ? NULL : gate + i * EXG_LANE,
                    dx + i * EXG_LANE);
    }
}

/* dw of ob outputs from x transposed, xt [16][d]: vectors of inputs, then
 * the inputs left over, one at a time by the same operations. */
EXG_INLINE void wgrad_rows(exg_int ob, exg_int d, const float *xt,
                           const float *dy, float *dw)
{
    exg_int i = 0;

    for (; i + EXG_VEC <= d; i += EXG_VEC) {
        exg_vec acc[OB] = {{0}};

        for (exg_int s = 0; s < EXG_LANE; s++) {
            const exg_vec x = exg_vec_load_any(xt + s * d + i);

            EXG_UNROLL
            for (exg_int j = 0; j < ob; j++) {
                acc[j] =
                    exg_vec_fma(x, exg_vec_all(dy[j * EXG_LANE + s]), acc[j]);
            }
        }
        EXG_UNROLL
        for (exg_int j = 0; j < ob; j++) {
            exg_vec_store_any(dw + j * d + i, acc[j]);
        }
    }
    for (; i < d; i++) {
        for (exg_int j = 0; j < ob; j++) {
            exg_vec acc = {0};

            for (exg_int s = 0; s < EXG_LANE; s++) {
                acc = exg_vec_fma(exg_vec_all(xt[s * d + i]),
                                  exg_vec_all(dy[j * EXG_LANE + s]), acc);
            }
            dw[j * d + i] = acc[0];
        }
    }
}

void EXG_KERN(exg_dense_wgrad)(exg_int d, exg_int k, const float *x,
                               const float *dy, float *dw, float *db,
                               float *work)
{
    exg_int o = 0;

    for (exg_int i = 0; i < d; i++) {
        for (exg_int s = 0; s < EXG_LANE; s++) {
            work[s * d + i] = x[i * EXG_LANE + s];
        }
    }
    for (; o + OB <= k; o += OB) {
        wgrad_rows(OB, d, work, dy + o * EXG_LANE, dw + o * d);
    }
    for (; o < k; o++) {
        wgrad_rows(1, d, work, dy + o * EXG_LANE, dw + o * d);
    }
    for (o = 0; o < k; o++) {
        db[o] = exg_lane_sum(dy + o * EXG_LANE);
    }
}
