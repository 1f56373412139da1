/* What a model file's header says, without loading the model. */
#include "model/engine/engine.h"

#include "kernels/base/os/file.h"
#include "model/format/peek.h"
#include "model/model.h"

#include <string.h>

enum { HEAD_FIRST = 1 << 20, HEAD_MAX = 256 << 20 };

/* The first file of several has only some of the tensors. */
static enum status facts(const struct gguf *g, struct engine_info *out, struct err *e) {
    const int64_t one = 1;
    int64_t files;
    struct model m;
    TRY(gguf_int(g, "split.count", 0, 999, &one, &files, e));
    if (files > 1) return ST_OK;
    TRY(model_peek(&m, g, e));
    out->layers = m.layers;
    out->context = m.context;
    out->vocab = m.vocab;
    out->parameters = m.parameters;
    return ST_OK;
}

static enum status tell(const struct gguf *g, struct arena *a, struct engine_info *out,
                        struct err *e) {
    TRY(peek_text(g, "general.name", "unnamed", a, &out->name, e));
    TRY(peek_text(g, "general.architecture", NULL, a, &out->architecture, e));
    TRY(peek_text(g, "general.license", "not stated", a, &out->license, e));
    return facts(g, out, e);
}

/* The file's first n bytes; *more is set when the header is longer. */
static enum status look(const char *file, size_t n, int *more, struct arena *a,
                        struct engine_info *out, struct err *e) {
    struct arena tables;
    struct gguf g;
    char *p;
    size_t got, size;
    *more = 0;
    TRY(file_head(file, n, &p, &got, &size, e));
    if (got < n) size = got; /* all there is, whatever its size was a moment ago */
    arena_init(&tables, (size_t)1 << 30);
    enum status st = gguf_parse_head(&g, file, (const uint8_t *)p, got, size, more, &tables, e);
    if (st == ST_OK) st = tell(&g, a, out, e);
    arena_free(&tables);
    mem_free(p);
    return st;
}

/* The header is read and not mapped: a mapped file that somebody cuts short faults on access. */
enum status engine_peek(const char *file, struct arena *a, struct engine_info *out, struct err *e) {
    int more = 1;
    enum status st = ST_OK;
    memset(out, 0, sizeof *out);
    for (size_t n = HEAD_FIRST; more && n <= HEAD_MAX; n *= 4) st = look(file, n, &more, a, out, e);
    if (more)
        return fail(e, ST_LIMIT, "%.200s: the header has more than %d MiB", file, HEAD_MAX >> 20);
    return st;
}
