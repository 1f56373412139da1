/* Parses GGUF files. Every byte is reached through a bounded cursor, every number is compared with
 * what the rest of the file can hold before it is used, and no memory is taken for a promise. */
#include "model/format/gguf/gguf_cursor.h"

#include <stdlib.h>
#include <string.h>

/* A pair has at least an 8-byte key length, one byte of key, a 4-byte type and one byte of value; a
 * tensor an 8-byte name length, one byte of name, n_dims, one dimension, a type and an offset. */
enum { PAIR_MIN = 14, TENSOR_MIN = 33, ALIGNMENT_DEFAULT = 32, ALIGNMENT_MIN = 8 };

static const struct {
    const char *name;
    uint8_t size;
} scalar[GGUF_TYPES] = {
    [GGUF_U8] = {"U8", 1},     [GGUF_I8] = {"I8", 1},     [GGUF_U16] = {"U16", 2},
    [GGUF_I16] = {"I16", 2},   [GGUF_U32] = {"U32", 4},   [GGUF_I32] = {"I32", 4},
    [GGUF_F32] = {"F32", 4},   [GGUF_BOOL] = {"bool", 1}, [GGUF_STR] = {"string", 0},
    [GGUF_ARR] = {"array", 0}, [GGUF_U64] = {"U64", 8},   [GGUF_I64] = {"I64", 8},
    [GGUF_F64] = {"F64", 8},
};

size_t gguf_type_size(enum gguf_type t) {
    return t < GGUF_TYPES ? scalar[t].size : 0;
}

const char *gguf_type_name(enum gguf_type t) {
    return t < GGUF_TYPES ? scalar[t].name : "unknown";
}

void gguf_scalar(struct gguf_kv *kv, enum gguf_type t, const uint8_t *p) {
    size_t n = gguf_type_size(t);
    uint64_t raw = gguf_little(p, n);
    kv->u = 0;
    kv->i = 0;
    if (t == GGUF_F32) {
        float f;
        uint32_t low = (uint32_t)raw;
        memcpy(&f, &low, sizeof f);
        kv->f = (double)f;
    } else if (t == GGUF_F64) {
        memcpy(&kv->f, &raw, sizeof kv->f);
    } else if (t == GGUF_I8 || t == GGUF_I16 || t == GGUF_I32 || t == GGUF_I64) {
        uint64_t sign = 1ull << (8 * n - 1), wide = (raw ^ sign) - sign;
        memcpy(&kv->i, &wide, sizeof kv->i);
        kv->u = kv->i >= 0 ? wide : 0;
        kv->f = (double)kv->i;
    } else {
        kv->u = raw;
        kv->i = raw <= INT64_MAX ? (int64_t)raw : 0;
        kv->f = (double)raw;
    }
}

static enum status take_type(struct gguf_cursor *c, const char *what, enum gguf_type *out,
                             struct err *e) {
    uint32_t t;
    TRY(gguf_take_u32(c, what, &t, e));
    if (t >= GGUF_TYPES) return gguf_bad(c, ST_CORRUPT, e, "%s %u does not exist", what, t);
    *out = (enum gguf_type)t;
    return ST_OK;
}

static enum status check_bools(struct gguf_cursor *c, const uint8_t *p, uint64_t n, struct err *e) {
    for (uint64_t i = 0; i < n; i++) {
        c->mark = p + i;
        if (p[i] > 1) return gguf_bad(c, ST_CORRUPT, e, "a bool is %d, not 0 or 1", p[i]);
    }
    return ST_OK;
}

