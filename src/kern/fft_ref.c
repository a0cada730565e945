/* fft_ref.c -- see fft.h: the definitions, in double. */
#include "kern/fft.h"

#include <math.h>
#include <string.h>

enum {
    LANE = 16,
    PAIR = 2 * LANE,
    MOST = 4096 /* longest sequence */
};

/* One lane: from[], by places or waves, to the other. */
static void one_lane(const exg_fft *f, int back, int l, float *x)
{
    static double re[MOST], im[MOST];

    for (exg_int t = 0; t < f->n; t++) {
        const exg_int at = back ? f->wave[t] : t;

        re[at] = (double)x[t * PAIR + l];
        im[at] = (double)x[t * PAIR + LANE + l];
    }
    for (exg_int t = 0; t < f->n; t++) {
        const exg_int k = back ? t : f->wave[t];
        double a = 0.0, b = 0.0;

        for (exg_int j = 0; j < f->n; j++) {
            const double angle = (back ? 2.0 : -2.0) * M_PI *
                                 (double)(j * k % f->n) / (double)f->n;

            a += re[j] * cos(angle) - im[j] * sin(angle);
            b += re[j] * sin(angle) + im[j] * cos(angle);
        }
        x[t * PAIR + l] = (float)a;
        x[t * PAIR + LANE + l] = (float)b;
    }
}

void exg_fft_run_ref(const exg_fft *f, int back, float *x)
{
    for (int l = 0; l < LANE; l++) {
        one_lane(f, back, l, x);
    }
}

void exg_fft_twist_ref(exg_int n, const float *w, const float *from, float *to)
{
    for (exg_int i = 0; i < n * LANE; i++) {
        const exg_int j = i / LANE, at = j * PAIR + i % LANE;
        const double a = (double)from[at], b = (double)from[at + LANE];
        const double c = (double)w[2 * j], d = (double)w[2 * j + 1];

        to[at] = (float)(a * c - b * d);
        to[at + LANE] = (float)(b * c + a * d);
    }
}

void exg_fft_untwist_ref(exg_int n, const float *w, const float *from,
                         float *to)
{
    for (exg_int i = 0; i < n * LANE; i++) {
        const exg_int j = i / LANE, at = j * PAIR + i % LANE;
        const double a = (double)from[at], b = (double)from[at + LANE];
        const double c = (double)w[2 * j], d = (double)w[2 * j + 1];

        to[at] = (float)((double)to[at] + a * c + b * d);
        to[at + LANE] = (float)((double)to[at + LANE] + b * c - a * d);
    }
}

void exg_fft_enter_ref(exg_int n, const float *w, const float *from, float *to)
{
    for (exg_int i = 0; i < n * LANE; i++) {
        const exg_int j = i / LANE, at = j * PAIR + i % LANE;

        to[at] = from[i] * w[2 * j];
        to[at + LANE] = from[i] * w[2 * j + 1];
    }
}

void exg_fft_leave_ref(exg_int n, const float *w, const float *from, float *to)
{
    for (exg_int i = 0; i < n * LANE; i++) {
        const exg_int j = i / LANE, at = j * PAIR + i % LANE;

        to[i] = (float)((double)from[at] * (double)w[2 * j] +
                        (double)from[at + LANE] * (double)w[2 * j + 1]);
    }
}

void exg_fft_scale_ref(exg_int n, const int32_t *row, const float *factor,
                       float *x)
{
    for (exg_int i = 0; i < n * PAIR; i++) {
        x[i] *= factor[row[i / PAIR] * LANE + i % LANE];
    }
}

void exg_fft_turn_ref(const float *from, exg_int from_step, float *to,
                      exg_int to_step)
{
    for (int a = 0; a < LANE; a++) {
        for (int b = 0; b < LANE; b++) {
            memcpy(to + b * to_step + a, from + a * from_step + b, sizeof *to);
        }
    }
}
