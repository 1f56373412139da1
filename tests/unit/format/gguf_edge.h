/* Parsing at the edge of a dead page, for the tests of GGUF. */
#ifndef TESTS_UNIT_GGUF_EDGE_H
#define TESTS_UNIT_GGUF_EDGE_H

#include "tests/t.h"
#include "tests/unit/format/gguf_build.h"

enum { SMALL = 64 * 1024 };

static struct err e;
static struct edge edge;

/* Parses at the edge; the arena is the caller's to free. */
static inline enum status parse(struct gguf *g, const void *p, size_t n, struct arena *a) {
    arena_init(a, 64 << 20);
    return gguf_parse(g, "bad.gguf", edge_put(&edge, p, n), n, a, &e);
}

#endif
