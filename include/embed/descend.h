/* descend.h -- gradient descent of t-SNE.  Layer: embed. */
#ifndef EXG_EMBED_DESCEND_H
#define EXG_EMBED_DESCEND_H

#include "embed/affinity.h"
#include "embed/pause.h"
#include "embed/repulse.h"

/** How to descend.  The gradient is that of van der Maaten & Hinton 2008,
 * equation 5, *without* its factor 4, as in openTSNE and FIt-SNE: a learning
 * rate here is four times that of scikit-learn.  Where the kernel has a degrees
 * of freedom (repulse.h) the gradient is 2 (a + 1) / a times
 *   sum over j of (p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2 / a),
 * and that sum is what is followed, whatever a.  openTSNE and FIt-SNE do the
 * same with their kernel, so descents agree step by step but for the scale. */
typedef struct {
    exg_int iterations;    /* updates in all                          */
    exg_int early;         /* of them with exaggeration               */
    double exaggeration;   /* factor of P in those                    */
    double late;           /* factor of P later; 1: none              */
    double early_rate;     /* learning rate in those, > 0             */
    double rate;           /* later                                   */
    double early_momentum; /* in those; Jacobs' gains apply as well   */
    double momentum;       /* later                                   */
    double most_step;      /* longest move of a point in an iteration */
    exg_int every;         /* iterations between calls of `seen`      */
    double dof;            /* b of the kernel (repulse.h); 0: 1       */
    const exg_pause_keeper *keeper; /* or NULL on all ranks           */
    const exg_pause *from; /* go on from here; NULL: begin            */
} exg_descend_plan;

/** Looks at positions on the way: iterations 0, every, 2 every, ... and the
 * last.  Collective.
 * @param[in] state      the caller's
 * @param[in] iteration  updates made so far
 * @param[in] cloud      positions, the same on every rank
 * @param[in] z          Z of these positions
 * @param[out] stop      0 on entry; 1, on all ranks: descend no further
 * @return EXG_OK or, on all ranks, a failure that ends the descent */
typedef exg_status (*exg_descend_seen)(const exg_par *par, void *state,
                                       exg_int iteration,
                                       const exg_cloud *cloud, double z,
                                       int *stop);

/** Minimise KL(P || Q).
 *
 * Collective.  Positions are replicated (N dims floats per rank); attraction is
 * computed from my rows of P, repulsion by the engine.
 *
 * @param[in]     p       my rows of P
 * @param[in]     kern    kernels, the same set on every rank
 * @param[in]     engine  the way to compute repulsion
 * @param[in,out] y       shape (p->rows.count, dims): positions; at the end
 *                        their mean is 0
 * @return EXG_OK, EXG_ENOMEM, EXG_ENUMERIC (diverged), or what seen returned
 */
EXG_MUST_CHECK exg_status exg_descend(const exg_par *par, const exg_affinity *p,
                                      const exg_kern *kern,
                                      const exg_repulse *engine, int dims,
                                      const exg_descend_plan *plan,
                                      exg_descend_seen seen, void *state,
                                      float *y);

/** The Kullback-Leibler divergence of a map, in nats: the sum of
 * p log(p / q), q_ij = w_ij / Z with b = cloud->dof (repulse.h).
 *
 * Collective; in single precision within a row, exact over rows.
 * @param[in] z  the sum of w_ij over i != j */
double exg_descend_kl(const exg_par *par, const exg_affinity *p,
                      const exg_kern *kern, const exg_cloud *cloud, double z);

#endif
