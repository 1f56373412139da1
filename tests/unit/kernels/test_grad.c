/* links: model train */
/* Every backward operation against finite differences of the forward one, on odd shapes, for both
 * tables; the bits against the number of threads. */
#include "kernels/grad.h"
#include "kernels/base/arena.h"
#include "model/train/random.h"
#include "tests/t.h"

static struct err e;
static struct random rnd = {7};

static float *numbers(size_t n, double size) {
    float *x = mem_alloc((n + 16 * 4096) * sizeof *x); /* and room for padded rows */
    memset(x, 0, (n + 16 * 4096) * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (float)((2 * random_unit(&rnd) - 1) * size);
    return x;
}

static float *zeros(size_t n) {
    return numbers(n, 0);
}

static double weighed(const float *y, const float *c, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++) s += (double)y[i] * c[i];
    return s;
}

/* The derivative of loss by x (n) is g: at some places, and along a direction. */
static void check(const char *what, double (*loss)(void *), void *arg, float *x, const float *g,
                  size_t n) {
    double h = 4e-3;
    for (int k = 0; k < 12; k++) {
        size_t i = (size_t)random_below(&rnd, (int)n);
        float was = x[i];
        x[i] = was + (float)h;
        double up = loss(arg), at_up = x[i];
        x[i] = was - (float)h;
        double down = loss(arg), slope = (up - down) / (at_up - x[i]);
        x[i] = was;
        t_checks++;
        if (!(fabs(slope - g[i]) <= 3e-3 * (1 + fabs(slope))))
            T_SAY("%s: the derivative by value %zu is %g, want %g", what, i, (double)g[i], slope);
    }
}

static struct ops *ref;
static struct grad *g;

/* What every case needs; what a case does not use stays NULL. */
struct probe {
    int rows, n, k;
    float *x, *w, *c, *y, *b;
    const struct attn_shape *s;
    const struct chunk *chunk;
    const int32_t *off, *pick;
    void *kv;
    int geglu;
};

static double norm_loss(void *arg) {
    struct probe *p = arg;
    ref->rmsnorm(ref, p->y, p->x, p->w, p->rows, p->n, 1e-5f, 1);
    return weighed(p->y, p->c, (size_t)p->rows * (size_t)p->n);
}

static void test_rmsnorm(void) {
    struct probe p = {.rows = 5, .n = 37};
    size_t n = (size_t)p.rows * (size_t)p.n;
    p.x = numbers(n, 1), p.w = numbers(37, 1), p.c = numbers(n, 1), p.y = zeros(n);
    float *dx = zeros(n), *dw = zeros(37);
    g->rmsnorm(g, dx, dw, p.c, p.x, p.w, p.rows, p.n, 1e-5f);
    check("rmsnorm by x", norm_loss, &p, p.x, dx, n);
    check("rmsnorm by w", norm_loss, &p, p.w, dw, 37);
    g->rmsnorm(g, dx, NULL, p.c, p.x, p.w, p.rows, p.n, 1e-5f); /* it adds */
    for (size_t i = 0; i < n; i++) dx[i] /= 2;
    check("rmsnorm twice", norm_loss, &p, p.x, dx, n);
    float *all[] = {p.x, p.w, p.c, p.y, dx, dw};
    for (size_t i = 0; i < COUNT(all); i++) mem_free(all[i]);
}

static double glu_loss(void *arg) {
    struct probe *p = arg;
    (p->geglu ? ref->geglu : ref->swiglu)(ref, p->y, p->x, p->rows, p->n);
    return weighed(p->y, p->c, (size_t)p->rows * (size_t)p->n);
}

static void test_glu(int geglu) {
    struct probe p = {.rows = 3, .n = 37, .geglu = geglu};
    size_t n = (size_t)p.rows * (size_t)p.n;
    p.x = numbers(2 * n, 4), p.c = numbers(n, 1), p.y = zeros(n);
    float *d = zeros(2 * n);
    (geglu ? g->geglu : g->swiglu)(g, d, p.c, p.x, p.rows, p.n);
    check(geglu ? "geglu" : "swiglu", glu_loss, &p, p.x, d, 2 * n);
    p.x[0] = -300, p.x[1] = 300, p.x[2] = -88; /* where exp ends */
    (geglu ? g->geglu : g->swiglu)(g, d, p.c, p.x, p.rows, p.n);
    NEAR(d[0], 0, 1e-6);
    NEAR(d[1], p.c[1] * p.x[p.n + 1], 1e-5);
    NEAR(d[p.n], 0, 1e-6);
    float *all[] = {p.x, p.c, p.y, d};
    for (size_t i = 0; i < COUNT(all); i++) mem_free(all[i]);
}

