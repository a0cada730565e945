/* agree.h -- one outcome for all ranks.  Layer: par. */
#ifndef EXG_PAR_AGREE_H
#define EXG_PAR_AGREE_H

#include "par/par.h"

/** Run a local call on every rank and leave through `done` on all of them if
 * it failed on any. */
#ifdef EXG_DEBUG
#define EXG_TRY_ALL(par, call) \
    EXG_TRY(exg_agree(         \
        (par), exg_agree_fault((par), __FILE__, __LINE__, #call, (call))))
#else
#define EXG_TRY_ALL(par, call) EXG_TRY(exg_agree((par), (call)))
#endif

/** The lowest failing rank speaks for all: its code and message reach everyone.
 *
 * Collective.
 * @param[in] mine  this rank's outcome, its message pending
 * @return EXG_OK if all ranks pass EXG_OK, else the lowest failing rank's
 *         status, on every rank, with its message pending everywhere
 */
EXG_MUST_CHECK exg_status exg_agree(const exg_par *par, exg_status mine);

/** Check that `value` (a hash, a size) is the same on all ranks.  Collective.
 * @param[in] what  names it in the message
 * @return EXG_OK, or EXG_EUSAGE on every rank */
EXG_MUST_CHECK exg_status exg_par_same(const exg_par *par, uint64_t value,
                                       const char *what);

/** FNV-1a hash of bytes, chained through `hash` (start with 0).  Local. */
uint64_t exg_par_hash(uint64_t hash, const void *bytes, size_t size);

/** Debug builds: EXG_FAULT=exg_idx_read:2 makes the agreed call of that name
 * fail on rank 2, EXG_FAULT=src/data/idx.c:240:2 the one at that place;
 * EXG_FAULT=list prints place and name of every agreed call on rank 0.
 * Local.
 * @return st, or EXG_EIO with a message where the fault is asked for */
exg_status exg_agree_fault(const exg_par *par, const char *file, int line,
                           const char *call, exg_status st);

#endif
