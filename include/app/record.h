/* record.h -- a finished run into its results file.  Layer: app. */
#ifndef EXG_APP_RECORD_H
#define EXG_APP_RECORD_H

#include "app/run.h"
#include "store/results.h"

/** Views of the layers that have parameters.  Local.
 * @param[in]  param  shape (P): the network's, or others of its shape
 * @param[out] out    shape (EXG_NET_LAYERS)
 * @return how many */
exg_int exg_record_layers(const exg_net *net, const float *param,
                          exg_results_layer *out);

/** Write /config: the options of role EXG_OPT_RESULT.  Collective. */
EXG_MUST_CHECK exg_status exg_record_config(const exg_par *par,
                                            const exg_opts *opts,
                                            exg_writer *w);

/** Write DIR/results.h5: every section that ran.  Collective.
 * @return EXG_OK, or on every rank EXG_EIO, EXG_ENOMEM, EXG_ELIB; an older
 *         file is then as it was */
EXG_MUST_CHECK exg_status exg_record_write(exg_run *run, const char *path,
                                           int argc, char *const *argv);

#endif
