/* wish.h -- ranks tell each other in passing that it is time to stop, or to
 * keep a checkpoint.  Layer: par.
 *
 * A signal may reach one rank only, and at another moment than the others; but
 * all must stop at the same step.  So each rank's wish is one more integer in
 * a sum that is taken anyway, and what comes of it is the same on all ranks. */
#ifndef EXG_PAR_WISH_H
#define EXG_PAR_WISH_H

#include "core/fixed.h"
#include "par/par.h"

/** What the ranks wish together.  Plain data. */
typedef struct {
    int stop; /* the signal that some rank was sent, or 0 */
    int keep; /* 1: rank 0 finds a checkpoint due         */
} exg_wish;

/** This rank's term of the sum.  Local.
 * @param[in] keep  1: a checkpoint is due; counts on rank 0 only */
exg_fixed exg_wish_mine(const exg_par *par, int keep);

/** What a sum of such terms says.  Local. */
exg_wish exg_wish_of(exg_fixed sum);

/** A reduction under way.  Plain data. */
typedef struct {
    exg_fixed mine, sum;
    MPI_Request request;
} exg_wish_asking;

/** Begin to ask, behind the work that follows.  Collective.
 * @param[out] asking  stays where it is until exg_wish_end() */
void exg_wish_begin(const exg_par *par, int keep, exg_wish_asking *asking);

/** The answer: what was wished when it was asked.  Collective. */
exg_wish exg_wish_end(exg_wish_asking *asking);

/** Ask with a reduction of its own, where there is none to ride on.
 * Collective. */
exg_wish exg_wish_ask(const exg_par *par, int keep);

#endif
