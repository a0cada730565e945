/* wino_mul.h -- the products between Winograd's transforms, per component.
 *
 * Small matrices of vectors in register blocks, so large that loads stay below
 * half of the multiply-adds and at least eight of these are independent.  Each
 * element's sum runs in index order from zero: blocks change no bits. */
#ifndef EXG_SRC_KERN_WINO_MUL_H
#define EXG_SRC_KERN_WINO_MUL_H

#include "kern/lane.h"

enum {
    MUL_TILES = 3,                         /* tiles that share a weight   */
    MUL_WIDE = EXG_REGISTERS > 16 ? 7 : 4, /* outputs that share a vector */
    SUM_SIDE = EXG_REGISTERS > 16 ? 5 : 3, /* side of a block of sums     */
};

/** A block of wino_mul(): n outputs of nt tiles. */
EXG_INLINE void mul_block(int n, int nt, exg_int step, exg_int ni, exg_int no,
                          const float *u, const exg_vec *v, exg_vec *m)
{
    exg_vec acc[MUL_TILES][MUL_WIDE];

#pragma GCC unroll 32
    for (int k = 0; k < nt * n; k++) {
        acc[k / n][k % n] = (exg_vec){0};
    }
    for (exg_int i = 0; i < ni; i++) {
#pragma GCC unroll 8
        for (int o = 0; o < n; o++) {
            const exg_vec w = exg_vec_all(u[i * no + o]);

#pragma GCC unroll 4
            for (int t = 0; t < nt; t++) {
                acc[t][o] = exg_vec_fma(w, v[i * step + t], acc[t][o]);
            }
        }
    }
#pragma GCC unroll 32
    for (int k = 0; k < nt * n; k++) {
        m[k % n * step + k / n] = acc[k / n][k % n];
    }
}

EXG_INLINE void mul_tiles(int n, exg_int nt, exg_int ni, exg_int no,
                          const float *u, const exg_vec *v, exg_vec *m)
{
    const exg_int rest = nt % MUL_TILES, most = nt - rest;

    for (exg_int t = 0; t < most; t += MUL_TILES) {
        mul_block(n, MUL_TILES, nt, ni, no, u, v + t, m + t);
    }
    if (rest == 2) {
        mul_block(n, 2, nt, ni, no, u, v + most, m + most);
    } else if (rest == 1) {
        mul_block(n, 1, nt, ni, no, u, v + most, m + most);
    }
}

/** m[o][t] = sum_i u[i][o] v[i][t]; u floats, v and m vectors. */
static void wino_mul(exg_int nt, exg_int ni, exg_int no, const float *u,
                     const exg_vec *v, exg_vec *m)
{
    const exg_int blocks = (no + MUL_WIDE - 1) / MUL_WIDE;

    for (exg_int k = 0; k < blocks; k++) {
        const exg_int o = no * k / blocks;
        const float *uo = u + o;
        exg_vec *mo = m + o * nt;

        switch (no * (k + 1) / blocks - o) {
#define CASE(n)                                                        \
    case n:                                                            \
        mul_tiles(n < MUL_WIDE ? n : MUL_WIDE, nt, ni, no, uo, v, mo); \
        break;
            CASE(1)
            CASE(2)
            CASE(3)
            CASE(4)
            CASE(5)
            CASE(6)
            CASE(7)
#undef CASE
        }
    }
}

/** A block of wino_sum(): sums of no x ni products over nt tiles. */
EXG_INLINE void sum_block(int first, int no, int ni, exg_int nt, exg_int ds,
                          const exg_vec *e, const exg_vec *v, exg_vec *d)
{
    exg_vec acc[SUM_SIDE][SUM_SIDE];

#pragma GCC unroll 32
    for (int k = 0; k < no * ni; k++) {
        acc[k / ni][k % ni] = first ? (exg_vec){0} : d[k / ni * ds + k % ni];
    }
    for (exg_int t = 0; t < nt; t++) {
#pragma GCC unroll 8
        for (int o = 0; o < no; o++) {
#pragma GCC unroll 8
            for (int i = 0; i < ni; i++) {
                acc[o][i] =
                    exg_vec_fma(e[o * nt + t], v[i * nt + t], acc[o][i]);
            }
        }
    }
#pragma GCC unroll 32
    for (int k = 0; k < no * ni; k++) {
        d[k / ni * ds + k % ni] = acc[k / ni][k % ni];
    }
}

EXG_INLINE void sum_rows(int first, int no, exg_int ni, exg_int nt, exg_int ds,
                         const exg_vec *e, const exg_vec *v, exg_vec *d)
{
    switch (ni) {
#define CASE(n)                                                             \
    case n:                                                                 \
        sum_block(first, no, n < SUM_SIDE ? n : SUM_SIDE, nt, ds, e, v, d); \
        break;
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
#undef CASE
    }
}

/** d[o][i] += sum_t e[o][t] v[i][t], all vectors; `first`: d was 0. */
static void wino_sum(int first, exg_int nt, exg_int no, exg_int ni,
                     const exg_vec *e, const exg_vec *v, exg_vec *d)
{
    const exg_int bo = (no + SUM_SIDE - 1) / SUM_SIDE;
    const exg_int bi = (ni + SUM_SIDE - 1) / SUM_SIDE;

    for (exg_int k = 0; k < bo * bi; k++) {
        const exg_int o = no * (k / bi) / bo, on = no * (k / bi + 1) / bo - o;
        const exg_int i = ni * (k % bi) / bi, in = ni * (k % bi + 1) / bi - i;
        const exg_vec *eo = e + o * nt, *vi = v + i * nt;
        exg_vec *to = d + o * ni + i;

        switch (on) {
#define CASE(n)                                                               \
    case n:                                                                   \
        sum_rows(first, n < SUM_SIDE ? n : SUM_SIDE, in, nt, ni, eo, vi, to); \
        break;
            CASE(1)
            CASE(2)
            CASE(3)
            CASE(4)
            CASE(5)
#undef CASE
        }
    }
}

#endif
