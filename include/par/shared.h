/* shared.h -- memory that the ranks of one host see alike.  Layer: par.
 *
 * Each rank has a part of its own, and reads and writes those of the others
 * where they lie: data that ranks pass to each other in bulk then need no
 * copies.  Between exg_shared_meet() and the next one a place is written by one
 * rank at most, and then read by no other. */
#ifndef EXG_PAR_SHARED_H
#define EXG_PAR_SHARED_H

#include "par/par.h"

/** The parts of all ranks.  Read freely; begin with {.at = NULL}. */
typedef struct {
    void **at;     /* shape (R): each rank's part, as mapped here; NULL: none */
    exg_int bytes; /* of each part                                            */
    exg_int size;  /* R                                                       */
    int refused;   /* it cannot be had: do not ask again                      */
} exg_shared;

/** Parts of at least so many bytes, at 64-byte boundaries.  Collective.
 *
 * What was in them is lost where they grow.  Never an error: where ranks are on
 * several hosts, do not see each other in /proc, or the host has no room, they
 * must send messages.  Whoever is killed, nothing is left in /dev/shm.
 * @param[in] bytes  that this rank wants; all parts get the most that one wants
 * @return 1 on every rank, or 0 on every rank, and then s->at is NULL
 */
int exg_shared_grow(const exg_par *par, exg_int bytes, exg_shared *s);

/** What any rank has written before, every rank can read after.  Collective. */
void exg_shared_meet(const exg_par *par);

/** Unmap all parts.  Local; any rank may still use its own mapping. */
void exg_shared_free(exg_shared *s);

/** Whether exg_shared_grow() may succeed at all, on every rank alike; at first
 * it may.  For those who count or test messages.  Local. */
void exg_shared_allow(int yes);

#endif
