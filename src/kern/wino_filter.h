/* wino_filter.h -- Winograd's transforms of filters and of their derivatives.
 *
 * Filters are transformed side by side, one in each element of a vector, so
 * the cost is small beside a single lane block's. */
#ifndef EXG_SRC_KERN_WINO_FILTER_H
#define EXG_SRC_KERN_WINO_FILTER_H

#include "kern/lane.h"
#include "wino_tile.h"

/** u = G g: three values to six components. */
EXG_INLINE void wino_g(const exg_vec *g, exg_vec *u)
{
    const exg_vec sixth = exg_vec_all(1.0f / 6), four = exg_vec_all(4);
    const exg_vec s = (g[0] + g[2]) * sixth, t = g[1] * sixth;
    const exg_vec q = exg_vec_fma(four, g[2], g[0]) * exg_vec_all(1.0f / 24);
    const exg_vec r = g[1] * exg_vec_all(1.0f / 12);

    u[0] = g[0] * exg_vec_all(0.25f);
    u[1] = -s - t;
    u[2] = t - s;
    u[3] = q + r;
    u[4] = q - r;
    u[5] = g[2];
}

/** g = G' u: six components to three values. */
EXG_INLINE void wino_gt(const exg_vec *u, exg_vec *g)
{
    const exg_vec sixth = exg_vec_all(1.0f / 6), half = exg_vec_all(0.5f);
    const exg_vec quarter = exg_vec_all(0.25f);
    const exg_vec s = u[1] + u[2], d = u[2] - u[1];
    const exg_vec p = u[3] + u[4], q = u[3] - u[4];

    g[0] = exg_vec_fma(sixth, exg_vec_fma(quarter, p, -s), u[0] * quarter);
    g[1] = exg_vec_fma(half, q, d) * sixth;
    g[2] = exg_vec_fma(sixth, p - s, u[5]);
}

/** U = G w G' of all filters.
 * @param[in]  outer  not 0: u[36][ic][oc], for forward; else u[36][oc][ic]
 * @param[in]  w      shape (oc, ic, 3, 3)
 * @param[in]  us     floats from component to component, whole lanes
 * @param[out] u      [36][us]
 * @param      g      workspace, 9 * us floats */
static void wino_filters(exg_int oc, exg_int ic, int outer, const float *w,
                         exg_int us, float *u, float *g)
{
    for (exg_int o = 0; o < oc; o++) {
        for (exg_int i = 0; i < ic; i++) {
            const exg_int to = outer ? i * oc + o : o * ic + i;

            for (int k = 0; k < 9; k++) {
                g[k * us + to] = w[(o * ic + i) * 9 + k];
            }
        }
    }
    for (int k = 0; k < 9; k++) {
        for (exg_int n = oc * ic; n < us; n++) {
            g[k * us + n] = 0;
        }
    }
    for (exg_int n = 0; n < us; n += EXG_VEC) {
        exg_vec t[3][WINO_T], c[3], r[WINO_T];

        for (int j = 0; j < 3; j++) {
            for (int i = 0; i < 3; i++) {
                c[i] = exg_vec_load(g + (3 * i + j) * us + n);
            }
            wino_g(c, t[j]);
        }
        for (int a = 0; a < WINO_T; a++) {
            for (int j = 0; j < 3; j++) {
                c[j] = t[j][a];
            }
            wino_g(c, r);
            for (int b = 0; b < WINO_T; b++) {
                exg_vec_store(u + (WINO_T * a + b) * us + n, r[b]);
            }
        }
    }
}

/** dw = G' D G by lane: d [36][n] vectors, dw [n][9], EXG_LANE floats each. */
static void wino_filters_t(exg_int n, const exg_vec *d, float *dw)
{
    for (exg_int k = 0; k < n; k++) {
        exg_vec t[WINO_T][3], c[WINO_T], g[3];

        for (int a = 0; a < WINO_T; a++) {
            for (int b = 0; b < WINO_T; b++) {
                c[b] = d[(WINO_T * a + b) * n + k];
            }
            wino_gt(c, t[a]);
        }
        for (int j = 0; j < 3; j++) {
            for (int a = 0; a < WINO_T; a++) {
                c[a] = t[a][j];
            }
            wino_gt(c, g);
            for (int i = 0; i < 3; i++) {
                exg_vec_store(dw + (9 * k + 3 * i + j) * EXG_LANE, g[i]);
            }
        }
    }
}

#endif
