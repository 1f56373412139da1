/* Adapters: finding, merging, and the GGUF form. */
#include "model/adapter.h"

#include "model/adapter_peft.h"
#include "model/format/gguf/gguf_write.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const struct adapter_part *adapter_find(const struct adapter *ad, const char *name) {
    for (int i = 0; i < ad->n; i++)
        if (strcmp(ad->part[i].name, name) == 0) return &ad->part[i];
    return NULL;
}

/* Sums run in order of the rank, so that the bits do not depend on the number of threads. */
void adapter_merge(const struct adapter *ad, const struct adapter_part *p, float *w) {
    float scale = ad->alpha / (float)p->rank;
    size_t k = (size_t)p->k, rank = (size_t)p->rank;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < p->n; i++)
        for (size_t r = 0; r < rank; r++) {
            float *to = w + (size_t)i * k, f = scale * p->b[(size_t)i * rank + r];
            const float *a = p->a + r * k;
#pragma omp simd
            for (size_t c = 0; c < k; c++) to[c] += f * a[c];
        }
}

enum status adapter_check(const struct adapter *ad, const char *sha256, struct err *e) {
    if (!ad->base[0] || strcmp(ad->base, sha256) == 0) return ST_OK;
    fail(e, ST_CONFLICT, "the adapter was trained over the model file %.12s..., not over %.12s...",
         ad->base, sha256);
    err_hint(e, "use it with its own base model");
    return ST_CONFLICT;
}

struct hash adapter_hash(const struct adapter *ad, const struct hash *base) {
    struct hash h = hash_of(base, sizeof *base, &ad->alpha, sizeof ad->alpha);
    for (int i = 0; i < ad->n; i++) {
        const struct adapter_part *p = &ad->part[i];
        size_t rank = (size_t)p->rank, k = (size_t)p->k, n = (size_t)p->n;
        h = hash_of(&h, sizeof h, p->name, strlen(p->name));
        h = hash_of(&h, sizeof h, p->a, rank * k * sizeof *p->a);
        h = hash_of(&h, sizeof h, p->b, n * rank * sizeof *p->b);
    }
    return h;
}

void adapter_close(struct adapter *ad) {
    arena_free(&ad->arena);
    *ad = (struct adapter){.n = 0};
}

/* --- GGUF */

/* "NAME.lora_a" without its end, into out; 0 when the name ends otherwise. */
static int stem(struct view name, const char *end, char out[ADAPTER_NAME]) {
    size_t n = strlen(end);
    if (name.n <= n || name.n - n >= ADAPTER_NAME || memcmp(name.p + name.n - n, end, n) != 0)
        return 0;
    memcpy(out, name.p, name.n - n);
    out[name.n - n] = 0;
    return 1;
}

static enum status values(struct arena *a, const struct gguf_tensor *t, float **out,
                          struct err *e) {
    size_t n = (size_t)(t->dim[0] * t->dim[1]);
    *out = ARENA_NEW(a, float, n);
    if (!*out) return fail(e, ST_NO_MEMORY, "no memory for an adapter's tensor");
    t->type->to_f32(*out, t->data, n / (size_t)t->type->elems);
    for (size_t i = 0; i < n; i++)
        if (!isfinite((*out)[i]))
            return fail(e, ST_CORRUPT, "tensor %.*s holds a value that is not a finite number",
                        (int)t->name.n, t->name.p);
    return ST_OK;
}

