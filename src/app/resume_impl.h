/* resume_impl.h -- names in a checkpoint, of what training puts there.
 * Layer: app. */
#ifndef EXG_APP_RESUME_IMPL_H
#define EXG_APP_RESUME_IMPL_H

#include "app/resume.h"

#define EXG_RESUME_PLACE "/train/place"                /* i64 (3)          */
#define EXG_RESUME_LOSS "/train/loss"                  /* f64 (1), nat     */
#define EXG_RESUME_PARAMS "/train/parameters"          /* f32 (P)          */
#define EXG_RESUME_STEPS "/optimizer/steps"            /* i64 (1)          */
#define EXG_RESUME_FIRST "/optimizer/first"            /* f32 (P)          */
#define EXG_RESUME_SECOND "/optimizer/second"          /* f32 (P): Adam    */
#define EXG_RESUME_HISTORY "/history/epoch"            /* i64 (E)          */
#define EXG_RESUME_SCORES "/history/scores"            /* f64 (E, 4)       */
#define EXG_RESUME_CONFUSION "/history/confusion"      /* i64 (E, K, K)    */
#define EXG_RESUME_MOMENTS "/moments/epoch"            /* i64 (F)          */
#define EXG_RESUME_MOMENT_PARAMS "/moments/parameters" /* f32 (F, P) */

enum {
    EXG_RESUME_PLACES = 3, /* epoch, step, right predictions             */
    EXG_RESUME_NSCORE = 4  /* of an epoch, beside its confusion matrix   */
};

/** Remember parameters as those after an epoch.  Local. */
EXG_MUST_CHECK exg_status exg_resume_remember(exg_run *run, int epoch,
                                              const float *param);

#endif
