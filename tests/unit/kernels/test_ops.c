/* links: kernels */
/* The CPU's operations against the reference over odd shapes, and the promise of ops.h as equality
 * of bits: a row alone, among others, with one thread or two. Attention: test_ops_attention.c. */
#include "tests/unit/kernels/ops_help.h"

#include <omp.h>
#include <pthread.h>

static const int row_counts[] = {1, 7, 16, 17, 31, 33, 111, 257};
enum { ROWS = 257 };

/* --- products */

static struct mat *open_mat(struct ops *o, const float *w, int n, int k, enum mat_use use) {
    struct err e;
    struct mat *m = NULL;
    struct mat_part p = {block_type_find(0), (const uint8_t *)w, n};
    GOOD(o->mat_open(o, &m, &p, 1, k, use, &e));
    return m;
}

/* rows rows of x, from row r0 on, give the same bits as in `all`, whatever stands beside them. */
static void product_part(struct ops *o, const struct mat *m, const char *x, const float *all, int n,
                         int k, int r0, int rows, int add) {
    struct err e;
    size_t xrow = (size_t)k * o->act_size, yrow = (size_t)n * 4;
    char *in = padded(o, rows, xrow), *out = padded(o, rows, yrow);
    memcpy(in, x + (size_t)r0 * xrow, (size_t)rows * xrow);
    for (size_t i = 0; i < (size_t)rows * (size_t)n; i++) ((float *)out)[i] = 0.5f;
    GOOD(o->matmul(o, (float *)out, in, m, rows, add, &e));
    SAME(out, (const char *)all + (size_t)r0 * yrow, (size_t)rows * yrow,
         "%d rows from %d of a %d x %d product (add %d) differ from the same among %d", rows, r0, n,
         k, add, ROWS);
    o->release(o, in);
    o->release(o, out);
}

static void test_product(int n, int k, int add) {
    enum { JUDGED = 7 };
    struct err e;
    float *w = noise((size_t)n * (size_t)k, 1.7f / sqrtf((float)k)), *xf;
    void *wh = to_act(two, w, (size_t)n * (size_t)k);
    xf = noise((size_t)ROWS * (size_t)k, 1.7f);
    char *x = padded(two, ROWS, (size_t)k * two->act_size),
         *xa = to_act(two, xf, (size_t)ROWS * (size_t)k);
    memcpy(x, xa, (size_t)ROWS * (size_t)k * two->act_size);
    float *want = take((size_t)JUDGED * (size_t)n * 4), *all = padded(two, ROWS, (size_t)n * 4);
    for (size_t i = 0; i < (size_t)ROWS * (size_t)n; i++) all[i] = 0.5f;
    for (size_t i = 0; i < (size_t)JUDGED * (size_t)n; i++) want[i] = 0.5f;
    struct mat *mr = open_mat(ref, w, n, k, MAT_LINEAR), *m2 = open_mat(two, w, n, k, MAT_LINEAR),
               *m1 = open_mat(one, w, n, k, MAT_LINEAR);
    if (m1 && m2 && mr) {
        GOOD(two->matmul(two, all, x, m2, ROWS, add, &e));
        GOOD(ref->matmul(ref, want, xf + (size_t)(ROWS - JUDGED) * (size_t)k, mr, JUDGED, add, &e));
        CLOSE(all + (size_t)(ROWS - JUDGED) * (size_t)n, want, (size_t)JUDGED * (size_t)n, 2e-5,
              "product %d x %d (add %d)", n, k, add);
        for (size_t i = 0; i < COUNT(row_counts); i++) {
            int rows = row_counts[i];
            product_part(two, m2, x, all, n, k, below(ROWS - rows + 1), rows, add);
            product_part(one, m1, x, all, n, k, below(ROWS - rows + 1), rows, add);
        }
        for (int i = 0; i < 5; i++) product_part(two, m2, x, all, n, k, below(ROWS), 1, add);
    }
    ref->mat_close(ref, mr);
    two->mat_close(two, m2);
    one->mat_close(one, m1);
    two->release(two, x);
    two->release(two, all);
    void *old[] = {w, wh, xf, xa, want};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
}

