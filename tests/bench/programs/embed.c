/* How long the embedding model takes: bench_embed FOLDER TEXTS THREADS [VECTORS]. TEXTS has one
 * text a line; prints JSON with the median of three rounds, and writes the vectors (f32) to
 * VECTORS. tests/bench/vectors.py sets it beside sentence-transformers. */
#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"
#include "model/embed/embed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3, TEXTS_MAX = 100000 };

static int by_value(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static int split(char *p, size_t n, struct view *text) {
    int count = 0;
    for (char *end = p + n; p < end && count < TEXTS_MAX; count++) {
        char *nl = memchr(p, '\n', (size_t)(end - p));
        text[count] = (struct view){p, (size_t)((nl ? nl : end) - p)};
        p = (nl ? nl : end) + 1;
    }
    return count;
}

static enum status run(char **arg, int n_arg, struct err *e) {
    static struct view text[TEXTS_MAX];
    struct embedder *em;
    struct embedder_info info;
    double took[ROUNDS], from = clock_s();
    char *p;
    size_t n;
    TRY(file_read(arg[2], (size_t)1 << 30, &p, &n, e));
    TRY(embedder_open(&em, arg[1], atoi(arg[3]), e));
    double open_s = clock_s() - from;
    int texts = split(p, n, text);
    embedder_info(em, &info);
    size_t bytes = (size_t)texts * (size_t)info.dim * sizeof(float);
    float *out = mem_alloc(bytes);
    if (!out) return fail(e, ST_NO_MEMORY, "no memory for %d vectors", texts);
    for (int r = 0; r < ROUNDS; r++) {
        from = clock_s();
        TRY(embedder_run(em, text, texts, out, NULL, NULL, e));
        took[r] = clock_s() - from;
    }
    qsort(took, ROUNDS, sizeof *took, by_value);
    printf("{\"texts\":%d,\"threads\":%d,\"open_s\":%.3f,\"seconds\":%.3f,\"texts_per_s\":%.0f}\n",
           texts, info.threads, open_s, took[ROUNDS / 2], texts / took[ROUNDS / 2]);
    enum status st = n_arg > 4 ? file_write(arg[4], out, bytes, e) : ST_OK;
    mem_free(out);
    mem_free(p);
    embedder_close(em);
    return st;
}

int main(int n, char **arg) {
    struct err e = {.text = ""};
    if (n < 4) {
        fprintf(stderr, "usage: bench_embed FOLDER TEXTS THREADS [VECTORS]\n");
        return 2;
    }
    if (run(arg, n, &e) == ST_OK) return 0;
    fprintf(stderr, "%s\n", e.text);
    return 1;
}