/* The two tensors of one part. */
static enum status read_part(struct adapter *ad, const struct gguf *g, const struct gguf_tensor *a,
                             struct err *e) {
    struct adapter_part *p = &ad->part[ad->n++];
    char other[ADAPTER_NAME + 8];
    (void)stem(a->name, ".lora_a", p->name);
    (void)snprintf(other, sizeof other, "%s.lora_b", p->name);
    const struct gguf_tensor *b = gguf_tensor(g, other);
    if (!b) return fail(e, ST_CORRUPT, "%s: tensor %s is missing", g->name, other);
    if (a->dim[2] != 1 || a->dim[3] != 1 || b->dim[2] != 1 || b->dim[3] != 1 ||
        a->dim[1] != b->dim[0] || a->dim[1] < 1 || a->dim[1] > ADAPTER_RANK_MAX ||
        a->dim[0] > 1 << 24 || b->dim[1] > 1 << 24)
        return fail(e, ST_CORRUPT, "%s: %s.lora_a and .lora_b are not two factors of one rank",
                    g->name, p->name);
    p->rank = (int)a->dim[1];
    p->k = (int)a->dim[0];
    p->n = (int)b->dim[1];
    TRY(values(&ad->arena, a, &p->a, e));
    return values(&ad->arena, b, &p->b, e);
}

static enum status text_key(const struct gguf *g, const char *key, const char *def, char *out,
                            size_t size, struct err *e) {
    struct view v;
    TRY(gguf_text(g, key, def, &v, e));
    (void)snprintf(out, size, "%.*s", (int)v.n, v.p);
    return ST_OK;
}

static enum status read_keys(struct adapter *ad, const struct gguf *g, struct err *e) {
    static const double zero = 0;
    static const int64_t no = 0;
    char kind[32];
    double x;
    int64_t forced;
    TRY(text_key(g, "general.type", "model", kind, sizeof kind, e));
    if (strcmp(kind, "adapter") != 0)
        return fail(e, ST_INVALID, "%s: general.type is '%s', not 'adapter'", g->name, kind);
    TRY(text_key(g, "adapter.type", "", kind, sizeof kind, e));
    if (strcmp(kind, "lora") != 0)
        return fail(e, ST_UNSUPPORTED, "%s: an adapter of type '%s'; only lora is read", g->name,
                    kind);
    TRY(text_key(g, "general.architecture", "", ad->arch, sizeof ad->arch, e));
    TRY(gguf_real(g, "adapter.lora.alpha", -1e6, 1e6, NULL, &x, e));
    ad->alpha = (float)x;
    TRY(text_key(g, "taproom.base.sha256", "", ad->base, sizeof ad->base, e));
    TRY(text_key(g, "taproom.readout", "", ad->readout, sizeof ad->readout, e));
    TRY(gguf_real(g, "taproom.gain", -100, 100, &zero, &x, e));
    ad->gain = (float)x;
    TRY(gguf_real(g, "taproom.beta", -100, 100, &zero, &x, e));
    ad->beta = (float)x;
    TRY(gguf_int(g, "taproom.forced", 0, 1, &no, &forced, e));
    ad->forced = (int)forced;
    return ST_OK;
}

static enum status read_tensors(struct adapter *ad, const struct gguf *g, struct err *e) {
    char name[ADAPTER_NAME];
    int n_b = 0;
    if (g->n_tensors > 2 * ADAPTER_PARTS_MAX)
        return fail(e, ST_LIMIT, "%s: more than %d tensors", g->name, 2 * ADAPTER_PARTS_MAX);
    ad->part = ARENA_NEW(&ad->arena, struct adapter_part, g->n_tensors + 1);
    if (!ad->part) return fail(e, ST_NO_MEMORY, "no memory for an adapter");
    for (uint64_t i = 0; i < g->n_tensors; i++) {
        const struct gguf_tensor *t = &g->tensor[i];
        if (stem(t->name, ".lora_a", name))
            TRY(read_part(ad, g, t, e));
        else if (stem(t->name, ".lora_b", name))
            n_b++;
        else
            return fail(e, ST_UNSUPPORTED, "%s: tensor %.*s is no lora_a or lora_b", g->name,
                        (int)t->name.n, t->name.p);
    }
    if (ad->n < 1 || n_b != ad->n)
        return fail(e, ST_CORRUPT, "%s: %d tensors lora_a and %d lora_b", g->name, ad->n, n_b);
    return ST_OK;
}