/* Parts of several types are stacked in order, and weights are rounded to the table's precision. */
static void test_parts(void) {
    enum { K = 64, N0 = 33, N1 = 16, N2 = 7, N = N0 + N1 + N2, R = 17 };
    struct err e;
    static uint8_t q8[N0 * K / 32 * 34];
    float *w = noise((N1 + N2) * K, 0.2f), *xf = noise(R * K, 1.7f), want[R * N];
    static uint16_t half[N2 * K];
    for (size_t i = 0; i < sizeof q8; i++) q8[i] = (uint8_t)below(256);
    for (size_t b = 0; b < N0 * K / 32; b++) memcpy(q8 + b * 34, "\x66\x14", 2); /* about 0.001 */
    for (size_t i = 0; i < N2 * K; i++) half[i] = block_f32_to_bf16(w[N1 * K + i]);
    struct mat_part part[] = {{block_type_find(8), q8, N0},
                              {block_type_find(0), (uint8_t *)w, N1},
                              {block_type_find(30), (uint8_t *)half, N2}};
    struct mat *a = NULL, *b = NULL;
    void *act = to_act(two, xf, R * K);
    char *x = padded(two, R, K * two->act_size);
    memcpy(x, act, R * K * two->act_size);
    float *got = padded(two, R, N * 4);
    GOOD(ref->mat_open(ref, &a, part, 3, K, MAT_LINEAR, &e));
    GOOD(two->mat_open(two, &b, part, 3, K, MAT_LINEAR, &e));
    GOOD(ref->matmul(ref, want, xf, a, R, 0, &e));
    GOOD(two->matmul(two, got, x, b, R, 0, &e));
    CLOSE(got, want, R * N, tolerance(), "stacked parts");
    ref->mat_close(ref, a);
    two->mat_close(two, b);
    two->release(two, x);
    two->release(two, got);
    mem_free(w);
    mem_free(xf);
    mem_free(act);
}

/* --- the head */

static void head_part(struct ops *o, const struct mat *m, const float *x, int k, int r0, int rows,
                      const int32_t *off, const int32_t *pick, const float *lse, const float *got) {
    struct err e;
    int32_t my_off[ROWS + 1];
    float *in = padded(o, rows, (size_t)k * 4), my_lse[ROWS], my_got[4 * ROWS];
    memcpy(in, x + (size_t)r0 * (size_t)k, (size_t)rows * (size_t)k * 4);
    for (int r = 0; r <= rows; r++) my_off[r] = off[r0 + r] - off[r0];
    GOOD(o->head(o, my_lse, my_got, in, m, rows, my_off, pick + off[r0], &e));
    SAME(my_lse, lse + r0, (size_t)rows * 4, "log-sum-exp of %d rows from %d", rows, r0);
    SAME(my_got, got + off[r0], (size_t)my_off[rows] * 4, "logits of %d rows from %d", rows, r0);
    o->release(o, in);
}

