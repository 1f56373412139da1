/* The families that are built in, and reading their hyperparameters. */
#include "model/family.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct family families[] = {
    {"llama", 0, 0},
    {"qwen2", FAMILY_QKV_BIAS, 1},
    {"qwen3", FAMILY_QK_NORM, 1},
    {"gemma3", FAMILY_QK_NORM | FAMILY_POST_NORM | FAMILY_GEGLU | FAMILY_EMBD_SCALE | FAMILY_WINDOW,
     1},
};
#define NAMES "llama, qwen2, qwen3, gemma3"

enum { CONTEXT_MAX = 131072 }; /* size of the position table; prompts are far shorter */

static const char *key_of(char key[96], const struct family *f, const char *name) {
    snprintf(key, 96, "%s.%s", f->arch, name);
    return key;
}

static enum status key_int(const struct gguf *g, const struct family *f, const char *name,
                           int64_t hi, const int64_t *def, int *out, struct err *e) {
    char key[96];
    int64_t x;
    TRY(gguf_int(g, key_of(key, f, name), 1, hi, def, &x, e));
    *out = (int)x;
    return ST_OK;
}

static enum status key_real(const struct gguf *g, const struct family *f, const char *name,
                            double lo, double hi, const double *def, double *out, struct err *e) {
    char key[96];
    return gguf_real(g, key_of(key, f, name), lo, hi, def, out, e);
}

static enum status find_family(const struct family **out, const struct gguf *g, struct err *e) {
    struct view arch;
    TRY(gguf_text(g, "general.architecture", NULL, &arch, e));
    for (size_t i = 0; i < COUNT(families); i++) {
        *out = &families[i];
        if (view_eq_str(arch, families[i].arch)) return ST_OK;
    }
    return fail(e, ST_UNSUPPORTED, "architecture '%.*s' is not supported (supported: " NAMES ")",
                (int)(arch.n < 40 ? arch.n : 40), arch.p);
}

/* Linear scaling is a factor; a variant that is not implemented must not be ignored. Llama 3's
 * scaling is a tensor of factors, rope_freqs.weight (model.c). */
static enum status read_rope(struct hyper *h, const struct gguf *g, struct err *e) {
    char key[96];
    struct view type;
    const struct family *f = h->family;
    static const double one = 1, base = 10000;
    double old;
    TRY(key_real(g, f, "rope.freq_base", 1, 1e9, &base, &h->rope_base, e));
    TRY(gguf_text(g, key_of(key, f, "rope.scaling.type"), "linear", &type, e));
    if (!view_eq_str(type, "none") && !view_eq_str(type, "linear"))
        return fail(e, ST_UNSUPPORTED,
                    "rope scaling '%.*s' is not supported (supported: linear, "
                    "and Llama 3's factors)",
                    (int)(type.n < 40 ? type.n : 40), type.p);
    /* Older converters wrote linear scaling under this name, without a type. */
    TRY(key_real(g, f, "rope.scale_linear", 0, 1e6, &one, &old, e));
    TRY(key_real(g, f, "rope.scaling.factor", 0, 1e6, &old, &h->rope_factor, e));
    if (h->rope_factor == 0 || view_eq_str(type, "none")) h->rope_factor = 1;
    int64_t rot = h->head_dim;
    int dims;
    TRY(key_int(g, f, "rope.dimension_count", 1 << 16, &rot, &dims, e));
    if (dims != h->head_dim)
        return fail(e, ST_UNSUPPORTED, "rope over %d of %d dimensions is not supported", dims,
                    h->head_dim);
    return ST_OK;
}

