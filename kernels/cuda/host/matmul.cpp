/* The twin of matmul_lt.cu: the same rounding of inputs, f32 sums over k in order. Rows that only
 * fill a tile are read and overwritten, so that a test sees who has no room for them or reads them.
 */
#include "kernels/cuda/matmul/matmul.cuh"

#include "kernels/cuda/device/number.cuh"
#include "kernels/base/arena.h"

struct matmul_lib {
    struct device_gpu *d;
};

enum status matmul_lib_open(struct matmul_lib **out, struct device_gpu *d, struct err *e) {
    struct matmul_lib *l = static_cast<struct matmul_lib *>(mem_alloc(sizeof *l));
    if (!l) return fail(e, ST_NO_MEMORY, "no memory for matrix products");
    l->d = d;
    *out = l;
    return ST_OK;
}

void matmul_lib_close(struct matmul_lib *l) {
    mem_free(l);
}

bool matmul_lib_scales(const struct matmul_lib *l) {
    return l->d->sm == 90;
}

enum status matmul_lib_plan(struct matmul_lib *, enum matmul_type, int, int, struct err *) {
    return ST_OK;
}

/* Row `row` of p (., k) as f32, so that the inner loop is plain. */
static void values(float *out, const void *p, enum matmul_type t, size_t row, size_t k) {
    for (size_t i = 0; i < k; i++) {
        size_t at = row * k + i;
        out[i] = t == MATMUL_F32    ? static_cast<const float *>(p)[at]
                 : t == MATMUL_BF16 ? bf16_float(static_cast<const uint16_t *>(p)[at])
                                    : shim_fp8_to(static_cast<const uint8_t *>(p)[at]);
    }
}

/* Touches the tile's last row of x and of scales, and spoils the rows of y beyond those in use. */
static void fill_tile(const struct matmul_call *c, float *row) {
    size_t last = (size_t)c->tile - 1, n = (size_t)c->n;
    if (c->rows == c->tile) return;
    values(row, c->x, c->type, last, (size_t)c->k);
    if (c->x_scale) row[0] = c->x_scale[last];
    for (size_t i = (size_t)c->rows * n; i < (last + 1) * n; i++) c->y[i] = NAN;
}

static void run(const struct matmul_call *c) {
    size_t k = (size_t)c->k, n = (size_t)c->n, rows = (size_t)c->rows;
    float *xs = static_cast<float *>(mem_alloc((rows + 1) * k * sizeof *xs));
    CHECK(xs);
    float *ws = xs + rows * k;
    shim_memory_open(1);
    for (size_t r = 0; r < rows; r++) values(xs + r * k, c->x, c->type, r, k);
    for (size_t j = 0; j < n; j++) {
        values(ws, c->w, c->type, j, k);
        for (size_t r = 0; r < rows; r++) {
            float s = 0, *to = c->y + r * n + j;
            for (size_t i = 0; i < k; i++) s += xs[r * k + i] * ws[i];
            if (c->x_scale) s *= c->x_scale[r] * c->w_scale[j];
            *to = c->add ? *to + s : s;
        }
    }
    fill_tile(c, ws);
    shim_memory_open(0);
    mem_free(xs);
}

enum status matmul_lib_run(struct matmul_lib *l, const struct matmul_call *c, struct err *e) {
    struct matmul_call call = *c;
    if (shim_fails(SHIM_PRODUCT, cudaErrorUnknown))
        return device_fail(e, cudaGetLastError(), "matrix product");
    shim_enqueue(l->d->stream, [=]() { run(&call); });
    return ST_OK;
}

static void run_side(const struct matmul_side *s) {
    size_t rows = (size_t)s->rows, n = (size_t)s->n, k = (size_t)s->k;
    shim_memory_open(1);
    for (size_t b = 0; b < (size_t)s->count; b++)
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < n; j++) {
                const uint16_t *x = s->x + (b * rows + r) * k, *w = s->w + b * s->w_step;
                float sum = 0;
                for (size_t i = 0; i < k; i++)
                    sum += bf16_float(x[i]) * bf16_float(s->across ? w[i * n + j] : w[j * k + i]);
                s->y[(b * rows + r) * n + j] = sum;
            }
    shim_memory_open(0);
}

enum status matmul_lib_side(struct matmul_lib *l, const struct matmul_side *s, struct err *e) {
    struct matmul_side call = *s;
    if (shim_fails(SHIM_PRODUCT, cudaErrorUnknown))
        return device_fail(e, cudaGetLastError(), "matrix products side by side");
    shim_enqueue(l->d->stream, [=]() { run_side(&call); });
    return ST_OK;
}
