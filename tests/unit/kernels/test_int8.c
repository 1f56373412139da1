/* links: kernels */
/* Products in int8 against sums of integers: every instruction set gives the same bits, and a row's
 * bits are the same alone and among others. What makes the rows is compared with the reference. */
#include "kernels/cpu/int8.h"
#include "kernels/ops.h"
#include "kernels/base/arena.h"
#include "tests/unit/kernels/near.h"

#include <omp.h>

enum { ROWS = 77 };
static uint32_t seed = 11;

static float uniform(float lo, float hi) {
    seed = seed * 1664525u + 1013904223u;
    return lo + (hi - lo) * (float)(seed >> 8) / 16777216.0f;
}

static float *noise(size_t n, float size) {
    float *x = mem_alloc(n * sizeof *x);
    CHECK(x);
    for (size_t i = 0; i < n; i++) x[i] = uniform(-size, size);
    return x;
}

static void *room(int rows, int k) {
    size_t n = (size_t)ops_pad_rows(rows) * ((size_t)i8_pad(k) + 4);
    void *p = mem_alloc(n);
    CHECK(p);
    return memset(p, 0xFF, n);
}

/* The formula of int8.h, by the letter: x (rows, k) as bytes u and scales t. */
static void judge(float *y, const uint8_t *u, const float *t, const float *w, int rows, int n,
                  int k, int add) {
    for (int i = 0; i < n; i++) {
        const float *row = w + (size_t)i * (size_t)k;
        float most = 0;
        for (int d = 0; d < k; d++) most = fabsf(row[d]) > most ? fabsf(row[d]) : most;
        for (int r = 0; r < rows; r++) {
            long long sum = 0;
            for (int d = 0; d < k; d++)
                sum += (u[(size_t)r * (size_t)i8_pad(k) + (size_t)d] - 128) *
                       (long long)rintf(row[d] * (127 / most));
            float f = (float)(int)sum * t[r], *to = y + (size_t)r * (size_t)n + i;
            f *= most / 127;
            *to = add ? *to + f : f;
        }
    }
}

static const struct {
    const char *name;
    i8_code *code;
} codes[] = {{"base", i8_base}, {"avx2", i8_avx2}, {"vnni", i8_vnni}};

static int runs_here(size_t i) {
    __builtin_cpu_init();
    return i == 0   ? 1
           : i == 1 ? __builtin_cpu_supports("avx2")
                    : __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vnni");
}

static void test_product(int n, int k, int add) {
    struct err e;
    struct i8_mat *m = NULL;
    float *w = noise((size_t)n * (size_t)k, 2), want[3 * 1000], *y, *again;
    uint8_t *x = room(ROWS, k), *one = room(1, k);
    float *t = i8_scales(x, ROWS, k);
    size_t line = (size_t)i8_pad(k), cells = (size_t)ROWS * (size_t)n;
    for (size_t i = 0; i < ROWS * line; i++) x[i] = (uint8_t)(1 + (int)uniform(0, 254.99f));
    for (int r = 0; r < ROWS; r++) t[r] = uniform(1e-3f, 1e-1f);
    CHECK(n <= 1000);
    for (int i = 0; i < k; i++) x[i] = 255; /* the largest sums there are */
    for (int i = 0; i < k; i++) w[i] = 2;
    y = mem_alloc(cells * sizeof *y);
    again = mem_alloc((size_t)n * sizeof *again);
    CHECK(y && again);
    GOOD(i8_open(&m, w, n, k, &e));
    for (int i = 0; i < 3 * n; i++) want[i] = 0.5f;
    judge(want, x, t, w, 3, n, k, add);
    for (size_t c = 0; c < COUNT(codes); c++) {
        if (!runs_here(c)) {
            printf("%s: skipped, not on this machine\n", codes[c].name);
            continue;
        }
        for (size_t i = 0; i < cells; i++) y[i] = 0.5f;
        omp_set_num_threads(2);
        i8_run(codes[c].code, y, x, m, ROWS, add);
        SAME(y, want, 3 * (size_t)n * sizeof *y, "%s, %d x %d, add %d: not the exact sums",
             codes[c].name, n, k, add);
        omp_set_num_threads(1);
        for (int r = 0; r < ROWS; r += 5) {
            memcpy(one, x + (size_t)r * line, line);
            *i8_scales(one, 1, k) = t[r];
            for (int i = 0; i < n; i++) again[i] = 0.5f;
            i8_run(codes[c].code, again, one, m, 1, add);
            SAME(again, y + (size_t)r * (size_t)n, (size_t)n * sizeof *y,
                 "%s, %d x %d, add %d: row %d alone", codes[c].name, n, k, add, r);
        }
    }
    i8_close(m);
    void *old[] = {w, x, one, y, again};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
}

static void test_refused(void) {
    struct err e;
    struct i8_mat *m = NULL;
    float w[8] = {0};
    EQ(i8_open(&m, w, 1, 7, &e), ST_UNSUPPORTED);
    EQ(i8_open(&m, w, 1, I8_MAX_K + 1, &e), ST_UNSUPPORTED);
    GOOD(i8_open(&m, w, 1, 8, &e)); /* nothing but zeros */
    uint8_t *x = room(1, 8);
    float y = 7;
    memset(x, 200, 8);
    *i8_scales(x, 1, 8) = 1;
    i8_run(i8_base, &y, x, m, 1, 0);
    EQ(y, 0);
    i8_close(m);
    mem_free(x);
}