static enum status read_gguf(struct adapter *ad, const char *path, const struct gguf *base,
                             struct err *e) {
    struct arena tables;
    struct gguf g;
    char *p;
    size_t n;
    struct view arch;
    TRY(file_read(path, (size_t)1 << 34, &p, &n, e));
    arena_init(&tables, 64 << 20);
    enum status st = gguf_parse(&g, path, (const uint8_t *)p, n, &tables, e);
    if (st == ST_OK) st = read_keys(ad, &g, e);
    if (st == ST_OK) st = read_tensors(ad, &g, e);
    arena_free(&tables);
    mem_free(p);
    if (st != ST_OK || !base) return st;
    TRY(gguf_text(base, "general.architecture", NULL, &arch, e));
    if (!ad->arch[0] || view_eq_str(arch, ad->arch)) return ST_OK;
    return fail(e, ST_CONFLICT, "the adapter is for architecture '%s', the model is '%.*s'",
                ad->arch, (int)(arch.n < 40 ? arch.n : 40), arch.p);
}

enum status adapter_read(struct adapter *out, const char *path, const struct gguf *base,
                         struct err *e) {
    struct stat s;
    *out = (struct adapter){.n = 0};
    arena_init(&out->arena, (size_t)1 << 36);
    enum status st = stat(path, &s) == 0 && S_ISDIR(s.st_mode)
                         ? adapter_read_peft(out, path, base, e)
                         : read_gguf(out, path, base, e);
    if (st != ST_OK) adapter_close(out);
    return st;
}

enum status adapter_peek(struct adapter *out, const char *path, struct err *e) {
    struct file_map m = {0};
    struct arena tables;
    struct gguf g;
    *out = (struct adapter){.n = 0};
    TRY(file_map_open(&m, path, e));
    arena_init(&tables, 64 << 20);
    enum status st = gguf_parse(&g, path, m.p, m.n, &tables, e);
    if (st == ST_OK) st = read_keys(out, &g, e);
    arena_free(&tables);
    file_map_close(&m);
    return st;
}

static void write_factor(struct gguf_writer *w, const char *name, const uint64_t dim[2],
                         const float *x, int half) {
    size_t n = (size_t)(dim[0] * dim[1]);
    uint16_t *h = half ? mem_alloc(n * sizeof *h) : NULL;
    w->data.failed |= half && !h;
    for (size_t i = 0; h && i < n; i++) h[i] = block_f32_to_f16(x[i]);
    if (!half || h)
        gguf_write_tensor(w, name, half ? 1 : 0, 2, dim, half ? (const void *)h : x,
                          n * (half ? sizeof *h : sizeof *x));
    mem_free(h);
}

enum status adapter_write(const struct adapter *ad, const char *path, struct err *e) {
    struct gguf_writer w;
    char name[ADAPTER_NAME + 8];
    gguf_write_init(&w);
    gguf_write_text(&w, "general.type", "adapter");
    gguf_write_text(&w, "general.architecture", ad->arch);
    gguf_write_text(&w, "adapter.type", "lora");
    gguf_write_f32(&w, "adapter.lora.alpha", ad->alpha);
    gguf_write_text(&w, "taproom.base.sha256", ad->base);
    gguf_write_text(&w, "taproom.readout", ad->readout);
    gguf_write_f32(&w, "taproom.gain", ad->gain);
    gguf_write_f32(&w, "taproom.beta", ad->beta);
    gguf_write_u32(&w, "taproom.forced", ad->forced != 0);
    for (int i = 0; i < ad->n; i++) {
        const struct adapter_part *p = &ad->part[i];
        const uint64_t a[] = {(uint64_t)p->k, (uint64_t)p->rank},
                       b[] = {(uint64_t)p->rank, (uint64_t)p->n};
        (void)snprintf(name, sizeof name, "%s.lora_a", p->name);
        write_factor(&w, name, a, p->a, ad->half);
        (void)snprintf(name, sizeof name, "%s.lora_b", p->name);
        write_factor(&w, name, b, p->b, ad->half);
    }
    enum status st = gguf_write_file(&w, path, e);
    gguf_write_free(&w);
    return st;
}
