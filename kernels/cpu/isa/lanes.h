/* Vectors of VEC floats (16, 8 or 4), and sums over 16 lanes that are the same at every width. Each
 * file that includes this is compiled once per instruction set. */
#ifndef CPU_ISA_LANES_H
#define CPU_ISA_LANES_H

#include <stdint.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define LANES 16
#define PARTS (LANES / VEC)

typedef float vf __attribute__((vector_size(VEC * 4), aligned(4)));
typedef int32_t vi __attribute__((vector_size(VEC * 4), aligned(4)));
typedef uint32_t vu __attribute__((vector_size(VEC * 4), aligned(4)));

static inline vf splat(float x) {
    return x - (vf){0};
}

#include "kernels/exp.h"

/* In memory. (A memcpy of 32 bytes becomes two of 16 through the stack in some compilers, which is
 * five times as slow.) */
typedef float vf_at __attribute__((vector_size(VEC * 4), aligned(4), may_alias));

static inline vf load(const float *p) {
    return *(const vf_at *)p;
}

static inline void store(float *p, vf v) {
    *(vf_at *)p = v;
}

/* a > b ? a : b, so b where one is NaN. */
static inline vf vmax(vf a, vf b) {
#if VEC == 16
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif VEC == 8
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#else
    vi m = a > b;
    return (vf)(((vi)a & m) | ((vi)b & ~m));
#endif
}

/* exp with a relative error below 2e-7 for x in [-10, 88], 5e-6 below; 0 below -88; NaN of NaN, so
 * that a broken model is noticed. */
#if VEC == 16
/* exp x = 2^t, t = x / ln 2: the polynomial of degree 5 for the fraction of t in [0, 1) (Remez,
 * exact at 0), scaled by its whole part, both of them by instruction. */
static inline vf vexp(vf x) {
    vf t = x * splat(1.44269504f), r = (vf)_mm512_reduce_ps((__m512)t, _MM_FROUND_FLOOR);
    vf y = splat(0x1.e974fap-10f);
    y = y * r + splat(0x1.277856p-7f);
    y = y * r + splat(0x1.c91ce6p-5f);
    y = y * r + splat(0x1.ebdb56p-3f);
    y = y * r + splat(0x1.62e4bap-1f);
    y = y * r + splat(1.0f);
    __mmask16 not_zero = _mm512_cmp_ps_mask((__m512)t, _mm512_set1_ps(-126), _CMP_NLT_UQ);
    return (vf)_mm512_maskz_scalef_ps(not_zero, (__m512)y, (__m512)t);
}
#else
static inline vf vexp(vf x) {
    vi zero = x < splat(-87.0f), nan = x != x;
    return (vf)(((vi)exp_in_range(vmax(x, splat(-88.0f))) & ~zero) | nan);
}
#endif

/* Sum of 16 lanes, always in the same tree. */
static inline float lanes_sum(const vf acc[PARTS]) {
    float l[LANES];
    for (int i = 0; i < PARTS; i++) store(l + i * VEC, acc[i]);
    for (int w = LANES / 2; w; w /= 2)
        for (int i = 0; i < w; i++) l[i] += l[i + w];
    return l[0];
}

static inline float lanes_max(const vf acc[PARTS]) {
    float l[LANES], m;
    for (int i = 0; i < PARTS; i++) store(l + i * VEC, acc[i]);
    m = l[0];
    for (int i = 1; i < LANES; i++) m = l[i] > m ? l[i] : m;
    return m;
}

#endif
