/* What a model file's header says. */
#include "model/engine.h"

#include "model/base/file.h"
#include "model/model.h"

#include <string.h>

static enum status text_of(const struct gguf *g, const char *key, const char *def, struct arena *a,
                           const char **out, struct err *e) {
    struct view v;
    TRY(gguf_text(g, key, def, &v, e));
    *out = arena_copy(a, v.p, v.n < 200 ? v.n : 200);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a model's names");
}

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

enum status engine_peek(const char *file, struct arena *a, struct engine_info *out, struct err *e) {
    struct file_map map = {0};
    struct arena tables;
    struct gguf g;
    memset(out, 0, sizeof *out);
    TRY(file_map_open(&map, file, e));
    arena_init(&tables, (size_t)1 << 30);
    enum status st = gguf_parse(&g, file, map.p, map.n, &tables, e);
    if (st == ST_OK) st = text_of(&g, "general.name", "unnamed", a, &out->name, e);
    if (st == ST_OK) st = text_of(&g, "general.architecture", NULL, a, &out->architecture, e);
    if (st == ST_OK) st = text_of(&g, "general.license", "not stated", a, &out->license, e);
    if (st == ST_OK) st = facts(&g, out, e);
    arena_free(&tables);
    file_map_close(&map);
    return st;
}
