/* Precisions and backends by name. */
#include "model/engine/backend.h"

#include <string.h>

/* What may be asked for, and the backend that has it where it is not all. */
static const struct precision_name {
    const char *name;
    enum precision p;
    const char *only;
} precisions[] = {{"bf16", PREC_BF16, NULL},  {"f32", PREC_F32, NULL},
                  {"int8", PREC_INT8, "cpu"}, {"fp8", PREC_FP8, "cuda"},
                  {"auto", PREC_BF16, NULL},  {"bf16_head", PREC_BF16_HEAD, "cpu"}};

const char *backend_precision(enum precision p) {
    size_t i = 0;
    while (precisions[i].p != p) i++;
    return precisions[i].name;
}

static enum status find(const char *want, const char *backend, enum precision *p, struct err *e) {
    for (size_t i = 0; i < COUNT(precisions); i++) {
        const struct precision_name *x = &precisions[i];
        if (strcmp(want, x->name) != 0) continue;
        *p = x->p;
        if (!x->only || strcmp(backend, "auto") == 0 || strcmp(backend, x->only) == 0) return ST_OK;
        return fail(e, ST_UNSUPPORTED, "precision %s needs the %s backend, not %.20s", x->name,
                    x->only, backend);
    }
    return fail(e, ST_INVALID, "precision '%.20s' is not one of auto, bf16, f32, int8, fp8", want);
}

/* sha256: of a model whose precision may have been decided; NULL where one was asked for. */
static enum status open_cpu(const struct engine_config *c, enum precision p, const char *sha256,
                            struct ops **out, struct err *e) {
    const char *decided = sha256 && c->decided ? c->decided(c->arg, sha256) : NULL;
    if (decided) TRY(find(decided, "cpu", &p, e));
    return ops_cpu_open(out, p, c->threads, e);
}

/* The GPU where there is one. */
static enum status open_any(const struct engine_config *c, enum precision p, const char *sha256,
                            struct arena *a, struct ops **out, const char **no_gpu, struct err *e) {
    struct err why;
    if (p == PREC_FP8) return ops_cuda_open(out, p, e);
    if (p == PREC_BF16) {
        if (ops_cuda_open(out, p, &why) == ST_OK) return ST_OK;
        *no_gpu = arena_copy(a, why.text, strlen(why.text));
    }
    return open_cpu(c, p, sha256, out, e);
}

enum status backend_open(const struct engine_config *c, const char *sha256, struct arena *a,
                         struct ops **out, const char **no_gpu, struct err *e) {
    const char *backend = c->backend ? c->backend : "auto",
               *want = c->precision ? c->precision : "auto";
    int free_choice = strcmp(want, "auto") == 0, ref = strcmp(backend, "ref") == 0;
    enum precision p;
    TRY(find(want, backend, &p, e));
    if (!free_choice) sha256 = NULL;
    if (ref)
        TRY(ops_ref_open(out, e));
    else if (strcmp(backend, "cuda") == 0)
        TRY(ops_cuda_open(out, p, e));
    else if (strcmp(backend, "cpu") == 0)
        TRY(open_cpu(c, p, sha256, out, e));
    else if (strcmp(backend, "auto") == 0)
        TRY(open_any(c, p, sha256, a, out, no_gpu, e));
    else
        return fail(e, ST_INVALID, "backend '%.20s' is not one of auto, cpu, cuda, ref", backend);
    if (!free_choice && !ref && (*out)->precision != p)
        return fail(e, ST_UNSUPPORTED, "precision %s needs a CPU with AVX512_BF16; use auto or f32",
                    want);
    return ST_OK;
}
