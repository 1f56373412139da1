/* Reductions over a block in a fixed order: lanes by halves, then warps one after another, so that
 * a row's bits are the same whatever else runs. Every thread gets the result. */
#ifndef KERNELS_CUDA_REDUCE_CUH
#define KERNELS_CUDA_REDUCE_CUH

#include "kernels/cuda/device/kernels.cuh"

static __device__ __forceinline__ float warp_sum(float v) {
    for (int m = WARP / 2; m > 0; m /= 2) v += __shfl_xor_sync(WARP_ALL, v, m);
    return v;
}

/* blockDim.x is a multiple of 32, at most 1024; part has 32 places of shared memory. */
static __device__ __forceinline__ float block_sum(float v, float *part) {
    int warps = (int)blockDim.x / WARP;
    v = warp_sum(v);
    if (threadIdx.x % WARP == 0) part[threadIdx.x / WARP] = v;
    __syncthreads();
    float all = 0;
    for (int i = 0; i < warps; i++) all += part[i];
    __syncthreads();
    return all;
}

/* The largest, for values that are no numbers too: they are passed over. */
static __device__ __forceinline__ float block_max(float v, float *part) {
    int warps = (int)blockDim.x / WARP;
    for (int m = WARP / 2; m > 0; m /= 2) v = fmaxf(v, __shfl_xor_sync(WARP_ALL, v, m));
    if (threadIdx.x % WARP == 0) part[threadIdx.x / WARP] = v;
    __syncthreads();
    float all = part[0];
    for (int i = 1; i < warps; i++) all = fmaxf(all, part[i]);
    __syncthreads();
    return all;
}

static __device__ __forceinline__ struct exp_sum exp_sum_merge(struct exp_sum a, struct exp_sum b) {
    struct exp_sum c;
    c.max = a.max > b.max ? a.max : b.max;
    c.sum = (a.sum == 0 ? 0 : a.sum * expf(a.max - c.max)) +
            (b.sum == 0 ? 0 : b.sum * expf(b.max - c.max));
    return c;
}
/* part has 64 places. */
static __device__ __forceinline__ struct exp_sum block_exp_sum(struct exp_sum v, float *part) {
    int warps = (int)blockDim.x / WARP, warp = (int)threadIdx.x / WARP;
    for (int m = WARP / 2; m > 0; m /= 2) {
        struct exp_sum o;
        o.max = __shfl_xor_sync(WARP_ALL, v.max, m);
        o.sum = __shfl_xor_sync(WARP_ALL, v.sum, m);
        v = exp_sum_merge(v, o);
    }
    if (threadIdx.x % WARP == 0) part[2 * warp] = v.max, part[2 * warp + 1] = v.sum;
    __syncthreads();
    struct exp_sum all = {part[0], part[1]};
    for (int i = 1; i < warps; i++) {
        struct exp_sum o = {part[2 * i], part[2 * i + 1]};
        all = exp_sum_merge(all, o);
    }
    __syncthreads();
    return all;
}

#endif
