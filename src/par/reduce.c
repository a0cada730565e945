/* reduce.c -- MPI_SUM over integers: exact, so the library may choose any
 * order and algorithm. */
#include "par/reduce.h"

#include <stdlib.h>

#include "par/shard.h"

void exg_reduce_fixed(const exg_par *par, exg_int n, exg_fixed *sum)
{
    EXG_MPI(MPI_Allreduce(MPI_IN_PLACE, sum, exg_mpi_count(n), MPI_INT64_T,
                          MPI_SUM, par->comm));
}

void exg_reduce_rows(const exg_par *par, exg_int total, exg_int width,
                     const exg_fixed *sum, exg_fixed *mine)
{
    int *count = calloc((size_t)par->size, sizeof *count);

    if (count == NULL) {
        exg_par_panic(__FILE__, __LINE__, "out of memory", MPI_ERR_NO_MEM);
    }
    for (int r = 0; r < par->size; r++) {
        count[r] =
            exg_mpi_count(exg_shard_of(total, r, par->size).count * width);
    }
    EXG_MPI(
        MPI_Reduce_scatter(sum, mine, count, MPI_INT64_T, MPI_SUM, par->comm));
    free(count);
}

double exg_reduce_max(const exg_par *par, double mine)
{
    double max = 0;

    EXG_MPI(MPI_Allreduce(&mine, &max, 1, MPI_DOUBLE, MPI_MAX, par->comm));
    return max;
}

exg_reduce_stats exg_reduce_stats_of(const exg_par *par, double mine)
{
    double bound[2] = {mine, -mine};
    double sum = mine;

    EXG_MPI(
        MPI_Allreduce(MPI_IN_PLACE, bound, 2, MPI_DOUBLE, MPI_MAX, par->comm));
    EXG_MPI(
        MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, par->comm));
    return (exg_reduce_stats){
        .min = -bound[1], .mean = sum / par->size, .max = bound[0]};
}
