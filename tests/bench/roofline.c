/* How fast this machine multiplies at SmolLM2-135M's own shapes, and so the least time that a
 * ranking job can take in matrix products. Nothing here passes or fails.
 * usage: bench_roofline [PREFIX ITEMS ITEM_TOKENS [THREADS [PASSES]]] */
#include "kernels/cpu/matmul.h"
#include "model/base/arena.h"
#include "model/base/clock.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 30, DIM = 576, VOCAB = 49152, ROWS_MAX = 256, PASSES_MAX = 1000 };
static const int row_counts[] = {128, 256};

/* A layer's products: n outputs, k inputs; `add` as the forward pass runs them. Everything after
 * the first is done in the last layer only for rows that are read. */
static const struct shape {
    const char *name;
    int n, k, add;
} shapes[] = {
    {"qkv", 960, DIM, 0},
    {"attention out", DIM, DIM, 1},
    {"gate and up", 3072, DIM, 0},
    {"down", DIM, 1536, 1},
};
enum { SHAPES = COUNT(shapes) };

struct bench {
    struct mm *mm;
    struct mm_mat *w[LAYERS][SHAPES], *head;
    void *x;
    float *y;
    int half, passes;
    double best[COUNT(row_counts)][SHAPES]; /* seconds of one product, weights from memory */
    double hot[COUNT(row_counts)][SHAPES];  /* the same matrix again and again */
    double head_row;                        /* seconds of one row of logits */
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

static enum status open_weights(struct bench *b, struct err *e) {
    enum status st = ST_OK;
    float *w = mem_alloc((size_t)VOCAB * DIM * sizeof *w);
    if (!w) return fail(e, ST_NO_MEMORY, "no memory for weights");
    fill(w, (size_t)VOCAB * DIM);
    for (int l = 0; l < LAYERS && st == ST_OK; l++)
        for (int i = 0; i < SHAPES && st == ST_OK; i++)
            st = mm_mat_open(b->mm, &b->w[l][i], w, shapes[i].n, shapes[i].k, b->half, e);
    if (st == ST_OK) st = mm_mat_open(b->mm, &b->head, w, VOCAB, DIM, 0, e);
    mem_free(w);
    return st;
}

static enum status bench_open(struct bench *b, int half, int passes, struct err *e) {
    size_t x = (size_t)ROWS_MAX * 1536, y = (size_t)MM_TILE * VOCAB;
    *b = (struct bench){.half = half, .passes = passes};
    b->x = mem_alloc(x * sizeof(float));
    b->y = mem_alloc(y * sizeof(float));
    if (!b->x || !b->y) return fail(e, ST_NO_MEMORY, "no memory for activations");
    fill(b->x, x);
    /* bf16 numbers of a usual size; two of them read as one float for the head are usual, too */
    for (size_t i = 0; half && i < 2 * x; i++) ((uint16_t *)b->x)[i] = (uint16_t)(0x3e00 + i % 128);
    memset(b->y, 0, y * sizeof(float));
    TRY(mm_open(&b->mm, e));
    return open_weights(b, e);
}

static void bench_close(struct bench *b) {
    for (int l = 0; l < LAYERS; l++)
        for (int i = 0; i < SHAPES; i++) mm_mat_close(b->w[l][i]);
    mm_mat_close(b->head);
    mm_close(b->mm);
    mem_free(b->x);
    mem_free(b->y);
}

/* The least of several passes counts: a roof is what the machine can do. */
static void least(double *best, double s) {
    if (*best == 0 || s < *best) *best = s;
}

/* All layers in the model's order, so that weights come from where they come from in the model. */
static enum status pass_model(struct bench *b, int r, struct err *e) {
    double seconds[SHAPES] = {0};
    for (int l = 0; l < LAYERS; l++)
        for (int i = 0; i < SHAPES; i++) {
            double start = clock_s();
            TRY(mm_run(b->mm, b->y, b->x, b->w[l][i], row_counts[r], shapes[i].add, e));
            seconds[i] += clock_s() - start;
        }
    for (int i = 0; i < SHAPES; i++) least(&b->best[r][i], seconds[i] / LAYERS);
    return ST_OK;
}

static enum status pass_hot(struct bench *b, int r, struct err *e) {
    for (int i = 0; i < SHAPES; i++) {
        double start = clock_s();
        for (int l = 0; l < LAYERS; l++)
            TRY(mm_run(b->mm, b->y, b->x, b->w[0][i], row_counts[r], shapes[i].add, e));
        least(&b->hot[r][i], (clock_s() - start) / LAYERS);
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
    return ST_OK;
}

/* --- the job --- */

/* Rows that go through product i over all layers when `tokens` are computed. */
static double product_rows(int i, double tokens, double read) {
    return i == 0 ? tokens * LAYERS : tokens * (LAYERS - 1) + read;
}

/* Two products (scores, values) of 2 DIM operations for every token that a row sees; the reading
 * rows of the last layer are a rounding error beside it. */
static double attention_flop(const struct job *j, int cached) {
    double item = j->item_tokens * (j->prefix + (j->item_tokens + 1) / 2);
    double seen = j->items * item + (cached ? 0 : j->prefix * (j->prefix + 1) / 2);
    return 4.0 * DIM * seen * (LAYERS - 1);
}

static void report_job(const struct bench *b, const struct job *j, int cached) {
    double tokens = j->items * j->item_tokens + (cached ? 0 : j->prefix);
    double flop = 0, seconds[COUNT(row_counts)] = {0};
    for (int i = 0; i < SHAPES; i++) {
        double rows = product_rows(i, tokens, j->items);
        flop += 2.0 * shapes[i].n * shapes[i].k * rows;
        for (size_t r = 0; r < COUNT(row_counts); r++)
            seconds[r] += b->best[r][i] * rows / row_counts[r];
    }
    double attention = attention_flop(j, cached), head = b->head_row * j->items;
    printf("%s: %.0f tokens, products %.1f GFLOP, attention %.1f GFLOP\n",
           cached ? "prefix cached" : "cold", tokens, flop / 1e9, attention / 1e9);
    for (size_t r = 0; r < COUNT(row_counts); r++)
        printf("  chunks of %d rows: products %.3f s (%.0f GFLOP/s) + head %.3f s = %.3f s; with "
               "attention at that rate %.3f s\n",
               row_counts[r], seconds[r], flop / seconds[r] / 1e9, head, seconds[r] + head,
               seconds[r] + head + attention * seconds[r] / flop);
}

static void report(const struct bench *b, const struct job *j) {
    printf("\n%s, best of %d passes, GFLOP/s\n", b->half ? "bf16" : "f32", b->passes);
    printf("%-14s %11s %5s %12s %12s\n", "product", "n x k", "rows", "in the model", "weights hot");
    for (int i = 0; i < SHAPES; i++)
        for (size_t r = 0; r < COUNT(row_counts); r++) {
            double gflop = 2.0 * shapes[i].n * shapes[i].k * row_counts[r] / 1e9;
            printf("%-14s %5d x%5d %5d %12.1f %12.1f\n", shapes[i].name, shapes[i].n, shapes[i].k,
                   row_counts[r], gflop / b->best[r][i], gflop / b->hot[r][i]);
        }
    printf("%-14s %5d x%5d %5d %12.1f\n", "head (f32)", VOCAB, DIM, MM_TILE,
           2.0 * VOCAB * DIM / 1e9 / b->head_row);
    printf("least time of the job in products, %s:\n", b->half ? "bf16" : "f32");
    report_job(b, j, 0);
    report_job(b, j, 1);
}

static int run(int half, int passes, const struct job *j) {
    struct bench b;
    struct err e;
    enum status st = bench_open(&b, half, passes, &e);
    if (st == ST_OK) st = measure(&b, &e);
    if (st == ST_OK) report(&b, j);
    bench_close(&b);
    if (st != ST_OK) fprintf(stderr, "bench_roofline: %s\n", e.text);
    return st != ST_OK;
}

static int number(const char *s, int max, int *out) {
    char *end;
    long x = strtol(s, &end, 10);
    *out = (int)x;
    return end != s && !*end && x >= 1 && x <= max;
}

int main(int argc, char **argv) {
    int v[] = {512, 100, 24, omp_get_num_procs(), 7};
    static const int max[] = {1000000, 1000000, 1000000, 1024, PASSES_MAX};
    int good = argc <= 1 + (int)COUNT(v);
    for (int i = 1; good && i < argc; i++) good = number(argv[i], max[i - 1], &v[i - 1]);
    if (!good) {
        fprintf(stderr, "usage: bench_roofline [PREFIX ITEMS ITEM_TOKENS [THREADS [PASSES]]]\n");
        return 2;
    }
    struct job j = {v[0], v[1], v[2]};
    omp_set_num_threads(v[3]);
    printf("prefix %d, %d items of %d tokens, %d threads\n", v[0], v[1], v[2], v[3]);
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512bf16"))
        printf("bf16 is left out: the CPU has no AVX512_BF16\n");
    else if (run(1, v[4], &j))
        return 1;
#endif
    return run(0, v[4], &j);
}
