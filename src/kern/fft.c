/* fft.c -- see fft.h: mixed radix, in place, decimated in frequency.
 *
 * Lanes are 16 independent transforms, so there is no shuffle, every vector is
 * full, and a twiddle factor is one broadcast for all of them.  On the way to
 * waves each step leaves its results where its inputs were, which puts waves in
 * an order of digits reversed; the way back undoes the steps one by one.  A
 * convolution does not mind the order, so nothing is ever moved.  Blocks are
 * transformed depth first until they fit the first level of the cache.
 *
 * A product is always the operand of an explicit multiply-add, so that no
 * compiler chooses what to fuse: AVX-512 and AVX2 give the same bits. */
#include "kern/fft.h"

#include "kern/lane.h"
#include "table.h"

enum {
    PAIR = 2 * EXG_LANE, /* floats of a complex number in 16 lanes */
    SMALL = 128          /* numbers that take 16 KiB */
};

typedef struct {
    exg_vec re, im;
} wide;

EXG_INLINE wide load(const float *x)
{
    return (wide){exg_vec_load(x), exg_vec_load(x + EXG_LANE)};
}

EXG_INLINE void store(float *x, wide v)
{
    exg_vec_store(x, v.re);
    exg_vec_store(x + EXG_LANE, v.im);
}

EXG_INLINE wide add(wide a, wide b)
{
    return (wide){a.re + b.re, a.im + b.im};
}

EXG_INLINE wide sub(wide a, wide b)
{
    return (wide){a.re - b.re, a.im - b.im};
}

/* a b + c for a real b. */
EXG_INLINE wide fma_real(wide a, float b, wide c)
{
    return (wide){exg_vec_fma(a.re, exg_vec_all(b), c.re),
                  exg_vec_fma(a.im, exg_vec_all(b), c.im)};
}

/* Keep a product from being fused with the two sums that it enters. */
#if defined(__x86_64__)
#define HOLD(v) __asm__("" : "+v"(v))
#else
#define HOLD(v) __asm__("" : "+w"(v))
#endif

EXG_INLINE wide times_real(wide a, float b)
{
    wide v = {a.re * exg_vec_all(b), a.im * exg_vec_all(b)};

    HOLD(v.re);
    HOLD(v.im);
    return v;
}

/* a - i b forward, a + i b back. */
EXG_INLINE wide rotate_sub(int back, wide a, wide b)
{
    return back ? (wide){a.re - b.im, a.im + b.re}
                : (wide){a.re + b.im, a.im - b.re};
}

/* v w, or v conj(w). */
EXG_INLINE wide times(int conjugate, wide v, const float *w)
{
    const exg_vec c = exg_vec_all(w[0]);
    const exg_vec d = exg_vec_all(conjugate ? -w[1] : w[1]);

    return (wide){exg_vec_fma(v.re, c, -(v.im * d)),
                  exg_vec_fma(v.im, c, v.re * d)};
}

/* The transform of 3, 5 or 7 numbers.  With s_k = v_k + v_(r-k) and d_k their
 * difference, y_p and y_(r-p) are a -+ i b, where a = v_0 + sum of
 * cos(2 pi p k / r) s_k and b = sum of sin(2 pi p k / r) d_k. */
