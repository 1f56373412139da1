/* Products in tiles of rows, and scales where the library does not apply them. */
#include "kernels/cuda/matmul/matmul.cuh"

#include "kernels/cuda/matmul/fp8.cuh"
#include "kernels/cuda/device/kernels.cuh"

#include <string.h>

int matmul_room(int rows) {
    int all = 0;
    for (int left = rows; left > 0; left -= matmul_tile(left)) all += matmul_tile(left);
    return all;
}

enum status matmul_open(struct matmul *m, struct device_gpu *d, struct err *e) {
    *m = matmul();
    m->d = d;
    return matmul_lib_open(&m->lib, d, e);
}

void matmul_close(struct matmul *m) {
    if (m->d) device_room_close(m->d, &m->sums);
    matmul_lib_close(m->lib);
    *m = matmul();
}

enum status matmul_plan(struct matmul *m, enum matmul_type t, int n, int k, struct err *e) {
    if (t == MATMUL_FP8 && (n % 16 != 0 || k % 16 != 0)) {
        fail(e, ST_UNSUPPORTED,
             "CUDA: precision fp8 needs sizes that are multiples of 16, not %d x %d", n, k);
        err_hint(e, "use --precision bf16");
        return ST_UNSUPPORTED;
    }
    return matmul_lib_plan(m->lib, t, n, k, e);
}

/* The bare sums to memory of their own where they are added to y, then scaled. */
static enum status scale_after(struct matmul *m, const struct matmul_call *c, struct err *e) {
    struct matmul_call bare = *c;
    bare.x_scale = bare.w_scale = nullptr;
    bare.add = 0;
    if (c->add) {
        TRY(device_room(m->d, &m->sums, (size_t)c->tile * (size_t)c->n * sizeof *c->y, e));
        bare.y = static_cast<float *>(m->sums.p);
    }
    TRY(matmul_lib_run(m->lib, &bare, e));
    rows_rescale(m->d, c->y, bare.y, c->x_scale, c->w_scale, c->rows, c->n, c->add);
    return ST_OK;
}

enum status matmul_run(struct matmul *m, float *y, const void *x, const void *w, enum matmul_type t,
                       int rows, int n, int k, int add, struct err *e) {
    size_t wide = (size_t)k * (t == MATMUL_F32 ? 4 : t == MATMUL_BF16 ? 2 : 1);
    const float *x_scale = nullptr, *w_scale = nullptr;
    if (t == MATMUL_FP8) x_scale = fp8_scales(x, rows, k), w_scale = fp8_scales(w, n, k);
    for (int r = 0; r < rows;) {
        int tile = matmul_tile(rows - r), used = tile < rows - r ? tile : rows - r;
        struct matmul_call c = {y + (size_t)r * (size_t)n,
                                static_cast<const char *>(x) + (size_t)r * wide,
                                w,
                                x_scale ? x_scale + r : nullptr,
                                w_scale,
                                t,
                                tile,
                                used,
                                n,
                                k,
                                add};
        if (t == MATMUL_FP8 && !matmul_lib_scales(m->lib))
            TRY(scale_after(m, &c, e));
        else
            TRY(matmul_lib_run(m->lib, &c, e));
        r += tile;
    }
    return ST_OK;
}

enum status matmul_side_by_side(struct matmul *m, const struct matmul_side *s, struct err *e) {
    return matmul_lib_side(m->lib, s, e);
}
