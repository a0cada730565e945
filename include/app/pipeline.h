/* pipeline.h -- the stages of a run, in order.  Layer: app. */
#ifndef EXG_APP_PIPELINE_H
#define EXG_APP_PIPELINE_H

#include "app/run.h"

/** Do what the options say.  Collective.
 *
 * @param[in] argc,argv  the command line, for the record
 * @return EXG_OK, or on every rank the first failure; the files of an earlier
 *         run are then intact */
EXG_MUST_CHECK exg_status exg_pipeline_run(const exg_par *par,
                                           const exg_opts *opts, int argc,
                                           char *const *argv);

#endif
