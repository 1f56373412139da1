/* Quantized blocks to values: whole matrices, and table rows by token. A thread makes one value at
 * a time; neighbours share a block, so its scales come from cache. */
#include "kernels/cuda/matmul/dequant.cuh"
#include "kernels/cuda/matmul/fp8.cuh"
#include "kernels/cuda/device/kernels.cuh"

#include "kernels/blocks.h"

enum { THREADS = 256 };

template <int ID, int ELEMS, int BYTES, class OUT>
__global__ void __launch_bounds__(THREADS)
    dequant_kernel(OUT *out, const uint8_t *blocks, size_t n) {
    size_t step = (size_t)gridDim.x * blockDim.x;
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
        float v = dequant_value<ID>(blocks + i / ELEMS * BYTES, (int)(i % ELEMS));
        if (sizeof(OUT) == 2)
            out[i] = (OUT)bf16_bits(v);
        else
            out[i] = (OUT)v;
    }
}

template <int ID, int ELEMS, int BYTES>
__global__ void __launch_bounds__(THREADS)
    embed_kernel(float *x, const uint8_t *blocks, const int32_t *tok, int k) {
    const uint8_t *row = blocks + (size_t)tok[blockIdx.x] * (size_t)(k / ELEMS) * BYTES;
    float *to = x + (size_t)blockIdx.x * (size_t)k;
    for (int i = (int)threadIdx.x; i < k; i += (int)blockDim.x)
        to[i] = dequant_value<ID>(row + (size_t)(i / ELEMS) * BYTES, i % ELEMS);
}

template <int ID, int ELEMS, int BYTES>
__global__ void __launch_bounds__(THREADS)
    dequant_fp8_kernel(uint8_t *w, float *scale, const uint8_t *blocks, int k) {
    GPU_SHARED(float, part, 32);
    const uint8_t *row = blocks + (size_t)blockIdx.x * (size_t)(k / ELEMS) * BYTES;
    write_row(w, scale, k, part, [=](int i) {
        return dequant_value<ID>(row + (size_t)(i / ELEMS) * BYTES, i % ELEMS);
    });
}

enum status dequant_known(uint32_t type, struct err *e) {
    switch (type) {
#define X(id, name, elems, bytes) \
    case id: return ST_OK;
        DEQUANT_TYPES(X)
#undef X
    }
    const char *name = block_type_name(type);
    return fail(e, ST_UNSUPPORTED, "block type %s is not supported on CUDA", name ? name : "?");
}

void dequant_run(struct device_gpu *d, void *out, const uint8_t *blocks, uint32_t type, size_t n,
                 int f32) {
    size_t want = (n + THREADS - 1) / THREADS;
    dim3 grid((unsigned)(want < 65536 ? want : 65536)), block(THREADS);
    if (n == 0) return;
    switch (type) {
#define X(id, name, elems, bytes)                                                               \
    case id:                                                                                    \
        if (f32)                                                                                \
            GPU_LAUNCH((dequant_kernel<id, elems, bytes, float>), grid, block, 0, d->stream,    \
                       (float *)out, blocks, n);                                                \
        else                                                                                    \
            GPU_LAUNCH((dequant_kernel<id, elems, bytes, uint16_t>), grid, block, 0, d->stream, \
                       (uint16_t *)out, blocks, n);                                             \
        break;
        DEQUANT_TYPES(X)
#undef X
    }
    device_launched(d, "dequantization");
}

void dequant_fp8(struct device_gpu *d, uint8_t *w, float *scale, const uint8_t *blocks,
                 uint32_t type, int rows, int k) {
    dim3 grid((unsigned)rows), block(THREADS);
    if (rows == 0) return;
    switch (type) {
#define X(id, name, elems, bytes)                                                               \
    case id:                                                                                    \
        GPU_LAUNCH((dequant_fp8_kernel<id, elems, bytes>), grid, block, 0, d->stream, w, scale, \
                   blocks, k);                                                                  \
        break;
        DEQUANT_TYPES(X)
#undef X
    }
    device_launched(d, "dequantization to fp8");
}

void dequant_rows(struct device_gpu *d, float *x, const uint8_t *blocks, uint32_t type,
                  const int32_t *tok, int rows, int k) {
    dim3 grid((unsigned)rows), block(THREADS);
    switch (type) {
#define X(id, name, elems, bytes)                                                               \
    case id:                                                                                    \
        GPU_LAUNCH((embed_kernel<id, elems, bytes>), grid, block, 0, d->stream, x, blocks, tok, \
                   k);                                                                          \
        break;
        DEQUANT_TYPES(X)
#undef X
    }
    device_launched(d, "embedding");
}
