/* pairs.c -- see pairs.h: repulsion by symmetric tiles.
 *
 * Each unordered pair is computed once and pushes both points.  PI points i
 * stay in registers while the points j of the other tile stream past, EXG_VEC
 * at a time, so their forces are loaded and stored once per PI points.  A step
 * is 5 multiply-adds, 7 additions and one division, which have units of their
 * own on Zen 4: 8.8 cycles per vector of 16 pairs.  Tried and slower there:
 * one division shared by two vectors, 1/(ab) (10 cycles); a magic-number start
 * with two Newton steps (12); fusing the product with both sums, which takes
 * four multiply-adds for two (10.6).  The reciprocal instruction is left out
 * because AVX2 and AVX-512 have different ones.
 *
 * Other tails than those of b = 1 need a power: eight times the time.
 *
 * Pairs (i, j) are lanes of 16 by j whatever the vector, and sums over a lane
 * run as one tree, so the bits do not depend on the width.  A tile with itself
 * takes the blocks of 16 right of the diagonal both ways, and the block on the
 * diagonal one way. */
#include "kern/pairs.h"

#include <string.h>

#include "kern/lane.h"
#include "table.h"
#include "tails.h"

enum {
    T = EXG_PAIRS_TILE,
    PI = 4 /* points in registers */
};

/* PI points, their forces, and their sum of q. */
typedef struct {
    exg_vec y[PI][EXG_PAIRS_DIMS];
    exg_vec f[PI][EXG_PAIRS_DIMS];
    exg_vec z;
} points;

/* One point against one vector of others; g is the force on them.  w = q
 * where s is NULL. */
EXG_INLINE void act(int dims, int both, const exg_pairs_tails *s, points *a,
                    int u, const exg_vec *y, exg_vec *g)
{
    exg_vec e[EXG_PAIRS_DIMS], d2 = exg_vec_all(s == NULL ? 1.0f : 0.0f), q, q2;

    for (int k = 0; k < dims; k++) {
        e[k] = a->y[u][k] - y[k];
        d2 = exg_vec_fma(e[k], e[k], d2);
    }
    if (s == NULL) {
        q = 1.0f / d2;
        q2 = q * q;
    } else {
        q = exg_tails_weight(s, d2, &q2);
        q2 *= q;
    }
    a->z += q;
    for (int k = 0; k < dims; k++) {
        exg_vec m = q2 * e[k];

        EXG_HOLD(m);
        a->f[u][k] += m;
        if (both) {
            g[k] -= m;
        }
    }
}

/* PI points against blocks [from, to) of the other tile. */
EXG_INLINE void stream(int dims, int both, const exg_pairs_tails *s, points *a,
                       exg_int from, exg_int to, const exg_pairs_tiles *t,
                       float *fj)
{
    for (exg_int b = from; b < to; b += EXG_LANE) {
        exg_vec y[EXG_PAIRS_DIMS], g[EXG_PAIRS_DIMS];

        for (int k = 0; k < dims; k++) {
            y[k] = exg_vec_load(t->yj + k * t->stride + b);
            g[k] = exg_vec_load(fj + k * T + b);
        }
        for (int u = 0; u < PI; u++) {
            act(dims, both, s, a, u, y, g);
        }
        for (int k = 0; both && k < dims; k++) {
            exg_vec_store(fj + k * T + b, g[k]);
        }
    }
}

/* Lanes of forces on PI points and of q, for one part of the lane. */
EXG_INLINE void part_of(int dims, const exg_pairs_tails *s,
                        const exg_pairs_tiles *t, exg_int i, exg_int part,
                        float *fj, float (*lane)[EXG_PAIRS_DIMS][EXG_LANE],
                        float *z)
{
    const exg_int own = i / EXG_LANE * EXG_LANE; /* block on the diagonal */
    points a = {.z = {0}};
    exg_vec once = {0};

    for (int u = 0; u < PI; u++) {
        for (int k = 0; k < dims; k++) {
            a.y[u][k] = exg_vec_all(t->yi[k * t->stride + i + u]);
            a.f[u][k] = (exg_vec){0};
        }
    }
    if (t->same) {
        stream(dims, 0, s, &a, own + part, own + EXG_LANE, t, fj);
        once = a.z;
        a.z = (exg_vec){0};
    }
    stream(dims, 1, s, &a, (t->same ? own + EXG_LANE : 0) + part, t->nj, t, fj);
    for (int u = 0; u < PI; u++) {
        for (int k = 0; k < dims; k++) {
            exg_vec_store(lane[u][k] + part, a.f[u][k]);
        }
    }
    exg_vec_store(z + part, exg_vec_load(z + part) + (2.0f * a.z + once));
}

EXG_INLINE double tile(int dims, const exg_pairs_tails *s,
                       const exg_pairs_tiles *t, float *fi, float *fj)
{
    _Alignas(64) float lane[PI][EXG_PAIRS_DIMS][EXG_LANE];
    _Alignas(64) float z[EXG_LANE] = {0};

    memset(fj, 0, sizeof(float) * T * (size_t)dims);
    for (exg_int i = 0; i < t->ni; i += PI) {
        for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
            part_of(dims, s, t, i, part, fj, lane, z);
        }
        for (int u = 0; u < PI; u++) {
            for (int k = 0; k < dims; k++) {
                fi[k * T + i + u] = exg_lane_sum(lane[u][k]);
            }
        }
    }
    return (double)exg_lane_sum(z);
}

double EXG_KERN(exg_pairs_tile)(const exg_pairs_tiles *t, float *fi, float *fj)
{
    if (t->tails != NULL) {
        const exg_pairs_tails own = *t->tails; /* no store changes it */

        return t->dims == 2   ? tile(2, &own, t, fi, fj)
               : t->dims == 3 ? tile(3, &own, t, fi, fj)
                              : tile(1, &own, t, fi, fj);
    }
    return t->dims == 2   ? tile(2, NULL, t, fi, fj)
           : t->dims == 3 ? tile(3, NULL, t, fi, fj)
                          : tile(1, NULL, t, fi, fj);
}
