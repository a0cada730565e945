/* attract.c -- see pairs.h: attraction and divergence, by rows of P.
 *
 * Entries are read once, 8 bytes each or 6, and so is the point that each
 * names, from anywhere: where the points are laid so that those of a row are
 * near each other, the sums run at the speed at which memory gives the entries.
 * The sum over a row runs in lanes of 16 whatever the vector, and ends as one
 * tree. */
#include "kern/pairs.h"

#include "kern/lane.h"
#include "kern/vecmath.h"
#include "table.h"

enum {
    HALF = EXG_VEC / 2,
    AHEAD = 512 /* entries that are asked for in time: memory's own guesses
                   come late for two streams and gathers between them */
};

/* Two floats of one point, fetched as one double, and a vector of them. */
typedef double couple __attribute__((may_alias));
typedef double couples __attribute__((vector_size(4 * EXG_VEC), may_alias));

/* One row: its entries, its sums, and the points that its entries count. */
typedef struct {
    exg_int from, to;
    const float *mine; /* its point     */
    const float *y;    /* the first one */
    int is_near;       /* counted by s->near, else s->col */
} row;

EXG_INLINE couple point(const exg_pairs_sparse *s, int is_near, const couple *y,
                        exg_int stride, exg_int entry)
{
    return y[stride *
             (is_near ? (exg_int)s->near[entry] : (exg_int)s->col[entry])];
}

/* The couples of HALF points. */
EXG_INLINE couples fetch(const exg_pairs_sparse *s, int is_near,
                         const couple *y, exg_int stride, exg_int entry)
{
#define AT(i) point(s, is_near, y, stride, entry + (i))
#if defined(__AVX512F__)
    return (couples){AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7)};
#elif defined(__AVX2__)
    return (couples){AT(0), AT(1), AT(2), AT(3)};
#else
    return (couples){AT(0), AT(1)};
#endif
#undef AT
}

/* The first (odd = 0) or second floats of EXG_VEC couples, in order. */
EXG_INLINE exg_vec every_other(couples a, couples b, int odd)
{
#ifdef __clang__ /* has no shuffle by a variable */
    exg_vec out = {0};

    for (int i = 0; i < EXG_VEC / 2; i++) {
        out[i] = ((exg_vec)a)[2 * i + odd];
        out[EXG_VEC / 2 + i] = ((exg_vec)b)[2 * i + odd];
    }
    return out;
#else
    exg_ivec which = {0};

    for (int i = 0; i < EXG_VEC; i++) {
        which[i] = 2 * i + odd;
    }
    return __builtin_shuffle((exg_vec)a, (exg_vec)b, which);
#endif
}

/* 1 + squared distances of EXG_VEC entries from a on, over b, and the
 * differences. */
EXG_INLINE exg_vec apart(int dims, const exg_pairs_tails *tails,
                         const exg_pairs_sparse *s, const row *r, exg_int a,
                         exg_vec *e)
{
    const exg_int stride = dims > 2 ? 2 : 1; /* couples of a point */
    const exg_vec one = exg_vec_all(1.0f);
    exg_vec d2 = tails == NULL ? one : (exg_vec){0};

    for (int k = 0; k < dims; k += 2) {
        const couple *y = (const couple *)r->y + k / 2;
        const couples low = fetch(s, r->is_near, y, stride, a);
        const couples high = fetch(s, r->is_near, y, stride, a + HALF);

        e[k] = exg_vec_all(r->mine[k]) - every_other(low, high, 0);
        if (k + 1 < dims) {
            e[k + 1] = exg_vec_all(r->mine[k + 1]) - every_other(low, high, 1);
        }
    }
    for (int k = 0; k < dims; k++) {
        d2 = exg_vec_fma(e[k], e[k], d2);
    }
    return tails == NULL ? d2
                         : exg_vec_fma(d2, exg_vec_all(tails->inverse), one);
}