static enum status take_array(struct gguf_cursor *c, struct gguf_kv *kv, struct err *e) {
    const uint8_t *start, *p;
    TRY(take_type(c, "array element type", &kv->elem, e));
    if (kv->elem == GGUF_ARR)
        return gguf_bad(c, ST_UNSUPPORTED, e, "arrays of arrays are not supported");
    TRY(gguf_take_u64(c, "array length", &kv->count, e));
    size_t left = gguf_left(c);
    size_t size = kv->elem == GGUF_STR ? 8 : gguf_type_size(kv->elem);
    if (kv->count > left / size)
        return gguf_bad(c, ST_CORRUPT, e,
                        "an array of %llu elements of type %s, but %zu bytes are left",
                        (unsigned long long)kv->count, gguf_type_name(kv->elem), left);
    start = c->at;
    if (kv->elem == GGUF_STR) {
        struct view v;
        for (uint64_t i = 0; i < kv->count; i++) TRY(gguf_take_string(c, "string in array", &v, e));
    } else {
        TRY(gguf_take(c, kv->count * size, "array", &p, e));
    }
    if (kv->elem == GGUF_BOOL) TRY(check_bools(c, start, kv->count, e));
    kv->data = (struct view){(const char *)start, (size_t)(c->at - start)};
    return ST_OK;
}

static enum status take_pair(struct gguf_cursor *c, struct gguf_kv *kv, struct err *e) {
    const uint8_t *p;
    TRY(gguf_take_name(c, "key", GGUF_MAX_KEY, &kv->key, e));
    TRY(take_type(c, "value type", &kv->type, e));
    if (kv->type == GGUF_STR) return gguf_take_string(c, "string", &kv->str, e);
    if (kv->type == GGUF_ARR) return take_array(c, kv, e);
    TRY(gguf_take(c, gguf_type_size(kv->type), "value", &p, e));
    if (kv->type == GGUF_BOOL) TRY(check_bools(c, p, 1, e));
    gguf_scalar(kv, kv->type, p);
    return ST_OK;
}

static enum status take_dims(struct gguf_cursor *c, struct gguf_tensor *t, uint64_t *elems,
                             struct err *e) {
    uint32_t n;
    TRY(gguf_take_u32(c, "n_dims", &n, e));
    if (n < 1 || n > COUNT(t->dim))
        return gguf_bad(c, ST_CORRUPT, e, "n_dims is %u, not 1 to 4", n);
    t->ndim = (int)n;
    *elems = 1;
    for (size_t i = 0; i < COUNT(t->dim); i++) t->dim[i] = 1;
    for (uint32_t i = 0; i < n; i++) {
        TRY(gguf_take_u64(c, "dimension", &t->dim[i], e));
        uint64_t d = t->dim[i];
        if (d == 0) return gguf_bad(c, ST_CORRUPT, e, "dimension %u is 0", i);
        if (d > INT64_MAX / *elems)
            return gguf_bad(c, ST_CORRUPT, e, "dimension %u is %llu, too many elements", i,
                            (unsigned long long)d);
        *elems *= d;
    }
    return ST_OK;
}

static enum status refuse_type(const struct gguf_cursor *c, uint32_t id, struct err *e) {
    const char *name = block_type_name(id);
    if (name)
        gguf_bad(c, ST_UNSUPPORTED, e, "type %s is not supported", name);
    else
        gguf_bad(c, ST_UNSUPPORTED, e, "type %u is unknown", id);
    err_hint(e, "use a file quantized to Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, IQ4_NL or "
                "IQ4_XS, or one in F32, F16 or BF16");
    return ST_UNSUPPORTED;
}

/* One directory entry; where its data lies is judged when the directory's end is known. */
static enum status take_tensor(struct gguf_cursor *c, struct gguf_tensor *t, struct err *e) {
    uint64_t elems = 0;
    uint32_t id;
    TRY(gguf_take_name(c, "name", GGUF_MAX_NAME, &t->name, e));
    TRY(take_dims(c, t, &elems, e));
    TRY(gguf_take_u32(c, "type", &id, e));
    t->type = block_type_find(id);
    if (!t->type) return refuse_type(c, id, e);
    uint64_t per_block = (uint64_t)t->type->elems, bytes = (uint64_t)t->type->bytes;
    if (t->dim[0] % per_block != 0)
        return gguf_bad(c, ST_CORRUPT, e, "a row of %llu values is no whole number of %s blocks",
                        (unsigned long long)t->dim[0], t->type->name);
    if (elems / per_block > INT64_MAX / bytes)
        return gguf_bad(c, ST_CORRUPT, e, "%llu elements are too many", (unsigned long long)elems);
    t->bytes = elems / per_block * bytes;
    return gguf_take_u64(c, "offset", &t->offset, e);
}

