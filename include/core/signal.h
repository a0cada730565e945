/* signal.h -- what the outside asks of a run.  Layer: core.
 *
 * A batch system sends SIGUSR1 or SIGTERM before it ends a job.  The handler
 * notes it and nothing else; the work looks at the note where it can stop.
 * Everything is local. */
#ifndef EXG_CORE_SIGNAL_H
#define EXG_CORE_SIGNAL_H

#include "core/err.h"

/** Note SIGTERM, SIGUSR1 and SIGINT from now on instead of dying of them, and
 * forget what was noted.  A second SIGINT ends the program at once, for
 * impatient hands. */
void exg_signal_watch(void);

/** The signal that came last, or 0. */
int exg_signal_caught(void);

/** For loops whose work is made again by the run that goes on: a rank leaves
 * its part unfinished, and the agreement after the loop stops the others.
 * @return EXG_OK, or EXG_ESTOP once a signal came */
EXG_MUST_CHECK exg_status exg_signal_check(void);

/** "SIGTERM"; "a signal" for others than those above. */
const char *exg_signal_name(int number);

#endif
