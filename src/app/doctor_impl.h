/* doctor_impl.h -- what the files of the doctor share. */
#ifndef EXG_APP_DOCTOR_IMPL_H
#define EXG_APP_DOCTOR_IMPL_H

#include <sched.h>

#include "app/doctor.h"

enum {
    DOCTOR_TEXT = 1024, /* longest line, bytes */
    DOCTOR_NAME = 32
};

/* What a rank knows of itself; travels as bytes. */
typedef struct {
    char host[MPI_MAX_PROCESSOR_NAME];
    cpu_set_t cores; /* it may run on these                              */
    int online;      /* cores of its host                                */
    int threads;     /* of its BLAS                                      */
    char kernels[DOCTOR_NAME], best[DOCTOR_NAME]; /* in use; the CPU's   */
    char blas[DOCTOR_NAME];                       /* kernel of the BLAS  */
    double host_memory; /* bytes: free, or its group's limit             */
    double own_memory;  /* bytes: the limit of this rank, or infinity    */
    int index;          /* of its host, in order of first ranks          */
    int local;          /* ranks of its host before it                   */
} doctor_rank;

/* A host, seen through its ranks. */
typedef struct {
    int first; /* its first rank        */
    int ranks;
} doctor_host;

/* The examination.  rank and host are filled in on rank 0 only. */
typedef struct {
    const exg_par *par;
    const char *out;   /* --out                   */
    int quiet;         /* --quiet                 */
    doctor_rank *rank; /* shape (size)            */
    int nhost;
    doctor_host *host; /* shape (size), nhost used */
    int nbad;
} doctor;

typedef enum {
    DOCTOR_GOOD,
    DOCTOR_WARNING,
    DOCTOR_BAD
} doctor_verdict;

/* Say a line; on rank 0, where findings are known.  Local. */
void doctor_say(doctor *d, doctor_verdict verdict, const char *what,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Fill in what this rank knows of itself.  Local. */
void doctor_ask_self(doctor_rank *self);

/* Bytes that one process may use: of the host, and of itself.  Local. */
void doctor_ask_memory(doctor_rank *self);

/* The checks, in the order in which they speak.  Those that take a rank's
 * part are collective. */
void doctor_check_hosts(doctor *d);   /* local, rank 0 */
void doctor_check_binding(doctor *d); /* local, rank 0 */
void doctor_check_cpu(doctor *d);     /* local, rank 0 */
void doctor_check_memory(doctor *d);  /* local, rank 0 */
void doctor_check_mpi(doctor *d);     /* local, rank 0 */
void doctor_check_sharing(doctor *d);
exg_status doctor_check_network(doctor *d);
void doctor_check_output(doctor *d);

#endif
