/* What a model file's header says, without loading the model. */
#include "model/engine/engine.h"

#include "model/format/peek.h"
#include "model/model.h"

#include <string.h>

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

struct peeking {
    struct arena *a;
    struct engine_info *out;
};

static enum status tell(void *arg, const struct gguf *g, struct view head, struct err *e) {
    const struct peeking *x = arg;
    (void)head;
    TRY(peek_text(g, "general.name", "unnamed", x->a, &x->out->name, e));
    TRY(peek_text(g, "general.architecture", NULL, x->a, &x->out->architecture, e));
    TRY(peek_text(g, "general.license", "not stated", x->a, &x->out->license, e));
    return facts(g, x->out, e);
}

enum status engine_peek(const char *file, struct arena *a, struct engine_info *out, struct err *e) {
    struct peeking x = {a, out};
    memset(out, 0, sizeof *out);
    return peek_head(file, tell, &x, e);
}
