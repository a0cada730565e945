/* fixed.c -- see fixed.h.  v * 2^s is exact in double (a power of two), so the
 * only rounding is the one to the nearest integer, ties to even, which every
 * x86 and ARM conversion instruction does alike. */
#include "core/fixed.h"

exg_int exg_fixed_add(exg_int n, const float *v, int s, exg_int terms,
                      exg_fixed *sum)
{
    const double scale = ldexp(1.0, s);
    const double limit = ldexp(1.0, 62) / (double)terms;
    int bad = 0;

    for (exg_int i = 0; i < n; i++) {
        const double x = (double)v[i] * scale;
        const int fits = fabs(x) <= limit; /* false for NaN as well */

        bad |= !fits;
        sum[i] += llrint(fits ? x : 0.0);
    }
    if (!bad) {
        return n;
    }
    for (exg_int i = 0; i < n; i++) {
        if (!(fabs((double)v[i] * scale) <= limit)) {
            return i;
        }
    }
    return n;
}

double exg_fixed_value(exg_fixed f, int s)
{
    return ldexp((double)f, -s);
}

void exg_fixed_to_mean(exg_int n, const exg_fixed *sum, exg_int count, int s,
                       float *out)
{
    const double unit = ldexp(1.0, -s) / (double)count;

    for (exg_int i = 0; i < n; i++) {
        out[i] = (float)((double)sum[i] * unit);
    }
}

int exg_fixed_scale(double bound, exg_int terms)
{
    int exponent = 0;

    (void)frexp(bound * (double)terms, &exponent); /* product < 2^exponent */
    exponent = 62 - exponent;
    return exponent < 0 ? 0 : exponent > 62 ? 62 : exponent;
}
