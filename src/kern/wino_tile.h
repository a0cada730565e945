/* wino_tile.h -- Winograd's transforms of tiles, over vectors of samples.
 *
 * kern/wino.h has the matrices.  Three devices make the transforms cheap:
 * factors are powers of two and most work is additions, which recent CPUs
 * start beside multiplications; rows of a matrix that share terms (1 and 2, 3
 * and 4) are made together and the others apart, so that a tile never leaves
 * the registers half transformed; and what neighbouring tiles share is done
 * once, carried from tile to tile along a row.
 *
 * Pixels are EXG_LANE floats apart.  A transformed tile's component (a, b) is
 * the vector (6 a + b) * cs; the next tile of the row is the
 * next vector. */
#ifndef EXG_SRC_KERN_WINO_TILE_H
#define EXG_SRC_KERN_WINO_TILE_H

#include "kern/lane.h"

enum {
    WINO_M = 4, /* outputs of a tile along a side    */
    WINO_T = 6, /* inputs and components along a side */
    WINO_COMPS = 36,
};

/** v = B' d. */
EXG_INLINE void wino_bt(const exg_vec *d, exg_vec *v)
{
    const exg_vec a = d[4] - 4 * d[2];
    const exg_vec b = d[3] - 4 * d[1];
    const exg_vec c = d[4] - d[2];
    const exg_vec e = d[3] - d[1];

    v[0] = c + 4 * (d[0] - d[2]);
    v[1] = a + b;
    v[2] = a - b;
    v[3] = c + 2 * e;
    v[4] = c - 2 * e;
    v[5] = (d[5] - d[3]) - 4 * e;
}

/** v: row a of B' times a column of pixels; w: row a + 1 if a is 1 or 3. */
EXG_INLINE void wino_bt_rows(int a, const float *x, exg_int row, exg_vec *v,
                             exg_vec *w)
{
    const exg_vec d1 = exg_vec_load(x + row), d2 = exg_vec_load(x + 2 * row),
                  d3 = exg_vec_load(x + 3 * row),
                  d4 = exg_vec_load(x + 4 * row);

    if (a == 0) {
        *v = *w = (d4 - d2) + 4 * (exg_vec_load(x) - d2);
    } else if (a == 1) {
        const exg_vec s = d4 - 4 * d2;
        const exg_vec t = d3 - 4 * d1;
        *v = s + t;
        *w = s - t;
    } else if (a == 3) {
        const exg_vec s = d4 - d2;
        const exg_vec t = d3 - d1;
        *v = s + 2 * t;
        *w = s - 2 * t;
    } else {
        *v = *w = (exg_vec_load(x + 5 * row) - d3) - 4 * (d3 - d1);
    }
}

/** Component rows a (and a + 1) of V = B' d B for nt tiles of a row. */
EXG_INLINE void wino_sweep_in(int a, exg_int nt, const float *x, exg_int row,
                              exg_int cs, exg_vec *v)
{
    const int two = a == 1 || a == 3;
    exg_vec p[WINO_T], q[WINO_T], r[WINO_T];

    wino_bt_rows(a, x, row, &p[4], &q[4]);
    wino_bt_rows(a, x + EXG_LANE, row, &p[5], &q[5]);
    for (exg_int t = 0; t < nt; t++) {
        exg_vec *to = v + WINO_T * a * cs + t;

        p[0] = p[4];
        p[1] = p[5];
        q[0] = q[4];
        q[1] = q[5];
        for (int j = 2; j < WINO_T; j++) {
            wino_bt_rows(a, x + (WINO_M * t + j) * EXG_LANE, row, &p[j], &q[j]);
        }
        wino_bt(p, r);
        for (int b = 0; b < WINO_T; b++) {
            to[b * cs] = r[b];
        }
        if (two) {
            wino_bt(q, r);
            for (int b = 0; b < WINO_T; b++) {
                to[(WINO_T + b) * cs] = r[b];
            }
        }
    }
}

/** V = B' d B of nt neighbouring tiles of 6x6 pixels, 4 pixels apart. */
static void wino_tiles_in(exg_int nt, const float *x, exg_int row, exg_int cs,
                          exg_vec *v)
{
    wino_sweep_in(0, nt, x, row, cs, v);
    wino_sweep_in(1, nt, x, row, cs, v);
    wino_sweep_in(3, nt, x, row, cs, v);
    wino_sweep_in(5, nt, x, row, cs, v);
}

