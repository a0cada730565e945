/* gather.c -- Gatherv, Allgatherv and, from blocks to blocks, Alltoallv. */
#include "par/gather.h"

#include <stdlib.h>

/* Counts and offsets of all ranks, in rows.  Small, and nothing sensible can
 * be done without them: a failure to allocate is a panic. */
static void layout(const exg_par *par, exg_int mine, int **count, int **first)
{
    const int n = exg_mpi_count(mine);

    *count = calloc(2 * (size_t)par->size, sizeof **count);
    if (*count == NULL) {
        exg_par_panic(__FILE__, __LINE__, "out of memory", MPI_ERR_NO_MEM);
    }
    *first = *count + par->size;
    EXG_MPI(MPI_Allgather(&n, 1, MPI_INT, *count, 1, MPI_INT, par->comm));
    for (int r = 1; r < par->size; r++) {
        (*first)[r] = exg_mpi_count((exg_int)(*first)[r - 1] + (*count)[r - 1]);
    }
}

void exg_gather_rows(const exg_par *par, exg_int row_bytes, exg_int count,
                     const void *rows, void *all)
{
    MPI_Datatype row = exg_par_row_type(row_bytes);
    int *counts, *first;

    layout(par, count, &counts, &first);
    EXG_MPI(MPI_Gatherv(rows, counts[par->rank], row, all, counts, first, row,
                        0, par->comm));
    free(counts);
    EXG_MPI(MPI_Type_free(&row));
}

void exg_gather_deal(const exg_par *par, exg_int row_bytes, exg_int count,
                     const void *all, void *rows)
{
    MPI_Datatype row = exg_par_row_type(row_bytes);
    int *counts, *first;

    layout(par, count, &counts, &first);
    EXG_MPI(MPI_Scatterv(all, counts, first, row, rows, counts[par->rank], row,
                         0, par->comm));
    free(counts);
    EXG_MPI(MPI_Type_free(&row));
}

void exg_gather_all(const exg_par *par, exg_int row_bytes, exg_int count,
                    const void *rows, void *all)
{
    MPI_Datatype row = exg_par_row_type(row_bytes);
    int *counts, *first;

    layout(par, count, &counts, &first);
    EXG_MPI(MPI_Allgatherv(rows, counts[par->rank], row, all, counts, first,
                           row, par->comm));
    free(counts);
    EXG_MPI(MPI_Type_free(&row));
}

/* Rows that [a, a + na) and [b, b + nb) share: how many, the first of them. */
static exg_int overlap(exg_int a, exg_int na, exg_int b, exg_int nb,
                       exg_int *first)
{
    const exg_int end = a + na < b + nb ? a + na : b + nb;

    *first = a > b ? a : b;
    return end > *first ? end - *first : 0;
}

void exg_gather_reshard(const exg_par *par, exg_int row_bytes, exg_shard from,
                        const void *rows, void *mine)
{
    const exg_shard to = exg_shard_mine(par, from.total);
    const size_t n = (size_t)par->size;
    MPI_Datatype row = exg_par_row_type(row_bytes);
    int *count = calloc(4 * n, sizeof *count);
    exg_int here[2] = {from.first, from.count};
    exg_int *have = calloc(2 * n, sizeof *have); /* (size, 2) */

    if (count == NULL || have == NULL) {
        exg_par_panic(__FILE__, __LINE__, "out of memory", MPI_ERR_NO_MEM);
    }
    EXG_MPI(
        MPI_Allgather(here, 2, MPI_INT64_T, have, 2, MPI_INT64_T, par->comm));
    for (int r = 0; r < par->size; r++) {
        const exg_shard theirs = exg_shard_of(from.total, r, par->size);
        exg_int first = 0;

        count[r] = exg_mpi_count(overlap(from.first, from.count, theirs.first,
                                         theirs.count, &first));
        count[n + (size_t)r] =
            count[r] > 0 ? exg_mpi_count(first - from.first) : 0;
        count[2 * n + (size_t)r] = exg_mpi_count(
            overlap(have[2 * r], have[2 * r + 1], to.first, to.count, &first));
        count[3 * n + (size_t)r] =
            count[2 * n + (size_t)r] > 0 ? exg_mpi_count(first - to.first) : 0;
    }
    EXG_MPI(MPI_Alltoallv(rows, count, count + n, row, mine, count + 2 * n,
                          count + 3 * n, row, par->comm));
    free(count);
    free(have);
    EXG_MPI(MPI_Type_free(&row));
}
