/* links: model */
/* One refusal for every way in which a model's file can disagree with itself or ask for what is
 * not built in; and what may be absent. */
#include "tests/unit/model/model_file.h"

enum edit { DROP, INT, REAL, TEXT, NO_TENSOR, DIM, ADD_TENSOR };

static struct gguf_kv *pair(struct gguf *g, const char *key) {
    for (uint64_t i = 0; i < g->n_kv; i++)
        if (view_eq_str(g->kv[i].key, key)) return &g->kv[i];
    return NULL;
}

/* The key's pair, made if the file has none: tables one longer, still sorted. */
static struct gguf_kv *need_pair(struct fixture *f, const char *key) {
    struct gguf *g = &f->g;
    struct gguf_kv *old = pair(g, key);
    if (old) return old;
    size_t n = (size_t)g->n_kv, at = 0;
    struct gguf_kv *kv = ARENA_NEW(&f->arena, struct gguf_kv, 1);
    const struct gguf_kv **sorted = ARENA_NEW(&f->arena, const struct gguf_kv *, n + 1);
    CHECK(kv && sorted);
    kv->key = (struct view){key, strlen(key)};
    for (size_t i = 0; i < n; i++) {
        struct view k = g->kv_sorted[i]->key;
        size_t m = k.n < kv->key.n ? k.n : kv->key.n;
        int d = memcmp(k.p, key, m);
        at += d < 0 || (d == 0 && k.n < kv->key.n);
    }
    memcpy(sorted, g->kv_sorted, at * sizeof *sorted);
    sorted[at] = kv;
    memcpy(sorted + at + 1, g->kv_sorted + at, (n - at) * sizeof *sorted);
    g->kv_sorted = sorted;
    g->n_kv++;
    return kv;
}

static void drop_pair(struct gguf *g, const char *key) {
    size_t n = (size_t)g->n_kv, at = 0;
    while (at < n && !view_eq_str(g->kv_sorted[at]->key, key)) at++;
    CHECK(at < n);
    memmove(g->kv_sorted + at, g->kv_sorted + at + 1, (n - at - 1) * sizeof *g->kv_sorted);
    g->n_kv--;
}

static struct gguf_tensor *tensor(struct gguf *g, const char *name) {
    for (uint64_t i = 0; i < g->n_tensors; i++)
        if (view_eq_str(g->tensor[i].name, name)) return &g->tensor[i];
    CHECK(!"a tensor of that name");
    return NULL;
}

static void drop_tensor(struct gguf *g, const char *name) {
    size_t n = (size_t)g->n_tensors, at = 0;
    while (at < n && !view_eq_str(g->tensor_sorted[at]->name, name)) at++;
    CHECK(at < n);
    memmove(g->tensor_sorted + at, g->tensor_sorted + at + 1,
            (n - at - 1) * sizeof *g->tensor_sorted);
    g->n_tensors--;
}

/* A vector of the model's width under a new name. */
static void add_tensor(struct fixture *f, const char *name) {
    struct gguf *g = &f->g;
    size_t n = (size_t)g->n_tensors, at = 0;
    struct gguf_tensor *all = ARENA_NEW(&f->arena, struct gguf_tensor, n + 1);
    const struct gguf_tensor **sorted = ARENA_NEW(&f->arena, const struct gguf_tensor *, n + 1);
    CHECK(all && sorted);
    memcpy(all, g->tensor, n * sizeof *all);
    all[n] = *tensor(g, "output_norm.weight");
    all[n].name = (struct view){name, strlen(name)};
    for (size_t i = 0; i < n; i++) {
        struct view k = g->tensor_sorted[i]->name;
        size_t m = k.n < all[n].name.n ? k.n : all[n].name.n;
        int d = memcmp(k.p, name, m);
        at += d < 0 || (d == 0 && k.n < all[n].name.n);
    }
    for (size_t i = 0, from = 0; i <= n; i++)
        sorted[i] = i == at ? &all[n] : &all[g->tensor_sorted[from++] - g->tensor];
    g->tensor = all;
    g->tensor_sorted = sorted;
    g->n_tensors++;
}

struct fault {
    enum edit edit;
    const char *name;
    double value; /* of a key, or of dimension dim */
    int dim;
    const char *text; /* TEXT: the key's new value */
    enum status st;
    const char *says;
};

