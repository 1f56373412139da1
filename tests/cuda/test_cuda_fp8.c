/* The CUDA operations in FP8: codes and scales of rows against values rounded here, products
 * against double sums over what the codes stand for, with the library's scaling and with our own.
 */
#ifdef TAPROOM_CUDA_HOST
#include "kernels/cuda/host/faults.h"
#endif
#include "kernels/cuda/host/fp8.h"
#include "tests/cuda/cuda_help.h"

enum { ROWS = 33, SEVEN = 7 };

static float *scales_of(void *codes, int rows, int n) {
    return (float *)(void *)((char *)codes + ((size_t)rows * (size_t)n + 255) / 256 * 256);
}
static size_t bytes_of(int rows, int n) {
    return ((size_t)rows * (size_t)n + 255) / 256 * 256 + (size_t)rows * 4;
}

/* Rounds x (rows, n) in place to what its codes stand for. */
static void round_rows(float *x, int rows, int n) {
    for (int r = 0; r < rows; r++) {
        float most = 1e-30f, *row = x + (size_t)r * (size_t)n;
        for (int i = 0; i < n; i++) most = fmaxf(most, fabsf(row[i]));
        float up = 448 / most, scale = most / 448;
        for (int i = 0; i < n; i++) row[i] = shim_fp8_to(shim_fp8_from(row[i] * up)) * scale;
    }
}

/* What lies at y on the backend, as values. */
static float *get_rows(const void *y, int rows, int n) {
    uint8_t *codes = get(y, bytes_of(rows, n));
    float *x = take((size_t)rows * (size_t)n * 4), *scale = scales_of(codes, rows, n);
    for (int i = 0; i < rows * n; i++) x[i] = shim_fp8_to(codes[i]) * scale[i / n];
    mem_free(codes);
    return x;
}

/* got against want, which was not rounded: within half a step of the codes, and the row's largest
 * value nearly exact, as its code is the largest. */
static void check_rows(const float *got, const float *want, int n, const char *what) {
    int wrong = 0;
    for (int r = 0; r < ROWS; r++) {
        float most = 0;
        int at = 0;
        for (int i = 0; i < n; i++)
            if (fabsf(want[r * n + i]) > most) most = fabsf(want[r * n + i]), at = i;
        for (int i = 0; i < n; i++) {
            float w = want[r * n + i], half = fmaxf(fabsf(w) / 16, most / 448 / 1024);
            wrong += !(fabsf(got[r * n + i] - w) <= half * 1.001f + 1e-6f * most);
        }
        wrong += !(fabsf(got[r * n + at] - want[r * n + at]) <= 1e-5f * most);
    }
    t_checks++;
    if (wrong) T_SAY("%s of %d: %d values are wrong", what, n, wrong);
}

static void test_rows(int n) {
    size_t all = (size_t)ROWS * (size_t)n, room = (size_t)gpu->pad_rows(ROWS) * (size_t)n * 2;
    float *x = noise(2 * all, 3), *w = noise((size_t)n, 1), *want = take(all * 4);
    memset(x + 3 * n, 0, (size_t)n * 4); /* a row of zeros */
    void *xd = put(x, 2 * all * 4), *wd = put(w, (size_t)n * 4), *y = gpu->alloc(gpu, room);
    ref->rmsnorm(ref, want, x, w, ROWS, n, 1e-5f, 0);
    gpu->rmsnorm(gpu, y, xd, wd, ROWS, n, 1e-5f, 0);
    float *got = get_rows(y, ROWS, n);
    check_rows(got, want, n, "rmsnorm");
    for (int gelu = 0; gelu < 2; gelu++) {
        float *gated;
        (gelu ? ref->geglu : ref->swiglu)(ref, want, x, ROWS, n);
        (gelu ? gpu->geglu : gpu->swiglu)(gpu, y, xd, ROWS, n);
        gated = get_rows(y, ROWS, n);
        check_rows(gated, want, n, gelu ? "geglu" : "swiglu");
        mem_free(gated);
    }
    void *old[] = {x, w, want, got}, *on[] = {xd, wd, y};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
    for (size_t i = 0; i < COUNT(on); i++) gpu->release(gpu, on[i]);
}

