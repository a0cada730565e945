/* conv.c -- convolution forward and towards its input.
 *
 * With samples innermost a convolution is "scalar weight times vector of
 * samples": no im2col, no transposition, no waste at any channel count.  Both
 * directions are one correlation: dx is dy correlated with the weights turned
 * round and transposed, with a border of k - 1 that is skipped, not padded.
 *
 * A block computes `ob` output channels of `pb` neighbouring pixels in
 * registers: pb loads of x and ob broadcasts of weights feed ob * pb
 * multiply-adds.  Weights are packed first so that a block reads them in one
 * stream.  Every output is a chain over (input channel, ky, kx) in that order,
 * so the choice of blocks changes the speed alone, never the bits. */
#include "table.h"

enum {
    OB_MAX = EXG_REGISTERS == 32 ? 8 : 4,
    PB_MAX = 12
};

/* One correlation.  x [ic][ih][iw][16], y [oc][oh][ow][16]; tap (ky, kx) of
 * output (r, c) is x at (r + ky - pad, c + kx - pad). */
typedef struct {
    exg_int ic, ih, iw, oc, oh, ow, k, pad;
    const float *x;
    const float *w;    /* packed: blocks of [ic][k][k][ob]  */
    const float *b;    /* shape (oc), or NULL               */
    const float *gate; /* [oc][oh][ow][16], or NULL         */
    float *y;
    int relu;
} corr;

/* The taps that fall inside x. */
typedef struct {
    exg_int from, to;
} span;

static span taps_inside(exg_int at, exg_int k, exg_int pad, exg_int n)
{
    const exg_int low = pad - at;
    const exg_int high = n + pad - at;

    return (span){low > 0 ? low : 0, high < k ? high : k};
}

/* Channels in the block that starts at o: even shares, at most OB_MAX. */
static exg_int block_width(exg_int oc, exg_int o)
{
    const exg_int blocks = (oc - o + OB_MAX - 1) / OB_MAX;

    return (oc - o + blocks - 1) / blocks;
}

/* Pixels per block: accumulators, pb pixels and a weight fit the registers. */
EXG_INLINE exg_int block_pixels(exg_int ob)
{
    const exg_int most = (EXG_REGISTERS - 2) / (ob + 1);

    return most > PB_MAX ? PB_MAX : most;
}

/* Store a block whose first pixel is y[at]. */
EXG_INLINE void finish(const corr *c, exg_int ob, exg_int pb, exg_int at,
                       exg_int part, exg_vec (*acc)[PB_MAX])
{
    const exg_int plane = c->oh * c->ow * EXG_LANE;
    float *y = c->y + at * EXG_LANE + part;

    if (c->relu) {
        EXG_UNROLL
        for (exg_int j = 0; j < ob; j++) {
            EXG_UNROLL
            for (exg_int p = 0; p < pb; p++) {
                acc[j][p] = exg_vec_relu(acc[j][p]);
            }
        }
    }
    if (c->gate != NULL) {
        const float *gate = c->gate + at * EXG_LANE + part;

        EXG_UNROLL
        for (exg_int j = 0; j < ob; j++) {
            EXG_UNROLL
            for (exg_int p = 0; p < pb; p++) {
                acc[j][p] = exg_vec_gate(
                    exg_vec_load(gate + j * plane + p * EXG_LANE), acc[j][p]);
            }
        }
    }
    EXG_UNROLL
    for (exg_int j = 0; j < ob; j++) {
        EXG_UNROLL
        for (exg_int p = 0; p < pb; p++) {
            exg_vec_store(y + j * plane + p * EXG_LANE, acc[j][p]);
        }
    }
}

/* Channels o .. o + ob - 1 of pixels (r, col) .. (r, col + pb - 1), all of
 * which have the taps `ky` and `kx` inside x. */
EXG_INLINE void block(const corr *c, exg_int ob, exg_int pb, exg_int o,
                      exg_int r, exg_int col, exg_int part, span ky, span kx)
{
    const exg_int plane = c->ih * c->iw * EXG_LANE;
    const exg_int row = c->iw * EXG_LANE;
    const float *w = c->w + o * c->ic * c->k * c->k;
    const float *x =
        c->x + (r - c->pad) * row + (col - c->pad) * EXG_LANE + part;
    exg_vec acc[OB_MAX][PB_MAX];

    EXG_UNROLL
    for (exg_int j = 0; j < ob; j++) {
        EXG_UNROLL
        for (exg_int p = 0; p < pb; p++) {
            acc[j][p] = exg_vec_all(c->b != NULL ? c->b[o + j] : 0.0f);
        }
    }
    for (exg_int i = 0; i < c->ic; i++) {
        for (exg_int y = ky.from; y < ky.to; y++) {
            const float *xr = x + i * plane + y * row;
            const float *wr = w + (i * c->k + y) * c->k * ob;

            for (exg_int t = kx.from; t < kx.to; t++) {
                exg_vec v[PB_MAX];

                EXG_UNROLL
                for (exg_int p = 0; p < pb; p++) {
                    v[p] = exg_vec_load(xr + (t + p) * EXG_LANE);
                }
                EXG_UNROLL
                for (exg_int j = 0; j < ob; j++) {
                    const exg_vec wt = exg_vec_all(wr[t * ob + j]);

                    EXG_UNROLL
                    for (exg_int p = 0; p < pb; p++) {
                        acc[j][p] = exg_vec_fma(v[p], wt, acc[j][p]);
                    }
                }
            }
        }
    }
    finish(c, ob, pb, (o * c->oh + r) * c->ow + col, part, acc);
}

