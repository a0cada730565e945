/* near_ref.c -- see near.h: the definitions. */
#include "kern/near.h"

#include <math.h>
#include <string.h>

#include "core/lane.h"

void exg_near_sieve_ref(exg_int m, const float *a, const float *ka,
                        const float *b, const float *kb, uint64_t *hit)
{
    memset(hit, 0, sizeof *hit * EXG_NEAR_TILE * EXG_NEAR_WORDS);
    for (exg_int i = 0; i < EXG_NEAR_TILE; i++) {
        for (exg_int j = 0; j < EXG_NEAR_TILE; j++) {
            double sum = (double)ka[i] + (double)kb[j];

            for (exg_int k = 0; k < m; k++) {
                sum += (double)a[exg_near_at(m, i, k)] *
                       (double)b[exg_near_at(m, j, k)];
            }
            hit[i * EXG_NEAR_WORDS + j / 64] |= (uint64_t)(sum >= 0.0)
                                                << j % 64;
        }
    }
}

void exg_near_distances_ref(exg_int d, const float *x, const float *y,
                            exg_int n, const int32_t *which, float *dist2)
{
    for (exg_int i = 0; i < n; i++) {
        const float *z = y + which[i] * d;
        float t[EXG_LANE] = {0};

        for (exg_int k = 0; k < d; k++) {
            t[k % EXG_LANE] = fmaf(x[k] - z[k], x[k] - z[k], t[k % EXG_LANE]);
        }
        for (int half = EXG_LANE / 2; half > 0; half /= 2) {
            for (int l = 0; l < half; l++) {
                t[l] += t[l + half];
            }
        }
        dist2[i] = t[0];
    }
}
