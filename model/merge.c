/* Merging, and the three formats that merged tensors are written in. */
#include "model/merge.h"

#include "model/adapter.h"
#include "model/format/gguf/gguf_write.h"
#include "model/format/shards.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 32 };

static void put_f16(uint8_t *to, float f) {
    uint16_t h = block_f32_to_f16(f);
    memcpy(to, &h, sizeof h);
}

static void block_f16(uint8_t *to, const float *x) {
    put_f16(to, *x);
}

/* A scale, then 32 signed bytes. */
static void block_q8_0(uint8_t *to, const float *x) {
    float most = 0;
    for (int i = 0; i < BLOCK; i++) most = fmaxf(most, fabsf(x[i]));
    float d = most / 127, inv = d > 0 ? 1 / d : 0;
    put_f16(to, d);
    for (int i = 0; i < BLOCK; i++) to[2 + i] = (uint8_t)(int8_t)lrintf(x[i] * inv);
}

/* A scale, the smallest value, then 16 bytes: values i and i + 16 share one. */
static void block_q4_1(uint8_t *to, const float *x) {
    float lo = x[0], hi = x[0];
    for (int i = 1; i < BLOCK; i++) lo = fminf(lo, x[i]), hi = fmaxf(hi, x[i]);
    float d = (hi - lo) / 15, inv = d > 0 ? 1 / d : 0;
    put_f16(to, d);
    put_f16(to + 2, lo);
    for (int i = 0; i < BLOCK / 2; i++) {
        long a = lrintf((x[i] - lo) * inv), b = lrintf((x[i + BLOCK / 2] - lo) * inv);
        to[4 + i] = (uint8_t)((a > 15 ? 15 : a) | (b > 15 ? 15 : b) << 4);
    }
}

static const struct format {
    const char *name;
    uint32_t id; /* ggml's */
    int elems, bytes;
    void (*block)(uint8_t *to, const float *x);
} formats[] = {{"f16", 1, 1, 2, block_f16},
               {"q8_0", 8, BLOCK, 34, block_q8_0},
               {"q4_1", 3, BLOCK, 20, block_q4_1}};

static enum status format_of(const char *name, const struct format **out, struct err *e) {
    for (size_t i = 0; i < COUNT(formats); i++) {
        *out = &formats[i];
        if (strcmp(name, formats[i].name) == 0) return ST_OK;
    }
    return fail(e, ST_INVALID, "type '%.20s' is not f16, q8_0 or q4_1", name);
}

static enum status put_merged(struct gguf_writer *w, const struct gguf_tensor *t,
                              const struct adapter *ad, const struct adapter_part *p,
                              const struct format *f, const char *name, struct err *e) {
    size_t n = (size_t)(t->dim[0] * t->dim[1]);
    if (t->dim[0] != (uint64_t)p->k || t->dim[1] != (uint64_t)p->n || t->dim[2] != 1)
        return fail(e, ST_INVALID, "the adapter's tensor %s (%d x %d) does not fit the model",
                    p->name, p->n, p->k);
    if (t->dim[0] % (uint64_t)f->elems) f = &formats[0];
    size_t blocks = n / (size_t)f->elems, bytes = blocks * (size_t)f->bytes;
    float *x = mem_alloc(n * sizeof *x);
    uint8_t *to = mem_alloc(bytes);
    if (x && to) {
        t->type->to_f32(x, t->data, n / (size_t)t->type->elems);
        adapter_merge(ad, p, x);
        for (size_t i = 0; i < blocks; i++)
            f->block(to + i * (size_t)f->bytes, x + i * (size_t)f->elems);
        gguf_write_tensor(w, name, f->id, t->ndim, t->dim, to, bytes);
    }
    enum status st = x && to ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for tensor %s", name);
    mem_free(x);
    mem_free(to);
    return st;
}

static enum status put_all(struct gguf_writer *w, const struct gguf *g, const struct adapter *ad,
                           const struct format *f, struct err *e) {
    int used = 0;
    for (uint64_t i = 0; i < g->n_kv; i++) {
        const struct view k = g->kv[i].key;
        int own = (k.n > 6 && memcmp(k.p, "split.", 6) == 0) ||
                  view_eq_str(k, "general.alignment") || view_eq_str(k, "general.file_type");
        if (!own) gguf_write_copy(w, &g->kv[i]);
    }
    for (uint64_t i = 0; i < g->n_tensors; i++) {
        const struct gguf_tensor *t = &g->tensor[i];
        char name[GGUF_MAX_NAME + 1] = {0};
        memcpy(name, t->name.p, t->name.n);
        const struct adapter_part *p = adapter_find(ad, name);
        used += p != NULL;
        if (p)
            TRY(put_merged(w, t, ad, p, f, name, e));
        else
            gguf_write_tensor(w, name, t->type->id, t->ndim, t->dim, t->data, (size_t)t->bytes);
    }
    if (used == ad->n) return ST_OK;
    return fail(e, ST_INVALID, "the adapter has %d tensors, of which the model has %d", ad->n,
                used);
}

enum status merge_file(const char *base, const char *adapter, const char *out, const char *type,
                       struct err *e) {
    const struct format *f;
    struct arena tables;
    struct shards files;
    struct adapter ad = {.n = 0};
    struct gguf_writer w;
    char sha[65];
    TRY(format_of(type, &f, e));
    arena_init(&tables, (size_t)1 << 30);
    enum status st = shards_open(&files, base, &tables, NULL, e);
    if (st != ST_OK) {
        arena_free(&tables);
        return st;
    }
    hash_hex(&files.sha, sha);
    gguf_write_init(&w);
    st = adapter_read(&ad, adapter, &files.g, e);
    if (st == ST_OK) st = adapter_check(&ad, sha, e);
    if (st == ST_OK) st = put_all(&w, &files.g, &ad, f, e);
    if (st == ST_OK) st = gguf_write_file(&w, out, e);
    gguf_write_free(&w);
    adapter_close(&ad);
    shards_close(&files);
    arena_free(&tables);
    return st;
}
