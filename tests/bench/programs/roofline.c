/* How fast this machine multiplies at a model's own shapes, and so the least time that a ranking
 * job can take. Nothing here passes or fails; the last line of each precision is for programs
 * (tests/bench/table.py). TAPROOM_ISA=avx2 with DNNL_MAX_CPU_ISA=AVX2 shows an older machine's.
 * usage: bench_roofline MODEL THREADS PASSES PREFIXxITEMSxTOKENS... */
#include "kernels/cpu/int8.h"
#include "kernels/cpu/matmul.h"
#include "kernels/base/arena.h"
#include "kernels/base/os/clock.h"
#include "model/family.h"
#include "model/format/shards.h"
#include "tests/bench/programs/onednn_s8.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 256, PASSES_MAX = 1000, SHAPES = 4, JOBS_MAX = 64 };
static const int row_counts[] = {128, 256};

enum kind { BF16, F32, INT8, KINDS }; /* in the order of their runs */
static const char *const kind_names[] = {"bf16", "f32", "int8"};

/* A layer's products: n outputs, k inputs; `add` as the forward pass runs them. Everything after
 * the first is done in the last layer only for rows that are read. */
struct shape {
    const char *name;
    int n, k, add;
};

struct bench {
    struct hyper h;
    int vocab;
    struct shape shape[SHAPES];
    struct mm *mm;
    struct mm_mat *w[MODEL_LAYERS_MAX][SHAPES], *head;
    struct i8_mat *q[MODEL_LAYERS_MAX][SHAPES];
    i8_code *code;
    struct s8 *s8; /* oneDNN's int8 products; NULL where it has no fast ones */
    void *x;
    float *y;
    enum kind kind;
    int passes;
    double best[COUNT(row_counts)][SHAPES];   /* seconds of one product, weights from memory */
    double hot[COUNT(row_counts)][SHAPES];    /* the same matrix again and again */
    double head_row;                          /* seconds of one row of logits */
    int by_onednn[COUNT(row_counts)][SHAPES]; /* int8: whose product was the faster one */
};

struct job {
    double prefix, items, item_tokens;
};

/* Values of a usual size; zeros or denormals would be multiplied at another speed on some CPUs. */
static void fill(float *x, size_t n) {
    uint32_t seed = 1;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / 16777216.0f - 0.5f;
    }
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static enum status open_weights(struct bench *b, struct err *e) {
    enum status st = ST_OK;
    size_t most = (size_t)b->vocab * (size_t)b->h.dim;
    for (int i = 0; i < SHAPES; i++)
        most = larger(most, (size_t)b->shape[i].n * (size_t)b->shape[i].k);
    float *w = mem_alloc(most * sizeof *w);
    if (!w) return fail(e, ST_NO_MEMORY, "no memory for weights");
    fill(w, most);
    for (int l = 0; l < b->h.layers && st == ST_OK; l++)
        for (int i = 0; i < SHAPES && st == ST_OK; i++)
            st = b->kind == INT8 ? i8_open(&b->q[l][i], w, b->shape[i].n, b->shape[i].k, e)
                                 : mm_mat_open(b->mm, &b->w[l][i], w, b->shape[i].n, b->shape[i].k,
                                               b->kind == BF16, e);
    if (st == ST_OK) st = mm_mat_open(b->mm, &b->head, w, b->vocab, b->h.dim, 0, e);
    mem_free(w);
    return st;
}

static enum status bench_open(struct bench *b, struct err *e) {
    size_t widest = 0, y = (size_t)MM_TILE * (size_t)b->vocab;
    for (int i = 0; i < SHAPES; i++) {
        widest = larger(widest, (size_t)b->shape[i].k);
        y = larger(y, (size_t)ROWS_MAX * (size_t)b->shape[i].n);
    }
    size_t x = ROWS_MAX * widest;
    b->x = mem_alloc(x * sizeof(float));
    b->y = mem_alloc(y * sizeof(float));
    if (!b->x || !b->y) return fail(e, ST_NO_MEMORY, "no memory for activations");
    fill(b->x, x);
    /* bf16 numbers of a usual size; two of them read as one float for the head, or as the scale of
     * an int8 row, are usual, too */
    for (size_t i = 0; b->kind != F32 && i < 2 * x; i++)
        ((uint16_t *)b->x)[i] = (uint16_t)(0x3e00 + i % 128);
    memset(b->y, 0, y * sizeof(float));
    TRY(mm_open(&b->mm, e));
    return open_weights(b, e);
}

