/* Numbers as bits: bf16, f16 and fp8 (E4M3) to and from f32. Rounding is to nearest, ties to even;
 * fp8 saturates at 448. bf16 values are kept as uint16_t everywhere, fp8 values as uint8_t. */
#ifndef KERNELS_CUDA_NUMBER_CUH
#define KERNELS_CUDA_NUMBER_CUH

#include "kernels/cuda/device/gpu.cuh"

#ifdef TAPROOM_CUDA_HOST
#include "kernels/blocks.h"
#include "kernels/cuda/host/fp8.h"

static inline float f16_float(uint16_t h) {
    return block_f16_to_f32(h);
}
static inline uint16_t bf16_bits(float f) {
    return block_f32_to_bf16(f);
}
static inline uint8_t fp8_bits(float f) {
    return shim_fp8_from(f);
}
/* Products and sums that no compiler may contract to one operation. */
static inline float mul_rn(float a, float b) {
    return a * b;
}
static inline float add_rn(float a, float b) {
    return a + b;
}
static inline float exp2_fast(float x) {
    return exp2f(x);
}
#else
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

static __device__ __forceinline__ float f16_float(uint16_t h) {
    return __half2float(__ushort_as_half(h));
}
static __device__ __forceinline__ uint16_t bf16_bits(float f) {
    return __bfloat16_as_ushort(__float2bfloat16_rn(f));
}
static __device__ __forceinline__ uint8_t fp8_bits(float f) {
    return (uint8_t)__nv_cvt_float_to_fp8(f, __NV_SATFINITE, __NV_E4M3);
}
static __device__ __forceinline__ float mul_rn(float a, float b) {
    return __fmul_rn(a, b);
}
static __device__ __forceinline__ float add_rn(float a, float b) {
    return __fadd_rn(a, b);
}
static __device__ __forceinline__ float exp2_fast(float x) {
    return exp2f(x);
}
#endif

static __device__ __forceinline__ float bits_float(uint32_t u) {
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}
static __device__ __forceinline__ float bf16_float(uint16_t h) {
    return bits_float((uint32_t)h << 16);
}
/* Two values side by side, a in the lower half. */
static __device__ __forceinline__ uint32_t bf16_pair(float a, float b) {
    return (uint32_t)bf16_bits(a) | (uint32_t)bf16_bits(b) << 16;
}

#endif
