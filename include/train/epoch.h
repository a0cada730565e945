/* epoch.h -- one pass over the training set.  Layer: train. */
#ifndef EXG_TRAIN_EPOCH_H
#define EXG_TRAIN_EPOCH_H

#include "data/batch.h"
#include "model/pass.h"
#include "par/wish.h"
#include "train/optimizer.h"

/** A network in training: borrows what it works on, owns its sums.  Opaque. */
typedef struct exg_epoch exg_epoch;

/** What one pass came to.  Plain data, equal on all ranks but for seconds. */
typedef struct {
    double loss;     /* mean cross-entropy over all samples, nats   */
    double accuracy; /* share predicted right while training, 0..1  */
    double seconds;  /* wall-clock time of this rank                */
    exg_int trained; /* samples in that time, of all ranks          */
} exg_epoch_stats;

/** Where in a pass, and what its steps have come to.  Plain data. */
typedef struct {
    exg_int epoch;
    exg_int step;    /* steps made                                        */
    double loss;     /* sum of their cross-entropies, in order of steps   */
    int64_t correct; /* samples predicted right in them                   */
} exg_epoch_place;

/** Who keeps checkpoints of a training. */
typedef struct {
    void *state; /* the keeper's */

    /** 1: a checkpoint is due; rank 0's answer counts.  Local. */
    int (*due)(void *state);

    /** Between two steps, when one is due or a rank was told to stop: keep what
     * is needed to go on from `place`.  Collective.
     * @return EXG_OK to go on, or what ends the training on all ranks */
    exg_status (*keep)(const exg_par *par, void *state,
                       const exg_epoch_place *place, exg_wish wish);
} exg_epoch_keeper;

/** Sums for a network of net->nparam parameters.  Local.
 * @param[in] net, batches, optimizer  must outlive the object; net->param is
 *            changed by exg_epoch_run(), net->grad is scratch
 * @return EXG_OK or EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_epoch_create(exg_net *net, exg_batches *batches,
                                           exg_optimizer *optimizer,
                                           exg_epoch **e);

/** Free; sets *e NULL. */
void exg_epoch_destroy(exg_epoch **e);

/** Train for one epoch.  Collective.
 *
 * @param[in]     epoch  >= 0
 * @param[in]     more   another epoch follows: its rows start to move
 * @param[out]    stats  filled in
 * @return EXG_OK, or on every rank EXG_ENUMERIC (a loss or gradient that is no
 *         number or too large, with its layer), EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_epoch_run(const exg_par *par, exg_epoch *e,
                                        exg_int epoch, int more,
                                        exg_epoch_stats *stats);

/** Train for what is left of an epoch, which may be all of it.  Collective.
 *
 * The stats are those of the whole epoch, but for seconds and trained.
 * @param[in,out] place   in, where to go on, the same on all ranks; out, where
 *                        the epoch ended or was left
 * @param[in]     keeper  or NULL on all ranks
 * @return as exg_epoch_run(), or what the keeper returned */
EXG_MUST_CHECK exg_status exg_epoch_resume(const exg_par *par, exg_epoch *e,
                                           exg_epoch_place *place, int more,
                                           const exg_epoch_keeper *keeper,
                                           exg_epoch_stats *stats);

#endif
