/* tool_panic.c -- what only a bug can cause, for the end-to-end tests: a count
 * that no MPI call takes, on the last rank, while the others wait for it. */
#include "par/par.h"

int main(int argc, char **argv)
{
    exg_par par;

    if (exg_par_start(&argc, &argv, &par) == EXG_OK &&
        par.rank == par.size - 1) {
        (void)exg_mpi_count((exg_int)1 << 31);
    }
    EXG_MPI(MPI_Barrier(par.comm));
    exg_par_stop(&par);
    return 0;
}
