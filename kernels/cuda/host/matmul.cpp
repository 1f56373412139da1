/* The twin of matmul_lt.cu: the same rounding of inputs, f32 sums over k in order. */
#include "kernels/cuda/matmul.cuh"

#include "kernels/cuda/number.cuh"
#include "model/base/arena.h"

struct matmul {
    struct device_gpu *d;
};

enum status matmul_open(struct matmul **out, struct device_gpu *d, struct err *e) {
    struct matmul *m = static_cast<struct matmul *>(mem_alloc(sizeof *m));
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for matrix products");
    m->d = d;
    *out = m;
    return ST_OK;
}

void matmul_close(struct matmul *m) {
    mem_free(m);
}

enum status matmul_plan(struct matmul *, enum matmul_type, int, int, struct err *) {
    return ST_OK;
}

/* w (n, k) as f32, row by row, so that the inner loop is plain. */
static void values(float *out, const void *p, enum matmul_type t, size_t row, size_t k) {
    for (size_t i = 0; i < k; i++)
        out[i] = t == MATMUL_F32 ? static_cast<const float *>(p)[row * k + i]
                                 : bf16_float(static_cast<const uint16_t *>(p)[row * k + i]);
}

enum status matmul_run(struct matmul *, float *y, const void *x, const void *w, enum matmul_type t,
                       int rows, int n, int k, int add, struct err *e) {
    if (shim_fails(SHIM_PRODUCT, cudaErrorUnknown))
        return device_fail(e, cudaGetLastError(), "matrix product");
    size_t width = (size_t)k, outs = (size_t)n;
    float *xs = static_cast<float *>(mem_alloc((size_t)(rows + 1) * width * sizeof *xs));
    if (!xs) return fail(e, ST_NO_MEMORY, "no memory for a product");
    float *ws = xs + (size_t)rows * width;
    shim_memory_open(1);
    for (size_t r = 0; r < (size_t)rows; r++) values(xs + r * width, x, t, r, width);
    for (size_t j = 0; j < outs; j++) {
        values(ws, w, t, j, width);
        for (size_t r = 0; r < (size_t)rows; r++) {
            float s = 0, *to = y + r * outs + j;
            for (size_t i = 0; i < width; i++) s += xs[r * width + i] * ws[i];
            *to = add ? *to + s : s;
        }
    }
    shim_memory_open(0);
    mem_free(xs);
    return ST_OK;
}
