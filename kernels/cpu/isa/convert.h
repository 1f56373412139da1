/* Rows of floats as bf16 and as int8. */
#ifndef CPU_ISA_CONVERT_H
#define CPU_ISA_CONVERT_H

#include "kernels/cpu/isa/lanes.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Round to nearest, ties to even; NaN stays NaN. The instruction takes numbers below 2^-126 as 0.
 */
static inline void store_bf16(uint16_t *p, vf v) {
#if defined(__AVX512BF16__)
    __m256bh h = _mm512_cvtneps_pbh((__m512)v);
    memcpy(p, &h, sizeof h);
#else
    vu u = (vu)v, nan = (vu)(v != v);
    u = ((u + 0x7FFF + ((u >> 16) & 1)) >> 16) | (nan & 0x7FC0);
    for (int i = 0; i < VEC; i++) p[i] = (uint16_t)u[i];
#endif
}

static inline void to_bf16(uint16_t *y, const float *x, size_t n) {
    size_t i = 0;
    for (; i + VEC <= n; i += VEC) store_bf16(y + i, load(x + i));
    for (; i < n; i++) {
        uint16_t h[VEC];
        store_bf16(h, splat(x[i]));
        y[i] = h[0];
    }
}

/* Magnitudes are compared as integers, in which NaN is the largest. */
static inline uint32_t largest(const float *x, size_t n) {
    vi acc[PARTS] = {0};
    uint32_t most = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < PARTS; j++) {
            vi v = (vi)load(x + i + (size_t)j * VEC) & 0x7FFFFFFF, m = v > acc[j];
            acc[j] = (v & m) | (acc[j] & ~m);
        }
    for (int j = 0; j < PARTS; j++)
        for (int k = 0; k < VEC; k++)
            most = (uint32_t)acc[j][k] > most ? (uint32_t)acc[j][k] : most;
    for (; i < n; i++) {
        uint32_t u;
        memcpy(&u, x + i, sizeof u);
        most = (u & 0x7FFFFFFF) > most ? u & 0x7FFFFFFF : most;
    }
    return most;
}

/* Adding 1.5 x 2^23 leaves the rounded number in a float's low bits. */
static inline void store_int8(uint8_t *p, vf v) {
    vu u = (vu)(v + splat(12582912.0f + 128));
    for (int i = 0; i < VEC; i++) p[i] = (uint8_t)u[i];
}

static inline float to_int8(uint8_t *y, const float *x, size_t n) {
    uint32_t bits = largest(x, n);
    float most;
    memcpy(&most, &bits, sizeof most);
    float inv = most > 1e-30f ? 127 / most : 0;
    size_t i = 0;
    for (; i + VEC <= n; i += VEC) store_int8(y + i, load(x + i) * splat(inv));
    for (; i < n; i++) {
        uint8_t b[VEC];
        store_int8(b, splat(x[i] * inv));
        y[i] = b[0];
    }
    return bits < 0x7F800000 ? most / 127 : NAN;
}

#endif