/* The input comes by rmsnorm, whose codes are read back; weights are rounded here. */
static void test_product(int n, int k, int add) {
    size_t xs = (size_t)ROWS * (size_t)k, ys = (size_t)ROWS * (size_t)n;
    size_t room = (size_t)gpu->pad_rows(ROWS);
    float *w = noise((size_t)n * (size_t)k, 1), *x = noise(xs, 1), *one = noise((size_t)k, 1),
          *want = take(ys * 4);
    struct mat_part part = {block_type_find(0), (uint8_t *)w, n};
    struct mat *m = NULL;
    GOOD(gpu->mat_open(gpu, &m, &part, 1, k, MAT_LINEAR, &e));
    round_rows(w, n, k);
    void *xd = put(x, xs * 4), *od = put(one, (size_t)k * 4);
    void *h = gpu->alloc(gpu, room * (size_t)k * 2), *y = gpu->alloc(gpu, room * (size_t)n * 4);
    for (size_t i = 0; i < ys; i++) want[i] = 0.5f;
    GOOD(gpu->write(gpu, y, want, ys * 4, &e));
    gpu->rmsnorm(gpu, h, xd, od, ROWS, k, 1e-5f, 0);
    float *in = get_rows(h, ROWS, k);
    for (int r = 0; r < ROWS; r++)
        for (int j = 0; j < n; j++) {
            double s = add ? 0.5 : 0;
            for (int i = 0; i < k; i++) s += (double)in[r * k + i] * (double)w[j * k + i];
            want[r * n + j] = (float)s;
        }
    GOOD(gpu->matmul(gpu, y, h, m, ROWS, add, &e));
    float *got = get(y, ys * 4);
    CLOSE(got, want, ys, 1e-4, "fp8 product %d x %d (add %d)", n, k, add);
    float *before = take((size_t)n * 4); /* row 7 alone */
    for (int i = 0; i < n; i++) before[i] = 0.5f;
    GOOD(gpu->write(gpu, y, before, (size_t)n * 4, &e));
    gpu->rmsnorm(gpu, h, (float *)xd + SEVEN * k, od, 1, k, 1e-5f, 0);
    GOOD(gpu->matmul(gpu, y, h, m, 1, add, &e));
    float *alone = get(y, (size_t)n * 4);
    SAME(alone, got + SEVEN * n, (size_t)n * 4, "row 7 of an fp8 product %d x %d alone", n, k);
    gpu->mat_close(gpu, m);
    void *old[] = {w, x, one, want, in, got, before, alone}, *on[] = {xd, od, h, y};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
    for (size_t i = 0; i < COUNT(on); i++) gpu->release(gpu, on[i]);
}

static void test_sizes(void) {
    float w[24 * 32] = {0};
    struct mat_part part = {block_type_find(0), (uint8_t *)w, 24};
    struct mat *m = NULL;
    EQ(gpu->mat_open(gpu, &m, &part, 1, 32, MAT_LINEAR, &e), ST_UNSUPPORTED);
    OK(strstr(e.text, "multiples of 16, not 24 x 32"));
}

static void test_all(void) {
    static const int sizes[] = {16, 32, 112, 992};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        test_rows(sizes[i]);
        for (int add = 0; add < 2; add++) {
            test_product(sizes[i], 64, add);
            test_product(112, sizes[i], add);
        }
    }
    test_sizes();
}

int main(void) {
    int stop = open_both(PREC_FP8);
    if (stop) return stop;
    test_all();
    gpu->close(gpu);
#ifdef TAPROOM_CUDA_HOST
    shim_device(0, 8, 9); /* where the library does not scale by rows */
    GOOD(ops_cuda_open(&gpu, PREC_FP8, &e));
    test_all();
    gpu->close(gpu);
    shim_device(0, 8, 0);
    EQ(ops_cuda_open(&gpu, PREC_FP8, &e), ST_UNSUPPORTED);
    OK(strstr(e.text, "fp8 needs compute capability 8.9, host shim has 8.0"));
    EQ(shim_live(), 0);
#endif
    ref->close(ref);
    return t_end();
}
