/* doctor.h -- is this place fit for a run?  Layer: app. */
#ifndef EXG_APP_DOCTOR_H
#define EXG_APP_DOCTOR_H

#include "core/opt.h"
#include "par/par.h"

/** Look at ranks, hosts, cores, CPU, memory, MPI, network, clocks and --out,
 * and say a line about each, on rank 0:
 *
 *   good: WHAT: FINDING
 *   warning: WHAT: FINDING; mend: WHAT TO DO     a run works, but not well
 *   bad: WHAT: FINDING; mend: WHAT TO DO         no run will work
 *
 * Nothing is trained and nothing stays on the disk.  Takes seconds.
 *
 * Collective.
 * @return EXG_OK, also with warnings; on every rank EXG_EIO where something
 *         was bad, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_doctor_run(const exg_par *par,
                                         const exg_opts *opts);

#endif
