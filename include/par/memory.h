/* memory.h -- how much memory the ranks of a host may take.  Layer: par.
 *
 * Linux hands out more memory than it has, so an allocation succeeds and the
 * process dies later, when it writes there.  What is going to be large is
 * therefore compared with what is free before it begins. */
#ifndef EXG_PAR_MEMORY_H
#define EXG_PAR_MEMORY_H

#include "par/par.h"

/** Bytes that new work on this host can have, MemAvailable of /proc/meminfo;
 * INFINITY where that is not known.  Local. */
double exg_memory_available(void);

/** Bytes that this process's control group may use in all; INFINITY where there
 * is no limit.  Local. */
double exg_memory_limit(void);

/** Refuse work that needs more memory than there is.
 *
 * Collective.  The needs of all ranks of a host add up.
 * @param[in] what   names the work in the message, "t-SNE of 100 points"
 * @param[in] bytes  this rank needs beyond what it has now
 * @param[in] mend   what the user can do, for the message
 * @return EXG_OK, or on every rank EXG_ENOMEM with what is needed and what is
 *         there */
EXG_MUST_CHECK exg_status exg_memory_check(const exg_par *par, const char *what,
                                           double bytes, const char *mend);

#endif
