/* links: model */
/* Loading and forward pass of the small models in fixtures/tiny: logits against PyTorch's on every
 * backend, bits that do not depend on chunks or on what is read, what is read from a file, and each
 * allocation failing. Files that are refused: test_model_faults.c. */
#include "tests/unit/model/model_file.h"

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
    o->close(o);
    return t_end();
}
