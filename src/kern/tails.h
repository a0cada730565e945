/* tails.h -- the weight of a pair for any b: see pairs.h.
 *
 * A power is w = exp(-b log x).  x = 1 + r^2 / b is a float that has lost
 * digits of r^2, which a large b would make worse; what x lacks is put back
 * into the logarithm. */
#ifndef EXG_SRC_KERN_TAILS_H
#define EXG_SRC_KERN_TAILS_H

#include "kern/pairs.h"
#include "kern/vecmath.h"

#define EXG_TAILS_LEAST \
    (-60.0f) /* of log w: w u and its product with r stay normal */

/* Keep a product from being fused with the two sums that it enters. */
#define EXG_HOLD(v) __asm__("" : "+v"(v))
#if !defined(__x86_64__)
#undef EXG_HOLD
#define EXG_HOLD(v) __asm__("" : "+w"(v))
#endif

/* w of squared distances; *u = 1 / (1 + r2 / b). */
EXG_INLINE exg_vec exg_tails_weight(const exg_pairs_tails *s, exg_vec r2,
                                    exg_vec *u)
{
    const exg_vec least = exg_vec_all(EXG_TAILS_LEAST);
    exg_vec t = r2 * s->inverse, x, lost, log_w;

    EXG_HOLD(t);
    x = t + 1.0f;
    lost = t - (x - 1.0f);
    *u = 1.0f / x;
    log_w = exg_vec_fma(lost, *u, exg_vec_log(x)) * -s->power;
    EXG_HOLD(log_w);
    log_w = exg_vec_exp(exg_vec_select(log_w < least, least, log_w));
    return exg_vec_select(t > exg_vec_all(EXG_PAIRS_NEVER), (exg_vec){0},
                          log_w);
}

#endif
