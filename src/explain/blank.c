/* blank.c -- see blank.h.
 *
 * The blur is a separable Gaussian that is cut at the border and renormalised
 * there, so that a constant image stays what it is. */
#include "explain/blank.h"

#include <math.h>

#include "core/fixed.h"
#include "core/lane.h"
#include "core/rng.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    BLUR_RADIUS = 12 /* 3 sigma */
};
static const double blur_sigma = 4;

exg_status exg_blank_mean(const exg_par *par, const exg_source_part *train,
                          float *mean)
{
    exg_status st = EXG_OK;
    exg_fixed *sum = NULL; /* shape (pixels): bytes */
    const double n = (double)train->shard.total;

    EXG_TRY_ALL(par, exg_new(&sum, train->pixels));
    for (exg_int i = 0; i < train->shard.count; i++) {
        const uint8_t *image = exg_source_image(train, i);

        for (exg_int p = 0; p < train->pixels; p++) {
            sum[p] += image[p];
        }
    }
    exg_reduce_fixed(par, train->pixels, sum);
    for (exg_int p = 0; p < train->pixels; p++) {
        mean[p] = (float)((double)sum[p] / n / 255 * 2 - 1);
    }
done:
    exg_free(sum);
    return st;
}

/* out[i] = weighted mean of in[i - r .. i + r]: n lanes, `step` floats apart.
 */
static void blur_line(exg_int n, exg_int step, const float *in, float *out)
{
    for (exg_int i = 0; i < n; i++) {
        const exg_int low = i > BLUR_RADIUS ? i - BLUR_RADIUS : 0;
        const exg_int high = i + BLUR_RADIUS < n ? i + BLUR_RADIUS : n - 1;
        float sum[EXG_LANE] = {0};
        float total = 0;

        for (exg_int j = low; j <= high; j++) {
            const double d = (double)(j - i) / blur_sigma;
            const float weight = (float)exp(-0.5 * d * d);

            total += weight;
            for (int s = 0; s < EXG_LANE; s++) {
                sum[s] += weight * in[j * step + s];
            }
        }
        for (int s = 0; s < EXG_LANE; s++) {
            out[i * step + s] = sum[s] / total;
        }
    }
}

static void blur(exg_int c, exg_int h, exg_int w, const float *x, float *work,
                 float *x0)
{
    for (exg_int p = 0; p < c; p++) {
        const exg_int plane = p * h * w * EXG_LANE;

        for (exg_int row = 0; row < h; row++) {
            const exg_int at = plane + row * w * EXG_LANE;

            blur_line(w, EXG_LANE, x + at, work + at);
        }
        for (exg_int column = 0; column < w; column++) {
            const exg_int at = plane + column * EXG_LANE;

            blur_line(h, w * EXG_LANE, work + at, x0 + at);
        }
    }
}

/* Value [pixel][lane] of the blanks that are no blur. */
static float blank_at(exg_baseline kind, uint64_t seed, const float *mean,
                      exg_int index, exg_int pixels, exg_int pixel)
{
    const exg_rng stream = {.seed = seed, .use = EXG_RNG_BASELINE};

    switch (kind) {
    case EXG_BASELINE_MEAN:
        return mean[pixel];
    case EXG_BASELINE_NOISE:
        return index < 0 ? 0
                         : 2 * exg_rng_uniform(
                                   stream, (uint64_t)(index * pixels + pixel)) -
                               1;
    default:
        return -1;
    }
}

void exg_blank_block(exg_baseline kind, exg_int c, exg_int h, exg_int w,
                     uint64_t seed, const float *mean, const exg_int *index,
                     const float *x, float *work, float *x0)
{
    const exg_int pixels = c * h * w;

    if (kind == EXG_BASELINE_BLUR) {
        blur(c, h, w, x, work, x0);
        return;
    }
    for (exg_int p = 0; p < pixels; p++) {
        for (int s = 0; s < EXG_LANE; s++) {
            x0[p * EXG_LANE + s] =
                blank_at(kind, seed, mean, index[s], pixels, p);
        }
    }
}
