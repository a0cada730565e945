/* convolve.h -- a grid of charges, convolved with t-SNE's kernel.
 * Layer: embed.
 *
 * Charges and potentials meet points through quintic B-splines (stencil.h);
 * the convolution makes up for the splines' smoothing.  Values are the same
 * bits for any number of ranks: each one-dimensional transform is a whole, and
 * ranks only deal transforms among themselves. */
#ifndef EXG_EMBED_CONVOLVE_H
#define EXG_EMBED_CONVOLVE_H

#include <stdint.h>

#include "kern/kern.h"
#include "par/shared.h"

/** A grid and its kernel.  Opaque. */
typedef struct exg_convolve exg_convolve;

/** What a caller can learn from the node charges, as int32. */
typedef struct {
    int64_t total;   /* their sum                                           */
    int64_t large;   /* how many are 2^29 or more: fewer bits, soon         */
    int64_t medium;  /* or 2^27 or more: if none, one more bit is free      */
    int64_t squares; /* sum of (charge >> shift)^2, shift = bits over
                        EXG_CONVOLVE_SQUARE: how dense the points are       */
} exg_convolve_sums;

enum {
    EXG_CONVOLVE_SQUARE = 10 /* bits of a unit charge in the squares */
};

/** The sum of squared charges, of which a point is 1.  Local.
 * @param[in] bits     of a unit charge, as the convolution was given
 * @param[in] squares  of exg_convolve_sums, over all ranks */
double exg_convolve_squares(int bits, int64_t squares);

/** Seconds of this rank and bytes that it sent, since creation. */
typedef struct {
    double sum, forward, turn, line, inverse, share;
    double bytes;
} exg_convolve_cost;

/** Nodes n on an axis for at least `wanted`, where the length of transforms,
 * n + 8, has no prime factors but 2, 3, 5 and 7.  Local. */
exg_int exg_convolve_nodes(exg_int wanted);

/** Prepare grids of n nodes on each axis, `spacing` apart.  Collective.
 *
 * Time is O(n^dims log n), memory some 24 bytes times n^2 or 36 times n^3, and
 * 8 or 16 more where ranks send messages; ranks share both.
 * @param[in]  dims     1, 2 or 3
 * @param[in]  n        of exg_convolve_nodes()
 * @param[in]  spacing  > 0
 * @param[in]  dof      b > 0 of the kernel, (1 + r^2 / b)^-b
 * @param      shared   where it can be had, ranks pass data through it; used by
 *                      one grid at a time, it outlives them; NULL: by messages
 * @param[out] out      ended by exg_convolve_destroy()
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_convolve_create(const exg_par *par,
                                              const exg_kern *kern, int dims,
                                              exg_int n, double spacing,
                                              double dof, exg_shared *shared,
                                              exg_convolve **out);

/** Free; sets *c NULL.  Local. */
void exg_convolve_destroy(exg_convolve **c);

/** What the potential lacks: add it times the total charge.  Local. */
double exg_convolve_mean(const exg_convolve *c);

/** Planes of the grid, from the slowest axis: the part that a rank touches. */
typedef struct {
    exg_int first, count; /* count may be 0 */
} exg_window;

/** The planes of a grid that has as many: all.  Local. */
exg_window exg_convolve_all(const exg_convolve *c);

/** The potential of the charges of all ranks.  Collective.
 *
 * Ranks send only the planes of a window that others transform.
 * @param[in]  window     this rank's: where it has charges, and wants the
 *                        potential
 * @param[in]  charge     shape (window.count, n^(dims - 1)), where a plane of a
 *                        1-D grid is all of it: this rank's, times 2^bits; sums
 *                        over ranks are taken modulo 2^32
 * @param[out] potential  the same shape
 * @param[out] sums       of the nodes that this rank transforms: to be added
 *                        over ranks
 */
void exg_convolve_run(const exg_par *par, exg_convolve *c, exg_window window,
                      int bits, const uint32_t *charge, float *potential,
                      exg_convolve_sums *sums);

/** Costs so far.  Local. */
exg_convolve_cost exg_convolve_cost_of(const exg_convolve *c);

#endif
