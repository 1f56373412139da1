/* links: vectors */
/* The search over vectors in int8 against one over the vectors as they were: the same places in the
 * same order, with ties, filters, few and no items, and vectors that were never written. */
#include "kernels/base/os/file.h"
#include "model/embed/embed.h"
#include "server/vectors/index.h"
#include "server/vectors/rrf.h"
#include "tests/t.h"

#include <stdlib.h>

static struct err e;
static struct arena arena;
static uint64_t seed = 7;

static double uniform(void) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(seed >> 11) / 9007199254740992.0;
}

/* A direction at random. */
static void direction(float *v, int dim) {
    double sum = 0;
    for (int d = 0; d < dim; d++) {
        double x = sqrt(-2 * log(uniform() + 1e-300)) * cos(6.283185307179586 * uniform());
        v[d] = (float)x;
        sum += x * x;
    }
    for (int d = 0; d < dim; d++) v[d] = (float)(v[d] / sqrt(sum));
}

struct world {
    int n, dim;
    float *vec;
    const unsigned char *lost; /* vectors that were not written, or NULL */
    long long read;
    struct vector_index *x;
};

static enum status read_floats(void *arg, const int *place, int n, float *out, unsigned char *has,
                               struct err *err) {
    struct world *w = arg;
    (void)err;
    w->read += n;
    for (int i = 0; i < n; i++) {
        has[i] = !(w->lost && w->lost[place[i]]);
        if (has[i])
            memcpy(out + (size_t)i * (size_t)w->dim, w->vec + (size_t)place[i] * (size_t)w->dim,
                   (size_t)w->dim * sizeof *out);
    }
    return ST_OK;
}

static void open_world(struct world *w, int n, int dim) {
    *w = (struct world){.n = n, .dim = dim};
    w->vec = mem_alloc((size_t)n * (size_t)dim * sizeof *w->vec + 1);
    CHECK(w->vec);
    for (int i = 0; i < n; i++) direction(w->vec + (size_t)i * (size_t)dim, dim);
    GOOD(vector_index_open(&w->x, n, dim, &e));
    CHECK(w->x);
}

static void fill(struct world *w) {
    for (int i = 0; i < w->n; i++) vector_index_put(w->x, i, w->vec + (size_t)i * (size_t)w->dim);
    EQ(w->x->filled, w->n);
}

static void close_world(struct world *w) {
    vector_index_close(w->x);
    mem_free(w->vec);
}

static int by_score(const void *x, const void *y) {
    const struct vector_hit *a = x, *b = y;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return a->place - b->place;
}

/* The reference: every product in double. */
static int exact(const struct world *w, const float *q, const uint64_t *allow,
                 struct vector_hit *out) {
    int n = 0;
    for (int i = 0; i < w->n; i++) {
        if (allow && !(allow[i / 64] >> (i % 64) & 1)) continue;
        double sum = 0;
        for (int d = 0; d < w->dim; d++)
            sum += (double)q[d] * (double)w->vec[(size_t)i * (size_t)w->dim + (size_t)d];
        out[n++] = (struct vector_hit){i, sum};
    }
    qsort(out, (size_t)n, sizeof *out, by_score);
    return n;
}

static void same(struct world *w, const float *q, const uint64_t *allow, int k, const char *what) {
    const struct vector_floats f = {w, read_floats};
    struct vector_hit *want = ARENA_NEW(&arena, struct vector_hit, (size_t)w->n), *got;
    int n_want = exact(w, q, allow, want), n, wrong = 0;
    if (n_want > k) n_want = k;
    w->read = 0;
    GOOD(vector_index_top(w->x, q, allow, k, &f, &arena, &got, &n, &e));
    EQ(n, n_want);
    for (int i = 0; i < n && i < n_want; i++)
        wrong += got[i].place != want[i].place || got[i].score != want[i].score;
    if (wrong) T_SAY("%s: %d of %d differ", what, wrong, k);
    arena_reset(&arena);
}

