/* Loading a model of architecture `llama` from a GGUF file. */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Hyperparameters as the file gives them. */
struct hyper {
    int dim, layers, heads, kv_heads, head_dim, ffn, context;
    double eps, rope_base;
};

static enum status key_int(const struct gguf *g, const char *arch, const char *name, int64_t hi,
                           const int64_t *def, int *out, struct err *e) {
    char key[96];
    int64_t x;
    snprintf(key, sizeof key, "%s.%s", arch, name);
    TRY(gguf_int(g, key, 1, hi, def, &x, e));
    *out = (int)x;
    return ST_OK;
}

static enum status key_real(const struct gguf *g, const char *arch, const char *name, double lo,
                            double hi, const double *def, double *out, struct err *e) {
    char key[96];
    snprintf(key, sizeof key, "%s.%s", arch, name);
    return gguf_real(g, key, lo, hi, def, out, e);
}

/* Position scaling that is not implemented must not be ignored. */
static enum status check_rope(const struct gguf *g, const char *arch, struct err *e) {
    char key[96];
    struct view type;
    snprintf(key, sizeof key, "%s.rope.scaling.type", arch);
    TRY(gguf_text(g, key, "none", &type, e));
    if (!view_eq_str(type, "none"))
        return fail(e, ST_UNSUPPORTED, "rope scaling '%.*s' is not supported",
                    (int)(type.n < 40 ? type.n : 40), type.p);
    /* Older converters wrote linear scaling without a type. */
    static const char *const old[] = {"rope.scaling.factor", "rope.scale_linear"};
    for (size_t i = 0; i < COUNT(old); i++) {
        static const double one = 1;
        double factor;
        TRY(key_real(g, arch, old[i], 0, 1e9, &one, &factor, e));
        if (factor != 0 && factor != 1)
            return fail(e, ST_UNSUPPORTED, "rope scaling by %g (%s.%s) is not supported", factor,
                        arch, old[i]);
    }
    if (gguf_tensor(g, "rope_freqs.weight"))
        return fail(e, ST_UNSUPPORTED,
                    "rope scaling by a factor tensor (rope_freqs.weight) is not supported");
    return ST_OK;
}

static enum status read_hyper(struct hyper *h, const struct gguf *g, struct err *e) {
    struct view arch;
    TRY(gguf_text(g, "general.architecture", NULL, &arch, e));
    if (!view_eq_str(arch, "llama"))
        return fail(e, ST_UNSUPPORTED, "architecture '%.*s' is not supported (supported: llama)",
                    (int)(arch.n < 40 ? arch.n : 40), arch.p);
    TRY(check_rope(g, "llama", e));
    TRY(key_int(g, "llama", "embedding_length", 1 << 20, NULL, &h->dim, e));
    TRY(key_int(g, "llama", "block_count", MODEL_LAYERS_MAX, NULL, &h->layers, e));
    TRY(key_int(g, "llama", "attention.head_count", 4096, NULL, &h->heads, e));
    int64_t kv = h->heads, hd = h->dim / h->heads;
    TRY(key_int(g, "llama", "attention.head_count_kv", 4096, &kv, &h->kv_heads, e));
    if (h->dim % h->heads != 0)
        return fail(e, ST_CORRUPT, "embedding_length %d is not a multiple of head_count %d", h->dim,
                    h->heads);
    TRY(key_int(g, "llama", "attention.key_length", MODEL_HEAD_MAX, &hd, &h->head_dim, e));
    TRY(key_int(g, "llama", "feed_forward_length", 1 << 22, NULL, &h->ffn, e));
    TRY(key_int(g, "llama", "context_length", 1 << 24, NULL, &h->context, e));
    static const double base = 10000;
    TRY(key_real(g, "llama", "attention.layer_norm_rms_epsilon", 1e-12, 1e-1, NULL, &h->eps, e));
    TRY(key_real(g, "llama", "rope.freq_base", 1, 1e9, &base, &h->rope_base, e));
    int64_t rot = h->head_dim;
    int rope_dims;
    TRY(key_int(g, "llama", "rope.dimension_count", 1 << 16, &rot, &rope_dims, e));
    if (h->heads % h->kv_heads != 0)
        return fail(e, ST_CORRUPT, "head_count %d is not a multiple of head_count_kv %d", h->heads,
                    h->kv_heads);
    if (h->head_dim % 16 != 0)
        return fail(e, ST_UNSUPPORTED, "head size %d is not a multiple of 16", h->head_dim);
    if (rope_dims != h->head_dim)
        return fail(e, ST_UNSUPPORTED, "rope over %d of %d dimensions is not supported", rope_dims,
                    h->head_dim);
    if (h->context > 131072)
        h->context = 131072; /* the position table's size; prompts are far shorter */
    return ST_OK;
}

