/* links: model */
/* Loading and forward pass of the small models in fixtures/tiny: logits against PyTorch's on every
 * backend, bits that do not depend on chunks or on what is read, and one refusal for every way in
 * which a file can disagree with itself or ask for what is not built in. */
#include "model/model.h"
#include "tests/t.h"

#include <math.h>

#define FOLDER "fixtures/tiny/"
enum { TOKENS = 37, VOCAB = 288, LAYERS = 3, FILE_MAX = 1 << 20 };

static struct err e;

/* A file's bytes and its tables, which a test may change before the model is opened. */
struct fixture {
    char *bytes;
    struct arena arena;
    struct gguf g;
};

static int fixture_open(struct fixture *f, const char *path) {
    size_t n;
    f->bytes = NULL;
    arena_init(&f->arena, 1 << 24);
    GOOD(file_read(path, FILE_MAX, &f->bytes, &n, &e));
    if (!f->bytes) return 0;
    enum status st = gguf_parse(&f->g, path, (const uint8_t *)f->bytes, n, &f->arena, &e);
    GOOD(st);
    return st == ST_OK;
}

static void fixture_close(struct fixture *f) {
    arena_free(&f->arena);
    mem_free(f->bytes);
}

/* --- the forward pass --- */

/* A prompt on its way through a model in chunks of a fixed height. */
struct pass {
    struct model *m;
    struct work w;
    void *kv;
    int32_t pos[TOKENS], off[TOKENS + 1];
    float *x; /* (TOKENS, dim): final vectors of all positions */
};

static int pass_open(struct pass *p, struct model *m, int chunk) {
    struct ops *o = m->ops;
    *p = (struct pass){.m = m};
    GOOD(work_open(&p->w, m, chunk, &e));
    p->kv = o->alloc(o, model_kv_bytes(m, TOKENS));
    p->x = o->alloc(o, (size_t)o->pad_rows(TOKENS) * (size_t)m->dim * sizeof *p->x);
    OK(p->kv && p->x);
    for (int i = 0; i < TOKENS; i++) p->pos[i] = i;
    return p->w.m && p->kv && p->x;
}

static void pass_close(struct pass *p) {
    p->m->ops->release(p->m->ops, p->kv);
    p->m->ops->release(p->m->ops, p->x);
    work_close(&p->w);
}

/* Reads every `step`-th position; the rows of p->x between them are left alone. */
static void pass_run(struct pass *p, const int32_t *tok, int step) {
    size_t dim = (size_t)p->m->dim;
    for (int start = 0; start < TOKENS; start += p->w.rows_max) {
        int left = TOKENS - start, rows = left < p->w.rows_max ? left : p->w.rows_max;
        struct span_view own = {p->kv, TOKENS, 0, start + rows, 0, rows, start}, views[TOKENS];
        struct chunk c = {rows, tok + start, p->pos + start, 1, &own}, read = {0};
        int32_t from[TOKENS], at[TOKENS];
        for (int t = start; t < start + rows; t++) {
            if (t % step != 0) continue;
            from[read.rows] = t - start;
            at[read.rows] = t;
            views[read.rows] =
                (struct span_view){p->kv, TOKENS, 0, t + 1, read.rows, read.rows + 1, t};
            read.n_views = ++read.rows;
        }
        read.pos = at;
        read.view = views;
        GOOD(model_forward(&p->w, &c, &read, from, &e));
        for (int i = 0; i < read.rows; i++)
            memcpy(p->x + (size_t)at[i] * dim, p->w.x_out + (size_t)i * dim, dim * sizeof *p->x);
    }
}

/* All logits of all positions into out (TOKENS, VOCAB). */
static void logits_of(struct pass *p, float *out, float *lse) {
    static int32_t pick[TOKENS * VOCAB];
    struct ops *o = p->m->ops;
    for (int i = 0; i <= TOKENS; i++) p->off[i] = i * VOCAB;
    for (int i = 0; i < TOKENS * VOCAB; i++) pick[i] = i % VOCAB;
    GOOD(o->head(o, lse, out, p->x, p->m->head, TOKENS, p->off, pick, &e));
}

