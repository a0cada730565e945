/* wish.c -- counts of ranks per signal, 20 bits each: 2^20 - 1 ranks. */
#include "par/wish.h"

#include <signal.h>

#include "core/signal.h"
#include "par/reduce.h"

enum {
    BITS = 20,
    KEEP_BIT = 3 * BITS
};

/* Where several signals came, the first of these is named. */
static const int order[] = {SIGTERM, SIGUSR1, SIGINT};

exg_fixed exg_wish_mine(const exg_par *par, int keep)
{
    const int caught = exg_signal_caught();
    exg_fixed wish = par->rank == 0 && keep ? (exg_fixed)1 << KEEP_BIT : 0;

    for (int i = 0; i < 3; i++) {
        if (caught == order[i]) {
            wish += (exg_fixed)1 << (i * BITS);
        }
    }
    return wish;
}

exg_wish exg_wish_of(exg_fixed sum)
{
    exg_wish wish = {.keep = sum >> KEEP_BIT != 0};

    for (int i = 2; i >= 0; i--) {
        if ((sum >> (i * BITS) & (((exg_fixed)1 << BITS) - 1)) != 0) {
            wish.stop = order[i];
        }
    }
    return wish;
}

exg_wish exg_wish_ask(const exg_par *par, int keep)
{
    exg_fixed sum = exg_wish_mine(par, keep);

    exg_reduce_fixed(par, 1, &sum);
    return exg_wish_of(sum);
}

void exg_wish_begin(const exg_par *par, int keep, exg_wish_asking *asking)
{
    asking->mine = exg_wish_mine(par, keep);
    /* Waited for in exg_wish_end().
     * NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker) */
    EXG_MPI(MPI_Iallreduce(&asking->mine, &asking->sum, 1, MPI_INT64_T, MPI_SUM,
                           par->comm, &asking->request));
}

exg_wish exg_wish_end(exg_wish_asking *asking)
{
    /* Begun in exg_wish_begin().
     * NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker) */
    EXG_MPI(MPI_Wait(&asking->request, MPI_STATUS_IGNORE));
    return exg_wish_of(asking->sum);
}
