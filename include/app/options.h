/* options.h -- the option table of exigo-mpi and what it means.  Layer: app. */
#ifndef EXG_APP_OPTIONS_H
#define EXG_APP_OPTIONS_H

#include "core/opt.h"
#include "explain/saliency.h"

/** Options by default, preset, file and command line.
 *
 * Local.
 * @param[out] opts  owned by the caller: exg_free()
 * @return EXG_OK, EXG_EUSAGE, EXG_EIO (the --config file), EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_options_read(int argc, char *const *argv,
                                           exg_opts **opts);

/** Apply the file that the option "config" names, if it does: lines, or the
 * /config of a results file.  For any table that has that row.  Local.
 * @return EXG_OK, EXG_EUSAGE, EXG_EIO, EXG_EINPUT */
EXG_MUST_CHECK exg_status exg_options_config(exg_opts *opts);

/** Usage, table, examples.  Local. */
void exg_options_help(FILE *out);

/** What --target says: a class or EXG_TARGET_....  Local.
 * @return EXG_OK or EXG_EUSAGE */
EXG_MUST_CHECK exg_status exg_options_target(const exg_opts *opts, int *target);

/** What --baseline says.  Local. */
exg_baseline exg_options_baseline(const exg_opts *opts);

/** The options of a role as one JSON object, {"lr": 0.001, ...}.  Local.
 * @param[out] text  shape (size), terminated, cut if too long */
void exg_options_json(const exg_opts *opts, exg_opt_role role, char *text,
                      size_t size);

#endif
