/* par.h -- everything a rank knows about the others.  Layer: par. */
#ifndef EXG_PAR_PAR_H
#define EXG_PAR_PAR_H

#include <mpi.h>
#include <stdint.h>

#include "core/mem.h"
#include "par/watch.h"

/** The ranks that work together.  Open: read the members freely. */
typedef struct {
    MPI_Comm comm; /* our own duplicate, errors return */
    int rank;      /* 0..size-1                        */
    int size;      /* > 0                              */
} exg_par;

/** Run an MPI call, watched; if it fails, panic: after a failed MPI call the
 * ranks can agree on nothing. */
#define EXG_MPI(call)                                             \
    do {                                                          \
        EXG_WATCH_ENTER();                                        \
        const int exg_mpi_rc = (call);                            \
        exg_watch_leave();                                        \
        if (exg_mpi_rc != MPI_SUCCESS) {                          \
            exg_par_panic(__FILE__, __LINE__, #call, exg_mpi_rc); \
        }                                                         \
    } while (0)

/** The rank that the launcher's variables tell, before MPI_Init or where MPI
 * knows of none; 0 if they tell nothing.  Local. */
int exg_par_launched_rank(void);

/** MPI_Init and a communicator of our own.  Collective; first call of main.
 *
 * @param[out] par  filled in; the caller ends it with exg_par_stop(), also
 *                  where this fails
 * @return EXG_OK, or EXG_EUSAGE where the launcher started several processes
 *         but MPI sees one (an srun without a matching PMI); par->rank is then
 *         the launcher's, so that one of them speaks
 */
EXG_MUST_CHECK exg_status exg_par_start(int *argc, char ***argv, exg_par *par);

/** MPI_Finalize, where MPI was begun.  Collective. */
void exg_par_stop(exg_par *par);

/** Print one line and MPI_Abort: for bugs and a broken MPI only.  Local. */
void exg_par_panic(const char *file, int line, const char *what, int mpi_code)
    __attribute__((noreturn));

/** Print "exigo: text", if it is not NULL, and end this process at once, from
 * any thread: the launcher ends the others.  Local. */
void exg_par_leave(const char *text) __attribute__((noreturn));

/** n as an MPI count; panics where it does not fit in an int.  Local. */
int exg_mpi_count(exg_int n);

/** A committed datatype of `bytes` contiguous bytes, so that counts are rows
 * and stay below 2^31.  Local.  The caller frees it with MPI_Type_free(). */
MPI_Datatype exg_par_row_type(exg_int bytes);

#endif
