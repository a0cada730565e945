/* charge.h -- integer charges of a grid, on their way to be transformed.
 * Layer: kern.
 *
 * Kernels are local, allocate nothing and cannot fail; the fast one is a member
 * of exg_kern.  Sums are of integers: exact, whatever the vector. */
#ifndef EXG_KERN_CHARGE_H
#define EXG_KERN_CHARGE_H

#include <stdint.h>

#include "core/mem.h"

/** What a caller can learn from the node charges. */
typedef struct {
    int64_t total;   /* their sum, each as int32                         */
    int64_t large;   /* > 0: one is 2^29 or more: fewer bits, soon       */
    int64_t medium;  /* > 0: or 2^27 or more: if none, one more bit is
                        free                                             */
    int64_t squares; /* sum of (charge >> shift)^2, modulo 2^64          */
} exg_charge_sums;

/** Charges to floats, and what they come to.
 * @param[in]     shift  0..31
 * @param[in]     unit   a power of two
 * @param[in]     from   shape (n): bits of int32, at any address
 * @param[out]    to     shape (n), 64-byte aligned: from * unit
 * @param[in,out] sums   added to
 */
void exg_charge_take_ref(exg_int n, int shift, float unit, const uint32_t *from,
                         float *to, exg_charge_sums *sums);

#endif