static void test_random(int n, int dim) {
    struct world w;
    float q[512];
    open_world(&w, n, dim);
    fill(&w);
    for (int i = 0; i < 20; i++) {
        direction(q, dim);
        for (int d = 0; d < dim; d++) q[d] *= (float)(0.1 + 3 * uniform()); /* of any length */
        same(&w, q, NULL, 100, "random");
        OK(w.read < 3000); /* the bounds leave few */
    }
    same(&w, q, NULL, 1, "the best one");
    same(&w, q, NULL, n + 5, "all of them");
    memset(q, 0, sizeof q);
    same(&w, q, NULL, 100, "a query of zeros");
    close_world(&w);
}

/* all-MiniLM-L6-v2's vectors of real texts (fixtures/embedding), and the means of every two. */
static void test_real(void) {
    enum { TEXTS = 50, DIM = 384, PAIRS = TEXTS * (TEXTS - 1) / 2 };
    struct world w;
    char *p;
    size_t bytes;
    GOOD(file_read("fixtures/embedding/minilm.bin", 1 << 20, &p, &bytes, &e));
    EQ(bytes, TEXTS * DIM * sizeof(float));
    if (t_failed) return;
    open_world(&w, TEXTS + PAIRS, DIM);
    memcpy(w.vec, p, bytes);
    for (int i = 0, at = TEXTS; i < TEXTS; i++)
        for (int j = 0; j < i; j++, at++)
            for (int d = 0; d < DIM; d++)
                w.vec[at * DIM + d] = (w.vec[i * DIM + d] + w.vec[j * DIM + d]) / 2;
    fill(&w);
    for (int i = 0; i < TEXTS; i++) same(&w, w.vec + i * DIM, NULL, 100, "real texts");
    mem_free(p);
    close_world(&w);
}

/* Bitmaps of every density, and the last word's end. */
static void test_filter(void) {
    enum { N = 1003, DIM = 48 };
    struct world w;
    float q[DIM];
    uint64_t allow[(N + 63) / 64];
    open_world(&w, N, DIM);
    fill(&w);
    for (int share = 0; share <= 10; share++) {
        memset(allow, 0, sizeof allow);
        for (int i = 0; i < N; i++)
            if (uniform() * 10 < share) allow[i / 64] |= (uint64_t)1 << (i % 64);
        direction(q, DIM);
        same(&w, q, allow, 50, "filter");
    }
    memset(allow, 0, sizeof allow);
    allow[N / 64] = (uint64_t)1 << (N % 64 - 1);
    same(&w, q, allow, 50, "the last place alone");
    allow[N / 64] = ~(uint64_t)0; /* bits behind the last place are nobody's */
    struct vector_hit *got;
    int n;
    GOOD(vector_index_top(w.x, q, allow, 100, NULL, &arena, &got, &n, &e));
    EQ(n, N % 64);
    close_world(&w);
}

/* Items with the same text have the same vector: they come by place, however many they are. */
static void test_ties(void) {
    enum { N = 9000, DIM = 36 };
    struct world w;
    float q[DIM];
    open_world(&w, N, DIM);
    for (int i = 1; i < N; i++)
        memcpy(w.vec + (size_t)i * DIM, w.vec + (size_t)(i % 2) * DIM, DIM * sizeof *w.vec);
    fill(&w);
    memcpy(q, w.vec, sizeof q);
    same(&w, q, NULL, 200, "ties");
    close_world(&w);
}

static void test_few(void) {
    struct world w;
    struct vector_hit *got;
    int n = 9;
    float q[8] = {1};
    open_world(&w, 0, 8);
    GOOD(vector_index_top(w.x, q, NULL, 10, NULL, &arena, &got, &n, &e));
    EQ(n, 0);
    close_world(&w);
    open_world(&w, 3, 8); /* one of three has a vector */
    vector_index_put(w.x, 1, w.vec + 8);
    EQ(w.x->filled, 1);
    EQ(vector_index_has(w.x, 0), 0);
    GOOD(vector_index_top(w.x, q, NULL, 10, NULL, &arena, &got, &n, &e));
    EQ(n, 1);
    EQ(got[0].place, 1);
    vector_index_put(w.x, 1, w.vec); /* another one in its place */
    EQ(w.x->filled, 1);
    GOOD(vector_index_top(w.x, q, NULL, 0, NULL, &arena, &got, &n, &e));
    EQ(n, 0);
    close_world(&w);
    EQ(vector_index_open(&w.x, 1, 0, &e), ST_LIMIT);
    EQ(vector_index_open(&w.x, 1, 5000, &e), ST_LIMIT);
}

