/* charge.c -- see charge.h: one pass, since a grid is larger than a cache.
 *
 * 64-bit words hold two charges.  Their plain sum, modulo 2^64, and that of
 * their upper halves give the sum of the lower ones; that some charge is large
 * is in the OR of all.  A charge that is negative counts 2^32 too much in such
 * sums: there are none but where a node has wrapped, and then they are counted
 * one by one. */
#include "kern/charge.h"

#include "kern/lane.h"
#include "table.h"

enum {
    LARGE = 29,
    MEDIUM = 27,
    SIGN = 31,
    WORDS = EXG_VEC / 2
};

typedef uint64_t wide __attribute__((vector_size(4 * EXG_VEC), may_alias));
typedef uint32_t half __attribute__((vector_size(4 * EXG_VEC), may_alias));
typedef uint32_t half_any
    __attribute__((vector_size(4 * EXG_VEC), may_alias, aligned(4)));

/* Sums under way. */
typedef struct {
    wide both, upper, squares;
    half any;
} tally;

/* Squares of the lower halves. */
EXG_INLINE wide squared(wide v)
{
#if defined(__AVX512F__)
    return (wide)_mm512_mul_epu32((__m512i)v, (__m512i)v);
#elif defined(__AVX2__)
    return (wide)_mm256_mul_epu32((__m256i)v, (__m256i)v);
#else
    const wide low = v & 0xffffffffu;

    return low * low;
#endif
}

EXG_INLINE void count(half v, int shift, tally *t)
{
    const wide part = (wide)(v >> (uint32_t)shift);

    t->any |= v;
    t->both += (wide)v;
    t->upper += (wide)v >> 32;
    t->squares += squared(part) + squared(part >> 32);
}

/* The bits of all charges, and sums that take them for unsigned. */
EXG_INLINE uint32_t finish(const tally *t, uint64_t *total, uint64_t *squares)
{
    uint32_t any = 0;

    for (int i = 0; i < WORDS; i++) {
        *total += t->both[i] - (t->upper[i] << 32) + t->upper[i];
        *squares += t->squares[i];
    }
    for (int i = 0; i < EXG_VEC; i++) {
        any |= t->any[i];
    }
    return any;
}

void EXG_KERN(exg_charge_take)(exg_int n, int shift, float unit,
                               const uint32_t *from, float *to,
                               exg_charge_sums *sums)
{
    tally t = {.any = {0}};
    uint64_t total = (uint64_t)sums->total, squares = (uint64_t)sums->squares;
    uint32_t any = 0;
    exg_int i = 0;

    for (; i + EXG_VEC <= n; i += EXG_VEC) {
        const half v = *(const half_any *)(from + i);

        count(v, shift, &t);
        exg_vec_store(to + i, __builtin_convertvector((exg_ivec)v, exg_vec) *
                                  exg_vec_all(unit));
    }
    for (; i < n; i++) {
        const uint64_t part = from[i] >> shift;

        to[i] = (float)(int32_t)from[i] * unit;
        any |= from[i];
        total += from[i];
        squares += part * part;
    }
    any |= finish(&t, &total, &squares);
    for (i = 0; i < n && any >> SIGN != 0; i++) {
        total -= (uint64_t)(from[i] >> SIGN) << 32;
    }
    sums->total = (int64_t)total;
    sums->squares = (int64_t)squares;
    sums->large += any >> LARGE != 0;
    sums->medium += any >> MEDIUM != 0;
}