static void apply(struct fixture *f, const struct fault *x) {
    struct gguf_kv *kv;
    switch (x->edit) {
    case DROP: drop_pair(&f->g, x->name); break;
    case INT:
    case REAL:
        kv = need_pair(f, x->name);
        kv->type = x->edit == INT ? GGUF_I64 : GGUF_F64;
        kv->f = x->value;
        kv->i = x->edit == INT ? (int64_t)x->value : 0;
        kv->u = kv->i > 0 ? (uint64_t)kv->i : 0;
        break;
    case TEXT:
        kv = need_pair(f, x->name);
        kv->type = GGUF_STR;
        kv->str = (struct view){x->text, strlen(x->text)};
        break;
    case NO_TENSOR: drop_tensor(&f->g, x->name); break;
    case DIM: tensor(&f->g, x->name)->dim[x->dim] = (uint64_t)x->value; break;
    case ADD_TENSOR: add_tensor(f, x->name); break;
    }
}

#define KEY(edit, name, value, st, says) \
    { edit, "llama." name, value, 0, NULL, st, says }
#define BAD_KEY(name, value) KEY(INT, name, value, ST_CORRUPT, name)
#define BAD_DIM(name, dim, value) \
    { DIM, name, value, dim, NULL, ST_CORRUPT, name }
#define MISSING(name) \
    { NO_TENSOR, name, 0, 0, NULL, ST_CORRUPT, name }
#define EXTRA(name, st, says) \
    { ADD_TENSOR, name, 0, 0, NULL, st, says }

