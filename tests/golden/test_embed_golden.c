/* links: model */
/* Vectors of all-MiniLM-L6-v2 against PyTorch in float32 (fixtures/embedding/make.py), where the
 * weights are at hand (else exit code 77); alone and in batches, with one thread and two. */
#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"
#include "model/embed/embed.h"
#include "tests/t.h"

#include <jansson.h>
#include <stdlib.h>

enum { TEXTS = 50, DIM = 384 };

static struct err e;
static struct arena texts;
static struct view text[TEXTS];
static float want[TEXTS][DIM], got[TEXTS][DIM], alone[TEXTS][DIM];

static int load(void) {
    char *p, *bin;
    size_t n, n_bin;
    GOOD(file_read("fixtures/embedding/minilm.jsonl", 1 << 20, &p, &n, &e));
    GOOD(file_read("fixtures/embedding/minilm.bin", 1 << 20, &bin, &n_bin, &e));
    if (t_failed) return 0;
    EQ(n_bin, sizeof want);
    if (n_bin == sizeof want) memcpy(want, bin, n_bin);
    mem_free(bin);
    const char *line = p, *stop = p + n;
    int i = 0;
    for (; i < TEXTS && line < stop; i++) {
        const char *nl = memchr(line, '\n', (size_t)(stop - line));
        json_t *s = json_loadb(line, (size_t)(nl - line), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        OK(s != NULL);
        text[i].n = json_string_length(s);
        text[i].p = arena_copy(&texts, json_string_value(s), text[i].n);
        json_decref(s);
        line = nl + 1;
    }
    EQ(i, TEXTS);
    mem_free(p);
    return t_failed == 0;
}

static void test_golden(struct embedder *em) {
    double worst = 0, from = clock_s();
    GOOD(embedder_run(em, text, TEXTS, got[0], NULL, NULL, &e));
    double seconds = clock_s() - from;
    for (int i = 0; i < TEXTS; i++)
        for (int d = 0; d < DIM; d++) {
            double diff = fabs((double)got[i][d] - (double)want[i][d]);
            if (!(diff <= worst)) worst = diff; /* also NaN */
        }
    OK(worst <= 1e-4);
    printf("largest difference over %d texts x %d values: %.3g; %.2f s\n", TEXTS, DIM, worst,
           seconds);
}

static void test_alone(struct embedder *em) {
    for (int i = 0; i < TEXTS; i++) GOOD(embedder_run(em, &text[i], 1, alone[i], NULL, NULL, &e));
    EQ_MEM(alone, got, sizeof got);
}

int main(void) {
    const char *cache = getenv("TAPROOM_CACHE"), *home = getenv("HOME");
    char folder[512];
    struct embedder *em = NULL, *one = NULL;
    struct embedder_info info;
    snprintf(folder, sizeof folder, "%s%s/models/all-minilm-l6-v2", cache ? cache : home,
             cache ? "" : "/.cache/taproom");
    double from = clock_s();
    arena_init(&texts, 1 << 20);
    enum status st = embedder_open(&em, folder, 2, &e);
    if (st == ST_NOT_FOUND) {
        printf("skipped: %s\n", e.text);
        return 77;
    }
    GOOD(st);
    if (st != ST_OK || !load()) return t_end();
    printf("opened in %.2f s\n", clock_s() - from);
    embedder_info(em, &info);
    EQ(info.dim, DIM);
    EQ_STR(info.name, "all-minilm-l6-v2");
    EQ(strlen(info.sha256), 64);
    test_golden(em);
    test_alone(em);
    EQ(embedder_texts(em), 2 * TEXTS);
    embedder_close(em);
    GOOD(embedder_open(&one, folder, 1, &e));
    if (!one) return t_end();
    GOOD(embedder_run(one, text, TEXTS, alone[0], NULL, NULL, &e));
    EQ_MEM(alone, got, sizeof got);
    embedder_close(one);
    arena_free(&texts);
    return t_end();
}