/** One row of M A: six components to four values. */
EXG_INLINE void wino_out_row(int a, const exg_vec *m, exg_int cs, exg_vec *y)
{
    const exg_vec *c = m + WINO_T * a * cs;
    const exg_vec s = c[cs] + c[2 * cs], d = c[cs] - c[2 * cs];
    const exg_vec p = c[3 * cs] + c[4 * cs], q = c[3 * cs] - c[4 * cs];

    y[0] = (c[0] + s) + p;
    y[1] = d + 2 * q;
    y[2] = s + 4 * p;
    y[3] = (d + c[5 * cs]) + 8 * q;
}

/** y = A' M A + bias of one tile; max(y, 0) if relu. */
EXG_INLINE void wino_tile_out(int relu, exg_vec bias, const exg_vec *m,
                              exg_int cs, float *y, exg_int row)
{
    exg_vec s[4], d[4], p[4], q[4], u[4], w[4];

    wino_out_row(1, m, cs, u);
    wino_out_row(2, m, cs, w);
    for (int j = 0; j < WINO_M; j++) {
        s[j] = (u[j] + w[j]) + bias;
        d[j] = (u[j] - w[j]) + bias;
    }
    wino_out_row(3, m, cs, u);
    wino_out_row(4, m, cs, w);
    for (int j = 0; j < WINO_M; j++) {
        p[j] = u[j] + w[j];
        q[j] = u[j] - w[j];
    }
    wino_out_row(0, m, cs, u);
    wino_out_row(5, m, cs, w);
    for (int j = 0; j < WINO_M; j++) {
        const exg_vec r[4] = {(u[j] + s[j]) + p[j], d[j] + 2 * q[j],
                              s[j] + 4 * p[j], (d[j] + w[j]) + 8 * q[j]};

        for (int i = 0; i < WINO_M; i++) {
            exg_vec_store(y + i * row + j * EXG_LANE,
                          relu ? exg_vec_relu(r[i]) : r[i]);
        }
    }
}

/** One row of components of E from a row of A dy: e = A r. */
EXG_INLINE void wino_a(const exg_vec *r, exg_int cs, exg_vec *e)
{
    const exg_vec p = r[0] + r[2], q = r[1] + r[3];
    const exg_vec s = r[0] + 4 * r[2], t = r[1] + 4 * r[3];

    e[0] = r[0];
    e[cs] = p + q;
    e[2 * cs] = p - q;
    e[3 * cs] = s + 2 * t;
    e[4 * cs] = s - 2 * t;
    e[5 * cs] = r[3];
}

/** E = A dy A' of one tile of 4x4 pixels. */
static void wino_tile_out_t(const float *dy, exg_int row, exg_int cs,
                            exg_vec *e)
{
    exg_vec u[4], w[4];

    for (int a = 1; a < 5; a += 2) {
        for (int j = 0; j < WINO_M; j++) {
            const float *c = dy + j * EXG_LANE;
            const float *c1 = c + row, *c2 = c + 2 * row, *c3 = c + 3 * row;
            const float f = a == 1 ? 1 : 4, g = a == 1 ? 1 : 2;
            const exg_vec s = exg_vec_load(c) + f * exg_vec_load(c2);
            const exg_vec t = exg_vec_load(c1) + f * exg_vec_load(c3);

            u[j] = s + g * t;
            w[j] = s - g * t;
        }
        wino_a(u, cs, e + WINO_T * a * cs);
        wino_a(w, cs, e + WINO_T * (a + 1) * cs);
    }
    for (int j = 0; j < WINO_M; j++) {
        u[j] = exg_vec_load(dy + j * EXG_LANE);
        w[j] = exg_vec_load(dy + 3 * row + j * EXG_LANE);
    }
    wino_a(u, cs, e);
    wino_a(w, cs, e + WINO_T * 5 * cs);
}

/** Where a pixel row of B X B' goes, and where its ReLU's outputs are. */
typedef struct {
    float *to;
    const float *plus; /* what the tiles above left for rows 0 and 1 */
    const float *gate;
} wino_row;