static void bench_close(struct bench *b) {
    for (int l = 0; l < b->h.layers; l++)
        for (int i = 0; i < SHAPES; i++) {
            mm_mat_close(b->w[l][i]);
            i8_close(b->q[l][i]);
        }
    s8_close(b->s8);
    mm_mat_close(b->head);
    mm_close(b->mm);
    mem_free(b->x);
    mem_free(b->y);
}

/* The least of several passes counts: a roof is what the machine can do. */
static void least(double *best, double s) {
    if (*best == 0 || s < *best) *best = s;
}

static enum status product(struct bench *b, int l, int i, int rows, struct err *e) {
    if (b->kind != INT8) return mm_run(b->mm, b->y, b->x, b->w[l][i], rows, b->shape[i].add, e);
    i8_run(b->code, b->y, b->x, b->q[l][i], rows, b->shape[i].add);
    return ST_OK;
}

/* All layers in the model's order, so that weights come from where they come from in the model. */
static enum status pass_model(struct bench *b, int r, struct err *e) {
    double seconds[SHAPES] = {0};
    for (int l = 0; l < b->h.layers; l++)
        for (int i = 0; i < SHAPES; i++) {
            double start = clock_s();
            TRY(product(b, l, i, row_counts[r], e));
            seconds[i] += clock_s() - start;
        }
    for (int i = 0; i < SHAPES; i++) least(&b->best[r][i], seconds[i] / b->h.layers);
    return ST_OK;
}

static enum status pass_hot(struct bench *b, int r, struct err *e) {
    for (int i = 0; i < SHAPES; i++) {
        double start = clock_s();
        for (int l = 0; l < b->h.layers; l++) TRY(product(b, 0, i, row_counts[r], e));
        least(&b->hot[r][i], (clock_s() - start) / b->h.layers);
    }
    return ST_OK;
}

/* oneDNN's int8 products, without the scales and sums that ours contain, where they are faster. */
static enum status pass_onednn(struct bench *b, int r, struct err *e) {
    struct s8_shape shape[SHAPES];
    double seconds[SHAPES];
    for (int i = 0; i < SHAPES; i++)
        shape[i] = (struct s8_shape){row_counts[r], b->shape[i].n, b->shape[i].k};
    TRY(s8_pass(&b->s8, shape, SHAPES, b->h.layers, b->x, b->y, seconds, e));
    for (int i = 0; i < SHAPES; i++)
        if (seconds[i] > 0 && seconds[i] < b->best[r][i]) {
            b->best[r][i] = seconds[i];
            b->by_onednn[r][i] = 1;
        }
    return ST_OK;
}

static enum status measure(struct bench *b, struct err *e) {
    for (int k = 0; k < b->passes; k++) {
        for (size_t r = 0; r < COUNT(row_counts); r++) {
            TRY(pass_model(b, (int)r, e));
            TRY(pass_hot(b, (int)r, e));
        }
        double start = clock_s();
        TRY(mm_run(b->mm, b->y, b->x, b->head, MM_TILE, 0, e));
        least(&b->head_row, (clock_s() - start) / MM_TILE);
    }
    for (size_t r = 0; r < COUNT(row_counts) && b->kind == INT8; r++) {
        for (int k = 0; k < b->passes; k++) TRY(pass_onednn(b, (int)r, e));
        s8_close(b->s8);
        b->s8 = NULL;
    }
    return ST_OK;
}

/* --- the job --- */

/* Rows that go through product i over all layers when `tokens` are computed. */
static double product_rows(const struct bench *b, int i, double tokens, double read) {
    return i == 0 ? tokens * b->h.layers : tokens * (b->h.layers - 1) + read;
}

