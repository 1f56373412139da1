/* FP8 of the E4M3 kind (OCP 8-bit floating point specification): 4 exponent bits of bias 7, 3
 * fraction bits, no infinity, largest value 448, 0x7f and 0xff are NaN. */
#ifndef KERNELS_CUDA_HOST_FP8_H
#define KERNELS_CUDA_HOST_FP8_H

#include <math.h>
#include <stdint.h>

static inline float shim_fp8_to(uint8_t b) {
    int exponent = b >> 3 & 15, fraction = b & 7;
    float size = exponent == 15 && fraction == 7 ? NAN
                 : exponent                      ? ldexpf((float)(8 + fraction), exponent - 10)
                                                 : ldexpf((float)fraction, -9);
    return b & 0x80 ? -size : size;
}

/* Nearest, ties to even; beyond the largest value, the largest. */
static inline uint8_t shim_fp8_from(float f) {
    uint8_t sign = signbit(f) ? 0x80 : 0;
    float size = fabsf(f);
    if (isnan(size)) return (uint8_t)(sign | 0x7f);
    if (size >= 448) return (uint8_t)(sign | 0x7e);
    if (size == 0) return sign;
    int exponent;
    frexpf(size, &exponent); /* size = m 2^exponent, m in [0.5, 1) */
    int step = exponent - 4 < -9 ? -9 : exponent - 4;
    int units = (int)nearbyintf(ldexpf(size, -step)); /* 0..16 of 2^step */
    int at = step == -9 ? units : ((step + 9) << 3) + units;
    return (uint8_t)(sign | at);
}

#endif
