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

enum {
    EXG_CONVOLVE_SQUARE = 10 /* bits of a unit charge in the squares: charges
                                are shifted by the bits that they have over it,
                                see exg_charge_sums */
};

/** Memory that grids, one after the other, let all ranks of a host see.  Begin
 * with zeros. */
typedef struct {
    exg_shared planes; /* charges and potentials          */
    exg_shared lines;  /* waves, between planes and lines */
} exg_convolve_rooms;

/** Free.  Local. */
void exg_convolve_rooms_free(exg_convolve_rooms *rooms);

/** The sum of squared charges, of which a point is 1.  Local.
 * @param[in] bits     of a unit charge, as the convolution was given
 * @param[in] squares  of exg_charge_sums, over all ranks */
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
 * Time is O(n^dims log n).  Memory over all ranks is some 20 bytes times n^2 or
 * 36 times n^3; where ranks send messages, it is 12 or 20 more, and 8 of it are
 * each rank's, which then has room for the charges and the potential of all.
 * @param[in]  dims     1, 2 or 3
 * @param[in]  n        of exg_convolve_nodes()
 * @param[in]  spacing  > 0
 * @param[in]  dof      b > 0 of the kernel, (1 + r^2 / b)^-b
 * @param      rooms    where it can be had, ranks pass data through it; used by
 *                      one grid at a time, it outlives them; NULL: by messages
 * @param[out] out      ended by exg_convolve_destroy()
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_convolve_create(
    const exg_par *par, const exg_kern *kern, int dims, exg_int n,
    double spacing, double dof, exg_convolve_rooms *rooms, exg_convolve **out);

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

/** Nodes of a plane.  Local. */
exg_int exg_convolve_plane(const exg_convolve *c);

/** Where a rank's charges go and its potential comes. */
typedef struct {
    exg_window span;  /* planes: the window, and others that this rank needs */
    uint32_t *charge; /* shape (span.count, n^(dims - 1)), where a plane of a
                         1-D grid is all of it, and EXG_STENCIL_SLACK        */
    float *potential; /* the same shape                                      */
} exg_canvas;

/** Begin with no charges.  Collective.
 * @param[in]  window  this rank's: where it has charges, and wants the
 *                     potential
 * @param[out] canvas  lives until the next exg_convolve_open() or the end
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_convolve_open(const exg_par *par, exg_convolve *c,
                                            exg_window window,
                                            exg_canvas *canvas);

/** The potential of the charges of all ranks, on the canvas.  Collective.
 *
 * Each rank has put in charges times 2^bits; sums over ranks are taken modulo
 * 2^32, and spoil the charges.  Ranks pass to each other only the planes of a
 * window that others transform.
 * @param[out] sums  of the nodes that this rank transforms: to be added over
 *                   ranks
 */
void exg_convolve_run(const exg_par *par, exg_convolve *c, int bits,
                      exg_charge_sums *sums);

/** Costs so far.  Local. */
exg_convolve_cost exg_convolve_cost_of(const exg_convolve *c);

#endif