/* The tensor blk.N.name (or name when layer < 0) with k columns and n rows, as a part of a matrix.
 */
static enum status part(const struct gguf *g, int layer, const char *name, int64_t k, int64_t n,
                        struct mat_part *out, struct err *e) {
    char full[64];
    if (layer < 0)
        snprintf(full, sizeof full, "%s.weight", name);
    else
        snprintf(full, sizeof full, "blk.%d.%s.weight", layer, name);
    const struct gguf_tensor *t = gguf_tensor(g, full);
    if (!t) return fail(e, ST_CORRUPT, "tensor %s is missing", full);
    if (t->dim[0] != (uint64_t)k || t->dim[1] != (uint64_t)n || t->dim[2] != 1 || t->dim[3] != 1)
        return fail(e, ST_CORRUPT, "tensor %s is %llu x %llu, the model needs %lld x %lld", full,
                    (unsigned long long)t->dim[0], (unsigned long long)t->dim[1], (long long)k,
                    (long long)n);
    *out = (struct mat_part){t->type, t->data, (int)n};
    return ST_OK;
}

/* One matrix of a layer: up to three tensors stacked. */
struct want {
    size_t at; /* offset of the struct mat * in struct layer */
    int n_parts, k;
    struct {
        const char *name;
        int n;
    } part[3];
};
enum { WANTS = 4 };

static void layer_wants(struct want w[WANTS], const struct hyper *h) {
    int q = h->heads * h->head_dim, kv = h->kv_heads * h->head_dim;
    w[0] = (struct want){
        offsetof(struct layer, qkv), 3, h->dim, {{"attn_q", q}, {"attn_k", kv}, {"attn_v", kv}}};
    w[1] = (struct want){offsetof(struct layer, out), 1, q, {{"attn_output", h->dim}}};
    w[2] = (struct want){
        offsetof(struct layer, gate_up), 2, h->dim, {{"ffn_gate", h->ffn}, {"ffn_up", h->ffn}}};
    w[3] = (struct want){offsetof(struct layer, down), 1, h->ffn, {{"ffn_down", h->dim}}};
}

static enum status want_parts(const struct gguf *g, int layer, const struct want *w,
                              struct mat_part *p, struct err *e) {
    for (int i = 0; i < w->n_parts; i++)
        TRY(part(g, layer, w->part[i].name, w->k, w->part[i].n, &p[i], e));
    return ST_OK;
}

/* Whether a tensor's name is one that the forward pass uses: another one (a bias, a norm of
 * queries) would change the results if it were used, so it must not be ignored. */
