/* The files of fixtures/tiny as the tests of loading open them. */
#ifndef TESTS_MODEL_FILE_H
#define TESTS_MODEL_FILE_H

#include "model/model.h"
#include "tests/t.h"

#include <math.h>

#define FOLDER "fixtures/tiny/"
enum { TOKENS = 37, VOCAB = 288, LAYERS = 3, FILE_MAX = 1 << 20 };

static struct err e;

/* A file's bytes and its tables, which a test may change before the model is opened. */
struct fixture {
    char *bytes;
    struct arena arena;
    struct gguf g;
};

static inline int fixture_open(struct fixture *f, const char *path) {
    size_t n;
    f->bytes = NULL;
    arena_init(&f->arena, 1 << 24);
    GOOD(file_read(path, FILE_MAX, &f->bytes, &n, &e));
    if (!f->bytes) return 0;
    enum status st = gguf_parse(&f->g, path, (const uint8_t *)f->bytes, n, &f->arena, &e);
    GOOD(st);
    return st == ST_OK;
}

static inline void fixture_close(struct fixture *f) {
    arena_free(&f->arena);
    mem_free(f->bytes);
}

#endif
