/* epoch.h -- one pass over the training set.  Layer: train. */
#ifndef EXG_TRAIN_EPOCH_H
#define EXG_TRAIN_EPOCH_H

#include "data/batch.h"
#include "model/pass.h"
#include "train/optimizer.h"

/** A network in training: borrows what it works on, owns its sums.  Opaque. */
typedef struct exg_epoch exg_epoch;

/** What one pass came to.  Plain data, equal on all ranks but for seconds. */
typedef struct {
    double loss;     /* mean cross-entropy over all samples, nats   */
    double accuracy; /* share predicted right while training, 0..1  */
    double seconds;  /* wall-clock time of this rank                */
} exg_epoch_stats;

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

#endif
