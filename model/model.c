/* Loading a model from a GGUF file: tensors checked against the hyperparameters, then taken. */
#include "model/tensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A vector's tensors, joined, in new backend memory. */
static enum status load_vector(struct model *m, float **out, const struct gguf *g, int layer,
                               const struct want *w, struct err *e) {
    struct mat_part p[MODEL_PARTS];
    int n;
    size_t values = 0, at = 0;
    TRY(want_parts(g, layer, w, p, &n, e));
    for (int i = 0; i < n; i++) values += (size_t)w->part[i].n;
    float *host = mem_alloc(values * sizeof *host);
    *out = m->ops->alloc(m->ops, values * sizeof *host);
    enum status st =
        host && *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for %s", w->part[0].name);
    for (int i = 0; st == ST_OK && i < n; i++) {
        size_t count = (size_t)w->part[i].n;
        p[i].type->to_f32(host + at, p[i].data, count / (size_t)p[i].type->elems);
        at += count;
    }
    if (st == ST_OK) st = m->ops->write(m->ops, *out, host, values * sizeof *host, e);
    mem_free(host);
    return st;
}

/* Puts the adapted weights in the place of a matrix's tensors; the values lie in *own. */
static enum status adapt(const struct adapter *ad, int layer, const struct want *w,
                         struct mat_part p[MODEL_PARTS], int n, float **own, struct err *e) {
    size_t values = 0, k = (size_t)w->k;
    const struct adapter_part *part[MODEL_PARTS] = {0};
    int any = 0;
    for (int i = 0; i < n; i++) {
        char name[ADAPTER_NAME];
        (void)snprintf(name, sizeof name, "blk.%d.%s", layer, w->part[i].name);
        part[i] = adapter_find(ad, name);
        any |= part[i] != NULL;
        values += (size_t)p[i].n * k;
    }
    if (!any) return ST_OK;
    float *at = *own = mem_alloc(values * sizeof *at);
    if (!at) return fail(e, ST_NO_MEMORY, "no memory for an adapted matrix");
    for (int i = 0; i < n; i++) {
        size_t count = (size_t)p[i].n * k;
        p[i].type->to_f32(at, p[i].data, count / (size_t)p[i].type->elems);
        if (part[i]) adapter_merge(ad, part[i], at);
        p[i] = (struct mat_part){block_type_find(0), (const uint8_t *)at, p[i].n};
        at += count;
    }
    return ST_OK;
}

static enum status load_matrix(struct model *m, const struct gguf *g, int l, const struct want *w,
                               struct mat **to, struct err *e) {
    struct mat_part p[MODEL_PARTS];
    float *own = NULL;
    int n;
    TRY(want_parts(g, l, w, p, &n, e));
    enum status st = m->adapter ? adapt(m->adapter, l, w, p, n, &own, e) : ST_OK;
    if (st == ST_OK) st = m->ops->mat_open(m->ops, to, p, n, w->k, MAT_LINEAR, e);
    mem_free(own);
    return st;
}

static enum status load_layer(struct model *m, const struct gguf *g, const struct hyper *h, int l,
                              struct err *e) {
    struct want w[WANTS];
    layer_wants(w, h);
    m->layer[l].windowed = h->windowed[l];
    for (int i = 0; i < WANTS; i++) {
        void *to = (char *)&m->layer[l] + w[i].at;
        if (!wanted(&w[i], h)) continue;
        if (w[i].k == 0) {
            TRY(load_vector(m, to, g, l, &w[i], e));
            continue;
        }
        TRY(load_matrix(m, g, l, &w[i], to, e));
    }
    return ST_OK;
}

/* cos and sin of position x base^(-2i/head_dim) / factor_i, computed in double (Su et al.,
 * RoFormer, 2104.09864), in new backend memory. factor (head_dim/2) may be NULL: all 1. */