EXG_INLINE void odd(int r, int back, wide *v)
{
    static const float cosine[3][3] = {
        {-0.5f, 0.0f, 0.0f},
        {0.30901699437494745f, -0.80901699437494745f, 0.0f},
        {0.62348980185873359f, -0.22252093395631439f, -0.90096886790241915f}};
    static const float sine[3][3] = {
        {0.86602540378443865f, 0.0f, 0.0f},
        {0.95105651629515357f, 0.58778525229247314f, 0.0f},
        {0.78183148246802980f, 0.97492791218182362f, 0.43388373911755812f}};
    const int half = r / 2;
    const wide first = v[0]; /* cppcheck-suppress uninitvar */
    wide s[3], d[3];

    EXG_UNROLL
    for (int k = 0; k < half; k++) {
        s[k] = add(v[1 + k], v[r - 1 - k]);
        d[k] = sub(v[1 + k], v[r - 1 - k]);
        v[0] = add(v[0], s[k]);
    }
    EXG_UNROLL
    for (int p = 1; p <= half; p++) {
        wide a = first, b = times_real(d[0], sine[half - 1][p - 1]);

        EXG_UNROLL
        for (int k = 1; k <= half; k++) {
            const int turn = p * k % r;
            const int fold = turn > half ? r - turn : turn;
            const float sin_pk = turn > half ? -sine[half - 1][fold - 1]
                                             : sine[half - 1][fold - 1];

            a = fma_real(s[k - 1], cosine[half - 1][fold - 1], a);
            b = k > 1 ? fma_real(d[k - 1], sin_pk, b) : b;
        }
        v[p] = rotate_sub(back, a, b);
        v[r - p] = rotate_sub(!back, a, b);
    }
}

EXG_INLINE void even(int r, int back, wide *v)
{
    if (r == 2) {
        const wide a = v[0];

        v[0] = add(a, v[1]);
        v[1] = sub(a, v[1]);
    } else {
        const wide a = add(v[0], v[2]), b = sub(v[0], v[2]);
        const wide c = add(v[1], v[3]), d = sub(v[1], v[3]);

        v[0] = add(a, c);
        v[1] = rotate_sub(back, b, d);
        v[2] = sub(a, c);
        v[3] = rotate_sub(!back, b, d);
    }
}

/* Steps of `blocks` blocks of r * m numbers; the last step's m is 1 and its
 * twiddle factors are, too. */
EXG_INLINE void steps(int r, int back, int last, exg_int blocks, exg_int m,
                      const float *twiddle, float *x)
{
    for (exg_int b = 0; b < blocks; b++) {
        for (exg_int j = 0; j < m; j++) {
            float *at = x + (b * r * m + j) * PAIR;
            const float *w = twiddle + j * (r - 1) * 2;

            for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
                wide v[EXG_FFT_MOST];

                EXG_UNROLL
                for (int p = 0; p < r; p++) {
                    v[p] = load(at + p * m * PAIR + part);
                    if (back && !last && p > 0) {
                        v[p] = times(1, v[p], w + 2 * (p - 1));
                    }
                }
                if (r == 2 || r == 4) {
                    even(r, back, v);
                } else {
                    odd(r, back, v);
                }
                EXG_UNROLL
                for (int p = 0; p < r; p++) {
                    if (!back && !last && p > 0) {
                        v[p] = times(0, v[p], w + 2 * (p - 1));
                    }
                    store(at + p * m * PAIR + part, v[p]);
                }
            }
        }
    }
}

EXG_INLINE void steps_of(int r, int back, exg_int blocks, exg_int m,
                         const float *twiddle, float *x)
{
    if (m == 1) {
        steps(r, back, 1, blocks, 1, twiddle, x);
    } else {
        steps(r, back, 0, blocks, m, twiddle, x);
    }
}

EXG_INLINE void level(const exg_fft *f, int back, int l, exg_int blocks,
                      exg_int m, float *x)
{
    switch (f->radix[l]) {
    case 2:
        steps_of(2, back, blocks, m, f->twiddle[l], x);
        break;
    case 3:
        steps_of(3, back, blocks, m, f->twiddle[l], x);
        break;
    case 4:
        steps_of(4, back, blocks, m, f->twiddle[l], x);
        break;
    case 5:
        steps_of(5, back, blocks, m, f->twiddle[l], x);
        break;
    default:
        steps_of(7, back, blocks, m, f->twiddle[l], x);
        break;
    }
}

/* A block of n numbers, from level l on. */
static void forward(const exg_fft *f, int l, exg_int n, float *x)
{
    exg_int blocks = 1;

    if (n > SMALL && l < f->levels) {
        const exg_int m = n / f->radix[l];

        level(f, 0, l, 1, m, x);
        for (int p = 0; p < f->radix[l]; p++) {
            forward(f, l + 1, m, x + p * m * PAIR);
        }
        return;
    }
    for (; l < f->levels; l++) {
        n /= f->radix[l];
        level(f, 0, l, blocks, n, x);
        blocks *= f->radix[l];
    }
}