/* --- rows as the operations make them */

static struct ops *ref, *two;

/* x times the Hadamard matrix of each block, by its definition: the sign of entry (i, j) is the
 * parity of the ones in i & j. */
static void turn(float *x, int n) {
    float y[4096];
    int block = n & -n;
    block = block < 512 ? block : 512;
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < block; j++) {
            float v = x[i / block * block + j];
            sum += __builtin_parity((unsigned)(i % block & j)) ? -(double)v : (double)v;
        }
        y[i] = (float)sum;
    }
    memcpy(x, y, (size_t)n * sizeof *x);
}

/* Every value within half a step and `near` of the row's largest of the reference's, rotated; that
 * one is 127 steps. */
static void check_rows(const char *what, void *x, float *want, int rows, int k, float near) {
    const float *t = i8_scales(x, rows, k);
    for (int r = 0; r < rows; r++) {
        const uint8_t *u = (uint8_t *)x + (size_t)r * (size_t)i8_pad(k);
        float most = 0;
        int far = 0, top = 0;
        turn(want + (size_t)r * (size_t)k, k);
        for (int i = 0; i < k; i++)
            most = fmaxf(most, fabsf(want[(size_t)r * (size_t)k + (size_t)i]));
        for (int i = 0; i < k; i++) {
            float v = want[(size_t)r * (size_t)k + (size_t)i], got = (float)(u[i] - 128) * t[r];
            top |= u[i] == 1 || u[i] == 255;
            far += !(fabsf(got - v) <= 0.501f * t[r] + near * most);
        }
        EQ(far, 0);
        OK(top || most == 0);
        if (!(fabsf(t[r] - most / 127) <= 1e-2f * most / 127))
            T_SAY("%s of %d, row %d: a scale of %g for %g", what, k, r, (double)t[r], (double)most);
    }
}

static void test_rows(int n) {
    enum { R = 19 };
    float *x = noise(R * 2 * (size_t)n, 4), *w = noise((size_t)n, 1),
          *want = noise(R * (size_t)n, 0);
    void *y = room(R, n);
    ref->rmsnorm(ref, want, x, w, R, n, 1e-5f, 0);
    two->rmsnorm(two, y, x, w, R, n, 1e-5f, 0);
    check_rows("rmsnorm", y, want, R, n, 1e-5f);
    ref->swiglu(ref, want, x, R, n);
    two->swiglu(two, y, x, R, n);
    check_rows("swiglu", y, want, R, n, 1e-5f);
    x[3] = NAN;
    two->rmsnorm(two, y, x, w, R, n, 1e-5f, 0);
    OK(isnan(i8_scales(y, R, n)[0]) && !isnan(i8_scales(y, R, n)[1]));
    void *old[] = {x, w, want, y};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
}

static void test_attention(void) {
    enum { HEADS = 6, KV = 2, HD = 32, LEN = 21, WIDTH = HD * (HEADS + 2 * KV), OUT = HEADS * HD };
    struct err e;
    float rope[LEN * HD], *a = noise(LEN * WIDTH, 1), *b = noise(LEN * WIDTH, 0),
                          *want = noise(LEN * OUT, 0);
    int32_t pos[LEN];
    for (int i = 0; i < LEN; i++) pos[i] = i;
    for (int i = 0; i < LEN * HD; i += 2) rope[i] = 1, rope[i + 1] = 0;
    memcpy(b, a, LEN * WIDTH * sizeof *a);
    struct attn_shape s = {HEADS, KV, HD, 0.2f, 0, rope, LEN, 0};
    void *y = room(LEN, OUT);
    struct ops *const both[] = {ref, two};
    for (int i = 0; i < 2; i++) {
        struct ops *o = both[i];
        struct span_view v = {o->alloc(o, o->kv_bytes(o, &s, LEN)), LEN, 0, LEN, 0, LEN, 0};
        struct chunk c = {LEN, NULL, pos, 1, &v};
        o->rope_store(o, i ? b : a, &s, &c, 0);
        GOOD(o->attention(o, i ? y : (void *)want, i ? b : a, &s, &c, 0, &e));
        o->release(o, v.kv);
    }
    check_rows("attention", y, want, LEN, OUT, 1e-2f); /* of bf16 */
    void *old[] = {a, b, want, y};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
}

int main(void) {
    static const int shape[][2] = {{1, 8},    {17, 9},   {48, 64},   {49, 65},    {47, 62},
                                   {96, 576}, {111, 64}, {576, 160}, {33, 16384}, {989, 33}};
    struct err e;
    for (size_t i = 0; i < COUNT(shape); i++)
        for (int add = 0; add < 2; add++) test_product(shape[i][0], shape[i][1], add);
    test_refused();
    GOOD(ops_ref_open(&ref, &e));
    GOOD(ops_cpu_open(&two, PREC_INT8, 2, &e));
    EQ(two->precision, PREC_INT8);
    /* A matrix makes room for the rows that it multiplies. */
    struct mat *m = NULL;
    float *w = noise(2000, 1);
    struct mat_part p = {block_type_find(0), (const uint8_t *)w, 1};
    GOOD(two->mat_open(two, &m, &p, 1, 2000, MAT_LINEAR, &e));
    for (int n = 8; n < 2000; n = n * 2 + 5) test_rows(n);
    test_attention();
    two->mat_close(two, m);
    mem_free(w);
    ref->close(ref);
    two->close(two);
    return t_end();
}
