/* dense_ref.c -- a fully connected layer and its gradients, as defined. */
#include "kern/ref.h"

void exg_dense_forward_ref(exg_int d, exg_int k, const float *x, const float *w,
                           const float *b, float *y)
{
    for (exg_int o = 0; o < k; o++) {
        for (exg_int n = 0; n < EXG_LANE; n++) {
            double sum = b[o];

            for (exg_int i = 0; i < d; i++) {
                sum += (double)w[o * d + i] * x[i * EXG_LANE + n];
            }
            y[o * EXG_LANE + n] = (float)sum;
        }
    }
}

void exg_dense_dgrad_ref(exg_int d, exg_int k, const float *dy, const float *w,
                         const float *gate, float *dx)
{
    for (exg_int i = 0; i < d; i++) {
        for (exg_int n = 0; n < EXG_LANE; n++) {
            const exg_int j = i * EXG_LANE + n;
            double sum = 0.0;

            for (exg_int o = 0; o < k; o++) {
                sum += (double)w[o * d + i] * dy[o * EXG_LANE + n];
            }
            dx[j] = gate == NULL || gate[j] > 0.0f ? (float)sum : 0.0f;
        }
    }
}

void exg_dense_wgrad_ref(exg_int d, exg_int k, const float *x, const float *dy,
                         float *dw, float *db)
{
    for (exg_int o = 0; o < k; o++) {
        double bias = 0.0;

        for (exg_int n = 0; n < EXG_LANE; n++) {
            bias += dy[o * EXG_LANE + n];
        }
        db[o] = (float)bias;
        for (exg_int i = 0; i < d; i++) {
            double sum = 0.0;

            for (exg_int n = 0; n < EXG_LANE; n++) {
                sum += (double)dy[o * EXG_LANE + n] * x[i * EXG_LANE + n];
            }
            dw[o * d + i] = (float)sum;
        }
    }
}
