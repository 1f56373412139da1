/* The CUDA operations against the double reference over odd shapes, and a row's bits alone and
 * among others. test_cuda_attention.c has attention. */
#include "tests/cuda/cuda_help.h"

enum { ROWS = 33 };
static const int sizes[] = {1, 7, 31, 33, 111, 989};
static const uint32_t types[] = {0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 20, 23, 30};

/* --- dequantization, by way of the table and of products with unit rows */

/* Random blocks whose f16 scales are small and finite. */
static uint8_t *random_blocks(const struct block_type *t, size_t blocks) {
    size_t n = blocks * (size_t)t->bytes;
    uint8_t *p = take(n);
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)below(256);
    if (t->elems == 1) {
        for (size_t i = 0; i < blocks; i++) {
            float f = uniform(-2, 2);
            uint16_t h = t->id == 1 ? (uint16_t)(0x3000 + below(0x0800)) : block_f32_to_bf16(f);
            memcpy(p + i * (size_t)t->bytes, t->bytes == 4 ? (void *)&f : (void *)&h,
                   (size_t)t->bytes);
        }
        return p;
    }
    /* Where the formats keep their f16 scales. */
    static const struct {
        uint32_t id;
        int at[2];
    } scale[] = {{2, {0, 0}},  {3, {0, 2}},      {6, {0, 0}},      {7, {0, 2}},
                 {8, {0, 0}},  {10, {80, 82}},   {11, {108, 108}}, {12, {0, 2}},
                 {13, {0, 2}}, {14, {208, 208}}, {20, {0, 0}},     {23, {0, 0}}};
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < COUNT(scale); i++)
            for (int k = 0; k < 2 && scale[i].id == t->id; k++) {
                uint16_t h = (uint16_t)(0x1c00 + below(0x1000) + (below(2) << 15));
                memcpy(p + b * (size_t)t->bytes + (size_t)scale[i].at[k], &h, 2);
            }
    return p;
}

static void test_embed(uint32_t id) {
    enum { V = 21, R = 33 };
    const struct block_type *t = block_type_find(id);
    int k = t->elems == 1 ? 111 : t->elems * 3;
    size_t values = (size_t)R * (size_t)k;
    uint8_t *p = random_blocks(t, (size_t)V * (size_t)(k / t->elems));
    struct mat_part part = {t, p, V};
    struct mat *a = NULL, *b = NULL;
    int32_t tok[R];
    for (int i = 0; i < R; i++) tok[i] = i == 0 ? V - 1 : below(V);
    GOOD(ref->mat_open(ref, &a, &part, 1, k, MAT_TABLE, &e));
    GOOD(gpu->mat_open(gpu, &b, &part, 1, k, MAT_TABLE, &e));
    float *want = take(values * 4), *x = gpu->alloc(gpu, values * 4);
    ref->embed(ref, want, a, tok, R);
    gpu->embed(gpu, x, b, tok, R);
    float *got = get(x, values * 4);
    SAME(got, want, values * 4, "embeddings of type %s", t->name);
    ref->mat_close(ref, a);
    gpu->mat_close(gpu, b);
    gpu->release(gpu, x);
    mem_free(p);
    mem_free(want);
    mem_free(got);
}

/* The matrix itself, as a product with the unit matrix: every weight rounded to bf16, or exactly as
 * f32 in the head. */