static void backward(const exg_fft *f, int l, exg_int n, float *x)
{
    exg_int m = 1;

    if (n > SMALL && l < f->levels) {
        m = n / f->radix[l];
        for (int p = 0; p < f->radix[l]; p++) {
            backward(f, l + 1, m, x + p * m * PAIR);
        }
        level(f, 1, l, 1, m, x);
        return;
    }
    for (int i = f->levels - 1; i >= l; i--) {
        level(f, 1, i, n / (m * f->radix[i]), m, x);
        m *= f->radix[i];
    }
}

void EXG_KERN(exg_fft_run)(const exg_fft *f, int back, float *x)
{
    if (back) {
        backward(f, 0, f->n, x);
    } else {
        forward(f, 0, f->n, x);
    }
}

void EXG_KERN(exg_fft_twist)(exg_int n, const float *w, const float *from,
                             float *to)
{
    for (exg_int j = 0; j < n; j++) {
        for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
            const exg_int at = j * PAIR + part;

            store(to + at, times(0, load(from + at), w + 2 * j));
        }
    }
}

void EXG_KERN(exg_fft_untwist)(exg_int n, const float *w, const float *from,
                               float *to)
{
    for (exg_int j = 0; j < n; j++) {
        for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
            const exg_int at = j * PAIR + part;
            const wide v = times(1, load(from + at), w + 2 * j);

            store(to + at, add(load(to + at), v));
        }
    }
}

void EXG_KERN(exg_fft_enter)(exg_int n, const float *w, const float *from,
                             float *to)
{
    for (exg_int j = 0; j < n; j++) {
        for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
            const exg_vec v = exg_vec_load(from + j * EXG_LANE + part);

            store(to + j * PAIR + part, (wide){v * exg_vec_all(w[2 * j]),
                                               v * exg_vec_all(w[2 * j + 1])});
        }
    }
}

void EXG_KERN(exg_fft_leave)(exg_int n, const float *w, const float *from,
                             float *to)
{
    for (exg_int j = 0; j < n; j++) {
        for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
            exg_vec_store(to + j * EXG_LANE + part,
                          times(1, load(from + j * PAIR + part), w + 2 * j).re);
        }
    }
}

void EXG_KERN(exg_fft_scale)(exg_int n, const int32_t *row, const float *factor,
                             float *x)
{
    for (exg_int j = 0; j < n; j++) {
        for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
            const exg_vec v =
                exg_vec_load(factor + (exg_int)row[j] * EXG_LANE + part);
            const wide a = load(x + j * PAIR + part);

            store(x + j * PAIR + part, (wide){a.re * v, a.im * v});
        }
    }
}

/* In squares of 4 x 4. */
void EXG_KERN(exg_fft_turn)(const float *from, exg_int from_step, float *to,
                            exg_int to_step)
{
    typedef float quad __attribute__((vector_size(16), may_alias));

    for (int b = 0; b < EXG_LANE; b += 4) {
        for (int a = 0; a < EXG_LANE; a += 4) {
            const float *at = from + a * from_step + b;
            float *out = to + b * to_step + a;
            const quad r0 = *(const quad *)at;
            const quad r1 = *(const quad *)(at + from_step);
            const quad r2 = *(const quad *)(at + 2 * from_step);
            const quad r3 = *(const quad *)(at + 3 * from_step);
            const quad l0 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
            const quad h0 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
            const quad l1 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
            const quad h1 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);

            *(quad *)out = __builtin_shufflevector(l0, l1, 0, 1, 4, 5);
            *(quad *)(out + to_step) =
                __builtin_shufflevector(l0, l1, 2, 3, 6, 7);
            *(quad *)(out + 2 * to_step) =
                __builtin_shufflevector(h0, h1, 0, 1, 4, 5);
            *(quad *)(out + 3 * to_step) =
                __builtin_shufflevector(h0, h1, 2, 3, 6, 7);
        }
    }
}
