/* resume.h -- what a checkpoint holds of training, and going on from it.
 * Layer: app.
 *
 * Maps and predictions are not kept: they follow from parameters, and those of
 * each moment a map was drawn of are. */
#ifndef EXG_APP_RESUME_H
#define EXG_APP_RESUME_H

#include "app/keep.h"
#include "app/run.h"
#include "train/epoch.h"

/** A training as far as it has come.  Open: read freely. */
struct exg_resume {
    exg_keep *keep;
    exg_optimizer *optimizer; /* NULL before and after training          */
    exg_epoch_place place;    /* where to go on                          */
    exg_int nmoment, room;    /* parameters that are remembered          */
    int32_t *epoch;           /* shape (nmoment): -1 first, best last    */
    float *param;             /* shape (nmoment, P)                      */
    char *path, *older;       /* of the checkpoints                      */
};

/** Look for a checkpoint of this run in --out: run->resume.
 *
 * Collective; after the data and the network are there.
 * @return what exg_keep_create() returns */
EXG_MUST_CHECK exg_status exg_resume_create(exg_run *run);

/** Wait for what is being written and free.  Local. */
void exg_resume_destroy(exg_run *run);

/** Remember the network's parameters: those of an epoch that improved, or -1,
 * before training.  Without saliency maps to draw again only -1 and the last
 * are needed.  Collective. */
EXG_MUST_CHECK exg_status exg_resume_moment(exg_run *run, int epoch);

/** Read the training: history, moments, place, optimiser, and the network's
 * parameters as they were.  Collective.
 * @param[in,out] optimizer  of the run; its state is replaced
 * @return EXG_OK, EXG_EINPUT (a checkpoint that contradicts itself),
 *         EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_resume_training(exg_run *run,
                                              exg_optimizer *optimizer);

/** Write a checkpoint of now: exg_keep_write().  Collective. */
EXG_MUST_CHECK exg_status exg_resume_write(exg_run *run, exg_wish wish);

/** Between two things that cannot be left in the middle: stop if asked to, and
 * write a checkpoint if one can be had.  Collective. */
EXG_MUST_CHECK exg_status exg_resume_point(exg_run *run);

/** What training returns: where it was stopped in an evaluation, in saliency or
 * in the film, there is a checkpoint afterwards.  Collective.
 * @return st; with EXG_ESTOP as exg_keep_stop() */
EXG_MUST_CHECK exg_status exg_resume_stop(exg_run *run, exg_status st);

#endif