static void test_weights(uint32_t id) {
    const struct block_type *t = block_type_find(id);
    int k = t->elems == 1 ? 33 : t->elems, n = 37;
    size_t values = (size_t)n * (size_t)k, unit = (size_t)k * (size_t)k;
    uint8_t *p = random_blocks(t, values / (size_t)t->elems);
    struct mat_part part = {t, p, n};
    struct mat *lin = NULL, *head = NULL;
    float *w = take(values * 4), *one = take(unit * 4);
    t->to_f32(w, p, values / (size_t)t->elems);
    for (int i = 0; i < k; i++) one[i * k + i] = 1;
    GOOD(gpu->mat_open(gpu, &lin, &part, 1, k, MAT_LINEAR, &e));
    GOOD(gpu->mat_open(gpu, &head, &part, 1, k, MAT_HEAD, &e));
    uint16_t *h = halves(one, unit);
    size_t room = (size_t)gpu->pad_rows(k);
    void *x = put_room(h, unit * 2, room * (size_t)k * 2),
         *y = gpu->alloc(gpu, room * (size_t)n * 4);
    GOOD(gpu->matmul(gpu, y, x, lin, k, 0, &e));
    float *got = get(y, values * 4);
    int wrong = 0;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < n; j++) {
            float want = block_bf16_to_f32(block_f32_to_bf16(w[j * k + i]));
            wrong += memcmp(&got[i * n + j], &want, 4) != 0 && !(want == 0 && got[i * n + j] == 0);
        }
    EQ(wrong, 0);
    int32_t *off = take(((size_t)k + 1) * 4), *pick = take(values * 4);
    float *lse = take((size_t)k * 4), *picked = take(values * 4);
    for (int i = 0; i < k; i++)
        for (int j = 0; j < n; j++) pick[i * n + j] = j, off[i + 1] = (i + 1) * n;
    float *oned = put_room(one, unit * 4, room * (size_t)k * 4);
    GOOD(gpu->head(gpu, lse, picked, oned, head, k, off, pick, &e));
    gpu->release(gpu, oned);
    for (int i = 0; i < k; i++)
        for (int j = 0; j < n; j++) wrong += picked[i * n + j] != w[j * k + i];
    EQ(wrong, 0);
    if (wrong) printf("  type %s\n", t->name);
    gpu->mat_close(gpu, lin);
    gpu->mat_close(gpu, head);
    gpu->release(gpu, x);
    gpu->release(gpu, y);
    void *old[] = {p, w, one, h, got, off, pick, lse, picked};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
}

/* --- rows */

static void test_rmsnorm(int n, int f32) {
    size_t all = (size_t)ROWS * (size_t)n, size = f32 ? 4 : 2;
    float *x = noise(all, 3), *w = noise((size_t)n, 1), *want = take(all * 4);
    void *xd = put(x, all * 4), *wd = put(w, (size_t)n * 4), *y = gpu->alloc(gpu, all * size);
    ref->rmsnorm(ref, want, x, w, ROWS, n, 1e-5f, f32);
    gpu->rmsnorm(gpu, y, xd, wd, ROWS, n, 1e-5f, f32);
    float *got = f32 ? get(y, all * 4) : get_halves(y, all);
    CLOSE(got, want, all, f32 ? 1e-5 : 5e-3, "rmsnorm of %d", n);
    char *bits = get(y, all * size), *alone;
    gpu->rmsnorm(gpu, y, (float *)xd + 5 * n, wd, 1, n, 1e-5f, f32);
    alone = get(y, (size_t)n * size);
    SAME(alone, bits + 5 * (size_t)n * size, (size_t)n * size, "rmsnorm of %d, row 5 alone", n);
    void *old[] = {x, w, want, got, bits, alone}, *on[] = {xd, wd, y};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
    for (size_t i = 0; i < COUNT(on); i++) gpu->release(gpu, on[i]);
}

static void test_swiglu(int n) {
    size_t all = (size_t)ROWS * (size_t)n;
    float *gu = noise(2 * all, 4), *want = take(all * 4);
    gu[0] = -200, gu[2 * n] = 200;
    void *g = put(gu, 2 * all * 4), *y = gpu->alloc(gpu, all * 2);
    for (int gelu = 0; gelu < 2; gelu++) {
        (gelu ? ref->geglu : ref->swiglu)(ref, want, gu, ROWS, n);
        (gelu ? gpu->geglu : gpu->swiglu)(gpu, y, g, ROWS, n);
        float *got = get_halves(y, all);
        CLOSE(got, want, all, 5e-3, "%s of %d", gelu ? "geglu" : "swiglu", n);
        mem_free(got);
    }
    mem_free(gu);
    mem_free(want);
    gpu->release(gpu, g);
    gpu->release(gpu, y);
}

