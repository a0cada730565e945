/* par.c -- start, stop and panic.
 *
 * The communicator is a duplicate, so that our messages cannot meet those of a
 * library, and it returns errors, so that EXG_MPI can say which call failed. */
#include "par/par.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* An srun without a matching PMI starts n processes that each think they are
 * alone; each would train the whole run and overwrite the others' files.
 * mpirun -np 1 inside a larger allocation is meant, and sets its own variable.
 */
static exg_status check_launcher(int size)
{
    static const char *const variable[] = {"SLURM_STEP_NUM_TASKS",
                                           "SLURM_NTASKS", "PMI_SIZE"};

    if (size > 1 || getenv("OMPI_COMM_WORLD_SIZE") != NULL) {
        return EXG_OK;
    }
    for (size_t i = 0; i < sizeof variable / sizeof *variable; i++) {
        const char *text = getenv(variable[i]);

        if (text != NULL && strtol(text, NULL, 10) > 1) {
            return exg_fail(EXG_EUSAGE,
                            "%s is %s but MPI sees one process: launch with "
                            "mpirun, or with srun --mpi=pmix",
                            variable[i], text);
        }
    }
    return EXG_OK;
}

/* A task of srun to which no rank was told: with --mpi=none, or a PMI that is
 * not this MPI's.  MPI_Init would end it with thirty lines about that. */
static exg_status check_step(void)
{
    static const char *const told[] = {"PMIX_RANK", "PMI_RANK", "PMI_FD",
                                       "OMPI_COMM_WORLD_RANK"};
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");

    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if (getenv(told[i]) != NULL) {
            return EXG_OK;
        }
    }
    if (getenv("SLURM_STEP_ID") != NULL && tasks != NULL &&
        strtol(tasks, NULL, 10) > 0) {
        return exg_fail(EXG_EUSAGE,
                        "srun has started tasks that know nothing of each "
                        "other (%s): launch with srun --mpi=pmix, or with "
                        "mpirun",
                        tasks);
    }
    return EXG_OK;
}

int exg_par_launched_rank(void)
{
    static const char *const variable[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",
                                           "PMI_RANK", "SLURM_PROCID"};

    for (size_t i = 0; i < sizeof variable / sizeof *variable; i++) {
        const char *text = getenv(variable[i]);

        if (text != NULL) {
            return (int)strtol(text, NULL, 10);
        }
    }
    return 0;
}

/* A step's reduction is some 40 KiB: below 64 KiB, let Open MPI's shared memory
 * send at once instead of asking first (3 to 5 % of training at two ranks).
 * What the user has set stays. */
static void tune_transport(void)
{
    setenv("OMPI_MCA_btl_vader_eager_limit", "65536", 0);
}

exg_status exg_par_start(int *argc, char ***argv, exg_par *par)
{
    int level; /* a thread of ours writes files; it makes no MPI calls */
    exg_status st;

    *par = (exg_par){.comm = MPI_COMM_NULL, .rank = exg_par_launched_rank()};
    st = check_step();
    if (st != EXG_OK) {
        return st;
    }
    tune_transport();
    EXG_MPI(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level));
    EXG_MPI(MPI_Comm_dup(MPI_COMM_WORLD, &par->comm));
    EXG_MPI(MPI_Comm_set_errhandler(par->comm, MPI_ERRORS_RETURN));
    EXG_MPI(MPI_Comm_rank(par->comm, &par->rank));
    EXG_MPI(MPI_Comm_size(par->comm, &par->size));
    st = check_launcher(par->size);
    if (st != EXG_OK) {
        par->rank = exg_par_launched_rank();
    }
    return st;
}

void exg_par_stop(exg_par *par)
{
    if (par->comm == MPI_COMM_NULL) {
        return;
    }
    EXG_MPI(MPI_Comm_free(&par->comm));
    EXG_MPI(MPI_Finalize());
}

void exg_par_panic(const char *file, int line, const char *what, int mpi_code)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int rank = -1;
    int length = 0;
    int up = 0;

    MPI_Initialized(&up);
    if (up) {
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        MPI_Error_string(mpi_code, text, &length);
    }
    fprintf(stderr, "exigo: %s: %s [rank %d, %s:%d]\n", what, text, rank, file,
            line);
    fflush(stderr);
    if (up) {
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    abort();
}

void exg_par_leave(const char *text)
{
    if (text != NULL) {
        fprintf(stderr, "exigo: %s\n", text);
        fflush(stderr);
    }
    _exit(1);
}

int exg_mpi_count(exg_int n)
{
    if (n < 0 || n > INT_MAX) {
        exg_par_panic(__FILE__, __LINE__, "count does not fit MPI",
                      MPI_ERR_COUNT);
    }
    return (int)n;
}

MPI_Datatype exg_par_row_type(exg_int bytes)
{
    MPI_Datatype row;

    EXG_MPI(MPI_Type_contiguous(exg_mpi_count(bytes), MPI_BYTE, &row));
    EXG_MPI(MPI_Type_commit(&row));
    return row;
}