/* Which layers are windowed: all but every n-th, or as a list says. */
static enum status read_window(struct hyper *h, const struct gguf *g, struct err *e) {
    char key[96];
    static const double base = 10000;
    static const int64_t six = 6;
    int every = 0;
    TRY(key_int(g, h->family, "attention.sliding_window", 1 << 24, NULL, &h->window, e));
    TRY(key_real(g, h->family, "rope.freq_base_swa", 1, 1e9, &base, &h->window_base, e));
    key_of(key, h->family, "attention.sliding_window_pattern");
    const struct gguf_kv *list = gguf_find(g, key);
    if (list && list->type == GGUF_ARR) {
        if (list->elem != GGUF_BOOL || list->count < (uint64_t)h->layers)
            return fail(e, ST_CORRUPT, "%s is not a list of %d bools, one a layer", key, h->layers);
        for (int l = 0; l < h->layers; l++) h->windowed[l] = list->data.p[l] != 0;
        return ST_OK;
    }
    TRY(key_int(g, h->family, "attention.sliding_window_pattern", 1 << 16, &six, &every, e));
    for (int l = 0; l < h->layers; l++) h->windowed[l] = (l + 1) % every != 0;
    return ST_OK;
}

/* Values that change the result in ways that are not built in. */
static enum status refuse_others(const struct hyper *h, const struct gguf *g, struct err *e) {
    static const char *const zero[] = {
        "attn_logit_softcapping", "final_logit_softcapping", "attention.scale", "logit_scale",
        "residual_scale",         "embedding_scale",         "expert_count"};
    static const double none = 0;
    for (size_t i = 0; i < COUNT(zero); i++) {
        double x;
        TRY(key_real(g, h->family, zero[i], -1e30, 1e30, &none, &x, e));
        if (x != 0)
            return fail(e, ST_UNSUPPORTED, "%s.%s = %g is not supported", h->family->arch, zero[i],
                        x);
    }
    return ST_OK;
}

static enum status read_heads(struct hyper *h, const struct gguf *g, struct err *e) {
    const struct family *f = h->family;
    TRY(key_int(g, f, "attention.head_count", 4096, NULL, &h->heads, e));
    int64_t kv = h->heads, size = h->dim / h->heads;
    char key[96];
    if (!gguf_find(g, key_of(key, f, "attention.key_length")) && h->dim % h->heads != 0)
        return fail(e, ST_CORRUPT, "embedding_length %d is not a multiple of head_count %d", h->dim,
                    h->heads);
    TRY(key_int(g, f, "attention.head_count_kv", 4096, &kv, &h->kv_heads, e));
    TRY(key_int(g, f, "attention.key_length", MODEL_HEAD_MAX, &size, &h->head_dim, e));
    if (h->heads % h->kv_heads != 0)
        return fail(e, ST_CORRUPT, "head_count %d is not a multiple of head_count_kv %d", h->heads,
                    h->kv_heads);
    if (h->head_dim % 16 != 0)
        return fail(e, ST_UNSUPPORTED, "head size %d is not a multiple of 16", h->head_dim);
    h->attn_scale = 1 / sqrt(h->head_dim);
    /* Gemma 3 27B, and no other, divides by its width per head instead of the head size. */
    if (h->family->has & FAMILY_WINDOW && h->layers == 62)
        h->attn_scale = sqrt((double)h->heads / h->dim);
    return ST_OK;
}

enum status hyper_read(struct hyper *h, const struct gguf *g, struct err *e) {
    *h = (struct hyper){0};
    TRY(find_family(&h->family, g, e));
    const struct family *f = h->family;
    TRY(key_int(g, f, "embedding_length", 1 << 20, NULL, &h->dim, e));
    TRY(key_int(g, f, "block_count", MODEL_LAYERS_MAX, NULL, &h->layers, e));
    TRY(read_heads(h, g, e));
    TRY(key_int(g, f, "feed_forward_length", 1 << 22, NULL, &h->ffn, e));
    TRY(key_int(g, f, "context_length", 1 << 24, NULL, &h->context, e));
    TRY(key_real(g, f, "attention.layer_norm_rms_epsilon", 1e-12, 1e-1, NULL, &h->eps, e));
    TRY(read_rope(h, g, e));
    if (f->has & FAMILY_WINDOW) TRY(read_window(h, g, e));
    if (h->context > CONTEXT_MAX) h->context = CONTEXT_MAX;
    return refuse_others(h, g, e);
}