/* What some families add: a norm before the residual, a scale, a bias, norms of heads. */
static void test_families(int n) {
    enum { HEADS = 5, KV = 2 };
    struct attn_shape s = {.heads = HEADS, .kv_heads = KV, .head_dim = n};
    size_t width = (size_t)(HEADS + 2 * KV) * (size_t)n, all = ROWS * width;
    float *x = noise(all, 2), *y = noise(all, 2), *w = noise(width, 1), *v = noise(width, 1);
    void *xd = put(x, all * 4), *yd = put(y, all * 4), *wd = put(w, width * 4);
    void *vd = put(v, width * 4);
    ref->norm_add(ref, x, y, w, ROWS, (int)width, 1e-5f);
    gpu->norm_add(gpu, xd, yd, wd, ROWS, (int)width, 1e-5f);
    ref->scale(ref, x, ROWS, (int)width, 1.7f);
    gpu->scale(gpu, xd, ROWS, (int)width, 1.7f);
    ref->add_bias(ref, x, v, ROWS, (int)width);
    gpu->add_bias(gpu, xd, vd, ROWS, (int)width);
    ref->head_norm(ref, x, &s, w, v, ROWS, 1e-5f);
    gpu->head_norm(gpu, xd, &s, wd, vd, ROWS, 1e-5f);
    float *got = get(xd, all * 4);
    CLOSE(got, x, all, 2e-5, "norm, scale, bias and norms of heads of %d", n);
    void *old[] = {x, y, w, v, got}, *on[] = {xd, yd, wd, vd};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
    for (size_t i = 0; i < COUNT(on); i++) gpu->release(gpu, on[i]);
}

static void test_keep_rows(int width) {
    static const int32_t from[] = {0, 2, 3, 17, 31, 32};
    enum { N = COUNT(from) };
    size_t all = (size_t)ROWS * (size_t)width;
    float *x = noise(all, 1);
    void *on = put(x, all * 4);
    gpu->keep_rows(gpu, on, width, N, from);
    float *got = get(on, all * 4);
    ref->keep_rows(ref, x, width, N, from);
    SAME(got, x, (size_t)N * (size_t)width * 4, "kept rows of %d", width);
    gpu->keep_rows(gpu, on, width, 0, from);
    mem_free(x);
    mem_free(got);
    gpu->release(gpu, on);
}

static void test_copy_rows(int width) {
    enum { N = 5 };
    static const int from[N] = {3, 0, 31, 7, 7}, to[N] = {0, 4, 1, 2, 3};
    size_t all = (size_t)ROWS * (size_t)width, w = (size_t)width;
    float *x = noise(all, 1), *on = put(x, all * 4), *y = gpu->alloc(gpu, N * w * 4), *t[N];
    const float *f[N];
    for (int i = 0; i < N; i++) f[i] = on + (size_t)from[i] * w, t[i] = y + (size_t)to[i] * w;
    gpu->copy_rows(gpu, t, f, width, N);
    float *got = get(y, N * w * 4);
    for (int i = 0; i < N; i++)
        SAME(got + (size_t)to[i] * w, x + (size_t)from[i] * w, w * 4, "copied row %d", i);
    gpu->copy_rows(gpu, t, f, width, 0);
    mem_free(x);
    mem_free(got);
    gpu->release(gpu, on);
    gpu->release(gpu, y);
}

/* --- products and the head */