static double product_loss(void *arg) {
    struct probe *p = arg;
    const struct mat_part part = {block_type_find(0), (const uint8_t *)p->w, p->n};
    struct mat *m = NULL;
    GOOD(ref->mat_open(ref, &m, &part, 1, p->k, MAT_LINEAR, &e));
    GOOD(ref->matmul(ref, p->y, p->x, m, p->rows, 0, &e));
    ref->mat_close(ref, m);
    return weighed(p->y, p->c, (size_t)p->rows * (size_t)p->n);
}

/* A product by its input, and by its weight. */
static void test_product(int n, int k) {
    struct probe p = {.rows = 21, .n = n, .k = k};
    size_t nx = (size_t)p.rows * (size_t)k, ny = (size_t)p.rows * (size_t)n, nw = (size_t)(n * k);
    p.x = numbers(nx, 1), p.w = numbers(nw, 1), p.c = numbers(ny, 1), p.y = zeros(ny);
    float *dx = zeros(nx), *dw = zeros(nw);
    const struct mat_part part = {block_type_find(0), (const uint8_t *)p.w, n};
    struct mat *m = NULL, *back = NULL;
    GOOD(g->ops->mat_open(g->ops, &m, &part, 1, k, MAT_LINEAR, &e));
    GOOD(g->back_open(g, &back, m, p.w, n, k, &e));
    GOOD(g->matmul(g, dx, p.c, 0, m, back, p.rows, n, k, &e));
    GOOD(g->outer(g, dw, p.c, n, n, p.x, k, 1, p.rows, &e));
    check("matmul by x", product_loss, &p, p.x, dx, nx);
    check("matmul by w", product_loss, &p, p.w, dw, nw);
    g->ops->mat_close(g->ops, m);
    g->ops->mat_close(g->ops, back);
    float *all[] = {p.x, p.w, p.c, p.y, dx, dw};
    for (size_t i = 0; i < COUNT(all); i++) mem_free(all[i]);
}

enum { RANK = 3 };
static double low_rank_loss(void *arg) {
    struct probe *p = arg;
    float *own = p->w, *w = zeros((size_t)(p->n * p->k));
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->k; j++)
            for (int r = 0; r < RANK; r++)
                w[i * p->k + j] += 1.5f * p->b[i * RANK + r] * own[r * p->k + j];
    p->w = w;
    double s = product_loss(p);
    p->w = own;
    mem_free(w);
    return s;
}

static void test_low_rank(void) {
    struct probe p = {.rows = 70, .n = 19, .k = 24};
    size_t nx = (size_t)(p.rows * p.k), ny = (size_t)(p.rows * p.n);
    int ld = p.n + 5; /* the part of a stacked product */
    p.x = numbers(nx, 1), p.c = numbers(ny, .2), p.y = zeros(ny);
    p.w = numbers((size_t)(RANK * p.k), 1), p.b = numbers((size_t)(p.n * RANK), 1);
    float *dy = zeros((size_t)(p.rows * ld)), *da = zeros((size_t)(RANK * p.k)),
          *db = zeros((size_t)(p.n * RANK));
    for (int r = 0; r < p.rows; r++)
        for (int i = 0; i < p.n; i++) dy[r * ld + 5 + i] = p.c[r * p.n + i];
    GOOD(g->low_rank(g, da, db, p.w, p.b, RANK, 1.5f, dy + 5, ld, p.n, p.x, p.k, p.rows, &e));
    check("low rank by a", low_rank_loss, &p, p.w, da, (size_t)(RANK * p.k));
    check("low rank by b", low_rank_loss, &p, p.b, db, (size_t)(p.n * RANK));
    float *all[] = {p.x, p.c, p.y, p.w, p.b, dy, da, db};
    for (size_t i = 0; i < COUNT(all); i++) mem_free(all[i]);
}

/* --- attention's parts, on a tree of two roots:
 *   0 (5 rows) -> 1 (3) -> 2 (4), 3 (2); 0 -> 4 (6); 5 (70) -> 6 (2) */
