/* Matrices in FP8 (E4M3): codes (rows, n), and from the next multiple of 256 bytes on a scale
 * (rows) for each row; value = code times scale. A row's scale is its largest size / 448, so that
 * the largest value has the largest code. From 16 columns and 32 rows on all of it fits in the room
 * of bf16 values. */
#ifndef KERNELS_CUDA_FP8_CUH
#define KERNELS_CUDA_FP8_CUH

#include "kernels/cuda/device/number.cuh"
#include "kernels/cuda/device/reduce.cuh"

#define FP8_MAX 448.0f
#define FP8_SMALLEST 1e-30f /* a row of zeros, or nearly, has this size: no scale is 0 */

static inline size_t fp8_codes_bytes(int rows, int n) {
    return ((size_t)rows * (size_t)n + 255) / 256 * 256;
}
static inline size_t fp8_bytes(int rows, int n) {
    return fp8_codes_bytes(rows, n) + (size_t)rows * sizeof(float);
}
static inline float *fp8_scales(const void *codes, int rows, int n) {
    return (float *)((char *)(uintptr_t)codes + fp8_codes_bytes(rows, n));
}

/* Codes and scale of row blockIdx.x, whose value i is value(i): twice, first for the largest and
 * then for the codes. part has 32 places of shared memory. */
template <class VALUE>
static __device__ __forceinline__ void write_row(uint8_t *codes, float *scale, int n, float *part,
                                                 VALUE value) {
    float most = 0;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) most = fmaxf(most, fabsf(value(i)));
    most = fmaxf(block_max(most, part), FP8_SMALLEST);
    float up = FP8_MAX / most;
    uint8_t *to = codes + (size_t)blockIdx.x * (size_t)n;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) to[i] = fp8_bits(value(i) * up);
    if (threadIdx.x == 0) scale[blockIdx.x] = most / FP8_MAX;
}

#endif
