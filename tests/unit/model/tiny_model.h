/* The small random models of fixtures/tiny: opening engines on them, and building prompt trees. */
#ifndef TESTS_UNIT_TINY_MODEL_H
#define TESTS_UNIT_TINY_MODEL_H

#include "model/engine/engine.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

enum { TINY_VOCAB = 288, TINY_CONTEXT = 512 };
#define TINY(name) "fixtures/tiny/" name ".gguf"

/* Call first. Starts the program anew with sleeping instead of spinning OpenMP threads, which is
 * read at the start only: on a busy machine the spinning takes most of the time. */
static inline void tiny_start(char **argv) {
    if (getenv("OMP_WAIT_POLICY")) return;
    setenv("OMP_WAIT_POLICY", "passive", 1);
    execv("/proc/self/exe", argv);
}

/* NULL, with a line printed, where the machine has no such precision; any other failure counts. */
static inline struct engine *tiny_open_with(struct engine_config c) {
    struct err e;
    struct engine *en = NULL;
    enum status st = engine_open(&en, &c, &e);
    if (st == ST_OK) return en;
    if (st == ST_UNSUPPORTED && c.precision && strcmp(c.precision, "bf16") == 0)
        printf("skipped: %s\n", e.text);
    else
        T_SAY("%s: %s: %s", c.model, status_name(st), e.text);
    return NULL;
}

static inline struct engine *tiny_open(const char *file, const char *backend, const char *precision,
                                       int threads, int chunk_rows) {
    return tiny_open_with((struct engine_config){.model = file,
                                                 .backend = backend,
                                                 .precision = precision,
                                                 .threads = threads,
                                                 .chunk_rows = chunk_rows});
}

static inline uint32_t tiny_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* A prompt tree that is being built. */
enum { FOREST_NODES = 2048, FOREST_TOKENS = 1 << 17 };
struct forest {
    struct tree t;
    int32_t parent[FOREST_NODES], off[FOREST_NODES + 1];
    uint8_t keep[FOREST_NODES];
    int32_t *tok; /* (FOREST_TOKENS) */
};

static inline void forest_open(struct forest *f) {
    memset(f, 0, sizeof *f);
    f->tok = mem_alloc(FOREST_TOKENS * sizeof *f->tok);
    CHECK(f->tok);
    f->t = (struct tree){0, f->parent, f->off, f->tok, f->keep};
}

static inline void forest_close(struct forest *f) {
    mem_free(f->tok);
    f->tok = NULL;
}

static inline void forest_clear(struct forest *f) {
    f->t.n = 0;
    f->off[0] = 0;
}

/* Adds a node of n tokens; answers its index. */
static inline int forest_add(struct forest *f, int parent, const int32_t *tok, int n, int keep) {
    int i = f->t.n++;
    CHECK(i < FOREST_NODES && f->off[i] + n <= FOREST_TOKENS);
    f->parent[i] = parent;
    f->off[i + 1] = f->off[i] + n;
    f->keep[i] = (uint8_t)keep;
    if (n > 0) memcpy(f->tok + f->off[i], tok, (size_t)n * sizeof *tok);
    return i;
}

#endif