/* wide.gguf: width 96, 3 layers, 6 heads of 64 over 2 key heads, feed-forward 128. */
static const struct fault faults[] = {
    {DROP, "general.architecture", 0, 0, NULL, ST_CORRUPT, "general.architecture"},
    {TEXT, "general.architecture", 0, 0, "mamba", ST_UNSUPPORTED, "mamba"},
    KEY(DROP, "embedding_length", 0, ST_CORRUPT, "embedding_length"),
    KEY(DROP, "block_count", 0, ST_CORRUPT, "block_count"),
    KEY(DROP, "attention.head_count", 0, ST_CORRUPT, "attention.head_count"),
    KEY(DROP, "feed_forward_length", 0, ST_CORRUPT, "feed_forward_length"),
    KEY(DROP, "context_length", 0, ST_CORRUPT, "context_length"),
    KEY(DROP, "attention.layer_norm_rms_epsilon", 0, ST_CORRUPT, "layer_norm_rms_epsilon"),
    KEY(DROP, "attention.head_count_kv", 0, ST_CORRUPT, "attn_k"),    /* then as many as heads */
    KEY(DROP, "attention.key_length", 0, ST_UNSUPPORTED, "64 of 16"), /* then 96 / 6 */
    BAD_KEY("embedding_length", 0),
    BAD_KEY("embedding_length", -96),
    BAD_KEY("embedding_length", 1e15),
    KEY(INT, "embedding_length", 95, ST_CORRUPT, "95"),
    KEY(INT, "embedding_length", 192, ST_CORRUPT, "token_embd.weight"),
    BAD_KEY("block_count", 0),
    BAD_KEY("block_count", MODEL_LAYERS_MAX + 1),
    KEY(INT, "block_count", 4, ST_CORRUPT, "blk.3."),
    KEY(INT, "block_count", 2, ST_CORRUPT, "blk.2."),
    BAD_KEY("attention.head_count", 0),
    KEY(INT, "attention.head_count", 3, ST_CORRUPT, ""),
    KEY(INT, "attention.head_count", 2048, ST_CORRUPT, "attn_q"),
    KEY(INT, "attention.head_count_kv", 4, ST_CORRUPT, "head_count_kv"),
    KEY(INT, "attention.head_count_kv", 3, ST_CORRUPT, "attn_k"),
    KEY(INT, "attention.key_length", 24, ST_UNSUPPORTED, "24 is not a multiple of 16"),
    KEY(INT, "attention.key_length", 32, ST_UNSUPPORTED, "64"),
    BAD_KEY("attention.key_length", MODEL_HEAD_MAX + 16),
    BAD_KEY("feed_forward_length", 0),
    KEY(INT, "feed_forward_length", 96, ST_CORRUPT, "ffn_"),
    BAD_KEY("context_length", 0),
    KEY(REAL, "attention.layer_norm_rms_epsilon", 0, ST_CORRUPT, "layer_norm_rms_epsilon"),
    KEY(REAL, "attention.layer_norm_rms_epsilon", 1, ST_CORRUPT, "layer_norm_rms_epsilon"),
    KEY(REAL, "rope.freq_base", 0.5, ST_CORRUPT, "rope.freq_base"),
    KEY(REAL, "rope.freq_base", (double)NAN, ST_CORRUPT, "rope.freq_base"),
    KEY(INT, "rope.dimension_count", 32, ST_UNSUPPORTED, "32"),
    {TEXT, "llama.rope.scaling.type", 0, 0, "yarn", ST_UNSUPPORTED, "yarn"},
    {TEXT, "llama.rope.scaling.type", 0, 0, "longrope", ST_UNSUPPORTED, "longrope"},
    KEY(REAL, "final_logit_softcapping", 30, ST_UNSUPPORTED, "final_logit_softcapping"),
    KEY(INT, "expert_count", 8, ST_UNSUPPORTED, "expert_count"),
    EXTRA("rope_freqs.weight", ST_CORRUPT, "rope_freqs.weight"), /* of the model's width */
    EXTRA("blk.0.attn_q.bias", ST_UNSUPPORTED, "bias"),
    EXTRA("blk.0.attn_q_norm.weight", ST_UNSUPPORTED, "attn_q_norm"),
    EXTRA("output.weight", ST_CORRUPT, "output.weight"), /* a vector, not the head's matrix */
    EXTRA("blk.3.attn_q.weight", ST_CORRUPT, "blk.3."),
    MISSING("token_embd.weight"),
    MISSING("output_norm.weight"),
    MISSING("blk.0.attn_norm.weight"),
    MISSING("blk.1.ffn_norm.weight"),
    MISSING("blk.2.attn_q.weight"),
    MISSING("blk.2.attn_k.weight"),
    MISSING("blk.2.attn_v.weight"),
    MISSING("blk.2.attn_output.weight"),
    MISSING("blk.2.ffn_gate.weight"),
    MISSING("blk.2.ffn_up.weight"),
    MISSING("blk.2.ffn_down.weight"),
    BAD_DIM("token_embd.weight", 0, 64),
    BAD_DIM("token_embd.weight", 1, 1 << 25),
    BAD_DIM("token_embd.weight", 2, 2),
    BAD_DIM("output_norm.weight", 0, 95),
    BAD_DIM("output_norm.weight", 1, 2),
    BAD_DIM("blk.0.attn_norm.weight", 0, 97),
    BAD_DIM("blk.0.attn_q.weight", 1, 383),
    BAD_DIM("blk.0.attn_k.weight", 0, 64),
    BAD_DIM("blk.0.attn_v.weight", 1, 192),
    BAD_DIM("blk.1.attn_output.weight", 0, 96),
    BAD_DIM("blk.1.ffn_gate.weight", 1, 127),
    BAD_DIM("blk.1.ffn_up.weight", 3, 2),
    BAD_DIM("blk.1.ffn_down.weight", 0, 96),
};

/* What only some families have. */
static const struct fault gemma3_faults[] = {
    {DROP, "gemma3.attention.sliding_window", 0, 0, NULL, ST_CORRUPT, "sliding_window"},
    {INT, "gemma3.attention.sliding_window", 0, 0, NULL, ST_CORRUPT, "sliding_window"},
    {INT, "gemma3.attention.sliding_window_pattern", 0, 0, NULL, ST_CORRUPT, "window_pattern"},
    {REAL, "gemma3.final_logit_softcapping", 30, 0, NULL, ST_UNSUPPORTED, "softcapping"},
    {TEXT, "general.architecture", 0, 0, "gemma2", ST_UNSUPPORTED, "gemma2"},
    MISSING("blk.1.post_ffw_norm.weight"),
    MISSING("blk.2.post_attention_norm.weight"),
    MISSING("blk.0.attn_k_norm.weight"),
    BAD_DIM("blk.0.attn_q_norm.weight", 0, 64),
    EXTRA("blk.0.attn_q.bias", ST_UNSUPPORTED, "bias is not part of a gemma3"),
};
static const struct fault qwen2_faults[] = {
    MISSING("blk.1.attn_k.bias"),
    BAD_DIM("blk.1.attn_q.bias", 0, 32),
    {TEXT, "qwen2.rope.scaling.type", 0, 0, "yarn", ST_UNSUPPORTED, "yarn"},
    EXTRA("blk.0.attn_q_norm.weight", ST_UNSUPPORTED, "attn_q_norm"),
};
static const struct fault llama3_faults[] = {
    BAD_DIM("rope_freqs.weight", 0, 32),
    EXTRA("rope_factors_long.weight", ST_UNSUPPORTED, "rope_factors_long"),
};

