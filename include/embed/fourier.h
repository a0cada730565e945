/* fourier.h -- plans of the transforms of kern/fft.h.  Layer: embed. */
#ifndef EXG_EMBED_FOURIER_H
#define EXG_EMBED_FOURIER_H

#include "kern/fft.h"

/** Whether n has no prime factors but 2, 3, 5 and 7.  Local. */
int exg_fourier_is_smooth(exg_int n);

/** A plan for n numbers.  Local.
 * @param[in]  n    exg_fourier_is_smooth()
 * @param[out] out  ended by exg_fourier_destroy()
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_fourier_create(exg_int n, exg_fft **out);

/** Free; sets *f NULL.  Local. */
void exg_fourier_destroy(exg_fft **f);

/** exp(-2 pi i j turn) for j < n, as shape (n, 2).  Local. */
void exg_fourier_twist(exg_int n, double turn, float *w);

#endif
