/* wgrad.c -- gradients of a convolution's weights and biases.
 *
 * dw[o][t] = sum over pixels and samples of dy[o] * x shifted by tap t, where t
 * runs over (input channel, ky, kx).  A block keeps ob * tb sums in registers:
 * tb loads of x and ob of dy feed ob * tb multiply-adds per pixel.  The image
 * is cut into strips of rows so that a strip of dy stays in the first-level
 * cache while all taps pass over it; sums wait in the workspace between
 * strips.  The strip is copied to [pixel][ob] first: channel planes are often
 * a multiple of 4096 bytes, and the channels of a pixel would then fight for
 * one cache set.  Each vector is loaded once per pixel (exg_vec_load_once):
 * with the memory operands gcc prefers, 7 channels ran at 68 % of the peak
 * instead of 86 %.  Each sum is one chain over pixels in row-major order per
 * sample, then a fixed tree over the 16 samples: no blocking shows in the
 * bits. */
#include "table.h"

enum {
    OB_MAX = EXG_REGISTERS == 32 ? 5 : 4,
    TB_MAX = 8,
    STRIP_BYTES = 16 * 1024 /* of dy: half of a usual first-level cache */
};

typedef struct {
    const exg_conv_shape *s;
    const float *x, *dy;
    float *sum;       /* [oc][ic*k*k][16]                         */
    float *bias;      /* [oc][16]                                 */
    float *copy;      /* [rows of the strip][ow][ob][EXG_VEC]: dy */
    exg_int from, to; /* the strip's rows                         */
} strip;

static exg_int share(exg_int n, exg_int at, exg_int most)
{
    const exg_int blocks = (n - at + most - 1) / most;

    return (n - at + blocks - 1) / blocks;
}

/* Taps per block: sums, tb pixels of x and one of dy fit the registers. */
EXG_INLINE exg_int block_taps(exg_int ob)
{
    const exg_int most = (EXG_REGISTERS - 2) / (ob + 1);

    return most > TB_MAX ? TB_MAX : most;
}

/* Where tap t of pixel (0, 0) lies in x, in floats. */
static exg_int tap_offset(const exg_conv_shape *s, exg_int t)
{
    const exg_int kk = s->k * s->k;
    const exg_int in = t % kk;

    return (t / kk * s->ih * s->iw + in / s->k * s->iw + in % s->k) * EXG_LANE;
}

/* Add the strip to sums of channels o .. o + ob - 1, taps t .. t + tb - 1. */
EXG_INLINE void block(const strip *z, exg_int ob, exg_int tb, exg_int o,
                      exg_int t, exg_int part)
{
    const exg_conv_shape *s = z->s;
    const exg_int taps = s->ic * s->k * s->k;
    const float *dy = z->copy;
    const float *x[TB_MAX];
    float *sum = z->sum + (o * taps + t) * EXG_LANE + part;
    exg_vec acc[OB_MAX][TB_MAX];

    EXG_UNROLL
    for (exg_int i = 0; i < tb; i++) {
        x[i] = z->x + tap_offset(s, t + i) + part;
    }
    EXG_UNROLL
    for (exg_int j = 0; j < ob; j++) {
        EXG_UNROLL
        for (exg_int i = 0; i < tb; i++) {
            acc[j][i] = exg_vec_load(sum + (j * taps + i) * EXG_LANE);
        }
    }
    for (exg_int r = z->from; r < z->to; r++) {
        const exg_int at = r * s->iw * EXG_LANE;

        for (exg_int c = 0; c < s->ow * EXG_LANE; c += EXG_LANE) {
            exg_vec v[TB_MAX];

            EXG_UNROLL
            for (exg_int i = 0; i < tb; i++) {
                v[i] = exg_vec_load_once(x[i] + at + c);
            }
            EXG_UNROLL
            for (exg_int j = 0; j < ob; j++) {
                const exg_vec d = exg_vec_load_once(dy + j * EXG_VEC);

                EXG_UNROLL
                for (exg_int i = 0; i < tb; i++) {
                    acc[j][i] = exg_vec_fma(v[i], d, acc[j][i]);
                }
            }
            dy += ob * EXG_VEC;
        }
    }
    EXG_UNROLL
    for (exg_int j = 0; j < ob; j++) {
        EXG_UNROLL
        for (exg_int i = 0; i < tb; i++) {
            exg_vec_store(sum + (j * taps + i) * EXG_LANE, acc[j][i]);
        }
    }
}

