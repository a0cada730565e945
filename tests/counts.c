/* counts.c -- in the library of a coverage build: gcov's counts reach the disk
 * however a process ends.
 *
 * libgcov writes them when a process exits.  Too late for a rank: the launcher
 * kills the others as soon as one exits with an error, and a file that is cut
 * off in the middle is lost.  So they are written before MPI_Finalize, which
 * all ranks leave together, and before what ends a process without exit.
 * Ranks that write the same file take turns by its lock. */
#include <mpi.h>
#include <unistd.h>

/* Names that the compiler and the linker give. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void __gcov_dump(void);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
void __real_abort(void) __attribute__((noreturn));
void __wrap_abort(void) __attribute__((noreturn));

int MPI_Finalize(void)
{
    __gcov_dump();
    return PMPI_Finalize();
}

int MPI_Abort(MPI_Comm comm, int status)
{
    __gcov_dump();
    return PMPI_Abort(comm, status);
}

/* A thread that ends the process, because another rank hangs, must be quicker
 * than the other ranks' threads. */
void __wrap__exit(int status)
{
    if (gettid() == getpid()) {
        __gcov_dump();
    }
    __real__exit(status);
}

void __wrap_abort(void)
{
    __gcov_dump();
    __real_abort();
}
/* NOLINTEND(bugprone-reserved-identifier) */
