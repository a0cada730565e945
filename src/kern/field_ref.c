/* field_ref.c -- see field.h: the definition, in double. */
#include "kern/field.h"

#include <math.h>

/* w of a squared distance; *u = 1 / (1 + r2 / b). */
static double weight(const exg_pairs_tails *s, double r2, double *u)
{
    const double far = s != NULL ? r2 * (double)s->inverse : r2;

    *u = 1.0 / (1.0 + far);
    return s == NULL               ? *u
           : far > EXG_PAIRS_NEVER ? 0.0
                                   : pow(*u, (double)s->power);
}

static void one(const exg_field_tile *t, const float *y, float *z, float *f)
{
    double sum[EXG_FIELD_DIMS] = {0}, all = 0.0;

    for (exg_int j = 0; j < t->count; j++) {
        double e[EXG_FIELD_DIMS] = {0}, d2 = 0.0, u, w;

        for (int k = 0; k < t->dims; k++) {
            e[k] = (double)y[k] - (double)t->r[k * t->stride + j];
            d2 += e[k] * e[k];
        }
        w = weight(t->tails, d2, &u);
        all += w;
        for (int k = 0; k < t->dims; k++) {
            sum[k] += w * u * e[k];
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