static void test_head(int vocab, int k, int rows, int judged) {
    struct err e;
    float *w = noise((size_t)vocab * (size_t)k, 3 / sqrtf((float)k)),
          *xf = noise((size_t)rows * (size_t)k, 2);
    float *x = padded(two, rows, (size_t)k * 4), lse[ROWS], got[4 * ROWS], lse_r[ROWS],
          got_r[4 * ROWS];
    memcpy(x, xf, (size_t)rows * (size_t)k * 4);
    int32_t off[ROWS + 1] = {0}, pick[4 * ROWS];
    for (int r = 0; r < rows; r++) off[r + 1] = off[r] + below(5);
    for (int i = 0; i < off[rows]; i++) pick[i] = i % 3 ? below(vocab) : vocab - 1;
    struct mat *mr = open_mat(ref, w, vocab, k, MAT_HEAD),
               *m2 = open_mat(two, w, vocab, k, MAT_HEAD),
               *m1 = open_mat(one, w, vocab, k, MAT_HEAD);
    GOOD(two->head(two, lse, got, x, m2, rows, off, pick, &e));
    GOOD(ref->head(ref, lse_r, got_r, xf, mr, judged, off, pick, &e));
    CLOSE(lse, lse_r, (size_t)judged, 1e-5, "log-sum-exp over %d", vocab);
    CLOSE(got, got_r, (size_t)off[judged], 1e-5, "logits of %d", vocab);
    head_part(one, m1, xf, k, 0, rows, off, pick, lse, got);
    for (int i = 0; i < 6; i++) {
        int n = i < 2 ? 1 : 1 + below(rows), r0 = below(rows - n + 1);
        head_part(i % 2 ? one : two, i % 2 ? m1 : m2, xf, k, r0, n, off, pick, lse, got);
    }
    ref->mat_close(ref, mr);
    two->mat_close(two, m2);
    one->mat_close(one, m1);
    two->release(two, x);
    mem_free(w);
    mem_free(xf);
}

/* A weight that is no number must not vanish in the sum. */
static void test_head_nan(void) {
    enum { V = 111, K = 64 };
    struct err e;
    float *w = noise(V * K, 1), *x = padded(two, 1, K * 4), lse, got;
    for (int i = 0; i < K; i++) x[i] = 1;
    w[57 * K + 3] = NAN;
    struct mat *m = open_mat(two, w, V, K, MAT_HEAD);
    GOOD(two->head(two, &lse, &got, x, m, 1, (int32_t[]){0, 1}, (int32_t[]){5}, &e));
    OK(isnan(lse) && isfinite(got));
    two->mat_close(two, m);
    two->release(two, x);
    mem_free(w);
}

/* --- operations on rows */

static void test_embed(void) {
    enum { K = 96, V = 50, R = 33 };
    static uint8_t q8[V * K / 32 * 34];
    float *w = noise(V * K, 1), a[R * K], *b;
    int32_t tok[R];
    struct err e;
    for (size_t i = 0; i < sizeof q8; i++) q8[i] = (uint8_t)(below(64) + 1);
    for (int i = 0; i < R; i++) tok[i] = i == 0 ? V - 1 : below(V);
    struct mat_part part[] = {{block_type_find(8), q8, V}, {block_type_find(0), (uint8_t *)w, V}};
    for (int i = 0; i < 2; i++) {
        struct mat *mr = NULL, *m = NULL;
        GOOD(ref->mat_open(ref, &mr, &part[i], 1, K, MAT_TABLE, &e));
        GOOD(two->mat_open(two, &m, &part[i], 1, K, MAT_TABLE, &e));
        b = padded(two, R, K * 4);
        ref->embed(ref, a, mr, tok, R);
        two->embed(two, b, m, tok, R);
        SAME(b, a, sizeof a, "embeddings of type %s", part[i].type->name);
        ref->mat_close(ref, mr);
        two->mat_close(two, m);
        two->release(two, b);
    }
    mem_free(w);
}

