/* wino.c -- forward and backward passes of 3x3 convolutions by Winograd's
 * method; kern/wino.h has the mathematics.
 *
 * The image is worked through in strips of tile rows, so that the transformed
 * tiles of a strip stay in the second-level cache: transform, multiply per
 * component, transform back.  A lane's parts are treated one after the other,
 * each as if it were alone.
 *
 * Times of 16 images of 10x26x26 to 7 channels on one Zen 4 core, whose FMA
 * peak would need 0.102 ms for each pass of a direct convolution: direct
 * forward, input and weight gradient 0.105, 0.111 and 0.111 ms; here 0.053,
 * 0.064 and 0.069 ms, both gradients together 0.122.  Strips of 6 or 18 tiles
 * cost the training step 2 and 0 % more than strips of 12. */
#include "kern/wino.h"

#include <string.h>

#include "wino_filter.h"
#include "wino_mul.h"
#include "wino_tile.h"

enum {
    STRIP_TILES = 12, /* tiles a strip should have; more need more cache */
    TRANSFORM = 110,  /* multiply-adds a transform takes as long as      */
};

/** Sizes, and the parts of the workspace. */
typedef struct {
    exg_conv_shape s;
    exg_int th, tw; /* tile rows and columns                        */
    exg_int rows;   /* tile rows of a strip                         */
    exg_int vs, es; /* vectors from component to component: V and E */
    exg_int us;     /* floats from component to component of U      */
    float *u;       /* [36][us]                                     */
    float *edge;    /* one tile, [6][6][16]                         */
    float *spare;   /* [iw][16]: no pixels of anyone                */
    float *halo;    /* [ic][2][iw][16]: rows that the next strip adds to */
    float *lanes;   /* [oc][ic][9][16] and [oc][16]: dw, db by lane */
    exg_vec *v, *e; /* [36][vs], [36][es]: [channel][tile of the strip] */
    exg_vec *d;     /* [36][oc * ic]                                */
    exg_int floats; /* size of all                                  */
} plan;

/** Hand out n floats of the workspace, rounded up to whole lanes. */
static float *take(plan *p, float *work, exg_int n)
{
    float *at = work == NULL ? NULL : work + p->floats;

    p->floats += (n + EXG_LANE - 1) / EXG_LANE * EXG_LANE;
    return at;
}

/** Odd numbers of vectors from component to component spread them over the
 * sets of the cache. */
static plan make_plan(const exg_conv_shape *s, float *work)
{
    plan p = {.s = *s};
    const exg_int pairs = s->oc * s->ic;

    p.th = (s->oh + WINO_M - 1) / WINO_M;
    p.tw = (s->ow + WINO_M - 1) / WINO_M;
    p.rows = (STRIP_TILES + p.tw - 1) / p.tw;
    p.rows = p.rows < p.th ? p.rows : p.th;
    p.vs = (p.rows * p.tw * s->ic) | 1;
    p.es = (p.rows * p.tw * s->oc) | 1;
    p.us = (pairs + EXG_LANE - 1) / EXG_LANE * EXG_LANE;
    p.u = take(&p, work, WINO_COMPS * p.us);
    p.edge = take(&p, work, WINO_COMPS * EXG_LANE);
    p.spare = take(&p, work, s->iw * EXG_LANE);
    p.halo = take(&p, work, s->ic * 2 * s->iw * EXG_LANE);
    p.lanes = take(&p, work, (pairs * 9 + s->oc) * EXG_LANE);
    p.v = (exg_vec *)take(&p, work, WINO_COMPS * p.vs * EXG_VEC);
    p.e = (exg_vec *)take(&p, work, WINO_COMPS * p.es * EXG_VEC);
    p.d = (exg_vec *)take(&p, work, WINO_COMPS * pairs * EXG_VEC);
    return p;
}

exg_int EXG_KERN(exg_wino_work)(const exg_conv_shape *s)
{
    return make_plan(s, NULL).floats;
}

/* Counts of multiply-adds.  Loading and storing the sums of D costs as much as
 * two tiles more; a tile's transforms cost TRANSFORM for each channel.  Agrees
 * with what was measured on 16 shapes from 1x28x10 to 64x10x64. */
int EXG_KERN(exg_wino_suits)(const exg_conv_shape *s)
{
    const exg_int t =
        ((s->oh + WINO_M - 1) / WINO_M) * ((s->ow + WINO_M - 1) / WINO_M);
    const exg_int direct = 9 * s->ic * s->oc * s->oh * s->ow;
    const exg_int products = (t + 2) * WINO_COMPS * s->ic * s->oc;

    return s->k == 3 && products + TRANSFORM * t * (s->ic + s->oc) < direct;
}

/** Copy what exists of a tile of `side` pixels; zeros beyond h rows and w
 * columns. */
static void load_edge(const float *x, exg_int row, exg_int side, exg_int h,
                      exg_int w, float *edge)
{
    for (exg_int i = 0; i < side; i++) {
        for (exg_int j = 0; j < side; j++) {
            const int in = i < h && j < w;

            exg_vec_store(edge + (i * side + j) * EXG_LANE,
                          in ? exg_vec_load(x + i * row + j * EXG_LANE)
                             : (exg_vec){0});
        }
    }
}