/* Tokens that a span of n tokens sees, summed over its tokens, when `before` are on its path and a
 * layer sees the last `window` (0: all). */
static double seen(double before, double n, double window) {
    double sum = 0;
    for (double i = 1; i <= n; i++) sum += window > 0 && before + i > window ? window : before + i;
    return sum;
}

/* Two products (scores, values) of 2 heads head_dim operations for every token that a row sees; the
 * reading rows of the last layer are a rounding error beside it. */
static double attention_flop(const struct bench *b, const struct job *j, int cached) {
    double flop = 0;
    for (int l = 0; l < b->h.layers - 1; l++) {
        double window = b->h.windowed[l] ? b->h.window : 0;
        flop += 4.0 * b->h.heads * b->h.head_dim *
                (j->items * seen(j->prefix, j->item_tokens, window) +
                 (cached ? 0 : seen(0, j->prefix, window)));
    }
    return flop;
}

/* Seconds of attention in each chunk size, at the rate of the float products: it is in bf16 (f32
 * where the CPU has none) also when the products are in int8. */
typedef double attention_time[COUNT(row_counts)];

/* Prints the job and returns its least time: products, head and attention, at the faster chunk. */
static double report_job(const struct bench *b, const struct job *j, int cached,
                         attention_time at) {
    double tokens = j->items * j->item_tokens + (cached ? 0 : j->prefix);
    double flop = 0, seconds[COUNT(row_counts)] = {0};
    for (int i = 0; i < SHAPES; i++) {
        double rows = product_rows(b, i, tokens, j->items);
        flop += 2.0 * b->shape[i].n * b->shape[i].k * rows;
        for (size_t r = 0; r < COUNT(row_counts); r++)
            seconds[r] += b->best[r][i] * rows / row_counts[r];
    }
    double attention = attention_flop(b, j, cached), head = b->head_row * j->items, least_s = 0;
    printf("%s: %.0f tokens, products %.1f GFLOP, attention %.1f GFLOP\n",
           cached ? "prefix cached" : "cold", tokens, flop / 1e9, attention / 1e9);
    for (size_t r = 0; r < COUNT(row_counts); r++) {
        double own = attention * seconds[r] / flop;
        if (b->kind == BF16 || (b->kind == F32 && at[r] == 0)) at[r] = own;
        if (b->kind == INT8) own = at[r];
        double all = seconds[r] + head + own;
        printf("  chunks of %d rows: products %.3f s (%.0f GFLOP/s) + head %.3f s + attention %.3f "
               "s = %.3f s\n",
               row_counts[r], seconds[r], flop / seconds[r] / 1e9, head, own, all);
        least(&least_s, all);
    }
    return least_s;
}

static void report(const struct bench *b, const struct job *j, int n) {
    static attention_time at[JOBS_MAX][2];
    printf("\n%s, best of %d passes, GFLOP/s\n", kind_names[b->kind], b->passes);
    printf("%-14s %11s %5s %12s %12s\n", "product", "n x k", "rows", "in the model", "weights hot");
    for (int i = 0; i < SHAPES; i++)
        for (size_t r = 0; r < COUNT(row_counts); r++) {
            double gflop = 2.0 * b->shape[i].n * b->shape[i].k * row_counts[r] / 1e9;
            printf("%-14s %5d x%5d %5d %12.1f %12.1f%s\n", b->shape[i].name, b->shape[i].n,
                   b->shape[i].k, row_counts[r], gflop / b->best[r][i], gflop / b->hot[r][i],
                   b->by_onednn[r][i] ? "  (in the model: oneDNN)" : "");
        }
    printf("%-14s %5d x%5d %5d %12.1f\n", "head (f32)", b->vocab, b->h.dim, MM_TILE,
           2.0 * b->vocab * b->h.dim / 1e9 / b->head_row);
    for (int i = 0; i < n; i++, j++) {
        printf("\nprefix %.0f, %.0f items of %.0f tokens\n", j->prefix, j->items, j->item_tokens);
        double cold = report_job(b, j, 0, at[i][0]), cached = report_job(b, j, 1, at[i][1]);
        printf("roofline %s %.0fx%.0fx%.0f cold_s %.4f cached_s %.4f\n", kind_names[b->kind],
               j->prefix, j->items, j->item_tokens, cold, cached);
    }
}

