/* Rows to FP8: one block works on one row, computes its values twice, first for the largest and
 * then for the codes. */
#include "kernels/cuda/matmul/fp8.cuh"
#include "kernels/cuda/device/glu.cuh"
#include "kernels/cuda/device/kernels.cuh"

__global__ void __launch_bounds__(256)
    fp8_rmsnorm_kernel(uint8_t *codes, float *scale, const float *x, const float *w, int n,
                       float eps) {
    GPU_SHARED(float, part, 32);
    const float *row = x + (size_t)blockIdx.x * (size_t)n;
    float s = 0;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) s += row[i] * row[i];
    float f = 1 / sqrtf(block_sum(s, part) / (float)n + eps);
    write_row(codes, scale, n, part, [=](int i) { return row[i] * f * w[i]; });
}

void fp8_rmsnorm(struct device_gpu *d, void *y, const float *x, const float *w, int rows, int n,
                 float eps) {
    GPU_LAUNCH(fp8_rmsnorm_kernel, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream,
               (uint8_t *)y, fp8_scales(y, rows, n), x, w, n, eps);
    device_launched(d, "rmsnorm to fp8");
}

template <class ACT>
__global__ void __launch_bounds__(256)
    fp8_glu_kernel(uint8_t *codes, float *scale, const float *gu, int n) {
    GPU_SHARED(float, part, 32);
    const float *gate = gu + (size_t)blockIdx.x * 2 * (size_t)n, *up = gate + n;
    write_row(codes, scale, n, part, [=](int i) { return ACT::of(gate[i]) * up[i]; });
}

void fp8_glu(struct device_gpu *d, void *y, const float *gu, int rows, int n, int use_gelu) {
    dim3 grid((unsigned)rows), block(threads_for(n));
    float *scale = fp8_scales(y, rows, n);
    if (use_gelu)
        GPU_LAUNCH(fp8_glu_kernel<gelu>, grid, block, 0, d->stream, (uint8_t *)y, scale, gu, n);
    else
        GPU_LAUNCH(fp8_glu_kernel<silu>, grid, block, 0, d->stream, (uint8_t *)y, scale, gu, n);
    device_launched(d, "gated units to fp8");
}

__global__ void __launch_bounds__(256)
    fp8_rows_kernel(uint8_t *codes, float *scale, const uint16_t *x, int n) {
    GPU_SHARED(float, part, 32);
    const uint16_t *row = x + (size_t)blockIdx.x * (size_t)n;
    write_row(codes, scale, n, part, [=](int i) { return bf16_float(row[i]); });
}

void fp8_rows(struct device_gpu *d, void *y, const uint16_t *x, int rows, int n) {
    GPU_LAUNCH(fp8_rows_kernel, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream,
               (uint8_t *)y, fp8_scales(y, rows, n), x, n);
    device_launched(d, "rows to fp8");
}

__global__ void __launch_bounds__(256)
    rescale_kernel(float *y, const float *sums, const float *x_scale, const float *w_scale, int n,
                   int add) {
    size_t at = (size_t)blockIdx.x * (size_t)n;
    float f = x_scale[blockIdx.x];
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) {
        float v = sums[at + (size_t)i] * (f * w_scale[i]);
        y[at + (size_t)i] = add ? y[at + (size_t)i] + v : v;
    }
}

void rows_rescale(struct device_gpu *d, float *y, const float *sums, const float *x_scale,
                  const float *w_scale, int rows, int n, int add) {
    GPU_LAUNCH(rescale_kernel, dim3((unsigned)rows), dim3(threads_for(n)), 0, d->stream, y, sums,
               x_scale, w_scale, n, add);
    device_launched(d, "scaling a product");
}
