/* Matrix products: tiles of rows (matmul.cu) over cuBLASLt on a device (matmul_lt.cu) or plain
 * loops that round alike on the host (host/matmul.cpp).
 *
 * Exactness: rows are always multiplied in tiles of a few fixed heights, the last one filled up
 * with rows that nobody reads. Of a shape of weights every height has an algorithm, which does not
 * split k and was chosen once: the same one for all, checked by the library for each, where there
 * is such. So the products of a tile are the same kernel on the same shape however many rows were
 * asked for: equal rows in tiles of one height have equal bits. Tiles of different heights that run
 * the same algorithm sum over k in one order; tests/cuda/test_cuda_ops.c compares their bits, on
 * the host and on a device. */
#ifndef KERNELS_CUDA_MATMUL_CUH
#define KERNELS_CUDA_MATMUL_CUH

#include "kernels/cuda/device/device.cuh"

enum matmul_type { MATMUL_F32, MATMUL_BF16, MATMUL_FP8 };
/* Heights are powers of two. Algorithms are chosen for MATMUL_TILE rows. */
enum { MATMUL_TILE_MIN = 32, MATMUL_TILE_MAX = 8192, MATMUL_TILES = 9, MATMUL_TILE = 1024 };

/* The height of the tile that comes first when `left` rows are to be multiplied: the next power of
 * two where at most an eighth of it is filling, else the one before. */
static inline int matmul_tile(int left) {
    int t = MATMUL_TILE_MIN;
    while (t < left && t < MATMUL_TILE_MAX) t *= 2;
    return t - left <= t / 8 || t == MATMUL_TILE_MIN ? t : t / 2;
}
/* Rows that x and y need room for when `rows` are multiplied. */
int matmul_room(int rows);

struct matmul_lib;
struct matmul {
    struct device_gpu *d;
    struct matmul_lib *lib;
    struct room sums; /* of a tile, before they are scaled */
};

/* d is borrowed. ST_UNSUPPORTED when the library is not there, ST_NO_MEMORY. */
enum status matmul_open(struct matmul *m, struct device_gpu *d, struct err *e) MUST_CHECK;
void matmul_close(struct matmul *m); /* also after a failed open */
/* Chooses the algorithm for weights (n, k), so that matmul_run cannot fail for want of one. FP8
 * wants n and k that are multiples of 16: ST_UNSUPPORTED. */
enum status matmul_plan(struct matmul *m, enum matmul_type t, int n, int k,
                        struct err *e) MUST_CHECK;
/* y (rows, n) f32 = x (rows, k) w (n, k)^T, += when add is set; f32 sums. x and y have room for
 * matmul_room(rows) rows; what lies beyond `rows` is not kept. In FP8 x and w are codes with a
 * scale for each row (fp8.cuh). */
enum status matmul_run(struct matmul *m, float *y, const void *x, const void *w, enum matmul_type t,
                       int rows, int n, int k, int add, struct err *e) MUST_CHECK;

/* Products of one shape side by side: for b < count, y (rows, n) f32 at y + b rows n = x (rows, k)
 * at x + b rows k, times w at w + b w_step, which is (n, k) to be turned or, when `across` is set,
 * (k, n). x and w are bf16. Unlike matmul_run's, a row's bits may depend on all of the shape. */
struct matmul_side {
    float *y;
    const uint16_t *x, *w;
    int rows, n, k, across, count;
    size_t w_step;
};
enum status matmul_side_by_side(struct matmul *m, const struct matmul_side *s,
                                struct err *e) MUST_CHECK;

/* --- what a library has to do */

/* One tile: y (tile, n) of which `rows` will be read. */
struct matmul_call {
    float *y;
    const void *x, *w;
    const float *x_scale, *w_scale; /* (tile), (n); NULL: none, or none to be applied */
    enum matmul_type type;
    int tile, rows, n, k, add;
};
enum status matmul_lib_open(struct matmul_lib **out, struct device_gpu *d,
                            struct err *e) MUST_CHECK;
void matmul_lib_close(struct matmul_lib *l); /* NULL is fine */
/* Multiplying by a scale for each row of x and of w, which cuBLASLt does on compute capability 9.0
 * only (CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F). */
bool matmul_lib_scales(const struct matmul_lib *l);
enum status matmul_lib_plan(struct matmul_lib *l, enum matmul_type t, int n, int k,
                            struct err *e) MUST_CHECK;
enum status matmul_lib_side(struct matmul_lib *l, const struct matmul_side *s,
                            struct err *e) MUST_CHECK;
enum status matmul_lib_run(struct matmul_lib *l, const struct matmul_call *c,
                           struct err *e) MUST_CHECK;

#endif