static const struct grad_span spans[] = {{0, 5, 20, -1},  {5, 8, 14, 0},   {8, 12, 12, 1},
                                         {12, 14, 14, 1}, {14, 20, 20, 0}, {20, 90, 92, -1},
                                         {90, 92, 92, 5}};
enum { SPANS = 7, ROWS = 92 };
static int32_t pos[ROWS];

static float *rope_of(int positions, int half) {
    float *t = zeros((size_t)(positions * half * 2));
    for (int p = 0; p < positions; p++)
        for (int i = 0; i < half; i++) {
            double a = p * pow(100, -(double)i / half);
            t[(p * half + i) * 2] = (float)cos(a);
            t[(p * half + i) * 2 + 1] = (float)sin(a);
        }
    return t;
}

/* rope_store and attention of the reference, from the queries and keys before they are rotated. */
static double attention_loss(void *arg) {
    struct probe *p = arg;
    const struct attn_shape *s = p->s;
    size_t width = (size_t)((s->heads + 2 * s->kv_heads) * s->head_dim);
    float *qkv = zeros(ROWS * width);
    memcpy(qkv, p->x, ROWS * width * sizeof *qkv);
    if (p->w) ref->head_norm(ref, qkv, s, p->w, p->b, ROWS, 1e-5f);
    ref->rope_store(ref, qkv, s, p->chunk, 0);
    GOOD(ref->attention(ref, p->y, qkv, s, p->chunk, 0, &e));
    memcpy(p->b + 64, qkv, ROWS * width * sizeof *qkv);
    mem_free(qkv);
    return weighed(p->y, p->c, (size_t)(ROWS * s->heads * s->head_dim));
}

static int make_views(struct span_view *v, char *kv, const struct attn_shape *s) {
    int n = 0;
    for (int i = 0; i < SPANS; i++) {
        const struct grad_span *a = &spans[i];
        int len = a->row1 - a->row0, from = a->up < 0 ? 0 : 1 + pos[spans[a->up].row1 - 1];
        for (int r = 0; r < len; r++) pos[a->row0 + r] = from + r;
        v[n++] = (struct span_view){kv, len, from, len, a->row0, a->row1, 0};
        if (a->end > a->row1) v[n++] = (struct span_view){kv, len, from, len, a->row1, a->end, -1};
        kv += ref->kv_bytes(ref, s, len);
    }
    return n;
}

static void test_attention(int neox, int window, int normed) {
    float *table = rope_of(80, 8);
    const struct attn_shape s = {.heads = 6,
                                 .kv_heads = 2,
                                 .head_dim = 16,
                                 .scale = .25f,
                                 .rope_neox = neox,
                                 .rope = table,
                                 .positions = 80,
                                 .window = window};
    size_t width = 10 * 16, n = ROWS * width, out = ROWS * 96;
    struct span_view view[2 * SPANS];
    void *kv = ref->alloc(ref, ref->kv_bytes(ref, &s, ROWS) + 4096);
    struct chunk c = {ROWS, NULL, pos, make_views(view, kv, &s), view};
    const struct grad_tree t = {ROWS, pos, SPANS, spans};
    struct probe p = {.s = &s, .chunk = &c, .x = numbers(n, 2), .c = numbers(out, 1)};
    p.y = zeros(out);
    p.b = numbers(64 + n, 1); /* a norm's weight; behind it what rope_store left */
    if (normed) p.w = numbers(16, 1);
    (void)attention_loss(&p);
    float *d = zeros(n), *dq = zeros(16), *dk = zeros(16);
    GOOD(g->attention(g, d, p.c, p.b + 64, &s, &t, &e));
    g->rope(g, d, &s, pos, ROWS);
    if (normed) g->head_norm(g, d, dq, dk, p.x, &s, p.w, p.b, ROWS, 1e-5f);
    check("attention", attention_loss, &p, p.x, d, n);
    for (int k = 0; k < 8; k++) /* keys and values of the first span, which most rows see */
        check("attention by a trunk", attention_loss, &p, p.x + (size_t)k % 5 * width + 96,
              d + (size_t)k % 5 * width + 96, 64);
    if (normed) check("head norm by q", attention_loss, &p, p.w, dq, 16);
    if (normed) check("head norm by k", attention_loss, &p, p.b, dk, 16);
    float *all[] = {p.x, p.w, p.c, p.y, p.b, d, dq, dk, table};
    for (size_t i = 0; i < COUNT(all); i++) mem_free(all[i]);
    ref->release(ref, kv);
}

