/* vecmath.h -- exp and log of vectors.  Layer: kern; for src/kern alone.
 *
 * Our own polynomials: a C library picks a variant by CPU, and results would
 * then depend on it.  Coefficients: Cephes' expf and logf (S. L. Moshier). */
#ifndef EXG_KERN_VECMATH_H
#define EXG_KERN_VECMATH_H

#include "kern/lane.h"

/** e^x within 2 units in the last place for x in [-87, 88]; e^-87 below; a NaN
 * stays.  x above 88 is the caller's duty. */
EXG_INLINE exg_vec exg_vec_exp(exg_vec x)
{
    const exg_vec low = exg_vec_all(-87.0f);
    const exg_vec magic = exg_vec_all(0x1.8p23f); /* rounds to an integer */
    const exg_vec at = exg_vec_select(x < low, low, x);
    const exg_vec shifted =
        exg_vec_fma(at, exg_vec_all(1.44269504088896341f), magic);
    const exg_vec n = shifted - magic;
    exg_vec r = exg_vec_fma(n, exg_vec_all(-0.693359375f), at);
    exg_vec p = exg_vec_all(1.9875691500e-4f);

    r = exg_vec_fma(n, exg_vec_all(2.12194440e-4f), r); /* ln 2, in two parts */
    p = exg_vec_fma(p, r, exg_vec_all(1.3981999507e-3f));
    p = exg_vec_fma(p, r, exg_vec_all(8.3334519073e-3f));
    p = exg_vec_fma(p, r, exg_vec_all(4.1665795894e-2f));
    p = exg_vec_fma(p, r, exg_vec_all(1.6666665459e-1f));
    p = exg_vec_fma(p, r, exg_vec_all(5.0000001201e-1f));
    p = exg_vec_fma(p, r * r, r) + exg_vec_all(1.0f);
    return p * (exg_vec)(((exg_ivec)shifted << 23) +
                         (exg_ivec)exg_vec_all(1.0f)); /* 2^n */
}

/** Natural logarithm within 2 units in the last place for normal x > 0; what
 * is NaN or infinite stays so. */
EXG_INLINE exg_vec exg_vec_log(exg_vec x)
{
    const exg_ivec root = (exg_ivec)exg_vec_all(0.707106781186547524f);
    const exg_ivec from = (exg_ivec)x - root;
    const exg_vec e = __builtin_convertvector(from >> 23, exg_vec);
    const exg_vec z = (exg_vec)((from & 0x7fffff) + root) - exg_vec_all(1.0f);
    const exg_vec zz = z * z;
    exg_vec p = exg_vec_all(7.0376836292e-2f);
    exg_vec tail;

    p = exg_vec_fma(p, z, exg_vec_all(-1.1514610310e-1f));
    p = exg_vec_fma(p, z, exg_vec_all(1.1676998740e-1f));
    p = exg_vec_fma(p, z, exg_vec_all(-1.2420140846e-1f));
    p = exg_vec_fma(p, z, exg_vec_all(1.4249322787e-1f));
    p = exg_vec_fma(p, z, exg_vec_all(-1.6668057665e-1f));
    p = exg_vec_fma(p, z, exg_vec_all(2.0000714765e-1f));
    p = exg_vec_fma(p, z, exg_vec_all(-2.4999993993e-1f));
    p = exg_vec_fma(p, z, exg_vec_all(3.3333331174e-1f));
    tail = exg_vec_fma(p * z, zz, e * exg_vec_all(-2.12194440e-4f));
    tail = exg_vec_fma(zz, exg_vec_all(-0.5f), tail);
    tail = exg_vec_fma(e, exg_vec_all(0.693359375f), z + tail);
    return exg_vec_select((exg_ivec)x >= 0x7f800000, x, tail);
}

#endif