static void test_rmsnorm(int n, int f32) {
    float *x = noise((size_t)ROWS * (size_t)n, 3), *w = noise((size_t)n, 1),
          *want = take((size_t)ROWS * (size_t)n * 4);
    size_t size = f32 ? 4 : two->act_size, row = (size_t)n * size;
    char *all = padded(two, ROWS, row), *part = padded(two, ROWS, row);
    ref->rmsnorm(ref, want, x, w, ROWS, n, 1e-5f, f32);
    two->rmsnorm(two, all, x, w, ROWS, n, 1e-5f, f32);
    float *got = f32 ? memcpy(take((size_t)ROWS * row), all, (size_t)ROWS * row)
                     : from_act(two, all, (size_t)ROWS * (size_t)n);
    CLOSE(got, want, (size_t)ROWS * (size_t)n, f32 ? 1e-5 : tolerance(), "rmsnorm of %d", n);
    for (size_t i = 0; i < COUNT(row_counts); i++) {
        int rows = row_counts[i], r0 = below(ROWS - rows + 1);
        struct ops *o = i % 2 ? one : two;
        o->rmsnorm(o, part, x + (size_t)r0 * (size_t)n, w, rows, n, 1e-5f, f32);
        SAME(part, all + (size_t)r0 * row, (size_t)rows * row, "rmsnorm of %d, %d rows", n, rows);
    }
    void *old[] = {x, w, want, got};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
    two->release(two, all);
    two->release(two, part);
}

static void test_swiglu(int n) {
    float *gu = noise((size_t)ROWS * 2 * (size_t)n, 4), *want = take((size_t)ROWS * (size_t)n * 4);
    size_t row = (size_t)n * two->act_size;
    gu[0] = -200, gu[2 * n] = 200;
    char *all = padded(two, ROWS, row), *part = padded(two, ROWS, row);
    ref->swiglu(ref, want, gu, ROWS, n);
    two->swiglu(two, all, gu, ROWS, n);
    float *got = from_act(two, all, (size_t)ROWS * (size_t)n);
    CLOSE(got, want, (size_t)ROWS * (size_t)n, tolerance(), "swiglu of %d", n);
    for (size_t i = 0; i < COUNT(row_counts); i++) {
        int rows = row_counts[i], r0 = below(ROWS - rows + 1);
        struct ops *o = i % 2 ? one : two;
        o->swiglu(o, part, gu + (size_t)r0 * 2 * (size_t)n, rows, n);
        SAME(part, all + (size_t)r0 * row, (size_t)rows * row, "swiglu of %d, %d rows", n, rows);
    }
    void *old[] = {gu, want, got};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
    two->release(two, all);
    two->release(two, part);
}

/* --- threads */

static void *count_threads(void *arg) {
    struct ops *o = arg;
    float x[16] = {0};
    o->rmsnorm(o, x, x, x, 1, 16, 1, 1);
    return (void *)(intptr_t)omp_get_max_threads();
}

/* The number of threads belongs to the table, whichever thread calls it. */
static void test_threads(void) {
    for (int n = 1; n <= 2; n++) {
        pthread_t t;
        void *got;
        CHECK(pthread_create(&t, NULL, count_threads, n == 1 ? one : two) == 0);
        pthread_join(t, &got);
        EQ((intptr_t)got, n);
        EQ((n == 1 ? one : two)->threads, n);
    }
}

static void run_all(enum precision want) {
    static const int shape[][2] = {{111, 64}, {64, 111},  {17, 7},     {989, 33},   {1, 64},
                                   {33, 1},   {70, 64},   {64, 70},    {288, 64},   {96, 96},
                                   {640, 96}, {128, 576}, {160, 1536}, {1920, 576}, {48, 4096}};
    test_threads();
    for (size_t i = 0; i < COUNT(shape); i++)
        for (int add = 0; add < 2; add++) test_product(shape[i][0], shape[i][1], add);
    test_parts();
    test_head(1, 64, 33, 33);
    test_head(111, 33, ROWS, 17);
    test_head(989, 64, ROWS, 17);
    test_head(288, 96, 31, 31);
    if (want == PREC_F32) test_head(140001, 16, 130, 2); /* more logits than are held at once */
    test_head_nan();
    test_embed();
    for (int n = 1; n < 1000; n = n * 3 - n / 2 + (n == 1)) {
        test_rmsnorm(n, 0);
        test_rmsnorm(n, 1);
        test_swiglu(n);
    }
}

int main(int argc, char **argv) {
    return run_sets(argc, argv, run_all);
}
