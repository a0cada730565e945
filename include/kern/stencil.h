/* stencil.h -- points to a regular grid and back, by B-splines.  Layer: kern.
 *
 * A point touches the 6 nodes around it on every axis with the weights of the
 * quintic B-spline, as in smooth particle-mesh Ewald (Essmann et al. 1995,
 * section II).  Node (i, j, k) of axes 0, 1, 2 is element (k n + j) n + i.
 * Kernels are local, allocate nothing and cannot fail; the fast ones are
 * members of exg_kern. */
#ifndef EXG_KERN_STENCIL_H
#define EXG_KERN_STENCIL_H

#include <stdint.h>

#include "core/mem.h"

enum {
    EXG_STENCIL = 6,           /* nodes that a point touches, per axis   */
    EXG_STENCIL_SLACK = 8,     /* elements allocated after a grid's end  */
    EXG_STENCIL_MOST_BITS = 22 /* largest scale of exg_stencil_spread   */
};

/** A grid and points in it. */
typedef struct {
    int dims;       /* 1, 2 or 3                                        */
    exg_int n;      /* nodes on each axis, >= 6                         */
    float first[3]; /* coordinates of node 0                            */
    float per_unit; /* nodes in a unit of length                        */
    exg_int count;  /* points                                           */
    exg_int stride; /* floats from one axis of y to the next, a multiple
                       of 16, >= count                                  */
    exg_int origin; /* nodes before the first of `grid`, which may be a window
                       that holds all nodes that the points touch       */
    const float *y; /* shape (dims, stride), 64-byte aligned, finite: in
                       node units, points are in [2, n - 3) on each axis;
                       others are moved to the rim                      */
} exg_stencil;

/** Add every point's weights, as integers round(weight * 2^bits), to a grid:
 * sums of integers do not depend on the order of the points.
 *
 * Neighbours in the list that are neighbours in space are cheaper.
 * @param[in]     bits  0..EXG_STENCIL_MOST_BITS
 * @param[in,out] grid  n^dims sums modulo 2^32, and the slack, unchanged
 */
void exg_stencil_spread_ref(const exg_stencil *s, int bits, uint32_t *grid);

/** The value and the gradient of a grid's spline at every point.
 *
 * @param[in]  grid   n^dims node values, and the slack, finite
 * @param[out] value  shape (stride)
 * @param[out] slope  shape (dims, stride): derivatives in node units
 */
void exg_stencil_gather_ref(const exg_stencil *s, const float *grid,
                            float *value, float *slope);

#endif