/** Transform one channel's row of input tiles that begins at pixel row y. */
static void strip_row_in(const plan *p, const float *x, exg_int y, exg_vec *v)
{
    const exg_int row = p->s.iw * EXG_LANE;
    const exg_int full = y + WINO_T <= p->s.ih ? p->s.ow / WINO_M : 0;

    x += y * row;
    if (full > 0) {
        wino_tiles_in(full, x, row, p->vs, v);
    }
    for (exg_int t = full; t < p->tw; t++) {
        load_edge(x + WINO_M * t * EXG_LANE, row, WINO_T, p->s.ih - y,
                  p->s.iw - WINO_M * t, p->edge);
        wino_tiles_in(1, p->edge, WINO_T * EXG_LANE, p->vs, v + t);
    }
}

/** V of tile rows r to r + n. */
static void strip_in(const plan *p, const float *x, exg_int r, exg_int n)
{
    const exg_int plane = p->s.ih * p->s.iw * EXG_LANE;

    for (exg_int c = 0; c < p->s.ic; c++) {
        for (exg_int i = 0; i < n; i++) {
            strip_row_in(p, x + c * plane, WINO_M * (r + i),
                         p->v + (c * n + i) * p->tw);
        }
    }
}

/** y of one channel's row of tiles that begins at pixel row i0. */
static void strip_row_out(const plan *p, int relu, exg_vec bias,
                          const exg_vec *m, exg_int i0, float *y)
{
    const exg_int row = p->s.ow * EXG_LANE;
    const exg_int h = p->s.oh - i0;

    for (exg_int t = 0; t < p->tw; t++, m++) {
        float *to = y + i0 * row + WINO_M * t * EXG_LANE;
        const exg_int w = p->s.ow - WINO_M * t;

        if (h >= WINO_M && w >= WINO_M) {
            wino_tile_out(relu, bias, m, p->es, to, row);
            continue;
        }
        wino_tile_out(relu, bias, m, p->es, p->edge, WINO_M * EXG_LANE);
        for (exg_int i = 0; i < WINO_M && i < h; i++) {
            for (exg_int j = 0; j < WINO_M && j < w; j++) {
                const float *from = p->edge + (WINO_M * i + j) * EXG_LANE;

                exg_vec_store(to + i * row + j * EXG_LANE, exg_vec_load(from));
            }
        }
    }
}

static void strip_out(const plan *p, const float *b, int relu, exg_int r,
                      exg_int n, float *y)
{
    const exg_int plane = p->s.oh * p->s.ow * EXG_LANE;

    for (exg_int o = 0; o < p->s.oc; o++) {
        for (exg_int i = 0; i < n; i++) {
            strip_row_out(p, relu, exg_vec_all(b[o]),
                          p->e + (o * n + i) * p->tw, WINO_M * (r + i),
                          y + o * plane);
        }
    }
}

void EXG_KERN(exg_wino_forward)(const exg_conv_shape *s, const float *x,
                                const float *w, const float *b, int relu,
                                float *y, float *work)
{
    const plan p = make_plan(s, work);

    wino_filters(s->oc, s->ic, 1, w, p.us, p.u, (float *)p.v);
    for (int part = 0; part < EXG_PARTS; part++) {
        for (exg_int r = 0; r < p.th; r += p.rows) {
            const exg_int n = p.rows < p.th - r ? p.rows : p.th - r;

            strip_in(&p, x + part * EXG_VEC, r, n);
            for (exg_int c = 0; c < WINO_COMPS; c++) {
                wino_mul(n * p.tw, s->ic, s->oc, p.u + c * p.us, p.v + c * p.vs,
                         p.e + c * p.es);
            }
            strip_out(&p, b, relu, r, n, y + part * EXG_VEC);
        }
    }
}

/** E of tile rows r to r + n. */
static void strip_out_t(const plan *p, const float *dy, exg_int r, exg_int n)
{
    const exg_int row = p->s.ow * EXG_LANE, nt = n * p->tw;

    for (exg_int o = 0; o < p->s.oc; o++) {
        for (exg_int k = 0; k < nt; k++) {
            const exg_int i = WINO_M * (r + k / p->tw);
            const exg_int j = WINO_M * (k % p->tw);
            const float *at = dy + (o * p->s.oh + i) * row + j * EXG_LANE;

            if (i + WINO_M <= p->s.oh && j + WINO_M <= p->s.ow) {
                wino_tile_out_t(at, row, p->es, p->e + o * nt + k);
            } else {
                load_edge(at, row, WINO_M, p->s.oh - i, p->s.ow - j, p->edge);
                wino_tile_out_t(p->edge, WINO_M * EXG_LANE, p->es,
                                p->e + o * nt + k);
            }
        }
    }
}

/** dx of one channel and tile row r.  Its last two pixel rows wait in `halo`
 * for the tiles below, so each pixel of dx is written once, after its gate was
 * read.  Rows past the lower edge go to the spare row. */