static int by_view(struct view a, struct view b) {
    int d = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    if (d == 0 && a.n != b.n) d = a.n < b.n ? -1 : 1;
    return d ? d : (a.p > b.p) - (a.p < b.p);
}

static int by_key(const void *a, const void *b) {
    return by_view((*(const struct gguf_kv *const *)a)->key,
                   (*(const struct gguf_kv *const *)b)->key);
}

static int by_name(const void *a, const void *b) {
    return by_view((*(const struct gguf_tensor *const *)a)->name,
                   (*(const struct gguf_tensor *const *)b)->name);
}

static int by_offset(const void *a, const void *b) {
    const struct gguf_tensor *x = *(const struct gguf_tensor *const *)a;
    const struct gguf_tensor *y = *(const struct gguf_tensor *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static enum status twice(struct gguf_cursor *c, const char *kind, uint64_t index, struct view name,
                         struct err *e) {
    c->kind = kind;
    c->index = index + 1;
    c->name = name;
    c->mark = (const uint8_t *)name.p;
    return gguf_bad(c, ST_CORRUPT, e, "the name occurs twice");
}

static enum status no_memory(const struct gguf_cursor *c, struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for the metadata of %.200s", c->file);
}

static enum status take_pairs(struct gguf_cursor *c, struct gguf *g, struct arena *a,
                              struct err *e) {
    size_t n = (size_t)g->n_kv;
    g->kv = ARENA_NEW(a, struct gguf_kv, n);
    g->kv_sorted = ARENA_NEW(a, const struct gguf_kv *, n);
    if (!g->kv || !g->kv_sorted) return no_memory(c, e);
    c->kind = "metadata pair";
    for (size_t i = 0; i < n; i++) {
        c->index = i + 1;
        c->name = VIEW("");
        TRY(take_pair(c, &g->kv[i], e));
        g->kv_sorted[i] = &g->kv[i];
    }
    qsort(g->kv_sorted, n, sizeof *g->kv_sorted, by_key);
    for (size_t i = 1; i < n; i++) {
        const struct gguf_kv *kv = g->kv_sorted[i];
        if (view_eq(g->kv_sorted[i - 1]->key, kv->key))
            return twice(c, "metadata pair", (uint64_t)(kv - g->kv), kv->key, e);
    }
    return ST_OK;
}

static enum status read_alignment(struct gguf_cursor *c, const struct gguf *g, uint64_t *out,
                                  struct err *e) {
    const struct gguf_kv *kv = gguf_find(g, "general.alignment");
    *out = ALIGNMENT_DEFAULT;
    if (!kv) return ST_OK;
    c->index = (uint64_t)(kv - g->kv) + 1;
    c->name = kv->key;
    c->mark = (const uint8_t *)kv->key.p;
    if (kv->type != GGUF_U32)
        return gguf_bad(c, ST_CORRUPT, e, "is of type %s, not U32", gguf_type_name(kv->type));
    if (kv->u < ALIGNMENT_MIN || (kv->u & (kv->u - 1)) != 0)
        return gguf_bad(c, ST_CORRUPT, e, "is %llu, not a power of two from 8",
                        (unsigned long long)kv->u);
    *out = kv->u;
    return ST_OK;
}

/* Points every tensor at its data and refuses those that overlap. `order` has room for all. */
static enum status place(struct gguf_cursor *c, struct gguf *g, uint64_t alignment,
                         const struct gguf_tensor **order, struct err *e) {
    uint64_t size = c->size, at = (uint64_t)(c->at - c->base);
    uint64_t start = (at + alignment - 1) & ~(alignment - 1),
             room = start < size ? size - start : 0;
    int whole = c->end == c->base + size;
    for (uint64_t i = 0; i < g->n_tensors; i++) {
        struct gguf_tensor *t = &g->tensor[i];
        c->index = i + 1;
        c->name = t->name;
        c->mark = (const uint8_t *)t->name.p + t->name.n + 4 + 8 * (size_t)t->ndim + 4;
        if (t->offset % alignment != 0)
            return gguf_bad(c, ST_CORRUPT, e, "offset %llu is no multiple of the alignment %llu",
                            (unsigned long long)t->offset, (unsigned long long)alignment);
        if (t->offset > room || t->bytes > room - t->offset)
            return gguf_bad(c, ST_CORRUPT, e,
                            "offset %llu and %llu bytes of data, but the file has %llu",
                            (unsigned long long)t->offset, (unsigned long long)t->bytes,
                            (unsigned long long)room);
        t->data = whole ? c->base + start + t->offset : NULL;
        order[i] = t;
    }
    qsort(order, (size_t)g->n_tensors, sizeof *order, by_offset);
    for (uint64_t i = 1; i < g->n_tensors; i++) {
        const struct gguf_tensor *low = order[i - 1], *t = order[i];
        if (t->offset - low->offset >= low->bytes) continue;
        char other[GGUF_SHOWN];
        c->index = (uint64_t)(t - g->tensor) + 1;
        c->name = t->name;
        c->mark = whole ? t->data : (const uint8_t *)t->name.p;
        return gguf_bad(c, ST_CORRUPT, e, "its data overlaps that of '%s'",
                        gguf_shown(low->name, other));
    }
    return ST_OK;
}

static enum status take_tensors(struct gguf_cursor *c, struct gguf *g, struct arena *a,
                                struct err *e) {
    size_t n = (size_t)g->n_tensors;
    uint64_t alignment;
    TRY(read_alignment(c, g, &alignment, e));
    g->tensor = ARENA_NEW(a, struct gguf_tensor, n);
    g->tensor_sorted = ARENA_NEW(a, const struct gguf_tensor *, n);
    if (!g->tensor || !g->tensor_sorted) return no_memory(c, e);
    c->kind = "tensor";
    for (size_t i = 0; i < n; i++) {
        c->index = i + 1;
        c->name = VIEW("");
        TRY(take_tensor(c, &g->tensor[i], e));
    }
    TRY(place(c, g, alignment, g->tensor_sorted, e));
    qsort(g->tensor_sorted, n, sizeof *g->tensor_sorted, by_name);
    for (size_t i = 1; i < n; i++) {
        const struct gguf_tensor *t = g->tensor_sorted[i];
        if (view_eq(g->tensor_sorted[i - 1]->name, t->name))
            return twice(c, "tensor", (uint64_t)(t - g->tensor), t->name, e);
    }
    return ST_OK;
}

static enum status take_count(struct gguf_cursor *c, const char *what, uint64_t smallest,
                              uint64_t *out, struct err *e) {
    uint64_t n;
    TRY(gguf_take_u64(c, what, &n, e));
    /* The other count may still follow, so this bound is loose by 8 bytes; the entries are checked
     * one by one in any case. */
    uint64_t room = gguf_left(c) / smallest;
    if (n > room)
        return gguf_bad(c, ST_CORRUPT, e, "%s is %llu, but the rest of the file has room for %llu",
                        what, (unsigned long long)n, (unsigned long long)room);
    if (n > GGUF_MAX_ENTRIES)
        return gguf_bad(c, ST_LIMIT, e, "%s is %llu, more than %d", what, (unsigned long long)n,
                        GGUF_MAX_ENTRIES);
    *out = n;
    return ST_OK;
}

static enum status take_header(struct gguf_cursor *c, struct gguf *g, struct err *e) {
    const uint8_t *magic;
    TRY(gguf_take(c, 4, "magic", &magic, e));
    if (memcmp(magic, "GGUF", 4) != 0)
        return gguf_bad(c, ST_CORRUPT, e, "no GGUF file: the magic bytes are %02x %02x %02x %02x",
                        magic[0], magic[1], magic[2], magic[3]);
    TRY(gguf_take_u32(c, "version", &g->version, e));
    if (g->version != 0 && (g->version & 0xffff) == 0)
        return gguf_bad(c, ST_UNSUPPORTED, e, "version %u: big endian files are not supported",
                        g->version);
    if (g->version != 2 && g->version != 3)
        return gguf_bad(c, ST_UNSUPPORTED, e, "version %u is not supported, only 2 and 3",
                        g->version);
    TRY(take_count(c, "n_tensors", TENSOR_MIN, &g->n_tensors, e));
    return take_count(c, "n_kv", PAIR_MIN, &g->n_kv, e);
}

static enum status parse(struct gguf_cursor *c, struct gguf *g, struct arena *a, struct err *e) {
    TRY(take_header(c, g, e));
    TRY(take_pairs(c, g, a, e));
    return take_tensors(c, g, a, e);
}

enum status gguf_parse_head(struct gguf *g, const char *name, const uint8_t *p, size_t n,
                            size_t size, int *more, struct arena *arena, struct err *e) {
    static const uint8_t nothing[1];
    if (!p) p = nothing; /* an empty file is mapped as NULL */
    struct gguf_cursor c = {
        .base = p, .at = p, .end = p + n, .size = size, .mark = p, .file = name, .kind = "header"};
    *g = (struct gguf){.base = p, .name = arena_copy(arena, name, strlen(name))};
    enum status st = g->name ? parse(&c, g, arena, e) : no_memory(&c, e);
    *more = c.short_of;
    if (st != ST_OK) *g = (struct gguf){0};
    return st;
}

enum status gguf_parse(struct gguf *g, const char *name, const uint8_t *p, size_t n,
                       struct arena *arena, struct err *e) {
    int more;
    return gguf_parse_head(g, name, p, n, n, &more, arena, e);
}

enum status gguf_join(struct gguf *g, const struct gguf *more, struct arena *arena, struct err *e) {
    size_t a = (size_t)g->n_tensors, b = (size_t)more->n_tensors;
    if (a + b > GGUF_MAX_ENTRIES)
        return fail(e, ST_LIMIT, "the parts have more than %d tensors", GGUF_MAX_ENTRIES);
    struct gguf_tensor *all = ARENA_NEW(arena, struct gguf_tensor, a + b);
    const struct gguf_tensor **sorted = ARENA_NEW(arena, const struct gguf_tensor *, a + b);
    if (!all || !sorted) return fail(e, ST_NO_MEMORY, "no memory for the tensors of %s", g->name);
    if (a) memcpy(all, g->tensor, a * sizeof *all);
    if (b) memcpy(all + a, more->tensor, b * sizeof *all);
    for (size_t i = 0; i < a + b; i++) sorted[i] = &all[i];
    qsort(sorted, a + b, sizeof *sorted, by_name);
    for (size_t i = 1; i < a + b; i++) {
        char name[GGUF_SHOWN];
        if (view_eq(sorted[i - 1]->name, sorted[i]->name))
            return fail(e, ST_CORRUPT, "%s and %s both have a tensor '%s'", g->name, more->name,
                        gguf_shown(sorted[i]->name, name));
    }
    g->tensor = all;
    g->tensor_sorted = sorted;
    g->n_tensors = a + b;
    return ST_OK;
}
