/* training.h -- the stage "train", with what is drawn along the way.
 * Layer: app. */
#ifndef EXG_APP_TRAINING_H
#define EXG_APP_TRAINING_H

#include "app/run.h"

/** Train for --epochs, evaluate after each, keep the best parameters.
 *
 * Collective.  Without the stage, or with 0 epochs, evaluates the network as it
 * is.  With the stage "explain", saliency maps are taken before training and
 * after each epoch that improved on the evaluation loss.  Where run->resume has
 * a checkpoint, goes on from it, to the same end.
 * @return EXG_OK, or on every rank EXG_ESTOP (told to stop; a checkpoint is
 *         written) or what the stages below return
 */
EXG_MUST_CHECK exg_status exg_training_run(exg_run *run);

#endif
