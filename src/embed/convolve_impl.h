/* convolve_impl.h -- what the files of convolve share: see convolve.c. */
#ifndef EXG_SRC_EMBED_CONVOLVE_IMPL_H
#define EXG_SRC_EMBED_CONVOLVE_IMPL_H

#include <complex.h>
#include <fftw3.h>

#include "embed/convolve.h"
#include "par/shard.h"

/** Axes in the order of memory: plane, row, node.  An axis that the grid lacks
 * has one node and a transform of length 1. */
struct exg_convolve {
    int dims;
    exg_int n;              /* nodes on an axis                           */
    exg_int m;              /* length of its transforms                   */
    exg_int planes, mplane; /* n and m of the axis of planes, or 1 and 1  */
    exg_int rows, mrow;     /* n and m of the axis of rows, or 1 and 1    */
    exg_int half;           /* m / 2 + 1                                  */
    exg_int width;          /* complex numbers from row to row, >= half   */
    exg_int lines;          /* mrow * half: transforms across planes      */
    exg_int pitch;          /* complex numbers from line to line          */
    exg_int band;           /* mplane / 2 + 1: factors of a line          */
    exg_shard plane, line;  /* mine                                       */
    double mean;

    uint32_t *charge;      /* shape (plane.count, rows, n)                   */
    fftwf_complex *across; /* shape (mrow, width): a plane; rows in place    */
    fftwf_complex *turned; /* shape (lines, plane.count)                     */
    fftwf_complex *post;   /* shape (R)(line.count, planes of R)             */
    fftwf_complex *along;  /* shape (pitch): a line                          */
    float *factor;         /* shape (line.count, band)                       */
    fftwf_plan row_to, row_from, col_to, col_from, line_to, line_from;
    int *count, *turned_count, *turned_first, *post_count, *post_first;
    int *share_count, *share_first;
    exg_convolve_cost cost;
};

/** c->factor and c->mean, from the rest.  Local; alike on every rank.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_convolve_factors(exg_convolve *c, double spacing);

#endif