/** d = B m, then the overlap with the tile on the left. */
EXG_INLINE void wino_b(const exg_vec *m, exg_vec *carry, exg_vec *d)
{
    const exg_vec s = m[0] + (m[1] + m[2]), q = m[3] + m[4];
    const exg_vec e = m[5] + (m[2] - m[1]), f = m[4] - m[3];

    d[0] = 4 * m[0] + carry[0];
    d[1] = 2 * f + (4 * e + carry[1]);
    d[2] = -((m[0] + q) + 4 * s);
    d[3] = -((e + 2 * f) + 4 * m[5]);
    d[4] = s + q;
    d[5] = m[5];
    carry[0] = d[4];
    carry[1] = d[5];
}

/** Rows odd, odd + 2, odd + 4 of B X, for one tile: r[3][6]. */
EXG_INLINE void wino_b_rows(int odd, const exg_vec *m, exg_int cs,
                            exg_vec r[3][WINO_T])
{
    const exg_int n = WINO_T * cs;

    for (int b = 0; b < WINO_T; b++) {
        const exg_vec *c = m + b * cs;

        if (odd) {
            const exg_vec e = c[5 * n] + (c[2 * n] - c[n]);
            const exg_vec f = c[4 * n] - c[3 * n];

            r[0][b] = 4 * e + (f + f);
            r[1][b] = -((e + 2 * f) + 4 * c[5 * n]);
            r[2][b] = c[5 * n];
        } else {
            const exg_vec s = c[0] + (c[n] + c[2 * n]);
            const exg_vec q = c[3 * n] + c[4 * n];

            r[0][b] = 4 * c[0];
            r[1][b] = -((c[0] + q) + 4 * s);
            r[2][b] = s + q;
        }
    }
}

/** The even or the odd pixel rows of one tile, n columns of it: row 0 or 1
 * joins the tiles above, row 4 or 5 waits for those below, ungated. */
EXG_INLINE void wino_tile_in_t(int odd, int gated, exg_int n, const exg_vec *m,
                               exg_int cs, exg_int at, const wino_row *row,
                               exg_vec carry[3][2])
{
    exg_vec r[3][WINO_T], d[WINO_T];

    wino_b_rows(odd, m, cs, r);
    for (int i = 0; i < 3; i++) {
        const wino_row *p = row + i;

        wino_b(r[i], carry[i], d);
        for (int j = 0; j < WINO_T && j < n; j++) {
            const exg_int x = at + j * EXG_LANE;

            if (i == 0) {
                d[j] += exg_vec_load(p->plus + x);
            }
            if (gated && i < 2) {
                d[j] = exg_vec_gate(exg_vec_load(p->gate + x), d[j]);
            }
            exg_vec_store(p->to + x, d[j]);
        }
    }
}

/** The even or the odd pixel rows of dx = B X B', overlapping tiles added up,
 * for a whole row of nt tiles and iw pixels. */
EXG_INLINE void wino_sweep_in_t(int odd, int gated, exg_int nt,
                                const exg_vec *m, exg_int cs, exg_int iw,
                                const wino_row *row)
{
    /* Copies, which stores to pixels cannot change. */
    const wino_row to[3] = {row[odd], row[odd + 2], row[odd + 4]};
    exg_vec carry[3][2] = {{{0}}};

    for (exg_int t = 0; t < nt - 1; t++) {
        wino_tile_in_t(odd, gated, WINO_M, m + t, cs, WINO_M * t * EXG_LANE, to,
                       carry);
    }
    nt--;
    wino_tile_in_t(odd, gated, iw - WINO_M * nt, m + nt, cs,
                   WINO_M * nt * EXG_LANE, to, carry);
}

/** dx = B X B' of a row of tiles: six pixel rows. */
static void wino_tiles_in_t(int gated, exg_int nt, const exg_vec *m, exg_int cs,
                            exg_int iw, const wino_row *row)
{
    if (gated) {
        wino_sweep_in_t(0, 1, nt, m, cs, iw, row);
        wino_sweep_in_t(1, 1, nt, m, cs, iw, row);
    } else {
        wino_sweep_in_t(0, 0, nt, m, cs, iw, row);
        wino_sweep_in_t(1, 0, nt, m, cs, iw, row);
    }
}

#endif
