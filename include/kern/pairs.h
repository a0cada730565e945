/* pairs.h -- t-SNE's inner sums: repulsion and attraction.  Layer: kern.
 *
 * With q = 1 / (1 + |y_i - y_j|^2), van der Maaten & Hinton 2008, equations 4
 * and 5 without their constant factors:
 *   repulsion   f_i = sum over j of q^2 (y_i - y_j),   Z = sum of all q
 *   attraction  f_i = sum over j of p_ij q (y_i - y_j)
 * That is b = 1 of the kernels w = u^b, u = 1 / (1 + |y_i - y_j|^2 / b), of
 * Kobak et al. 2020, section 2:
 *   repulsion   f_i = sum over j of w u (y_i - y_j),   Z = sum of all w
 *   attraction  f_i = sum over j of p_ij u (y_i - y_j)
 * Kernels are local, allocate nothing and cannot fail; the fast ones are
 * members of exg_kern. */
#ifndef EXG_KERN_PAIRS_H
#define EXG_KERN_PAIRS_H

#include <stdint.h>

#include "core/mem.h"

enum {
    EXG_PAIRS_TILE = 512, /* points of a tile            */
    EXG_PAIRS_DIMS = 3    /* most dimensions of a map    */
};

/** A kernel: w(r) = (1 + r^2 inverse)^-power, and 0 where r^2 inverse is above
 * EXG_PAIRS_NEVER: only points that are none, the padding of tiles, lie so far
 * away. */
typedef struct {
    float inverse; /* 1 / b */
    float power;   /* b     */
} exg_pairs_tails;

#define EXG_PAIRS_NEVER 0x1p100f

/** That of b = `dof` > 0. */
static inline exg_pairs_tails exg_pairs_tails_of(double dof)
{
    return (exg_pairs_tails){.inverse = (float)(1.0 / dof),
                             .power = (float)dof};
}

/** Two tiles of points, and the forces that they put on each other. */
typedef struct {
    int dims;        /* 1, 2 or 3                                          */
    int same;        /* 1: both tiles are one; every pair still acts once  */
    exg_int ni, nj;  /* points used, multiples of 16, up to EXG_PAIRS_TILE */
    exg_int stride;  /* floats from one axis of yi, yj to the next         */
    const float *yi; /* shape (dims, stride), 64-byte aligned              */
    const float *yj;
    const exg_pairs_tails *tails; /* the kernel; NULL: that of q */
} exg_pairs_tiles;

/** Repulsion between two tiles, the definition.  Fast kernels take w below
 * e^-60 for e^-60.
 *
 * @param[in]  t   the tiles; each pair (i, j) pushes both ways.  Where t->same,
 *                 the force on a point is its fi + its fj.
 * @param[out] fi  shape (dims, EXG_PAIRS_TILE): force on the points of yi
 * @param[out] fj  the same, on the points of yj
 * @return the sum of w over ordered pairs: twice that over (i, j); where
 *         t->same, each point with itself (w = 1) is counted once
 */
double exg_pairs_tile_ref(const exg_pairs_tiles *t, float *fi, float *fj);

/** Floats of a point in the layout that attraction reads: 2, 2 and 4 for 1, 2
 * and 3 dimensions.  What is over is ignored. */
static inline exg_int exg_pairs_width(int dims)
{
    return dims > 2 ? 4 : 2;
}

/** Sparse rows of P and the points they act on. */
typedef struct {
    int dims;
    exg_int rows;       /* points that receive a force                       */
    exg_int row0;       /* index of the first of them, if self is NULL       */
    const float *y;     /* shape (N, exg_pairs_width(dims)), 64-byte aligned */
    const exg_int *row; /* shape (rows + 1): first entry; multiples of 16    */
    const int32_t *col; /* entries: the point that attracts                  */
    const uint16_t *near; /* entries, from base[i] on; NULL: see col          */
    const int32_t *base; /* shape (rows): first point near row i; -1: see col */
    const float *p;      /* entries: p_ij, 0 in the padding; 64-byte aligned  */
    const int32_t *self; /* shape (rows): index of the point; NULL: in a row  */
    const exg_pairs_tails *tails; /* the kernel; NULL: that of q          */
} exg_pairs_sparse;

/** Attraction, the definition.
 * @param[out] f  shape (rows, dims) */
void exg_pairs_attract_ref(const exg_pairs_sparse *s, float *f);

/** What the divergence KL(P || Q) needs of the rows, the definition.
 * @param[out] f  shape (rows, 2): sum of -p_ij log u_ij, and of p_ij */
void exg_pairs_diverge_ref(const exg_pairs_sparse *s, float *f);

#endif