/* One row, one part of its lanes. */
EXG_INLINE void attract_part(int dims, const exg_pairs_tails *tails,
                             const exg_pairs_sparse *s, const row *r,
                             exg_int part, float (*lane)[EXG_LANE])
{
    exg_vec f[EXG_PAIRS_DIMS];

    for (int k = 0; k < dims; k++) {
        f[k] = (exg_vec){0};
    }
    for (exg_int a = r->from + part; a < r->to; a += EXG_LANE) {
        exg_vec e[EXG_PAIRS_DIMS];
        const exg_vec d2 = apart(dims, tails, s, r, a, e);
        const exg_vec w = exg_vec_load(s->p + a) / d2;

        if (r->is_near) {
            __builtin_prefetch(s->near + a + AHEAD, 0, 0);
        } else {
            __builtin_prefetch(s->col + a + AHEAD, 0, 0);
        }
        __builtin_prefetch(s->p + a + AHEAD, 0, 0);
        for (int k = 0; k < dims; k++) {
            f[k] = exg_vec_fma(w, e[k], f[k]);
        }
    }
    for (int k = 0; k < dims; k++) {
        exg_vec_store(lane[k] + part, f[k]);
    }
}

/* The same for the divergence: sums of -p log u and of p. */
EXG_INLINE void diverge_part(int dims, const exg_pairs_tails *tails,
                             const exg_pairs_sparse *s, const row *r,
                             exg_int part, float (*lane)[EXG_LANE])
{
    exg_vec f[2] = {{0}};

    for (exg_int a = r->from + part; a < r->to; a += EXG_LANE) {
        exg_vec e[EXG_PAIRS_DIMS];
        const exg_vec d2 = apart(dims, tails, s, r, a, e);
        const exg_vec p = exg_vec_load(s->p + a);

        f[0] = exg_vec_fma(p, exg_vec_log(d2), f[0]);
        f[1] += p;
    }
    exg_vec_store(lane[0] + part, f[0]);
    exg_vec_store(lane[1] + part, f[1]);
}

/* One row; `r` is known to the compiler but for its numbers. */
EXG_INLINE void one_row(int dims, int diverge, const exg_pairs_tails *tails,
                        const exg_pairs_sparse *s, const row *r,
                        float (*lane)[EXG_LANE])
{
    for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
        if (diverge) {
            diverge_part(dims, tails, s, r, part, lane);
        } else {
            attract_part(dims, tails, s, r, part, lane);
        }
    }
}

/* Either sum over all rows. */
EXG_INLINE void rows(int dims, int diverge, const exg_pairs_tails *tails,
                     const exg_pairs_sparse *s, float *f)
{
    const exg_int width = exg_pairs_width(dims);
    const int sums = diverge ? 2 : dims;
    _Alignas(64) float lane[EXG_PAIRS_DIMS][EXG_LANE];

    for (exg_int i = 0; i < s->rows; i++) {
        const exg_int self = s->self != NULL ? s->self[i] : s->row0 + i;
        row r = {.from = s->row[i],
                 .to = s->row[i + 1],
                 .mine = s->y + self * width,
                 .y = s->y};

        if (s->near != NULL && s->base[i] >= 0) {
            r.is_near = 1;
            r.y += s->base[i] * width;
            one_row(dims, diverge, tails, s, &r, lane);
        } else {
            one_row(dims, diverge, tails, s, &r, lane);
        }
        for (int k = 0; k < sums; k++) {
            f[i * sums + k] = exg_lane_sum(lane[k]);
        }
    }
}

/* With the kernel's constants, or without them where they are 1. */
EXG_INLINE void by_kernel(int dims, int diverge, const exg_pairs_sparse *s,
                          float *f)
{
    if (s->tails == NULL) {
        rows(dims, diverge, NULL, s, f);
    } else {
        rows(dims, diverge, s->tails, s, f);
    }
}

void EXG_KERN(exg_pairs_attract)(const exg_pairs_sparse *s, float *f)
{
    if (s->dims == 2) {
        by_kernel(2, 0, s, f);
    } else if (s->dims == 3) {
        by_kernel(3, 0, s, f);
    } else {
        by_kernel(1, 0, s, f);
    }
}

void EXG_KERN(exg_pairs_diverge)(const exg_pairs_sparse *s, float *f)
{
    if (s->dims == 2) {
        by_kernel(2, 1, s, f);
    } else if (s->dims == 3) {
        by_kernel(3, 1, s, f);
    } else {
        by_kernel(1, 1, s, f);
    }
}
