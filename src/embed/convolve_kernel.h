/* convolve_kernel.h -- t-SNE's kernel on the nodes of one corner of a grid,
 * less a constant: see convolve_factors.c. */
#ifndef EXG_SRC_EMBED_CONVOLVE_KERNEL_H
#define EXG_SRC_EMBED_CONVOLVE_KERNEL_H

#include "convolve_impl.h"

/** The kernel w and its defect, 1 - w. */
typedef struct {
    double dof, spacing;
    double mean;       /* of the defect, about                               */
    double *by_square; /* of 0, 1, 2, ... nodes: the defect that far, squared;
                          NULL: it is cheaper to compute than to look up     */
    double *row;       /* shape (n): work                                    */
    float *fall;       /* shape (n): how the kernel goes to 0                */
    exg_int n;         /* nodes of a row: L of the axis of nodes             */
} exg_convolve_kernel;

/** Prepare.  Local; alike on every rank.
 * @return EXG_OK, EXG_ENOMEM; either way exg_convolve_kernel_free() ends it */
EXG_MUST_CHECK exg_status exg_convolve_kernel_create(const exg_convolve *c,
                                                     double spacing,
                                                     exg_convolve_kernel *w);

void exg_convolve_kernel_free(exg_convolve_kernel *w);

/** The kernel, less its mean, on its way to 0, of a row of nodes.
 * @param[in]  away  nodes to the first one, squared
 * @param[out] x     shape (n) */
void exg_convolve_kernel_row(const exg_convolve_kernel *w, exg_int away,
                             float *x);

#endif
