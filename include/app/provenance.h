/* provenance.h -- what may differ between equal runs.  Layer: app. */
#ifndef EXG_APP_PROVENANCE_H
#define EXG_APP_PROVENANCE_H

#include "app/run.h"
#include "store/results.h"

/** Write /provenance: versions, hosts, ranks, command line, times.
 * Collective.
 * @return EXG_OK, or on every rank EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_provenance_put(const exg_run *run, exg_writer *w,
                                             int argc, char *const *argv);

#endif
