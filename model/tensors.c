/* Which tensors a family's file must hold, of which shapes, and none besides. */
#include "model/tensors.h"

#include <stdio.h>
#include <string.h>

/* The tensor blk.N.name (or name when layer < 0) with k columns and n rows, as a part of a matrix.
 */
enum status model_tensor(const struct gguf *g, int layer, const char *name, int64_t k, int64_t n,
                         struct mat_part *out, struct err *e) {
    char full[64];
    if (layer < 0)
        snprintf(full, sizeof full, "%s", name);
    else
        snprintf(full, sizeof full, "blk.%d.%s", layer, name);
    const struct gguf_tensor *t = gguf_tensor(g, full);
    if (!t) return fail(e, ST_CORRUPT, "tensor %s is missing", full);
    if (t->dim[0] != (uint64_t)k || t->dim[1] != (uint64_t)n || t->dim[2] != 1 || t->dim[3] != 1)
        return fail(e, ST_CORRUPT, "tensor %s is %llu x %llu, the model needs %lld x %lld", full,
                    (unsigned long long)t->dim[0], (unsigned long long)t->dim[1], (long long)k,
                    (long long)n);
    *out = (struct mat_part){t->type, t->data, (int)n};
    return ST_OK;
}

void layer_wants(struct want w[WANTS], const struct hyper *h) {
    int q = h->heads * h->head_dim, kv = h->kv_heads * h->head_dim, dim = h->dim, ffn = h->ffn;
#define AT(field) offsetof(struct layer, field)
    const struct want all[WANTS] = {
        {AT(qkv), 0, dim, {{"attn_q.weight", q}, {"attn_k.weight", kv}, {"attn_v.weight", kv}}},
        {AT(out), 0, q, {{"attn_output.weight", dim}}},
        {AT(gate_up), 0, dim, {{"ffn_gate.weight", ffn}, {"ffn_up.weight", ffn}}},
        {AT(down), 0, ffn, {{"ffn_down.weight", dim}}},
        {AT(attn_norm), 0, 0, {{"attn_norm.weight", dim}}},
        {AT(ffn_norm), 0, 0, {{"ffn_norm.weight", dim}}},
        {AT(qkv_bias),
         FAMILY_QKV_BIAS,
         0,
         {{"attn_q.bias", q}, {"attn_k.bias", kv}, {"attn_v.bias", kv}}},
        {AT(q_norm), FAMILY_QK_NORM, 0, {{"attn_q_norm.weight", h->head_dim}}},
        {AT(k_norm), FAMILY_QK_NORM, 0, {{"attn_k_norm.weight", h->head_dim}}},
        {AT(attn_post), FAMILY_POST_NORM, 0, {{"post_attention_norm.weight", dim}}},
        {AT(ffn_post), FAMILY_POST_NORM, 0, {{"post_ffw_norm.weight", dim}}},
    };
#undef AT
    memcpy(w, all, sizeof all);
}

void model_linears(const struct hyper *h, struct model_linear out[MODEL_LINEARS]) {
    struct want w[WANTS];
    layer_wants(w, h);
    for (int i = 0; i < MODEL_LINEARS; i++) {
        out[i] = (struct model_linear){.at = w[i].at, .k = w[i].k};
        for (int p = 0; p < MODEL_PARTS && w[i].part[p].name; p++, out[i].parts++) {
            out[i].part[p].name = w[i].part[p].name;
            out[i].part[p].n = w[i].part[p].n;
        }
    }
}

int wanted(const struct want *w, const struct hyper *h) {
    return w->has == 0 || w->has & h->family->has;
}

enum status want_parts(const struct gguf *g, int layer, const struct want *w,
                       struct mat_part p[MODEL_PARTS], int *n, struct err *e) {
    *n = 0;
    for (int i = 0; i < MODEL_PARTS && w->part[i].name; i++, ++*n) {
        int rows = w->part[i].n;
        TRY(model_tensor(g, layer, w->part[i].name, w->k ? w->k : rows, w->k ? rows : 1, &p[i], e));
    }
    return ST_OK;
}

/* Whether a tensor's name is one that the forward pass uses: another one (a bias, a norm of
 * queries) would change the results if it were used, so it must not be ignored. */
static int expected(struct view name, const struct want w[WANTS], const struct hyper *h) {
    static const char *const once[] = {"token_embd.weight", "output_norm.weight", "output.weight",
                                       "rope_freqs.weight"};
    for (size_t i = 0; i < COUNT(once); i++)
        if (view_eq_str(name, once[i])) return 1;
    const char *dot = name.n > 4 ? memchr(name.p + 4, '.', name.n - 4) : NULL;
    if (!dot || memcmp(name.p, "blk.", 4) != 0) return 0;
    struct view rest = view_sub(name, (size_t)(dot - name.p) + 1, name.n);
    for (int i = 0; i < WANTS; i++)
        for (int k = 0; wanted(&w[i], h) && k < MODEL_PARTS && w[i].part[k].name; k++)
            if (view_eq_str(rest, w[i].part[k].name)) return 1;
    return 0;
}

static enum status check_extra(const struct gguf *g, const struct want w[WANTS],
                               const struct hyper *h, struct err *e) {
    char extra[64];
    snprintf(extra, sizeof extra, "blk.%d.attn_q.weight", h->layers);
    if (gguf_tensor(g, extra))
        return fail(e, ST_CORRUPT, "tensor %s exceeds block_count %d", extra, h->layers);
    for (uint64_t i = 0; i < g->n_tensors; i++)
        if (!expected(g->tensor[i].name, w, h))
            return fail(e, ST_UNSUPPORTED,
                        "tensor %.*s is not part of a %s model as it is built in here",
                        (int)g->tensor[i].name.n, g->tensor[i].name.p, h->family->arch);
    return ST_OK;
}

enum status check_tensors(const struct gguf *g, const struct hyper *h, int *vocab, struct err *e) {
    struct want w[WANTS];
    struct mat_part p[MODEL_PARTS];
    int n;
    const struct gguf_tensor *t = gguf_tensor(g, "token_embd.weight");
    if (!t || t->dim[0] != (uint64_t)h->dim || t->dim[1] > 1 << 24)
        return fail(e, ST_CORRUPT, "tensor token_embd.weight is missing or has not %d columns",
                    h->dim);
    *vocab = (int)t->dim[1];
    if (gguf_tensor(g, "output.weight"))
        TRY(model_tensor(g, -1, "output.weight", h->dim, *vocab, p, e));
    TRY(model_tensor(g, -1, "output_norm.weight", h->dim, 1, p, e));
    if (gguf_tensor(g, "rope_freqs.weight"))
        TRY(model_tensor(g, -1, "rope_freqs.weight", h->head_dim / 2, 1, p, e));
    layer_wants(w, h);
    for (int l = 0; l < h->layers; l++)
        for (int i = 0; i < WANTS; i++)
            if (wanted(&w[i], h)) TRY(want_parts(g, l, &w[i], p, &n, e));
    return check_extra(g, w, h, e);
}
