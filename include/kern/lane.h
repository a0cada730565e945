/* lane.h -- the vector type of fast kernels.  Layer: kern; for src/kern alone.
 *
 * A fast kernel is written once over exg_vec and compiled once per instruction
 * set, with -DEXG_ISA=avx512|avx2|base; EXG_KERN(name) is its symbol there.  A
 * pixel of a lane block is EXG_LANE floats = EXG_PARTS vectors.  Vectors are
 * as wide as the hardware's and no wider: gcc spills wider ones.  A kernel
 * runs over the parts outermost and treats each as if it were alone, so every
 * sample sees the same operations in the same order whatever the width: the
 * bits are the same wherever there is a fused multiply-add. */
#ifndef EXG_KERN_LANE_H
#define EXG_KERN_LANE_H

#include <stdint.h>

#include "kern/kern.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#ifndef EXG_ISA
#error "lane.h is for kernels, which are compiled with -DEXG_ISA=..."
#endif

#define EXG_KERN_JOIN(name, isa) name##_##isa
#define EXG_KERN_NAME(name, isa) EXG_KERN_JOIN(name, isa)

/** The symbol of a kernel in this instruction set: name_avx512, ... */
#define EXG_KERN(name) EXG_KERN_NAME(name, EXG_ISA)

/** Forces the template bodies into the function that makes them constant. */
#define EXG_INLINE static inline __attribute__((always_inline))

/** Before loops of constant length over vectors in registers: an array stays
 * in registers only where every index is a constant. */
#define EXG_UNROLL _Pragma("GCC unroll 16")

/** Floats in a vector and vector registers of the machine. */
#if defined(__AVX512F__)
#define EXG_VEC 16
#define EXG_REGISTERS 32
#elif defined(__AVX2__)
#define EXG_VEC 8
#define EXG_REGISTERS 16
#elif defined(__aarch64__)
#define EXG_VEC 4
#define EXG_REGISTERS 32
#else
#define EXG_VEC 4
#define EXG_REGISTERS 16
#endif

/** Vectors in a lane. */
#define EXG_PARTS (16 / EXG_VEC)

typedef float exg_vec __attribute__((vector_size(4 * EXG_VEC), may_alias));
typedef int32_t exg_ivec __attribute__((vector_size(4 * EXG_VEC), may_alias));
typedef float exg_vec_any
    __attribute__((vector_size(4 * EXG_VEC), may_alias, aligned(4)));

/** EXG_VEC floats from an aligned address. */
EXG_INLINE exg_vec exg_vec_load(const float *p)
{
    return *(const exg_vec *)p;
}

/** EXG_VEC floats that more than one multiply-add uses.  Left to itself, gcc
 * makes them a memory operand of each, and the kernel waits for its loads. */
EXG_INLINE exg_vec exg_vec_load_once(const float *p)
{
    exg_vec v = exg_vec_load(p);

#if defined(__AVX512F__)
    __asm__("" : "+v"(v));
#elif defined(__AVX2__)
    __asm__("" : "+x"(v));
#endif
    return v;
}

/** EXG_VEC floats from any address. */
EXG_INLINE exg_vec exg_vec_load_any(const float *p)
{
    return *(const exg_vec_any *)p;
}

EXG_INLINE void exg_vec_store(float *p, exg_vec v)
{
    *(exg_vec *)p = v;
}

EXG_INLINE void exg_vec_store_any(float *p, exg_vec v)
{
    *(exg_vec_any *)p = v;
}

/** v in every element. */
EXG_INLINE exg_vec exg_vec_all(float v)
{
    return v - (exg_vec){0};
}

/** a * b + c, rounded once where the machine can.  By intrinsics, so that no
 * compiler may choose which of two products to fuse. */
EXG_INLINE exg_vec exg_vec_fma(exg_vec a, exg_vec b, exg_vec c)
{
#if defined(__AVX512F__)
    return (exg_vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__) && defined(__FMA__)
    return (exg_vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

/** a where the mask (of a comparison) holds, else b. */
EXG_INLINE exg_vec exg_vec_select(exg_ivec mask, exg_vec a, exg_vec b)
{
    return (exg_vec)(((exg_ivec)a & mask) | ((exg_ivec)b & ~mask));
}

/** max(v, 0) that lets a NaN pass, so that it is noticed: x86's maximum is its
 * second operand where one is NaN. */
EXG_INLINE exg_vec exg_vec_relu(exg_vec v)
{
#if defined(__AVX512F__)
    return (exg_vec)_mm512_max_ps(_mm512_setzero_ps(), (__m512)v);
#elif defined(__AVX2__)
    return (exg_vec)_mm256_max_ps(_mm256_setzero_ps(), (__m256)v);
#else
    return (exg_vec)((exg_ivec)v & ~(v < (exg_vec){0}));
#endif
}

/** v where gate > 0, else 0: the derivative of ReLU. */
EXG_INLINE exg_vec exg_vec_gate(exg_vec gate, exg_vec v)
{
    return (exg_vec)((exg_ivec)v & (gate > (exg_vec){0}));
}

/** The sum of one lane of 16, always as the same tree: element i meets i + 8,
 * then i + 4, i + 2, i + 1. */
EXG_INLINE float exg_lane_sum(const float *p)
{
    float t[8];

    for (int i = 0; i < 8; i++) {
        t[i] = p[i] + p[i + 8];
    }
    for (int i = 0; i < 4; i++) {
        t[i] += t[i + 4];
    }
    return (t[0] + t[2]) + (t[1] + t[3]);
}

#endif
