/* reduce.h -- exact sums over ranks; statistics of timings.  Layer: par. */
#ifndef EXG_PAR_REDUCE_H
#define EXG_PAR_REDUCE_H

#include "core/fixed.h"
#include "par/par.h"

/** Sum fixed-point values (or counts) over ranks, in place.  Collective: n is
 * equal on all ranks.  Integers: the result does not depend on the order. */
void exg_reduce_fixed(const exg_par *par, exg_int n, exg_fixed *sum);

/** Sum over ranks, each rank keeping only its shard of the rows.  Collective.
 *
 * @param[in]  total  rows; row i goes to exg_shard_owner(total, size, i)
 * @param[in]  width  values per row
 * @param[in]  sum    shape (total, width): this rank's terms
 * @param[out] mine   shape (my count, width): totals of my rows
 */
void exg_reduce_rows(const exg_par *par, exg_int total, exg_int width,
                     const exg_fixed *sum, exg_fixed *mine);

/** Largest of one value per rank, NaN-free.  Collective. */
double exg_reduce_max(const exg_par *par, double mine);

/** Smallest, mean and largest of one value per rank (for timings: the mean is
 * not independent of the number of ranks).  Collective. */
typedef struct {
    double min, mean, max;
} exg_reduce_stats;
exg_reduce_stats exg_reduce_stats_of(const exg_par *par, double mine);

#endif
