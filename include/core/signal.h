/* signal.h -- what the outside asks of a run.  Layer: core.
 *
 * A batch system sends SIGUSR1 or SIGTERM before it ends a job.  The handler
 * notes it and nothing else; the work looks at the note where it can stop.
 * Everything is local. */
#ifndef EXG_CORE_SIGNAL_H
#define EXG_CORE_SIGNAL_H

/** Note SIGTERM, SIGUSR1 and SIGINT from now on instead of dying of them.  A
 * second SIGINT ends the program at once, for impatient hands. */
void exg_signal_watch(void);

/** The signal that came last, or 0. */
int exg_signal_caught(void);

/** "SIGTERM"; "a signal" for others than those above. */
const char *exg_signal_name(int number);

#endif