static double mean_divergence(const float *want, const float *got) {
    double total = 0;
    for (int t = 0; t < TOKENS; t++) {
        const float *a = want + t * VOCAB, *b = got + t * VOCAB;
        double za = 0, zb = 0, kl = 0;
        for (int i = 0; i < VOCAB; i++) za += exp(a[i]), zb += exp(b[i]);
        for (int i = 0; i < VOCAB; i++)
            kl += exp(a[i]) / za * ((double)a[i] - log(za) - (double)b[i] + log(zb));
        total += kl;
    }
    return total / TOKENS;
}

static double farthest(const float *a, const float *b, int n) {
    double max = 0;
    for (int i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= max)) max = isnan(d) ? (double)INFINITY : d;
    }
    return max;
}

static void check_lse(const float *logits, const float *lse) {
    for (int t = 0; t < TOKENS; t++) {
        double sum = 0;
        for (int i = 0; i < VOCAB; i++) sum += exp(logits[t * VOCAB + i]);
        NEAR(lse[t], log(sum), 1e-6);
    }
}

/* One model on one backend: PyTorch's logits, then the same bits whatever the chunks and reads. */
static void check_forward(struct model *m, const char *name, const int32_t *tok,
                          const float *want) {
    static float got[TOKENS * VOCAB], lse[TOKENS];
    static const int chunks[] = {1, 5, 16, 17, 36};
    struct pass whole, p;
    size_t row = (size_t)m->dim * sizeof(float);
    int half = m->ops->precision != PREC_F32, int8 = m->ops->precision == PREC_INT8;
    if (!pass_open(&whole, m, TOKENS)) return;
    pass_run(&whole, tok, 1);
    logits_of(&whole, got, lse);
    check_lse(got, lse);
    double far = farthest(got, want, TOKENS * VOCAB), kl = mean_divergence(want, got);
    printf("%s on %s: max |logit difference| %.3g, mean KL %.3g\n", name, m->ops->name, far, kl);
    OK(half ? kl < (int8 ? 2e-2 : 5e-3) : far < 1e-4);
    for (size_t i = 0; i < COUNT(chunks); i++) {
        if (!pass_open(&p, m, chunks[i])) return;
        pass_run(&p, tok, 1);
        EQ_MEM(p.x, whole.x, TOKENS * row);
        pass_close(&p);
    }
    if (!pass_open(&p, m, 11)) return;
    pass_run(&p, tok, 7);
    for (size_t t = 0; t < TOKENS; t += 7)
        EQ_MEM((char *)p.x + t * row, (char *)whole.x + t * row, row);
    int32_t other[TOKENS];
    memcpy(other, tok, sizeof other);
    other[9] = (other[9] + 1) % VOCAB;
    pass_run(&p, other, 1); /* the past stays, the future hears of it */
    EQ_MEM(p.x, whole.x, 9 * row);
    for (size_t t = 9; t < TOKENS; t++)
        OK(memcmp((char *)p.x + t * row, (char *)whole.x + t * row, row) != 0);
    pass_close(&p);
    pass_close(&whole);
}

static enum status open_ref(struct ops **o) {
    return ops_ref_open(o, &e);
}
static enum status open_f32(struct ops **o) {
    return ops_cpu_open(o, PREC_F32, 2, &e);
}
static enum status open_bf16(struct ops **o) {
    return ops_cpu_open(o, PREC_BF16, 2, &e);
}
static enum status open_int8(struct ops **o) {
    return ops_cpu_open(o, PREC_INT8, 2, &e);
}
static enum status (*const backends[])(struct ops **) = {open_ref, open_f32, open_bf16, open_int8};

static void check_logits(const char *name) {
    char path[64], *bytes = NULL;
    size_t n = 0;
    struct fixture f;
    snprintf(path, sizeof path, FOLDER "%s.logits", name);
    GOOD(file_read(path, FILE_MAX, &bytes, &n, &e));
    EQ(n, 8 + 4 * TOKENS + 4 * TOKENS * VOCAB);
    snprintf(path, sizeof path, FOLDER "%s.gguf", name);
    int ok = fixture_open(&f, path) && !t_failed;
    if (ok) EQ(((const uint32_t *)(void *)bytes)[0], TOKENS);
    for (size_t i = 0; ok && i < COUNT(backends); i++) {
        struct ops *o = NULL;
        struct model *m = NULL;
        GOOD(backends[i](&o));
        if (o) GOOD(model_open(&m, &f.g, o, NULL, &e));
        if (m)
            check_forward(m, name, (const int32_t *)(void *)(bytes + 8),
                          (const float *)(void *)(bytes + 8 + 4 * TOKENS));
        model_close(m);
        if (o) o->close(o);
    }
    fixture_close(&f);
    mem_free(bytes);
}

