/* watch.h -- no rank waits for ever.  Layer: par.
 *
 * A rank that is stopped, or hangs in a dead file system, is noticed by
 * nobody: its connections stand, and the others wait for it in their next
 * collective call until somebody ends the job by hand.  So every call that may
 * wait for others, in MPI or in parallel HDF5, is announced here, and a thread
 * ends the process where one call lasts beyond a limit; the launcher then ends
 * the rest of the job. */
#ifndef EXG_PAR_WATCH_H
#define EXG_PAR_WATCH_H

#include "core/err.h"

#define EXG_WATCH_TEXT_(line) #line
#define EXG_WATCH_TEXT(line) EXG_WATCH_TEXT_(line)

/** Announce a call that may wait, by file and line. */
#define EXG_WATCH_ENTER() exg_watch_enter(__FILE__ ":" EXG_WATCH_TEXT(__LINE__))

/** See EXG_WATCH_ENTER: a few nanoseconds.  Local. */
void exg_watch_enter(const char *where);

/** The call is over.  Local. */
void exg_watch_leave(void);

/** Begin to watch the announced calls of this process.
 *
 * Local.  Time in which the whole process is stopped (a suspended job) does
 * not count.  Ranks differ in their limits by up to a minute, so that one of
 * them speaks for all.
 *
 * @param[in] rank   names this process in the message
 * @param[in] limit  seconds a single call may last; 0: for ever
 * @return EXG_OK, or EXG_ENOMEM where no thread can be made */
EXG_MUST_CHECK exg_status exg_watch_start(int rank, double limit);

/** This process has failed inside a call that others may not come out of, such
 * as a collective write to a full disk: from now on it waits ten seconds for
 * them at most, and then ends the job with this message.  Local. */
void exg_watch_hurry(const char *text);

/** The failure is told, what is left is to end: the same, but without a word.
 * Local. */
void exg_watch_told(void);

/** End it; nothing if it was not begun.  Local. */
void exg_watch_stop(void);

#endif