static double softmax_loss(void *arg) {
    struct probe *p = arg;
    double s = 0;
    for (int r = 0; r < p->rows; r++) {
        double sum = 0;
        for (int i = 0; i < p->n; i++) sum += exp((double)p->x[r * p->n + i]);
        for (int32_t i = p->off[r]; i < p->off[r + 1]; i++)
            s += p->c[i] * (p->x[r * p->n + p->pick[i]] - log(sum));
    }
    return s;
}

static void test_softmax(void) {
    const int32_t off[] = {0, 1, 1, 4}, pick[] = {3, 0, 7, 7};
    struct probe p = {.rows = 3, .n = 53, .off = off, .pick = pick};
    size_t n = (size_t)(p.rows * p.n);
    p.x = numbers(n, 3), p.c = numbers(4, 1);
    float *d = zeros(n), lse[3], picked[4];
    g->log_softmax(g, lse, picked, p.x, p.rows, p.n, off, pick);
    NEAR(weighed(picked, p.c, 4), softmax_loss(&p), 1e-6);
    GOOD(g->softmax(g, d, p.x, lse, p.c, p.rows, p.n, off, pick, &e));
    check("softmax", softmax_loss, &p, p.x, d, n);
    mem_free(p.x);
    mem_free(p.c);
    mem_free(d);
}

static void test_sums(void) {
    const int32_t tok[] = {2, 0, 2, 4};
    float *dy = numbers(4 * 101, 1), *db = zeros(101), *dt = zeros(5 * 101);
    g->columns(g, db, dy, 4, 101);
    g->embed(g, dt, dy, tok, 4, 101);
    for (int i = 0; i < 101; i++) {
        NEAR(db[i], (double)dy[i] + dy[101 + i] + dy[202 + i] + dy[303 + i], 1e-6);
        NEAR(dt[202 + i], (double)dy[i] + dy[202 + i], 1e-6);
        NEAR(dt[i], dy[101 + i], 0);
        NEAR(dt[101 + i], 0, 0);
    }
    mem_free(dy);
    mem_free(db);
    mem_free(dt);
}

static void test_all(void) {
    test_rmsnorm();
    test_glu(0);
    test_glu(1);
    test_product(19, 40);
    test_product(240, 33);
    test_low_rank();
    for (int i = 0; i < 8; i++) test_attention(i & 1, i & 2 ? 7 : 0, i >> 2);
    test_softmax();
    test_sums();
}

/* One number of threads gives another's bits. */
static void attention_bits(int threads, float *d) {
    struct ops *o;
    struct grad *own;
    struct random was = rnd;
    float *table = rope_of(80, 8);
    const struct attn_shape s = {6, 2, 16, .25f, 0, table, 80, 0};
    const struct grad_tree t = {ROWS, pos, SPANS, spans};
    float *qkv = numbers(ROWS * 160, 1), *dout = numbers(ROWS * 96, 1);
    GOOD(ops_cpu_open(&o, PREC_F32, threads, &e));
    GOOD(grad_cpu_open(&own, o, &e));
    GOOD(own->attention(own, d, dout, qkv, &s, &t, &e));
    GOOD(own->low_rank(own, d + ROWS * 160, d + ROWS * 160 + 3 * 96, qkv, qkv + 288, 3, 1, dout, 96,
                       96, qkv, 96, ROWS, &e));
    own->close(own);
    o->close(o);
    mem_free(qkv);
    mem_free(dout);
    mem_free(table);
    rnd = was;
}

static void test_threads(void) {
    size_t n = ROWS * 160 + 6 * 96;
    float *one = zeros(n), *three = zeros(n);
    attention_bits(1, one);
    attention_bits(3, three);
    EQ_MEM(one, three, n * sizeof *one);
    mem_free(one);
    mem_free(three);
}

int main(void) {
    struct ops *cpu;
    GOOD(ops_ref_open(&ref, &e));
    GOOD(grad_ref_open(&g, ref, &e));
    test_all();
    g->close(g);
    GOOD(ops_cpu_open(&cpu, PREC_F32, 2, &e));
    GOOD(grad_cpu_open(&g, cpu, &e));
    test_all();
    g->close(g);
    cpu->close(cpu);
    test_threads();
    ref->close(ref);
    return t_end();
}