/* --- what is read from the file --- */

static void check_facts(struct ops *o) {
    struct fixture f;
    struct model *m = NULL;
    if (fixture_open(&f, FOLDER "wide.gguf")) GOOD(model_open(&m, &f.g, o, NULL, &e));
    if (m) {
        EQ(m->dim, 96);
        EQ(m->layers, LAYERS);
        EQ(m->ffn, 128);
        EQ(m->vocab, VOCAB);
        EQ(m->context, 512);
        EQ(m->attn.positions, 512);
        EQ(m->attn.heads, 6);
        EQ(m->attn.kv_heads, 2);
        EQ(m->attn.head_dim, 64);
        EQ(m->attn.rope_neox, 0);
        NEAR(m->eps, 1e-5, 1e-12);
        NEAR(m->attn.scale, 0.125, 1e-7);
        EQ(m->parameters,
           96 * VOCAB + 96 + LAYERS * (96 * (2 * 6 * 64 + 2 * 2 * 64) + 3 * 96 * 128 + 2 * 96));
        NEAR(m->rope[0], 1, 0);
        NEAR(m->rope[1], 0, 0);
        const float *last = m->rope + ((size_t)511 * 32 + 31) * 2; /* position 511, pair 31 */
        NEAR(last[0], cos(511 * pow(10000, -62.0 / 64)), 1e-7);
        NEAR(last[1], sin(511 * pow(10000, -62.0 / 64)), 1e-7);
        OK(model_kv_bytes(m, 1) >= (size_t)LAYERS * 2 * 2 * 64 * 4);
        OK(model_kv_bytes(m, 100) > model_kv_bytes(m, 50));
    }
    model_close(m);
    model_close(NULL);
    fixture_close(&f);
}

/* --- refusals --- */

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

/* Every single allocation fails once; nothing may leak (the sanitizer's verdict). */
static void check_memory(struct ops *o, const char *path, int buffers) {
    struct fixture f;
    struct model *m = NULL;
    struct work w;
    enum status st = ST_NO_MEMORY;
    long k = 0;
    if (!fixture_open(&f, path)) return;
    while (st != ST_OK && k < 1000) {
        mem_fail_at(++k, 0);
        st = model_open(&m, &f.g, o, NULL, &e);
        if (st != ST_OK) EQ(st, ST_NO_MEMORY);
    }
    OK(k > LAYERS * 6 && k < 1000);
    for (k = 0, st = ST_NO_MEMORY; m && st != ST_OK && k < 100;) {
        mem_fail_at(++k, 0);
        st = work_open(&w, m, 20, &e);
        if (st != ST_OK) EQ(st, ST_NO_MEMORY);
    }
    mem_fail_at(0, 0);
    if (m) EQ(k, buffers + 1);
    if (m && st == ST_OK) work_close(&w);
    model_close(m);
    fixture_close(&f);
}

int main(void) {
    struct ops *o = NULL;
    static const char *const names[] = {"tied", "wide", "qwen2", "qwen3", "llama3", "gemma3"};
    for (size_t i = 0; i < COUNT(names); i++) check_logits(names[i]);
    for (size_t i = 0; i < COUNT(backends); i++) {
        GOOD(backends[i](&o));
        if (!o) break;
        check_memory(o, FOLDER "blocks.gguf", 8);
        check_memory(o, FOLDER "qwen2.gguf", 8);
        check_memory(o, FOLDER "gemma3.gguf", 9);
        o->close(o);
    }
    GOOD(open_ref(&o));
    if (!o) return t_end();
    check_facts(o);
    check_faults(o, FOLDER "wide.gguf", faults, COUNT(faults));
    check_faults(o, FOLDER "gemma3.gguf", gemma3_faults, COUNT(gemma3_faults));
    check_faults(o, FOLDER "qwen2.gguf", qwen2_faults, COUNT(qwen2_faults));
    check_faults(o, FOLDER "llama3.gguf", llama3_faults, COUNT(llama3_faults));
    check_defaults(o);
    check_lacking(o);
    o->close(o);
    return t_end();
}
