/* stencil.c -- see stencil.h: one point after the other, a row of 6 nodes (and
 * 2 of weight 0) as one vector of 8.
 *
 * The weights of a row are one polynomial per element, so Horner's rule gives
 * all of them at once.  Spreading rounds by a trick: x + 1.5 * 2^23 has
 * round(x) in its low bits, so one multiply-add makes the integer, and the
 * constant is taken off when sums go to memory.  In the plane, sums stay in
 * registers while points share a cell; in space there are too many.
 *
 * Every element sees the same multiply-adds in the same order whatever the
 * vector, and sums over a row run as one tree. */
#include "kern/stencil.h"

#include "kern/lane.h"
#include "table.h"

enum {
    P = EXG_STENCIL,
    W = 8,      /* elements of a row                      */
    BEFORE = 2, /* nodes before the cell of a point       */
    BATCH = EXG_LANE,
    MAGIC_BITS = 0x4b400000 /* 1.5f * 2^23 */
};

/* 8 floats: one vector or, where they are narrower, two. */
#if EXG_VEC >= 8
#define PARTS 1
typedef float part __attribute__((vector_size(32), may_alias));
typedef uint32_t upart __attribute__((vector_size(32), may_alias));
typedef float part_any __attribute__((vector_size(32), may_alias, aligned(4)));
typedef uint32_t upart_any
    __attribute__((vector_size(32), may_alias, aligned(4)));
#else
#define PARTS 2
typedef float part __attribute__((vector_size(16), may_alias));
typedef uint32_t upart __attribute__((vector_size(16), may_alias));
typedef float part_any __attribute__((vector_size(16), may_alias, aligned(4)));
typedef uint32_t upart_any
    __attribute__((vector_size(16), may_alias, aligned(4)));
#endif

enum {
    STEP = W / PARTS
};

typedef struct {
    part v[PARTS];
} row;

/* The 16 points at hand: cells and places in them. */
typedef struct {
    _Alignas(64) float t[3][BATCH];
    _Alignas(64) int32_t cell[BATCH]; /* element of the first node */
} batch;

/* 120 times the coefficients of the weights of the 6 nodes, by power. */
static const _Alignas(64) float coefficient[P][W] = {
    {1, 26, 66, 26, 1, 0},    {-5, -50, 0, 50, 5, 0},  {10, 20, -60, 20, 10, 0},
    {-10, 20, 0, -20, 10, 0}, {5, -20, 30, -20, 5, 0}, {-1, 5, -10, 10, -5, 1}};

EXG_INLINE part part_all(float v)
{
    return v - (part){0};
}