static void strip_row_in_t(const plan *p, const exg_vec *x, exg_int r,
                           const float *gate, float *halo, float *dx)
{
    const exg_int row = p->s.iw * EXG_LANE;
    wino_row to[WINO_T];

    for (int i = 0; i < WINO_T; i++) {
        const exg_int at = (WINO_M * r + i) * row;
        const int inside = WINO_M * r + i < p->s.ih;

        to[i].to = i >= WINO_M ? halo + (i - WINO_M) * row
                   : inside    ? dx + at
                               : p->spare;
        to[i].plus = i < 2 ? halo + i * row : NULL;
        to[i].gate = gate != NULL && inside ? gate + at : p->spare;
    }
    wino_tiles_in_t(gate != NULL, p->tw, x, p->vs, p->s.iw, to);
}

/** What waits after the last tile row, to the image's last rows. */
static void flush_halo(const plan *p, const float *gate, const float *halo,
                       float *dx)
{
    const exg_int row = p->s.iw * EXG_LANE, from = WINO_M * p->th * row;
    const exg_int n = p->s.ih * row - from;

    for (exg_int i = 0; i < n; i += EXG_LANE) {
        const exg_vec v = exg_vec_load(halo + i);

        exg_vec_store(
            dx + from + i,
            gate == NULL ? v : exg_vec_gate(exg_vec_load(gate + from + i), v));
    }
}

static void strip_in_t(const plan *p, const float *gate, exg_int r, exg_int n,
                       int part, float *dx)
{
    const exg_int plane = p->s.ih * p->s.iw * EXG_LANE;
    const exg_int lane = part * EXG_VEC;

    for (exg_int c = 0; c < p->s.ic; c++) {
        const float *g = gate == NULL ? NULL : gate + c * plane + lane;
        float *halo = p->halo + c * 2 * p->s.iw * EXG_LANE + lane;
        float *to = dx + c * plane + lane;

        for (exg_int i = 0; i < n; i++) {
            strip_row_in_t(p, p->v + (c * n + i) * p->tw, r + i, g, halo, to);
        }
        if (r + n == p->th) {
            flush_halo(p, g, halo, to);
        }
    }
}

/** db by lane: component (1, 1) of E sums a tile's dy. */
static void add_bias(const plan *p, exg_int nt, float *db)
{
    const exg_vec *e = p->e + (WINO_T + 1) * p->es;

    for (exg_int o = 0; o < p->s.oc; o++) {
        exg_vec sum = exg_vec_load(db + o * EXG_LANE);

        for (exg_int t = 0; t < nt; t++) {
            sum += e[o * nt + t];
        }
        exg_vec_store(db + o * EXG_LANE, sum);
    }
}

/** One part of backward: dx and, in p->lanes, dw and db by lane. */
static void backward_part(const plan *p, int part, const float *x,
                          const float *dy, const float *gate, int params,
                          float *dx)
{
    const exg_int ic = p->s.ic, oc = p->s.oc;
    float *dw = p->lanes + part * EXG_VEC;
    float *db = dw + oc * ic * 9 * EXG_LANE;

    for (exg_int r = 0; r < p->th; r += p->rows) {
        const exg_int n = p->rows < p->th - r ? p->rows : p->th - r;
        const exg_int nt = n * p->tw;

        strip_out_t(p, dy + part * EXG_VEC, r, n);
        if (params) {
            strip_in(p, x + part * EXG_VEC, r, n);
            add_bias(p, nt, db);
        }
        for (exg_int c = 0; c < WINO_COMPS; c++) {
            const exg_vec *e = p->e + c * p->es;
            exg_vec *v = p->v + c * p->vs;

            if (params) {
                wino_sum(r == 0, nt, oc, ic, e, v, p->d + c * oc * ic);
            }
            if (dx != NULL) {
                wino_mul(nt, oc, ic, p->u + c * p->us, e, v);
            }
        }
        if (dx != NULL) {
            strip_in_t(p, gate, r, n, part, dx);
        }
    }
    if (params) {
        wino_filters_t(oc * ic, p->d, dw);
    }
}

void EXG_KERN(exg_wino_backward)(const exg_conv_shape *s, const float *x,
                                 const float *dy, const float *w,
                                 const float *gate, float *dw, float *db,
                                 float *dx, float *work)
{
    const plan p = make_plan(s, work);
    const exg_int nw = s->oc * s->ic * 9;

    if (dx != NULL) {
        wino_filters(s->oc, s->ic, 0, w, p.us, p.u, (float *)p.v);
        memset(p.halo, 0, (size_t)(s->ic * 2 * s->iw) * EXG_LANE * 4);
    }
    memset(p.lanes + nw * EXG_LANE, 0, (size_t)(s->oc * EXG_LANE) * 4);
    for (int part = 0; part < EXG_PARTS; part++) {
        backward_part(&p, part, x, dy, gate, dw != NULL, dx);
    }
    if (dw != NULL) {
        for (exg_int i = 0; i < nw; i++) {
            dw[i] = exg_lane_sum(p.lanes + i * EXG_LANE);
        }
        for (exg_int o = 0; o < s->oc; o++) {
            db[o] = exg_lane_sum(p.lanes + (nw + o) * EXG_LANE);
        }
    }
}