static int expected(struct view name) {
    static const char *const once[] = {"token_embd.weight", "output_norm.weight", "output.weight"};
    static const char *const layer[] = {"attn_norm",   "ffn_norm", "attn_q", "attn_k",  "attn_v",
                                        "attn_output", "ffn_gate", "ffn_up", "ffn_down"};
    for (size_t i = 0; i < COUNT(once); i++)
        if (view_eq_str(name, once[i])) return 1;
    const char *dot = name.n > 4 ? memchr(name.p + 4, '.', name.n - 4) : NULL;
    if (!dot || memcmp(name.p, "blk.", 4) != 0) return 0;
    struct view rest = view_sub(name, (size_t)(dot - name.p) + 1, name.n);
    for (size_t i = 0; i < COUNT(layer); i++) {
        size_t n = strlen(layer[i]);
        if (rest.n == n + 7 && memcmp(rest.p, layer[i], n) == 0 &&
            memcmp(rest.p + n, ".weight", 7) == 0)
            return 1;
    }
    return 0;
}

/* Every tensor's presence and shape, before any memory is taken for weights. */
static enum status check_tensors(const struct gguf *g, const struct hyper *h, int *vocab,
                                 struct err *e) {
    struct want w[WANTS];
    struct mat_part p[3];
    const struct gguf_tensor *t = gguf_tensor(g, "token_embd.weight");
    if (!t || t->dim[0] != (uint64_t)h->dim || t->dim[1] > 1 << 24)
        return fail(e, ST_CORRUPT, "tensor token_embd.weight is missing or has not %d columns",
                    h->dim);
    *vocab = (int)t->dim[1];
    if (gguf_tensor(g, "output.weight")) TRY(part(g, -1, "output", h->dim, *vocab, p, e));
    TRY(part(g, -1, "output_norm", h->dim, 1, p, e));
    layer_wants(w, h);
    for (int l = 0; l < h->layers; l++) {
        for (int i = 0; i < WANTS; i++) TRY(want_parts(g, l, &w[i], p, e));
        TRY(part(g, l, "attn_norm", h->dim, 1, p, e));
        TRY(part(g, l, "ffn_norm", h->dim, 1, p, e));
    }
    char extra[64];
    snprintf(extra, sizeof extra, "blk.%d.attn_q.weight", h->layers);
    if (gguf_tensor(g, extra))
        return fail(e, ST_CORRUPT, "tensor %s exceeds block_count %d", extra, h->layers);
    for (uint64_t i = 0; i < g->n_tensors; i++)
        if (!expected(g->tensor[i].name))
            return fail(e, ST_UNSUPPORTED,
                        "tensor %.*s is not part of a llama model as it is built in here",
                        (int)g->tensor[i].name.n, g->tensor[i].name.p);
    return ST_OK;
}

static enum status load_vector(struct model *m, float **out, const struct gguf *g, int layer,
                               const char *name, struct err *e) {
    struct mat_part p;
    TRY(part(g, layer, name, m->dim, 1, &p, e));
    size_t bytes = (size_t)m->dim * sizeof(float);
    float *host = mem_alloc(bytes);
    *out = m->ops->alloc(m->ops, bytes);
    enum status st = host && *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for %s", name);
    if (st == ST_OK) {
        p.type->to_f32(host, p.data, (size_t)m->dim / (size_t)p.type->elems);
        st = m->ops->write(m->ops, *out, host, bytes, e);
    }
    mem_free(host);
    return st;
}

static enum status load_layer(struct model *m, const struct gguf *g, const struct hyper *h, int l,
                              struct err *e) {
    struct want w[WANTS];
    struct mat_part p[3];
    layer_wants(w, h);
    for (int i = 0; i < WANTS; i++) {
        TRY(want_parts(g, l, &w[i], p, e));
        struct mat **to = (struct mat **)((char *)&m->layer[l] + w[i].at);
        TRY(m->ops->mat_open(m->ops, to, p, w[i].n_parts, w[i].k, MAT_LINEAR, e));
    }
    TRY(load_vector(m, &m->layer[l].attn_norm, g, l, "attn_norm", e));
    return load_vector(m, &m->layer[l].ffn_norm, g, l, "ffn_norm", e);
}

/* cos and sin of position x base^(-2i/head_dim), computed in double: Su et al., RoFormer,
 * 2104.09864. */
