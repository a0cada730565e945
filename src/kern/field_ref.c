/* field_ref.c -- see field.h: the definition, in double. */
#include "kern/field.h"

static void one(const exg_field_tile *t, const float *y, float *z, float *f)
{
    double sum[EXG_FIELD_DIMS] = {0}, all = 0.0;

    for (exg_int j = 0; j < t->count; j++) {
        double e[EXG_FIELD_DIMS], d2 = 1.0;

        for (int k = 0; k < t->dims; k++) {
            e[k] = (double)y[k] - (double)t->r[k * t->stride + j];
            d2 += e[k] * e[k];
        }
        all += 1.0 / d2;
        for (int k = 0; k < t->dims; k++) {
            sum[k] += e[k] / (d2 * d2);
        }
    }
    *z = (float)all;
    for (int k = 0; k < t->dims; k++) {
        f[k] = (float)sum[k];
    }
}

void exg_field_at_ref(const exg_field_tile *t, const float *y, float *z,
                      float *f)
{
    for (int u = 0; u < EXG_FIELD_GROUP; u++) {
        one(t, y + u * t->dims, z + u, f + u * t->dims);
    }
}