/* All taps of channels o .. o + ob - 1. */
EXG_INLINE void all_taps(const strip *z, exg_int ob, exg_int o, exg_int part)
{
    const exg_int taps = z->s->ic * z->s->k * z->s->k;
    const exg_int tb = block_taps(ob);
    exg_int t = 0;

    for (; t + tb <= taps; t += tb) {
        block(z, ob, tb, o, t, part);
    }
    for (; tb > 4 && t + 4 <= taps; t += 4) {
        block(z, ob, 4, o, t, part);
    }
    for (; tb > 2 && t + 2 <= taps; t += 2) {
        block(z, ob, 2, o, t, part);
    }
    for (; t < taps; t++) {
        block(z, ob, 1, o, t, part);
    }
}

#define TAPS_CASE(ob)             \
    case ob:                      \
        all_taps(z, ob, o, part); \
        break

static void any_taps(const strip *z, exg_int ob, exg_int o, exg_int part)
{
    switch (ob) {
        TAPS_CASE(1);
        TAPS_CASE(2);
        TAPS_CASE(3);
        TAPS_CASE(4);
#if EXG_REGISTERS == 32
        TAPS_CASE(5);
#endif
    }
}

/* Copy the strip's channels o .. o + ob - 1, and add them to their biases. */
static void copy_strip(const strip *z, exg_int ob, exg_int o, exg_int part)
{
    const exg_int row = z->s->ow * EXG_LANE;

    for (exg_int j = 0; j < ob; j++) {
        const float *dy = z->dy + (o + j) * z->s->oh * row + part;
        float *bias = z->bias + (o + j) * EXG_LANE + part;
        float *to = z->copy + j * EXG_VEC;
        exg_vec acc = exg_vec_load(bias);

        for (exg_int i = z->from * row; i < z->to * row; i += EXG_LANE) {
            const exg_vec v = exg_vec_load(dy + i);

            acc += v;
            exg_vec_store(to, v);
            to += ob * EXG_VEC;
        }
        exg_vec_store(bias, acc);
    }
}

static void add_strip(const strip *z)
{
    for (exg_int o = 0, ob; o < z->s->oc; o += ob) {
        ob = share(z->s->oc, o, OB_MAX);
        for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
            copy_strip(z, ob, o, part);
            any_taps(z, ob, o, part);
        }
    }
}

/* Rows per strip. */
static exg_int strip_rows(const exg_conv_shape *s)
{
    const exg_int ob = share(s->oc, 0, OB_MAX);
    const exg_int row = ob * s->ow * EXG_VEC * (exg_int)sizeof(float);
    const exg_int rows = row < STRIP_BYTES ? STRIP_BYTES / row : 1;

    return rows < s->oh ? rows : s->oh;
}

exg_int EXG_KERN(exg_conv_work)(const exg_conv_shape *s)
{
    const exg_int sums = s->oc * (s->ic * s->k * s->k + 1);

    return EXG_LANE * (sums + OB_MAX * strip_rows(s) * s->ow);
}

void EXG_KERN(exg_conv_wgrad)(const exg_conv_shape *s, const float *x,
                              const float *dy, float *dw, float *db,
                              float *work)
{
    const exg_int nw = s->oc * s->ic * s->k * s->k;
    const exg_int rows = strip_rows(s);
    strip z = {.s = s,
               .x = x,
               .dy = dy,
               .sum = work,
               .bias = work + nw * EXG_LANE,
               .copy = work + (nw + s->oc) * EXG_LANE};

    for (exg_int i = 0; i < (nw + s->oc) * EXG_LANE; i++) {
        work[i] = 0.0f;
    }
    for (; z.from < s->oh; z.from = z.to) {
        z.to = z.from + rows < s->oh ? z.from + rows : s->oh;
        add_strip(&z);
    }
    for (exg_int i = 0; i < nw; i++) {
        dw[i] = exg_lane_sum(work + i * EXG_LANE);
    }
    for (exg_int o = 0; o < s->oc; o++) {
        db[o] = exg_lane_sum(work + (nw + o) * EXG_LANE);
    }
}
