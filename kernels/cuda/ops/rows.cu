/* Operations on rows that stand alone: one block works on one row. */
#include "kernels/cuda/device/glu.cuh"
#include "kernels/cuda/device/kernels.cuh"
#include "kernels/cuda/device/number.cuh"
#include "kernels/cuda/device/reduce.cuh"

/* Zhang and Sennrich, Root Mean Square Layer Normalization, 1910.07467. */
template <class OUT>
__global__ void __launch_bounds__(256)
    rmsnorm_kernel(OUT *y, const float *x, const float *w, int n, float eps) {
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

__global__ void __launch_bounds__(256)
    norm_add_kernel(float *x, const float *y, const float *w, int n, float eps) {
    GPU_SHARED(float, part, 32);
    const float *row = y + (size_t)blockIdx.x * (size_t)n;
    float *to = x + (size_t)blockIdx.x * (size_t)n, s = 0;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) s += row[i] * row[i];
    float scale = 1 / sqrtf(block_sum(s, part) / (float)n + eps);
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) to[i] += row[i] * scale * w[i];
}

void rows_norm_add(struct device_gpu *d, float *x, const float *y, const float *w, int rows, int n,
                   float eps) {
    GPU_LAUNCH(norm_add_kernel, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream, x, y, w,
               n, eps);
    device_launched(d, "residual and rmsnorm");
}

/* One warp per head. */
__global__ void __launch_bounds__(256) head_norm_kernel(float *x, const float *q, const float *k,
                                                        int stride, int n_q, int hd, float eps) {
    int lane = (int)threadIdx.x;
    float *v = x + (size_t)blockIdx.x * (size_t)stride + (size_t)blockIdx.y * (size_t)hd, s = 0;
    const float *w = (int)blockIdx.y < n_q ? q : k;
    for (int i = lane; i < hd; i += WARP) s += v[i] * v[i];
    float scale = 1 / sqrtf(warp_sum(s) / (float)hd + eps);
    for (int i = lane; i < hd; i += WARP) v[i] = v[i] * scale * w[i];
}

void rows_head_norm(struct device_gpu *d, float *x, const float *q, const float *k, int rows,
                    int stride, int heads, int n_q, int hd, float eps) {
    GPU_LAUNCH(head_norm_kernel, dim3((unsigned)rows, (unsigned)heads), dim3(WARP), 0, d->stream, x,
               q, k, stride, n_q, hd, eps);
    device_launched(d, "norm of heads");
}

__global__ void __launch_bounds__(256) scale_kernel(float *x, int n, float f) {
    float *to = x + (size_t)blockIdx.x * (size_t)n;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) to[i] *= f;
}

void rows_scale(struct device_gpu *d, float *x, int rows, int n, float f) {
    GPU_LAUNCH(scale_kernel, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream, x, n, f);
    device_launched(d, "scaling");
}

__global__ void __launch_bounds__(256) add_kernel(float *x, const float *b, int n) {
    float *to = x + (size_t)blockIdx.x * (size_t)n;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) to[i] += b[i];
}

void rows_add(struct device_gpu *d, float *x, const float *b, int rows, int n) {
    GPU_LAUNCH(add_kernel, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream, x, b, n);
    device_launched(d, "adding a bias");
}

template <class ACT>
__global__ void __launch_bounds__(256) glu_kernel(uint16_t *y, const float *gu, int n) {
    const float *gate = gu + (size_t)blockIdx.x * 2 * (size_t)n, *up = gate + n;
    uint16_t *to = y + (size_t)blockIdx.x * (size_t)n;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x)
        to[i] = bf16_bits(ACT::of(gate[i]) * up[i]);
}

void rows_swiglu(struct device_gpu *d, uint16_t *y, const float *gu, int rows, int n) {
    GPU_LAUNCH(glu_kernel<silu>, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream, y, gu,
               n);
    device_launched(d, "swiglu");
}

void rows_geglu(struct device_gpu *d, uint16_t *y, const float *gu, int rows, int n) {
    GPU_LAUNCH(glu_kernel<gelu>, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream, y, gu,
               n);
    device_launched(d, "geglu");
}

__global__ void __launch_bounds__(256)
    gather_kernel(float *to, const float *x, int width, const int32_t *from) {
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

__global__ void __launch_bounds__(256)
    copy_kernel(float *const *to, const float *const *from, int width) {
    float *y = to[blockIdx.x];
    const float *x = from[blockIdx.x];
    for (int i = (int)threadIdx.x; i < width; i += (int)blockDim.x) y[i] = x[i];
}

void rows_copy(struct device_gpu *d, float *const *to, const float *const *from, int width, int n) {
    GPU_LAUNCH(copy_kernel, dim3((unsigned)n), dim3(threads_for(width)), 0, d->stream, to, from,
               width);
    device_launched(d, "copying rows");
}

/* One pass: a larger value rescales what was summed. A value that is no number ends up in the sum.
 */
__global__ void __launch_bounds__(256)
    exp_sum_kernel(struct exp_sum *sum, float *lse, float *picked, const float *logits, int first,
                   int n, int vocab, const int32_t *off, const int32_t *pick) {
    GPU_SHARED(float, part, 64);
    const float *row = logits + (size_t)blockIdx.x * (size_t)n;
    struct exp_sum s = {-INFINITY, 0};
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) {
        float v = row[i];
        if (v > s.max) {
            s.sum = s.sum == 0 ? 0 : s.sum * expf(s.max - v);
            s.max = v;
        }
        s.sum += expf(v - s.max);
    }
    s = block_exp_sum(s, part);
    if (threadIdx.x == 0) {
        if (first > 0) s = exp_sum_merge(sum[blockIdx.x], s);
        sum[blockIdx.x] = s;
        if (first + n == vocab) lse[blockIdx.x] = s.max + logf(s.sum);
    }
    for (int i = off[blockIdx.x] + (int)threadIdx.x; i < off[blockIdx.x + 1];
         i += (int)blockDim.x) {
        int at = pick[i] - first;
        if (at >= 0 && at < n) picked[i] = row[at];
    }
}

void rows_exp_sum(struct device_gpu *d, struct exp_sum *sum, float *lse, float *picked,
                  const float *logits, int rows, int first, int n, int vocab, const int32_t *off,
                  const int32_t *pick) {
    GPU_LAUNCH(exp_sum_kernel, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream, sum, lse,
               picked, logits, first, n, vocab, off, pick);
    device_launched(d, "log-sum-exp");
}