EXG_INLINE part part_fma(part a, part b, part c)
{
#if EXG_VEC >= 8
    return (part)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

/* Weights at t, times a power of two over 120. */
EXG_INLINE row weights(float t, float scale)
{
    row w;

    for (int h = 0; h < PARTS; h++) {
        part sum = *(const part *)(coefficient[P - 1] + h * STEP);

        EXG_UNROLL
        for (int k = P - 2; k >= 0; k--) {
            sum = part_fma(sum, part_all(t),
                           *(const part *)(coefficient[k] + h * STEP));
        }
        w.v[h] = sum * part_all(scale);
    }
    return w;
}

/* Their derivatives with respect to t. */
EXG_INLINE row slopes(float t)
{
    row w;

    for (int h = 0; h < PARTS; h++) {
        part sum = *(const part *)(coefficient[P - 1] + h * STEP) *
                   part_all((float)(P - 1));

        EXG_UNROLL
        for (int k = P - 2; k >= 1; k--) {
            const part c =
                *(const part *)(coefficient[k] + h * STEP) * part_all((float)k);

            sum = part_fma(sum, part_all(t), c);
        }
        w.v[h] = sum * part_all(1.0f / 120.0f);
    }
    return w;
}

EXG_INLINE void store(const row *r, float *to)
{
    for (int h = 0; h < PARTS; h++) {
        *(part *)(to + h * STEP) = r->v[h];
    }
}

/* Keep a product from being fused with a sum that it enters. */
#if defined(__x86_64__)
#define HOLD(v) __asm__("" : "+v"(v))
#else
#define HOLD(v) __asm__("" : "+w"(v))
#endif

/* Cells of 16 points from i on. */
EXG_INLINE void locate(int dims, const exg_stencil *s, exg_int i, batch *b)
{
    const float least = (float)BEFORE;
    const float most = (float)(s->n - P + BEFORE);

    for (exg_int part_at = 0; part_at < BATCH; part_at += EXG_VEC) {
        exg_ivec cell = {0};

        for (int k = dims - 1; k >= 0; k--) {
            const float *y = s->y + k * s->stride + i + part_at;
            exg_vec u = (exg_vec_load(y) - exg_vec_all(s->first[k])) *
                        exg_vec_all(s->per_unit);
            exg_ivec at;
            exg_vec t;

            HOLD(u);
            u = exg_vec_select(u > exg_vec_all(least), u, exg_vec_all(least));
            at = __builtin_convertvector(
                exg_vec_select(u < exg_vec_all(most), u, exg_vec_all(most)),
                exg_ivec);
            t = u - __builtin_convertvector(at, exg_vec);
            t = exg_vec_select(t < exg_vec_all(1.0f), t, exg_vec_all(1.0f));
            exg_vec_store(b->t[k] + part_at, t);
            cell = cell * (int32_t)s->n + (at - BEFORE);
        }
        *(exg_ivec *)(b->cell + part_at) = cell - (int32_t)s->origin;
    }
}

/* grid += sums, of which each holds `points` times the constant. */
EXG_INLINE void flush(int rows, exg_int n, uint32_t points, upart (*sum)[PARTS],
                      uint32_t *grid)
{
    const uint32_t off = points * (uint32_t)MAGIC_BITS;

    EXG_UNROLL
    for (int r = 0; r < rows; r++) {
        for (int h = 0; h < PARTS; h++) {
            upart_any *g = (upart_any *)(grid + r * n + h * STEP);

            *g += sum[r][h] - off;
            sum[r][h] = (upart){0};
        }
    }
}

/* The weights of a point on up to P rows of a plane. */
EXG_INLINE void add_rows(int rows, const row *wx, const float *wy, float factor,
                         upart (*sum)[PARTS])
{
    const part magic = part_all(0x1.8p23f);

    EXG_UNROLL
    for (int r = 0; r < rows; r++) {
        const part w = part_all(wy[r]) * part_all(factor);

        for (int h = 0; h < PARTS; h++) {
            sum[r][h] += (upart)part_fma(wx->v[h], w, magic);
        }
    }
}

EXG_INLINE void spread_flat(int dims, const exg_stencil *s, float scale,
                            uint32_t *grid)
{
    const int rows = dims == 1 ? 1 : P;
    static const float one[P] = {1, 1, 1, 1, 1, 1};
    upart sum[P][PARTS] = {{{0}}};
    _Alignas(64) float wy[W];
    uint32_t points = 0;
    int32_t cell = 0;
    batch b;

    for (exg_int i = 0; i < s->count; i += BATCH) {
        const exg_int left = s->count - i < BATCH ? s->count - i : BATCH;

        locate(dims, s, i, &b);
        for (exg_int l = 0; l < left; l++) {
            const row wx = weights(b.t[0][l], scale);

            if (dims > 1) {
                const row w = weights(b.t[1][l], 1.0f / 120.0f);

                store(&w, wy);
            }
            if (b.cell[l] != cell) {
                flush(rows, s->n, points, sum, grid + cell);
                points = 0;
                cell = b.cell[l];
            }
            add_rows(rows, &wx, dims > 1 ? wy : one, 1.0f, sum);
            points++;
        }
    }
    flush(rows, s->n, points, sum, grid + cell);
}

EXG_INLINE void spread_space(const exg_stencil *s, float scale, uint32_t *grid)
{
    _Alignas(64) float wy[W], wz[W];
    batch b;

    for (exg_int i = 0; i < s->count; i += BATCH) {
        const exg_int left = s->count - i < BATCH ? s->count - i : BATCH;

        locate(3, s, i, &b);
        for (exg_int l = 0; l < left; l++) {
            const row wx = weights(b.t[0][l], scale);
            const row w1 = weights(b.t[1][l], 1.0f / 120.0f);
            const row w2 = weights(b.t[2][l], 1.0f / 120.0f);

            store(&w1, wy);
            store(&w2, wz);
            for (int q = 0; q < P; q++) {
                upart sum[P][PARTS] = {{{0}}};

                add_rows(P, &wx, wy, wz[q], sum);
                flush(P, s->n, 1, sum, grid + b.cell[l] + q * s->n * s->n);
            }
        }
    }
}

void EXG_KERN(exg_stencil_spread)(const exg_stencil *s, int bits,
                                  uint32_t *grid)
{
    const float scale = (float)(1 << bits) / 120.0f;

    if (s->dims == 1) {
        spread_flat(1, s, scale, grid);
    } else if (s->dims == 2) {
        spread_flat(2, s, scale, grid);
    } else {
        spread_space(s, scale, grid);
    }
}

/* a += w b, part by part. */
EXG_INLINE void add_product(row *a, float w, const row *b)
{
    for (int h = 0; h < PARTS; h++) {
        a->v[h] = part_fma(part_all(w), b->v[h], a->v[h]);
    }
}

EXG_INLINE row load_row(const float *from)
{
    row r;

    for (int h = 0; h < PARTS; h++) {
        r.v[h] = *(const part_any *)(from + h * STEP);
    }
    return r;
}

/* The sum of a[i] b[i], as the tree i, i + 4; i + 2; i + 1. */
EXG_INLINE float dot(const row *a, const row *b)
{
    typedef float quad __attribute__((vector_size(16), may_alias));
    _Alignas(32) float product[W];
    quad low;
    row m;

    for (int h = 0; h < PARTS; h++) {
        m.v[h] = a->v[h] * b->v[h];
        HOLD(m.v[h]);
    }
    store(&m, product);
    low = *(const quad *)product + *(const quad *)(product + 4);
    return (low[0] + low[2]) + (low[1] + low[3]);
}

/* Sums over the rows of a plane, with the weights and with the slopes. */
EXG_INLINE void over_rows(const float *grid, exg_int n, const float *w,
                          const float *d, row *by_w, row *by_d)
{
    EXG_UNROLL
    for (int r = 0; r < P; r++) {
        const row g = load_row(grid + r * n);

        add_product(by_w, w[r], &g);
        add_product(by_d, d[r], &g);
    }
}

/* The rows of one axis: weights and slopes at t, in memory. */
EXG_INLINE void keep(float t, float *w, float *d)
{
    const row a = weights(t, 1.0f / 120.0f);
    const row b = slopes(t);

    store(&a, w);
    store(&b, d);
}

EXG_INLINE void gather_point(int dims, exg_int n, const float *grid,
                             const batch *b, exg_int l, float *out)
{
    _Alignas(64) float w1[W], d1[W], w2[W], d2[W];
    const row wx = weights(b->t[0][l], 1.0f / 120.0f);
    const row dx = slopes(b->t[0][l]);
    row plain = {{{0}}}, by1 = {{{0}}}, by2 = {{{0}}};

    if (dims == 1) {
        plain = load_row(grid);
    } else if (dims == 2) {
        keep(b->t[1][l], w1, d1);
        over_rows(grid, n, w1, d1, &plain, &by1);
    } else {
        keep(b->t[1][l], w1, d1);
        keep(b->t[2][l], w2, d2);
        for (int q = 0; q < P; q++) {
            row a = {{{0}}}, c = {{{0}}};

            over_rows(grid + q * n * n, n, w1, d1, &a, &c);
            add_product(&plain, w2[q], &a);
            add_product(&by1, w2[q], &c);
            add_product(&by2, d2[q], &a);
        }
    }
    out[0] = dot(&wx, &plain);
    out[1] = dot(&dx, &plain);
    out[2] = dims > 1 ? dot(&wx, &by1) : 0.0f;
    out[3] = dims > 2 ? dot(&wx, &by2) : 0.0f;
}

EXG_INLINE void gather_all(int dims, const exg_stencil *s, const float *grid,
                           float *value, float *slope)
{
    batch b;

    for (exg_int i = 0; i < s->count; i += BATCH) {
        const exg_int left = s->count - i < BATCH ? s->count - i : BATCH;

        locate(dims, s, i, &b);
        for (exg_int l = 0; l < left; l++) {
            float out[4];

            gather_point(dims, s->n, grid + b.cell[l], &b, l, out);
            value[i + l] = out[0];
            for (int k = 0; k < dims; k++) {
                slope[k * s->stride + i + l] = out[1 + k];
            }
        }
    }
}

void EXG_KERN(exg_stencil_gather)(const exg_stencil *s, const float *grid,
                                  float *value, float *slope)
{
    if (s->dims == 1) {
        gather_all(1, s, grid, value, slope);
    } else if (s->dims == 2) {
        gather_all(2, s, grid, value, slope);
    } else {
        gather_all(3, s, grid, value, slope);
    }
}