static enum status rope_table(struct model *m, float **out, double base, double scale,
                              const float *factor, struct err *e) {
    int half = m->attn.head_dim / 2, context = m->context;
    size_t bytes = (size_t)context * (size_t)half * 2 * sizeof(float);
    float *host = mem_alloc(bytes);
    *out = m->ops->alloc(m->ops, bytes);
    if (!host || !*out) {
        mem_free(host);
        return fail(e, ST_NO_MEMORY, "no memory for %d positions", context);
    }
#pragma omp parallel for schedule(static)
    for (int p = 0; p < context; p++)
        for (int i = 0; i < half; i++) {
            double f = pow(base, -2.0 * i / (2 * half)) / scale / (factor ? (double)factor[i] : 1);
            float *t = host + ((size_t)p * (size_t)half + (size_t)i) * 2;
            t[0] = (float)cos(p * f);
            t[1] = (float)sin(p * f);
        }
    enum status st = m->ops->write(m->ops, *out, host, bytes, e);
    mem_free(host);
    return st;
}

/* The tables of all layers. Llama 3's factors come as a tensor. */
static enum status load_rope(struct model *m, const struct gguf *g, const struct hyper *h,
                             struct err *e) {
    float factor[MODEL_HEAD_MAX / 2];
    const struct gguf_tensor *t = gguf_tensor(g, "rope_freqs.weight");
    if (t) t->type->to_f32(factor, t->data, (size_t)h->head_dim / 2 / (size_t)t->type->elems);
    for (int i = 0; t && i < h->head_dim / 2; i++)
        if (!(factor[i] > 0 && factor[i] < 1e9f))
            return fail(e, ST_CORRUPT, "rope_freqs.weight[%d] is %g, not a factor", i,
                        (double)factor[i]);
    TRY(rope_table(m, &m->rope, h->rope_base, h->rope_factor, t ? factor : NULL, e));
    m->attn.rope = m->rope;
    if (!h->window) return ST_OK;
    TRY(rope_table(m, &m->rope_windowed, h->window_base, 1, NULL, e));
    m->windowed.rope = m->rope_windowed;
    return ST_OK;
}

/* Every tensor of the adapter must be one of a linear layer's, and of its shape. */
static enum status check_adapter(const struct adapter *ad, const struct hyper *h, struct err *e) {
    struct model_linear lin[MODEL_LINEARS];
    model_linears(h, lin);
    for (int i = 0; i < ad->n; i++) {
        const struct adapter_part *p = &ad->part[i];
        int found = 0;
        for (int s = 0; s < MODEL_LINEARS * MODEL_PARTS * h->layers && !found; s++) {
            const struct model_linear *y = &lin[s % MODEL_LINEARS];
            int k = s / MODEL_LINEARS % MODEL_PARTS;
            char name[ADAPTER_NAME];
            if (k >= y->parts) continue;
            (void)snprintf(name, sizeof name, "blk.%d.%s", s / MODEL_LINEARS / MODEL_PARTS,
                           y->part[k].name);
            found = strcmp(name, p->name) == 0 && p->n == y->part[k].n && p->k == y->k;
        }
        if (!found)
            return fail(e, ST_INVALID,
                        "the adapter's tensor %s (%d x %d) is not one of this model's layers",
                        p->name, p->n, p->k);
    }
    return ST_OK;
}

static long long count_parameters(const struct gguf *g) {
    long long n = 0;
    for (uint64_t i = 0; i < g->n_tensors; i++) {
        const struct gguf_tensor *t = &g->tensor[i];
        n += (long long)(t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3]);
    }
    return n;
}

/* Tables and layers, each a step of the same size. */
static enum status watched(const struct model_watch *w, int step, int steps, struct err *e) {
    if (!w || !w->loading || !w->loading(w->arg, (double)step / steps)) return ST_OK;
    return fail(e, ST_CANCELLED, "the loading was given up");
}

static enum status load(struct model *m, const struct gguf *g, const struct hyper *h,
                        const struct model_watch *w, struct err *e) {
    struct mat_part p;
    m->layer = mem_alloc((size_t)h->layers * sizeof *m->layer);
    if (!m->layer) return fail(e, ST_NO_MEMORY, "no memory for %d layers", h->layers);
    memset(m->layer, 0, (size_t)h->layers * sizeof *m->layer);
    m->layers = h->layers;
    TRY(watched(w, 0, h->layers + 1, e));
    TRY(load_rope(m, g, h, e));
    TRY(model_tensor(g, -1, "token_embd.weight", m->dim, m->vocab, &p, e));
    TRY(m->ops->mat_open(m->ops, &m->embd, &p, 1, m->dim, MAT_TABLE, e));
    if (gguf_tensor(g, "output.weight"))
        TRY(model_tensor(g, -1, "output.weight", m->dim, m->vocab, &p, e));
    TRY(m->ops->mat_open(m->ops, &m->head, &p, 1, m->dim, MAT_HEAD, e));
    const struct want norm = {.part = {{"output_norm.weight", m->dim}}};
    TRY(load_vector(m, &m->out_norm, g, -1, &norm, e));
    for (int l = 0; l < h->layers; l++) {
        TRY(watched(w, l + 1, h->layers + 1, e));
        TRY(load_layer(m, g, h, l, e));
    }
    m->parameters = count_parameters(g);
    return ST_OK;
}