static void test_product(int n, int k, int add) {
    size_t xs = (size_t)ROWS * (size_t)k, ys = (size_t)ROWS * (size_t)n;
    float *w = noise((size_t)n * (size_t)k, 1), *x = noise(xs, 1), *want = take(ys * 4);
    uint16_t *wh = halves(w, (size_t)n * (size_t)k), *xh = halves(x, xs);
    struct mat_part part = {block_type_find(0), (uint8_t *)w, n};
    struct mat *a = NULL, *b = NULL;
    GOOD(ref->mat_open(ref, &a, &part, 1, k, MAT_LINEAR, &e));
    GOOD(gpu->mat_open(gpu, &b, &part, 1, k, MAT_LINEAR, &e));
    for (size_t i = 0; i < ys; i++) want[i] = 0.5f;
    size_t room = (size_t)gpu->pad_rows(ROWS);
    void *xd = put_room(xh, xs * 2, room * (size_t)k * 2),
         *x7 = gpu->alloc(gpu, room * (size_t)k * 2);
    void *y = put_room(want, ys * 4, room * (size_t)n * 4);
    void *z = put_room(want, ys * 4, room * (size_t)n * 4);
    GOOD(gpu->write(gpu, x7, xh + 7 * k, (size_t)k * 2, &e));
    GOOD(ref->matmul(ref, want, x, a, ROWS, add, &e));
    GOOD(gpu->matmul(gpu, y, xd, b, ROWS, add, &e));
    float *got = get(y, ys * 4);
    CLOSE(got, want, ys, 1e-4, "product %d x %d (add %d)", n, k, add);
    GOOD(gpu->matmul(gpu, z, x7, b, 1, add, &e));
    float *alone = get(z, (size_t)n * 4);
    SAME(alone, got + 7 * n, (size_t)n * 4, "row 7 of a product %d x %d alone", n, k);
    ref->mat_close(ref, a);
    gpu->mat_close(gpu, b);
    void *old[] = {w, x, want, wh, xh, got, alone}, *on[] = {xd, y, z, x7};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
    for (size_t i = 0; i < COUNT(on); i++) gpu->release(gpu, on[i]);
}

/* A row's bits in any number of rows, so in tiles of any height. */
static void test_tiles(void) {
    enum { N = 48, K = 80, MOST = 1100 };
    static const int counts[] = {1, 31, 32, 33, 55, 56, 57, 64, 65, 200, 447, 449, 897, MOST};
    size_t room = (size_t)gpu->pad_rows(MOST), values = (size_t)MOST * N;
    float *w = noise(N * K, 1), *x = noise((size_t)MOST * K, 1), *all = NULL;
    uint16_t *xh = halves(x, (size_t)MOST * K);
    struct mat_part part = {block_type_find(0), (uint8_t *)w, N};
    struct mat *m = NULL;
    GOOD(gpu->mat_open(gpu, &m, &part, 1, K, MAT_LINEAR, &e));
    void *xd = put_room(xh, (size_t)MOST * K * 2, room * K * 2), *y = gpu->alloc(gpu, room * N * 4);
    for (size_t i = COUNT(counts); i-- > 0;) {
        OK(gpu->pad_rows(counts[i]) >= counts[i] && gpu->pad_rows(counts[i]) <= (int)room);
        GOOD(gpu->matmul(gpu, y, xd, m, counts[i], 0, &e));
        float *got = get(y, values * 4);
        if (!all) all = got;
        SAME(got, all, (size_t)counts[i] * N * 4, "%d rows of a product of %d", counts[i], MOST);
        if (got != all) mem_free(got);
    }
    gpu->mat_close(gpu, m);
    void *old[] = {w, x, xh, all}, *on[] = {xd, y};
    for (size_t i = 0; i < COUNT(old); i++) mem_free(old[i]);
    for (size_t i = 0; i < COUNT(on); i++) gpu->release(gpu, on[i]);
}

