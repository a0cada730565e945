/* fft.h -- 16 Fourier transforms at a time, one per lane.  Layer: kern.
 *
 * A sequence of n complex numbers in 16 lanes is [n][2][16]: real parts, then
 * imaginary parts.  Kernels are local, allocate nothing and cannot fail; the
 * fast ones are members of exg_kern.  Lanes never mix. */
#ifndef EXG_KERN_FFT_H
#define EXG_KERN_FFT_H

#include <stdint.h>

#include "core/mem.h"

enum {
    EXG_FFT_LEVELS = 24, /* most factors of a length            */
    EXG_FFT_MOST = 7     /* largest factor; they are 2, 3, 4, 5, 7 */
};

/** How to transform n numbers; exg_fourier_create() makes one.  Factor by
 * factor, a block of length radix[l] * m becomes radix[l] blocks of length m.
 */
typedef struct {
    exg_int n;
    int levels;
    int radix[EXG_FFT_LEVELS];
    const float *twiddle[EXG_FFT_LEVELS]; /* shape (m, radix - 1, 2):
                                    exp(-2 pi i j p / (m radix)), p = 1.. */
    int32_t *wave;                        /* shape (n): which wave is where */
    float *table;                         /* all twiddle factors            */
} exg_fft;

/** X_k = sum over j of x_j exp(-+ 2 pi i j k / n), in place, the definition.
 *
 * Waves are in an order of their own: place t holds wave f->wave[t].
 * @param[in]     back  0: from places to waves, sign -; 1: back, sign +, times
 * n
 * @param[in,out] x     [n][2][16] */
void exg_fft_run_ref(const exg_fft *f, int back, float *x);

/** to_j = from_j w_j.
 * @param[in]  w     shape (n, 2)
 * @param[in]  from  [n][2][16]
 * @param[out] to    [n][2][16] */
void exg_fft_twist_ref(exg_int n, const float *w, const float *from, float *to);

/** to_j += from_j conj(w_j). */
void exg_fft_untwist_ref(exg_int n, const float *w, const float *from,
                         float *to);

/** to_j = from_j w_j of real numbers.
 * @param[in] from  [n][16] */
void exg_fft_enter_ref(exg_int n, const float *w, const float *from, float *to);

/** The real part of from_j conj(w_j).
 * @param[out] to  [n][16] */
void exg_fft_leave_ref(exg_int n, const float *w, const float *from, float *to);

/** x_j *= a row of real factors.
 * @param[in] row     shape (n): which row
 * @param[in] factor  shape (rows, 16) */
void exg_fft_scale_ref(exg_int n, const int32_t *row, const float *factor,
                       float *x);

/** A 16 x 16 matrix, transposed: to[b * to_step + a] = from[a * from_step + b].
 * Both are 16-byte aligned, steps multiples of 4. */
void exg_fft_turn_ref(const float *from, exg_int from_step, float *to,
                      exg_int to_step);

#endif