static enum status run(struct bench *b, const struct job *j, int n, struct err *e) {
    enum status st = bench_open(b, e);
    if (st == ST_OK) st = measure(b, e);
    if (st == ST_OK) report(b, j, n);
    bench_close(b);
    return st;
}

/* The shapes of the model in the file. */
static enum status read_shapes(struct bench *b, const char *path, struct err *e) {
    struct shards files;
    struct arena tables;
    arena_init(&tables, (size_t)256 << 20);
    enum status st = shards_open(&files, path, &tables, NULL, e);
    if (st == ST_OK) {
        const struct gguf_tensor *embd = gguf_tensor(&files.g, "token_embd.weight");
        st = hyper_read(&b->h, &files.g, e);
        if (st == ST_OK && !embd) st = fail(e, ST_CORRUPT, "%s has no token_embd.weight", path);
        if (st == ST_OK) b->vocab = (int)embd->dim[1];
        shards_close(&files);
    }
    arena_free(&tables);
    const struct hyper *h = &b->h;
    int heads = h->heads * h->head_dim;
    b->shape[0] = (struct shape){"qkv", heads + 2 * h->kv_heads * h->head_dim, h->dim, 0};
    b->shape[1] = (struct shape){"attention out", h->dim, heads, 1};
    b->shape[2] = (struct shape){"gate and up", 2 * h->ffn, h->dim, 0};
    b->shape[3] = (struct shape){"down", h->dim, h->ffn, 1};
    return st;
}

/* What the CPU has and TAPROOM_ISA allows (kernels/cpu/cpu.c). */
static int bf16_here(void) {
#if defined(__x86_64__) || defined(__i386__)
    const char *limit = getenv("TAPROOM_ISA");
    __builtin_cpu_init();
    return (!limit || strcmp(limit, "avx512_bf16") == 0) && __builtin_cpu_supports("avx512bf16");
#else
    return 0;
#endif
}

static i8_code *int8_code(void) {
#if defined(__x86_64__) || defined(__i386__)
    if (bf16_here() && __builtin_cpu_supports("avx512vnni")) return i8_vnni;
    if (__builtin_cpu_supports("avx2")) return i8_avx2;
#endif
    return i8_base;
}

static int number(const char *s, int max, int *out) {
    char *end;
    long x = strtol(s, &end, 10);
    *out = (int)x;
    return end != s && !*end && x >= 1 && x <= max;
}

static int read_job(const char *s, struct job *j) {
    char end;
    return sscanf(s, "%lfx%lfx%lf%c", &j->prefix, &j->items, &j->item_tokens, &end) == 3 &&
           j->prefix >= 1 && j->items >= 1 && j->item_tokens >= 1;
}

int main(int argc, char **argv) {
    static struct bench shapes, b;
    struct job job[JOBS_MAX];
    struct err e;
    int n = argc - 4, threads, passes, good;
    good = n >= 1 && n <= (int)COUNT(job) && number(argv[2], 1024, &threads) &&
           number(argv[3], PASSES_MAX, &passes);
    for (int i = 0; good && i < n; i++) good = read_job(argv[i + 4], &job[i]);
    if (!good) {
        fprintf(stderr, "usage: bench_roofline MODEL THREADS PASSES PREFIXxITEMSxTOKENS...\n");
        return 2;
    }
    omp_set_num_threads(threads);
    enum status st = read_shapes(&shapes, argv[1], &e);
    shapes.passes = passes;
    shapes.code = int8_code();
    if (!bf16_here()) printf("bf16 is left out: there is no AVX512_BF16\n");
    for (int kind = bf16_here() ? BF16 : F32; kind < KINDS && st == ST_OK; kind++) {
        b = shapes;
        b.kind = (enum kind)kind;
        st = run(&b, job, n, &e);
    }
    if (st != ST_OK) fprintf(stderr, "bench_roofline: %s\n", e.text);
    return st != ST_OK;
}
