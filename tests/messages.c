/* messages.c -- see messages.h. */
#include "messages.h"

#include <mpi.h>
#include <string.h>
#include <time.h>

struct messages_seen messages_seen;

const char *const messages_name[MESSAGES_KINDS] = {
    "gather", "scatter", "turn", "sum", "near", "other"};

static double left; /* CPU clock when MPI was left */

static double cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void messages_begin(void)
{
    memset(&messages_seen, 0, sizeof messages_seen);
    left = cpu_now();
}

static void enter(int kind, double bytes)
{
    messages_seen.cpu += cpu_now() - left;
    messages_seen.calls[kind]++;
    messages_seen.bytes[kind] += bytes;
}

static int leave(int code)
{
    left = cpu_now();
    return code;
}

static double total(MPI_Comm comm, const int *count, MPI_Datatype type)
{
    int ranks, size;
    double sum = 0.0;

    PMPI_Comm_size(comm, &ranks);
    PMPI_Type_size(type, &size);
    for (int r = 0; r < ranks; r++) {
        sum += count[r];
    }
    return sum * size;
}

int MPI_Allgatherv(const void *in, int n, MPI_Datatype t, void *out,
                   const int *count, const int *first, MPI_Datatype type,
                   MPI_Comm comm)
{
    enter(MESSAGES_GATHER, total(comm, count, type));
    return leave(PMPI_Allgatherv(in, n, t, out, count, first, type, comm));
}

int MPI_Reduce_scatter(const void *in, void *out, const int *count,
                       MPI_Datatype type, MPI_Op op, MPI_Comm comm)
{
    enter(MESSAGES_SCATTER, total(comm, count, type));
    return leave(PMPI_Reduce_scatter(in, out, count, type, op, comm));
}

int MPI_Alltoallv(const void *in, const int *count, const int *first,
                  MPI_Datatype type, void *out, const int *got, const int *at,
                  MPI_Datatype into, MPI_Comm comm)
{
    int ranks;

    PMPI_Comm_size(comm, &ranks);
    enter(MESSAGES_TURN, ranks * total(comm, count, type));
    return leave(
        PMPI_Alltoallv(in, count, first, type, out, got, at, into, comm));
}

int MPI_Allreduce(const void *in, void *out, int n, MPI_Datatype type,
                  MPI_Op op, MPI_Comm comm)
{
    int size;

    PMPI_Type_size(type, &size);
    enter(MESSAGES_SUM, (double)n * size);
    return leave(PMPI_Allreduce(in, out, n, type, op, comm));
}

int MPI_Iallreduce(const void *in, void *out, int n, MPI_Datatype type,
                   MPI_Op op, MPI_Comm comm, MPI_Request *request)
{
    int size;

    PMPI_Type_size(type, &size);
    enter(MESSAGES_SUM, (double)n * size);
    return leave(PMPI_Iallreduce(in, out, n, type, op, comm, request));
}

/* Was counted when it began. */
int MPI_Wait(MPI_Request *request, MPI_Status *status)
{
    messages_seen.cpu += cpu_now() - left;
    return leave(PMPI_Wait(request, status));
}

int MPI_Allgather(const void *in, int n, MPI_Datatype t, void *out, int count,
                  MPI_Datatype type, MPI_Comm comm)
{
    int ranks, size;

    PMPI_Comm_size(comm, &ranks);
    PMPI_Type_size(type, &size);
    enter(MESSAGES_SUM, (double)ranks * count * size);
    return leave(PMPI_Allgather(in, n, t, out, count, type, comm));
}

int MPI_Sendrecv(const void *in, int n, MPI_Datatype type, int to, int tag,
                 void *out, int count, MPI_Datatype into, int from, int label,
                 MPI_Comm comm, MPI_Status *status)
{
    int size;

    PMPI_Type_size(type, &size);
    enter(MESSAGES_NEAR_BY, (double)n * size);
    messages_seen.calls[MESSAGES_NEAR_BY] -= to == MPI_PROC_NULL;
    return leave(PMPI_Sendrecv(in, n, type, to, tag, out, count, into, from,
                               label, comm, status));
}

int MPI_Bcast(void *data, int n, MPI_Datatype type, int root, MPI_Comm comm)
{
    int size;

    PMPI_Type_size(type, &size);
    enter(MESSAGES_OTHER, (double)n * size);
    return leave(PMPI_Bcast(data, n, type, root, comm));
}
