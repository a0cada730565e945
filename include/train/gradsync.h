/* gradsync.h -- average gradients over all ranks.  Layer: train. */
#ifndef EXG_TRAIN_GRADSYNC_H
#define EXG_TRAIN_GRADSYNC_H

#include "core/fixed.h"
#include "model/net.h"
#include "par/par.h"

/** What rides behind the P gradient sums in one reduction. */
enum {
    EXG_GRADSYNC_LOSS,    /* sum of cross-entropies, fixed point */
    EXG_GRADSYNC_CORRECT, /* samples predicted right             */
    EXG_GRADSYNC_FAILED,  /* ranks that failed                   */
    EXG_GRADSYNC_WISH,    /* what ranks wish: par/wish.h         */
    EXG_GRADSYNC_RIDERS
};

/** Turn local exact gradient sums into the mean gradient of the global batch.
 *
 * Collective.  Afterwards net->grad is the same bits on every rank, whatever
 * the number of ranks: integers add in any order.
 *
 * @param[in]     par      parallel context
 * @param[in]     samples  samples of the global batch, > 0, equal on all ranks
 * @param[in,out] sum      shape (P + EXG_GRADSYNC_RIDERS), fixed point: in,
 * sums over this rank's samples; out, over all ranks'
 * @param[in]     mine     outcome of this rank's forward and backward pass
 * @param[out]    net      net->grad, shape (P): mean gradients
 * @return EXG_OK, or on every rank the status of the lowest failing rank
 */
EXG_MUST_CHECK exg_status exg_gradsync(const exg_par *par, exg_int samples,
                                       exg_fixed *sum, exg_status mine,
                                       exg_net *net);

#endif