/* Row r of channels o .. o + ob - 1. */
EXG_INLINE void row_of(const corr *c, exg_int ob, exg_int o, exg_int r,
                       exg_int part)
{
    const exg_int pb = block_pixels(ob);
    const exg_int inside = c->iw + c->pad - c->k + 1; /* first column past */
    const span ky = taps_inside(r, c->k, c->pad, c->ih);
    const span all = {0, c->k};
    exg_int col = 0;

    for (; col < c->pad && col < c->ow; col++) {
        block(c, ob, 1, o, r, col, part, ky,
              taps_inside(col, c->k, c->pad, c->iw));
    }
    for (; col + pb <= inside; col += pb) {
        block(c, ob, pb, o, r, col, part, ky, all);
    }
    for (; pb > 4 && col + 4 <= inside; col += 4) {
        block(c, ob, 4, o, r, col, part, ky, all);
    }
    for (; pb > 2 && col + 2 <= inside; col += 2) {
        block(c, ob, 2, o, r, col, part, ky, all);
    }
    for (; col < c->ow; col++) {
        block(c, ob, 1, o, r, col, part, ky,
              taps_inside(col, c->k, c->pad, c->iw));
    }
}

#define ROW_CASE(ob)               \
    case ob:                       \
        row_of(c, ob, o, r, part); \
        break

static void row_any(const corr *c, exg_int ob, exg_int o, exg_int r,
                    exg_int part)
{
    switch (ob) {
        ROW_CASE(1);
        ROW_CASE(2);
        ROW_CASE(3);
        ROW_CASE(4);
#if EXG_REGISTERS == 32
        ROW_CASE(5);
        ROW_CASE(6);
        ROW_CASE(7);
        ROW_CASE(8);
#endif
    }
}

static void correlate(const corr *c)
{
    for (exg_int r = 0; r < c->oh; r++) {
        for (exg_int o = 0, ob; o < c->oc; o += ob) {
            ob = block_width(c->oc, o);
            for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
                row_any(c, ob, o, r, part);
            }
        }
    }
}

/* w (oc, ic, k, k) -> blocks of [ic][k][k][ob]. */
static void pack_forward(const exg_conv_shape *s, const float *w, float *packed)
{
    const exg_int taps = s->ic * s->k * s->k;

    for (exg_int o = 0, ob; o < s->oc; o += ob) {
        ob = block_width(s->oc, o);
        for (exg_int t = 0; t < taps; t++) {
            for (exg_int j = 0; j < ob; j++) {
                *packed++ = w[(o + j) * taps + t];
            }
        }
    }
}

/* w (oc, ic, k, k) -> blocks of [oc][k][k][ib], turned by half a turn. */
static void pack_dgrad(const exg_conv_shape *s, const float *w, float *packed)
{
    const exg_int kk = s->k * s->k;

    for (exg_int i = 0, ib; i < s->ic; i += ib) {
        ib = block_width(s->ic, i);
        for (exg_int o = 0; o < s->oc; o++) {
            for (exg_int t = kk - 1; t >= 0; t--) {
                for (exg_int j = 0; j < ib; j++) {
                    *packed++ = w[(o * s->ic + i + j) * kk + t];
                }
            }
        }
    }
}

void EXG_KERN(exg_conv_forward)(const exg_conv_shape *s, const float *x,
                                const float *w, const float *b, int relu,
                                float *y, float *work)
{
    const corr c = {.ic = s->ic,
                    .ih = s->ih,
                    .iw = s->iw,
                    .oc = s->oc,
                    .oh = s->oh,
                    .ow = s->ow,
                    .k = s->k,
                    .x = x,
                    .w = work,
                    .b = b,
                    .y = y,
                    .relu = relu};

    pack_forward(s, w, work);
    correlate(&c);
}

void EXG_KERN(exg_conv_dgrad)(const exg_conv_shape *s, const float *dy,
                              const float *w, const float *gate, float *dx,
                              float *work)
{
    const corr c = {.ic = s->oc,
                    .ih = s->oh,
                    .iw = s->ow,
                    .oc = s->ic,
                    .oh = s->ih,
                    .ow = s->iw,
                    .k = s->k,
                    .pad = s->k - 1,
                    .x = dy,
                    .w = work,
                    .gate = gate,
                    .y = dx};

    pack_dgrad(s, w, work);
    correlate(&c);
}