static void check_faults(struct ops *o, const char *path, const struct fault *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct fault *x = &list[i];
        struct fixture f;
        struct model *m = NULL;
        if (!fixture_open(&f, path)) return;
        apply(&f, x);
        enum status st = model_open(&m, &f.g, o, NULL, &e);
        t_checks++;
        if (st != x->st || !strstr(e.text, x->says))
            T_SAY("fault %zu (%s): %s '%s', want %s naming '%s'", i, x->name, status_name(st),
                  st == ST_OK ? "" : e.text, status_name(x->st), x->says);
        if (st == ST_OK) model_close(m);
        fixture_close(&f);
    }
}

/* A backend without a family's operation refuses the family, not others. */
static void check_lacking(struct ops *o) {
    static const struct {
        size_t at;
        const char *file;
    } row[] = {{offsetof(struct ops, add_bias), FOLDER "qwen2.gguf"},
               {offsetof(struct ops, head_norm), FOLDER "qwen3.gguf"},
               {offsetof(struct ops, norm_add), FOLDER "gemma3.gguf"},
               {offsetof(struct ops, geglu), FOLDER "gemma3.gguf"},
               {offsetof(struct ops, scale), FOLDER "gemma3.gguf"}};
    for (size_t i = 0; i < COUNT(row); i++) {
        struct fixture f;
        struct model *m = NULL;
        struct ops less = *o;
        memset((char *)&less + row[i].at, 0, sizeof(void (*)(void)));
        if (fixture_open(&f, row[i].file))
            EQ(model_open(&m, &f.g, &less, NULL, &e), ST_UNSUPPORTED);
        OK(strstr(e.text, o->name) != NULL);
        fixture_close(&f);
        if (fixture_open(&f, FOLDER "llama3.gguf")) GOOD(model_open(&m, &f.g, &less, NULL, &e));
        model_close(m);
        fixture_close(&f);
    }
}

/* Keys that may be absent, and a context that is longer than the position table may be. */
static void check_defaults(struct ops *o) {
    static const struct fault changes[] = {
        {DROP, "llama.rope.freq_base", 0, 0, NULL, ST_OK, ""},
        {DROP, "llama.rope.dimension_count", 0, 0, NULL, ST_OK, ""},
        {TEXT, "llama.rope.scaling.type", 0, 0, "none", ST_OK, ""},
        KEY(INT, "context_length", 1 << 20, ST_OK, ""),
    };
    struct fixture f;
    struct model *m = NULL;
    if (!fixture_open(&f, FOLDER "wide.gguf")) return;
    for (size_t i = 0; i < COUNT(changes); i++) apply(&f, &changes[i]);
    GOOD(model_open(&m, &f.g, o, NULL, &e));
    if (m) EQ(m->context, 131072);
    if (m) EQ(m->attn.positions, 131072);
    if (m) NEAR(m->rope[(1 * 32 + 16) * 2], cos(pow(10000, -0.5)), 1e-7);
    model_close(m);
    fixture_close(&f);
}

int main(void) {
    struct ops *o = NULL;
    GOOD(ops_ref_open(&o, &e));
    if (!o) return t_end();
    check_faults(o, FOLDER "wide.gguf", faults, COUNT(faults));
    check_faults(o, FOLDER "gemma3.gguf", gemma3_faults, COUNT(gemma3_faults));
    check_faults(o, FOLDER "qwen2.gguf", qwen2_faults, COUNT(qwen2_faults));
    check_faults(o, FOLDER "llama3.gguf", llama3_faults, COUNT(llama3_faults));
    check_defaults(o);
    check_lacking(o);
    o->close(o);
    return t_end();
}
