/* field.c -- see field.h.
 *
 * Four points stay in registers while those that stay stream past, as in
 * pairs.c, but one way: nothing is stored on the way.  Pairs are lanes of 16 by
 * j whatever the vector, and a lane's sum is one tree, so the bits do not
 * depend on the width. */
#include "kern/field.h"

#include "kern/lane.h"
#include "table.h"
#include "tails.h"

enum {
    P = EXG_FIELD_GROUP
};

/* One part of the lanes: sums over every 16th point from `part` on. */
EXG_INLINE void stream(int dims, const exg_pairs_tails *tails,
                       const exg_field_tile *t, const float *y, exg_int part,
                       float (*lane)[EXG_FIELD_DIMS + 1][EXG_LANE])
{
    exg_vec at[P][EXG_FIELD_DIMS], sum[P][EXG_FIELD_DIMS + 1];

    EXG_UNROLL for (int u = 0; u < P; u++)
    {
        sum[u][dims] = (exg_vec){0};
        for (int k = 0; k < dims; k++) {
            at[u][k] = exg_vec_all(y[u * dims + k]);
            sum[u][k] = (exg_vec){0};
        }
    }
    for (exg_int j = part; j < t->count; j += EXG_LANE) {
        EXG_UNROLL for (int u = 0; u < P; u++)
        {
            exg_vec e[EXG_FIELD_DIMS], q, q2;
            exg_vec d2 = exg_vec_all(tails == NULL ? 1.0f : 0.0f);

            for (int k = 0; k < dims; k++) {
                e[k] = at[u][k] - exg_vec_load(t->r + k * t->stride + j);
                d2 = exg_vec_fma(e[k], e[k], d2);
            }
            if (tails == NULL) {
                q = 1.0f / d2;
                q2 = q * q;
            } else {
                q = exg_tails_weight(tails, d2, &q2);
                q2 *= q;
            }
            sum[u][dims] += q;
            for (int k = 0; k < dims; k++) {
                sum[u][k] = exg_vec_fma(q2, e[k], sum[u][k]);
            }
        }
    }
    EXG_UNROLL for (int u = 0; u < P; u++)
    {
        for (int k = 0; k <= dims; k++) {
            exg_vec_store(lane[u][k] + part, sum[u][k]);
        }
    }
}

EXG_INLINE void field(int dims, const exg_pairs_tails *tails,
                      const exg_field_tile *t, const float *y, float *z,
                      float *f)
{
    _Alignas(64) float lane[P][EXG_FIELD_DIMS + 1][EXG_LANE] = {{{0}}};

    for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
        stream(dims, tails, t, y, part, lane);
    }
    for (int u = 0; u < P; u++) {
        z[u] = exg_lane_sum(lane[u][dims]);
        for (int k = 0; k < dims; k++) {
            f[u * dims + k] = exg_lane_sum(lane[u][k]);
        }
    }
}

/* With the kernel's constants, or without them where they are 1. */
EXG_INLINE void by_kernel(int dims, const exg_field_tile *t, const float *y,
                          float *z, float *f)
{
    if (t->tails == NULL) {
        field(dims, NULL, t, y, z, f);
    } else {
        field(dims, t->tails, t, y, z, f);
    }
}

void EXG_KERN(exg_field_at)(const exg_field_tile *t, const float *y, float *z,
                            float *f)
{
    if (t->dims == 2) {
        by_kernel(2, t, y, z, f);
    } else if (t->dims == 3) {
        by_kernel(3, t, y, z, f);
    } else {
        by_kernel(1, t, y, z, f);
    }
}
