/* near.c -- see near.h.
 *
 * The sieve is a matrix product whose result is never stored: ROWS x 2 vectors
 * of sums stay in registers, begin as ka + kb and leave their signs.  A group
 * of b is 128 bytes per coordinate and stays in the first-level cache while all
 * rows of a pass by.
 *
 * A distance is one chain of multiply-adds per lane, so CHAINS rows go side by
 * side. */
#include "kern/near.h"

#include <string.h>

#include "kern/lane.h"
#include "table.h"

enum {
    T = EXG_NEAR_TILE,
    GROUP = EXG_NEAR_GROUP,
    ROWS = EXG_REGISTERS > 16 ? 8 : 4, /* of a in registers     */
    WIDE = 2 * EXG_VEC,                /* rows of b in registers */
    CHAINS = 4
};

/* One bit per element that is >= 0. */
EXG_INLINE uint64_t not_below_zero(exg_vec v)
{
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_GE_OQ);
#elif defined(__AVX2__)
    return (uint64_t)_mm256_movemask_ps(
        _mm256_cmp_ps((__m256)v, _mm256_setzero_ps(), _CMP_GE_OQ));
#else
    uint64_t bits = 0;

    for (int l = 0; l < EXG_VEC; l++) {
        bits |= (uint64_t)(v[l] >= 0.0f) << l;
    }
    return bits;
#endif
}

/* ROWS rows of a against WIDE of b; the bits of each row in out. */
EXG_INLINE void block(exg_int m, const float *a, const float *ka,
                      const float *b, const float *kb, uint64_t *out)
{
    exg_vec s[ROWS][2];

    EXG_UNROLL
    for (int r = 0; r < ROWS; r++) {
        s[r][0] = exg_vec_all(ka[r]) + exg_vec_load(kb);
        s[r][1] = exg_vec_all(ka[r]) + exg_vec_load(kb + EXG_VEC);
    }
    for (exg_int k = 0; k < m; k++) {
        const exg_vec low = exg_vec_load_once(b + k * GROUP);
        const exg_vec high = exg_vec_load_once(b + k * GROUP + EXG_VEC);

        EXG_UNROLL
        for (int r = 0; r < ROWS; r++) {
            const exg_vec x = exg_vec_all(a[k * GROUP + r]);

            s[r][0] = exg_vec_fma(x, low, s[r][0]);
            s[r][1] = exg_vec_fma(x, high, s[r][1]);
        }
    }
    EXG_UNROLL
    for (int r = 0; r < ROWS; r++) {
        out[r] = not_below_zero(s[r][0]) | not_below_zero(s[r][1]) << EXG_VEC;
    }
}

void EXG_KERN(exg_near_sieve)(exg_int m, const float *a, const float *ka,
                              const float *b, const float *kb, uint64_t *hit)
{
    memset(hit, 0, sizeof *hit * T * EXG_NEAR_WORDS);
    for (exg_int j = 0; j < T; j += WIDE) {
        for (exg_int i = 0; i < T; i += ROWS) {
            uint64_t bits[ROWS];

            block(m, a + exg_near_at(m, i, 0), ka + i, b + exg_near_at(m, j, 0),
                  kb + j, bits);
            for (int r = 0; r < ROWS; r++) {
                hit[(i + r) * EXG_NEAR_WORDS + j / 64] |= bits[r] << j % 64;
            }
        }
    }
}

/* CHAINS distances. */
EXG_INLINE void chains(exg_int d, const float *x, const float *const *y,
                       float *dist2)
{
    _Alignas(64) float lane[CHAINS][EXG_LANE];

    for (exg_int part = 0; part < EXG_LANE; part += EXG_VEC) {
        exg_vec s[CHAINS] = {{0}};

        for (exg_int k = part; k < d; k += EXG_LANE) {
            const exg_vec at = exg_vec_load_once(x + k);

            EXG_UNROLL
            for (int c = 0; c < CHAINS; c++) {
                const exg_vec e = at - exg_vec_load(y[c] + k);

                s[c] = exg_vec_fma(e, e, s[c]);
            }
        }
        for (int c = 0; c < CHAINS; c++) {
            exg_vec_store(lane[c] + part, s[c]);
        }
    }
    for (int c = 0; c < CHAINS; c++) {
        dist2[c] = exg_lane_sum(lane[c]);
    }
}

void EXG_KERN(exg_near_distances)(exg_int d, const float *x, const float *y,
                                  exg_int n, const int32_t *which, float *dist2)
{
    for (exg_int i = 0; i < n; i += CHAINS) {
        const exg_int here = n - i < CHAINS ? n - i : CHAINS;
        const float *row[CHAINS];
        float out[CHAINS];

        for (int c = 0; c < CHAINS; c++) { /* the last ones repeat */
            row[c] = y + which[i + (c < here ? c : 0)] * d;
        }
        chains(d, x, row, out);
        memcpy(dist2 + i, out, sizeof *out * (size_t)here);
    }
}
