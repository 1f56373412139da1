/* Operations on rows that stand alone: one block works on one row. */
#include "kernels/cuda/kernels.cuh"
#include "kernels/cuda/number.cuh"
#include "kernels/cuda/reduce.cuh"

/* Threads for a row of n values: whole warps, at most 256. */
static unsigned threads_for(int n) {
    int t = (n + WARP - 1) / WARP * WARP;
    return (unsigned)(t < 256 ? t : 256);
}

/* Zhang and Sennrich, Root Mean Square Layer Normalization, 1910.07467. */
template <class OUT>
__global__ void rmsnorm_kernel(OUT *y, const float *x, const float *w, int n, float eps) {
    GPU_SHARED(float, part, 32);
    const float *row = x + (size_t)blockIdx.x * (size_t)n;
    OUT *to = y + (size_t)blockIdx.x * (size_t)n;
    float s = 0;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) s += row[i] * row[i];
    float scale = 1 / sqrtf(block_sum(s, part) / (float)n + eps);
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) {
        float v = row[i] * scale * w[i];
        if (sizeof(OUT) == 2)
            to[i] = (OUT)bf16_bits(v);
        else
            to[i] = (OUT)v;
    }
}

void rows_rmsnorm(struct device_gpu *d, void *y, const float *x, const float *w, int rows, int n,
                  float eps, int f32) {
    dim3 grid((unsigned)rows), block(threads_for(n));
    if (f32)
        GPU_LAUNCH(rmsnorm_kernel<float>, grid, block, 0, d->stream, (float *)y, x, w, n, eps);
    else
        GPU_LAUNCH(rmsnorm_kernel<uint16_t>, grid, block, 0, d->stream, (uint16_t *)y, x, w, n,
                   eps);
    device_launched(d, "rmsnorm");
}

/* Shazeer, GLU Variants Improve Transformer, 2002.05202. */
__global__ void swiglu_kernel(uint16_t *y, const float *gu, int n) {
    const float *gate = gu + (size_t)blockIdx.x * 2 * (size_t)n, *up = gate + n;
    uint16_t *to = y + (size_t)blockIdx.x * (size_t)n;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) {
        float g = gate[i];
        to[i] = bf16_bits(g / (1 + expf(-g)) * up[i]);
    }
}

void rows_swiglu(struct device_gpu *d, uint16_t *y, const float *gu, int rows, int n) {
    GPU_LAUNCH(swiglu_kernel, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream, y, gu, n);
    device_launched(d, "swiglu");
}

__global__ void gather_kernel(float *to, const float *x, int width, const int32_t *from) {
    const float *row = x + (size_t)from[blockIdx.x] * (size_t)width;
    for (int i = (int)threadIdx.x; i < width; i += (int)blockDim.x)
        to[(size_t)blockIdx.x * (size_t)width + (size_t)i] = row[i];
}

void rows_gather(struct device_gpu *d, float *to, const float *x, int width, int n,
                 const int32_t *from) {
    GPU_LAUNCH(gather_kernel, dim3((unsigned)n), dim3(threads_for(width)), 0, d->stream, to, x,
               width, from);
    device_launched(d, "gathering rows");
}

/* One pass: a larger value rescales what was summed. A value that is no number ends up in the sum.
 */
__global__ void log_sum_exp_kernel(float *lse, float *picked, const float *logits, int vocab,
                                   const int32_t *off, const int32_t *pick) {
    GPU_SHARED(float, part, 64);
    const float *row = logits + (size_t)blockIdx.x * (size_t)vocab;
    struct exp_sum s = {-INFINITY, 0};
    for (int i = (int)threadIdx.x; i < vocab; i += (int)blockDim.x) {
        float v = row[i];
        if (v > s.max) {
            s.sum = s.sum == 0 ? 0 : s.sum * expf(s.max - v);
            s.max = v;
        }
        s.sum += expf(v - s.max);
    }
    s = block_exp_sum(s, part);
    if (threadIdx.x == 0) lse[blockIdx.x] = s.max + logf(s.sum);
    for (int i = off[blockIdx.x] + (int)threadIdx.x; i < off[blockIdx.x + 1]; i += (int)blockDim.x)
        picked[i] = row[pick[i]];
}

void rows_log_sum_exp(struct device_gpu *d, float *lse, float *picked, const float *logits,
                      int rows, int vocab, const int32_t *off, const int32_t *pick) {
    GPU_LAUNCH(log_sum_exp_kernel, dim3((unsigned)rows), dim3(threads_for(vocab)), 0, d->stream,
               lse, picked, logits, vocab, off, pick);
    device_launched(d, "log-sum-exp");
}