/* Vectors that could not be written are known as rounded: near, and no failure. */
static void test_lost(void) {
    enum { N = 500, DIM = 384 };
    struct world w;
    float q[DIM];
    static unsigned char lost[N];
    struct vector_hit *got, *want;
    int n;
    open_world(&w, N, DIM);
    fill(&w);
    memset(lost, 1, sizeof lost);
    w.lost = lost;
    direction(q, DIM);
    const struct vector_floats f = {&w, read_floats};
    GOOD(vector_index_top(w.x, q, NULL, 10, &f, &arena, &got, &n, &e));
    want = ARENA_NEW(&arena, struct vector_hit, N);
    (void)exact(&w, q, NULL, want);
    EQ(n, 10);
    for (int i = 0; i < 10; i++) NEAR(got[i].score, want[i].score, 0.01);
    close_world(&w);
}

static void test_products(void) {
    static const int dims[] = {1, 15, 16, 31, 32, 33, 100, 384, 4096};
    static int8_t v[5 * 4096];
    static int16_t q[4096];
    int32_t got[5];
    for (size_t k = 0; k < COUNT(dims); k++) {
        int dim = dims[k], most = INT32_MAX / 127 / dim;
        for (int i = 0; i < 5 * dim; i++)
            v[i] = (int8_t)(i % 7 ? (int)(uniform() * 255) - 127 : 127);
        for (int i = 0; i < dim; i++)
            q[i] = (int16_t)(most < INT16_MAX ? (i % 3 ? most : -most) : 32767 - i);
        embed_products(v, 5, dim, q, got);
        for (int i = 0; i < 5; i++) {
            long long sum = 0;
            for (int d = 0; d < dim; d++) sum += (long long)v[i * dim + d] * q[d];
            EQ(got[i], sum);
        }
    }
}

static void test_rrf(void) {
    static const int a[] = {4, 2, 9}, b[] = {2, 7}, c[] = {7};
    struct rrf_list list[] = {{a, 3, 1}, {b, 2, 1}, {c, 0, 1}};
    struct rrf_hit *hit;
    int n;
    GOOD(rrf_fuse(list, 3, &arena, &hit, &n, &e));
    EQ(n, 4);
    EQ(hit[0].place, 2); /* second and first */
    NEAR(hit[0].score, 1.0 / 62 + 1.0 / 61, 1e-15);
    EQ(hit[1].place, 4);
    EQ(hit[2].place, 7);
    EQ(hit[3].place, 9);
    list[2].n = 1;
    list[2].weight = 5;
    GOOD(rrf_fuse(list, 3, &arena, &hit, &n, &e));
    EQ(hit[0].place, 7);
    GOOD(rrf_fuse(list, 0, &arena, &hit, &n, &e));
    EQ(n, 0);
}

static void test_no_memory(void) {
    struct world w;
    float q[16] = {1};
    struct vector_hit *got;
    int n;
    open_world(&w, 200, 16);
    fill(&w);
    const struct vector_floats f = {&w, read_floats};
    for (long k = 1;; k++) {
        struct arena a;
        arena_init(&a, 1 << 24);
        mem_fail_at(k, 0);
        enum status st = vector_index_top(w.x, q, NULL, 10, &f, &a, &got, &n, &e);
        mem_fail_at(0, 0);
        arena_free(&a);
        if (st == ST_OK) break;
        EQ(st, ST_NO_MEMORY);
        CHECK(k < 50);
    }
    for (long k = 1; k < 5; k++) {
        struct vector_index *x = NULL;
        mem_fail_at(k, 0);
        EQ(vector_index_open(&x, 10, 8, &e), ST_NO_MEMORY);
        mem_fail_at(0, 0);
        OK(x == NULL);
    }
    close_world(&w);
}

int main(void) {
    arena_init(&arena, 512 << 20);
    test_random(20000, 384);
    test_random(3000, 37);
    test_real();
    test_filter();
    test_ties();
    test_few();
    test_lost();
    test_products();
    test_rrf();
    test_no_memory();
    arena_free(&arena);
    return t_end();
}