/* A backend may leave out operations that only some families need. */
static enum status check_ops(const struct ops *o, const struct hyper *h, struct err *e) {
    unsigned has = h->family->has;
    int lacks = (has & FAMILY_QKV_BIAS && !o->add_bias) ||
                (has & FAMILY_QK_NORM && !o->head_norm) ||
                (has & FAMILY_POST_NORM && !o->norm_add) || (has & FAMILY_GEGLU && !o->geglu) ||
                (has & FAMILY_EMBD_SCALE && !o->scale);
    if (!lacks) return ST_OK;
    fail(e, ST_UNSUPPORTED, "the backend '%s' does not run architecture '%s'", o->name,
         h->family->arch);
    err_hint(e, "use --backend cpu");
    return ST_UNSUPPORTED;
}

enum status model_peek(struct model *out, const struct gguf *g, struct err *e) {
    struct hyper h;
    int vocab = 0;
    TRY(hyper_read(&h, g, e));
    TRY(check_tensors(g, &h, &vocab, e));
    *out = (struct model){.layers = h.layers,
                          .context = h.context,
                          .vocab = vocab,
                          .parameters = count_parameters(g)};
    return ST_OK;
}

enum status model_open(struct model **out, const struct gguf *g, struct ops *ops,
                       const struct model_watch *w, struct err *e) {
    return model_open_adapted(out, g, ops, w, NULL, e);
}

enum status model_open_adapted(struct model **out, const struct gguf *g, struct ops *ops,
                               const struct model_watch *w, const struct adapter *adapter,
                               struct err *e) {
    struct hyper h;
    int vocab = 0;
    TRY(hyper_read(&h, g, e));
    TRY(check_ops(ops, &h, e));
    TRY(check_tensors(g, &h, &vocab, e));
    if (adapter) TRY(check_adapter(adapter, &h, e));
    struct model *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a model");
    *m = (struct model){.ops = ops,
                        .dim = h.dim,
                        .ffn = h.ffn,
                        .vocab = vocab,
                        .context = h.context,
                        .eps = (float)h.eps,
                        .embd_scale = 1,
                        .has = h.family->has,
                        .adapter = adapter};
    if (m->has & FAMILY_EMBD_SCALE) m->embd_scale = sqrtf((float)h.dim);
    m->attn = (struct attn_shape){.heads = h.heads,
                                  .kv_heads = h.kv_heads,
                                  .head_dim = h.head_dim,
                                  .scale = (float)h.attn_scale,
                                  .rope_neox = h.family->rope_neox,
                                  .positions = h.context};
    m->windowed = m->attn;
    m->windowed.window = h.window;
    enum status st = load(m, g, &h, w, e);
    m->adapter = NULL;
    if (st != ST_OK) {
        model_close(m);
        return st;
    }
    *out = m;
    return ST_OK;
}

static void layer_close(struct ops *o, struct layer *y) {
    struct mat *mats[] = {y->qkv, y->out, y->gate_up, y->down};
    float *vectors[] = {y->attn_norm, y->ffn_norm, y->attn_post, y->ffn_post,
                        y->qkv_bias,  y->q_norm,   y->k_norm};
    for (size_t i = 0; i < COUNT(mats); i++) o->mat_close(o, mats[i]);
    for (size_t i = 0; i < COUNT(vectors); i++) o->release(o, vectors[i]);
}

void model_close(struct model *m) {
    if (!m) return;
    struct ops *o = m->ops;
    for (int l = 0; m->layer && l < m->layers; l++) layer_close(o, &m->layer[l]);
    o->mat_close(o, m->embd);
    o->mat_close(o, m->head);
    o->release(o, m->out_norm);
    o->release(o, m->rope);
    o->release(o, m->rope_windowed);
    mem_free(m->layer);
    mem_free(m);
}