static enum status rope_table(struct model *m, double base, struct err *e) {
    int half = m->attn.head_dim / 2;
    size_t bytes = (size_t)m->context * (size_t)half * 2 * sizeof(float);
    float *host = mem_alloc(bytes);
    m->rope = m->ops->alloc(m->ops, bytes);
    if (!host || !m->rope) {
        mem_free(host);
        return fail(e, ST_NO_MEMORY, "no memory for %d positions", m->context);
    }
    for (int i = 0; i < half; i++) {
        double f = pow(base, -2.0 * i / m->attn.head_dim);
        for (int p = 0; p < m->context; p++) {
            float *t = host + ((size_t)p * (size_t)half + (size_t)i) * 2;
            t[0] = (float)cos(p * f);
            t[1] = (float)sin(p * f);
        }
    }
    enum status st = m->ops->write(m->ops, m->rope, host, bytes, e);
    mem_free(host);
    m->attn.rope = m->rope;
    return st;
}

static enum status load(struct model *m, const struct gguf *g, const struct hyper *h,
                        struct err *e) {
    struct mat_part p;
    m->layer = mem_alloc((size_t)h->layers * sizeof *m->layer);
    if (!m->layer) return fail(e, ST_NO_MEMORY, "no memory for %d layers", h->layers);
    memset(m->layer, 0, (size_t)h->layers * sizeof *m->layer);
    m->layers = h->layers;
    TRY(rope_table(m, h->rope_base, e));
    TRY(part(g, -1, "token_embd", m->dim, m->vocab, &p, e));
    TRY(m->ops->mat_open(m->ops, &m->embd, &p, 1, m->dim, MAT_TABLE, e));
    if (gguf_tensor(g, "output.weight")) TRY(part(g, -1, "output", m->dim, m->vocab, &p, e));
    TRY(m->ops->mat_open(m->ops, &m->head, &p, 1, m->dim, MAT_HEAD, e));
    TRY(load_vector(m, &m->out_norm, g, -1, "output_norm", e));
    for (int l = 0; l < h->layers; l++) TRY(load_layer(m, g, h, l, e));
    for (uint64_t i = 0; i < g->n_tensors; i++) {
        const struct gguf_tensor *t = &g->tensor[i];
        m->parameters += (long long)(t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3]);
    }
    return ST_OK;
}

enum status model_open(struct model **out, const struct gguf *g, struct ops *ops, struct err *e) {
    struct hyper h;
    int vocab = 0;
    TRY(read_hyper(&h, g, e));
    TRY(check_tensors(g, &h, &vocab, e));
    struct model *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a model");
    *m = (struct model){.ops = ops,
                        .dim = h.dim,
                        .ffn = h.ffn,
                        .vocab = vocab,
                        .context = h.context,
                        .eps = (float)h.eps};
    m->attn = (struct attn_shape){.heads = h.heads,
                                  .kv_heads = h.kv_heads,
                                  .head_dim = h.head_dim,
                                  .scale = 1.0f / sqrtf((float)h.head_dim),
                                  .positions = h.context};
    enum status st = load(m, g, &h, e);
    if (st != ST_OK) {
        model_close(m);
        return st;
    }
    *out = m;
    return ST_OK;
}

void model_close(struct model *m) {
    if (!m) return;
    struct ops *o = m->ops;
    for (int l = 0; l < m->layers; l++) {
        struct layer *y = &m->layer[l];
        struct mat *mats[] = {y->qkv, y->out, y->gate_up, y->down};
        for (size_t i = 0; i < COUNT(mats); i++) o->mat_close(o, mats[i]);
        o->release(o, y->attn_norm);
        o->release(o, y->ffn_norm);
    }
    o->mat_close(o, m->embd);
    o->mat_close(o, m->head);
    o->release(o, m->out_norm);
    o->release(o, m->rope);
    mem_free(m->layer);
    mem_free(m);
}