static void test_head(int vocab, int k) {
    float *w = noise((size_t)vocab * (size_t)k, 3 / sqrtf((float)k)),
          *x = noise((size_t)ROWS * (size_t)k, 2);
    float lse[ROWS], picked[4 * ROWS], lse_r[ROWS], picked_r[4 * ROWS], lse_1, picked_1[4];
    int32_t off[ROWS + 1] = {0}, pick[4 * ROWS];
    for (int r = 0; r < ROWS; r++) off[r + 1] = off[r] + (r ? below(5) : 3);
    for (int i = 0; i < off[ROWS]; i++) pick[i] = i % 3 ? below(vocab) : vocab - 1;
    struct mat_part part = {block_type_find(0), (uint8_t *)w, vocab};
    struct mat *a = NULL, *b = NULL;
    GOOD(ref->mat_open(ref, &a, &part, 1, k, MAT_HEAD, &e));
    GOOD(gpu->mat_open(gpu, &b, &part, 1, k, MAT_HEAD, &e));
    GOOD(ref->head(ref, lse_r, picked_r, x, a, ROWS, off, pick, &e));
    float *xd =
        put_room(x, (size_t)ROWS * (size_t)k * 4, (size_t)gpu->pad_rows(ROWS) * (size_t)k * 4);
    GOOD(gpu->head(gpu, lse, picked, xd, b, ROWS, off, pick, &e));
    CLOSE(lse, lse_r, ROWS, 1e-5, "log-sum-exp over %d", vocab);
    CLOSE(picked, picked_r, (size_t)off[ROWS], 1e-5, "logits of %d", vocab);
    int32_t none[] = {0, 0};
    GOOD(gpu->head(gpu, &lse_1, picked_1, xd, b, 1, off, pick, &e));
    SAME(&lse_1, lse, 4, "log-sum-exp over %d, row 0 alone", vocab);
    SAME(picked_1, picked, 12, "logits of %d, row 0 alone", vocab);
    GOOD(gpu->head(gpu, &lse_1, picked_1, xd, b, 1, none, pick, &e));
    SAME(&lse_1, lse, 4, "log-sum-exp over %d without picks", vocab);
    gpu->release(gpu, xd);
    ref->mat_close(ref, a);
    gpu->mat_close(gpu, b);
    mem_free(w);
    mem_free(x);
}

/* A weight that is no number must not vanish in the sum. */
static void test_head_nan(void) {
    enum { V = 111, K = 64 };
    float *w = noise(V * K, 1), x[K], lse, got;
    int32_t off[] = {0, 1}, pick[] = {5};
    for (int i = 0; i < K; i++) x[i] = 1;
    w[57 * K + 3] = NAN;
    struct mat_part part = {block_type_find(0), (uint8_t *)w, V};
    struct mat *m = NULL;
    GOOD(gpu->mat_open(gpu, &m, &part, 1, K, MAT_HEAD, &e));
    void *xd = put_room(x, K * 4, (size_t)gpu->pad_rows(1) * K * 4);
    GOOD(gpu->head(gpu, &lse, &got, xd, m, 1, off, pick, &e));
    gpu->release(gpu, xd);
    OK(isnan(lse) && isfinite(got));
    gpu->mat_close(gpu, m);
    mem_free(w);
}

/* A block type without a kernel, and a precision that there is not, are refused by name. */
static void test_refusals(void) {
    static const struct block_type made_up = {31, "Q4_0_4_4", 32, 18, NULL};
    struct mat_part part = {&made_up, (const uint8_t *)"", 0};
    struct mat *m = NULL;
    struct ops *o = NULL;
    EQ(gpu->mat_open(gpu, &m, &part, 1, 32, MAT_TABLE, &e), ST_UNSUPPORTED);
    OK(strstr(e.text, "Q4_0_4_4"));
    EQ(ops_cuda_open(&o, PREC_F32, &e), ST_UNSUPPORTED);
    OK(strstr(e.text, "f32"));
}

int main(void) {
    int stop = open_both(PREC_BF16);
    if (stop) return stop;
    for (size_t i = 0; i < COUNT(types); i++) {
        test_embed(types[i]);
        test_weights(types[i]);
    }
    for (size_t i = 0; i < COUNT(sizes); i++) {
        test_rmsnorm(sizes[i], 0);
        test_rmsnorm(sizes[i], 1);
        test_swiglu(sizes[i]);
        test_keep_rows(sizes[i]);
        test_copy_rows(sizes[i]);
        test_families(sizes[i]);
        test_head(sizes[i], sizes[COUNT(sizes) - 2 - i % 2]);
        for (int add = 0; add < 2; add++) {
            test_product(sizes[i], 64, add);
            test_product(111, sizes[i], add);
        }
    }
    test_tiles();
    test_head(8192, 7); /* one slice of the vocabulary, and two and a bit */
    test_head(16387, 7);
    test_head_nan();
    test_refusals();
    gpu->close(gpu);
    ref->close(ref);
    return t_end();
}
