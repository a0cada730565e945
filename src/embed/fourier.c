/* fourier.c -- see fourier.h.  Factors of 4 come last, where blocks are small:
 * theirs are the cheapest steps. */
#include "embed/fourier.h"

#include <math.h>

enum {
    ORDERS = 5
};

static const int factor[ORDERS] = {7, 5, 3, 2, 4};

int exg_fourier_is_smooth(exg_int n)
{
    for (int i = 0; i < ORDERS; i++) {
        while (n % factor[i] == 0) {
            n /= factor[i];
        }
    }
    return n == 1;
}

void exg_fourier_twist(exg_int n, double turn, float *w)
{
    for (exg_int j = 0; j < n; j++) {
        const double angle = -2.0 * M_PI * fmod((double)j * turn, 1.0);

        w[2 * j] = (float)cos(angle);
        w[2 * j + 1] = (float)sin(angle);
    }
}

static void set_factors(exg_int n, exg_fft *f)
{
    const int four = ORDERS - 1;
    exg_int fours = 0;

    while (n % factor[four] == 0) {
        n /= factor[four];
        fours++;
    }
    for (int i = 0; i < four; i++) {
        while (n % factor[i] == 0) { /* 2: once at most */
            f->radix[f->levels++] = factor[i];
            n /= factor[i];
        }
    }
    while (fours-- > 0) {
        f->radix[f->levels++] = factor[four];
    }
}

/* Twiddle factors of all levels, one after the other. */
static void set_twiddles(exg_fft *f, float *w)
{
    exg_int n = f->n;

    for (int l = 0; l < f->levels; l++) {
        const exg_int r = f->radix[l], m = n / r;

        f->twiddle[l] = w;
        for (exg_int j = 0; j < m; j++) {
            for (exg_int p = 1; p < r; p++) {
                const double angle = -2.0 * M_PI * (double)(j * p) / (double)n;

                *w++ = (float)cos(angle);
                *w++ = (float)sin(angle);
            }
        }
        n = m;
    }
}

/* The place t of a wave has its digits reversed: after a step of radix r, block
 * p of the r holds the waves that leave p over r. */
static void set_waves(const exg_fft *f, int32_t *wave)
{
    for (exg_int t = 0; t < f->n; t++) {
        exg_int rest = t, n = f->n, weight = 1, k = 0;

        for (int l = 0; l < f->levels; l++) {
            n /= f->radix[l];
            k += rest / n * weight;
            rest %= n;
            weight *= f->radix[l];
        }
        wave[t] = (int32_t)k;
    }
}

exg_status exg_fourier_create(exg_int n, exg_fft **out)
{
    exg_status st = EXG_OK;
    exg_fft *f = NULL;

    EXG_TRY(exg_new(&f, 1));
    EXG_TRY(exg_new(&f->table, 4 * n)); /* 2 n (1 + 1/2 + 1/4 + ...) */
    EXG_TRY(exg_new(&f->wave, n));
    f->n = n;
    set_factors(n, f);
    set_twiddles(f, f->table);
    set_waves(f, f->wave);
    *out = f;
    f = NULL;
done:
    exg_fourier_destroy(&f);
    return st;
}

void exg_fourier_destroy(exg_fft **out)
{
    exg_fft *f = *out;

    if (f != NULL) {
        exg_free(f->table);
        exg_free(f->wave);
        exg_free(f);
        *out = NULL;
    }
}
