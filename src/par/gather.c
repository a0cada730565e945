/* gather.c -- Gatherv, Allgatherv and Scatterv over rows. */
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

void exg_gather_scatter(const exg_par *par, exg_int row_bytes, const void *all,
                        exg_int count, void *rows)
{
    MPI_Datatype row = exg_par_row_type(row_bytes);
    int *counts, *first;

    layout(par, count, &counts, &first);
    EXG_MPI(MPI_Scatterv(all, counts, first, row, rows, counts[par->rank], row,
                         0, par->comm));
    free(counts);
    EXG_MPI(MPI_Type_free(&row));
}
