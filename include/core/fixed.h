/* fixed.h -- exact sums: float <-> 64-bit fixed point.  Layer: core.
 *
 * Floating-point sums depend on the order of their terms; sums of integers do
 * not.  A value v is kept as round(v * 2^s) in 64 bits, so a sum over samples,
 * rows or points is the same whoever adds what first, and MPI_SUM over
 * MPI_INT64_T is exact. */
#ifndef EXG_CORE_FIXED_H
#define EXG_CORE_FIXED_H

#include <math.h>
#include <stdint.h>

#include "core/mem.h"

/** A value times 2^s, rounded to the nearest integer. */
typedef int64_t exg_fixed;

/** Scales s of quantities whose size is known beforehand. */
enum {
    EXG_FIXED_GRAD = 36, /* gradients: range 1.3e8, step 1.5e-11 */
    EXG_FIXED_LOSS = 36  /* cross-entropy in nats                 */
};

/** Add v[i] * 2^s to sum[i] for i < n.  Local.
 *
 * @param[in]     n      elements
 * @param[in]     v      shape (n)
 * @param[in]     s      scale, 0..62
 * @param[in]     terms  bound on how many values the finished sum has, over
 *                       all ranks: a term may be 2^(62-s)/terms at most, so
 *                       no sum can wrap whatever the number of ranks
 * @param[in,out] sum    shape (n)
 * @return n, or the index of the first value that is NaN, infinite or out of
 *         range; sum is then unspecified
 */
exg_int exg_fixed_add(exg_int n, const float *v, int s, exg_int terms,
                      exg_fixed *sum);

/** One value as fixed point; the range is the caller's duty.  Local.
 * @param[in] s  scale, 0..62: its power of two is an exact factor */
static inline exg_fixed exg_fixed_of(double v, int s)
{
    return llrint(v * (double)((int64_t)1 << s));
}

/** The value of a fixed-point number.  Local. */
double exg_fixed_value(exg_fixed f, int s);

/** out[i] = value of sum[i] / count, rounded once to float.  Local.
 * @param[in] count  > 0 */
void exg_fixed_to_mean(exg_int n, const exg_fixed *sum, exg_int count, int s,
                       float *out);

/** The largest s at which `terms` values of magnitude <= bound cannot wrap,
 * clamped to 0..62.  Local.  bound > 0, terms > 0. */
int exg_fixed_scale(double bound, exg_int terms);

#endif
