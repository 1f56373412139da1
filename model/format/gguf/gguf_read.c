/* Finding pairs and tensors of a parsed GGUF file, and typed reads of metadata. */
#include "model/format/gguf/gguf.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

/* How a sorted name compares with the one that is looked for. */
static int order(struct view have, const char *want) {
    size_t n = strlen(want);
    int d = memcmp(have.p, want, have.n < n ? have.n : n);
    return d ? d : (have.n > n) - (have.n < n);
}

const struct gguf_kv *gguf_find(const struct gguf *g, const char *key) {
    size_t low = 0, high = (size_t)g->n_kv;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int d = order(g->kv_sorted[mid]->key, key);
        if (d == 0) return g->kv_sorted[mid];
        if (d < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name) {
    size_t low = 0, high = (size_t)g->n_tensors;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int d = order(g->tensor_sorted[mid]->name, name);
        if (d == 0) return g->tensor_sorted[mid];
        if (d < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* kv is NULL when the key is missing. */
PRINTF(5, 6)
static enum status bad(const struct gguf *g, const char *key, const struct gguf_kv *kv,
                       struct err *e, const char *fmt, ...) {
    char what[120], at[48] = "";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (kv)
        snprintf(at, sizeof at, ", at byte %zu", (size_t)((const uint8_t *)kv->key.p - g->base));
    size_t n = strlen(g->name);
    fail(e, ST_CORRUPT, "%s%s: metadata key '%.70s' %s%s", n > 60 ? "..." : "",
         g->name + (n > 60 ? n - 60 : 0), key, what, at);
    err_field(e, "%s", key);
    return ST_CORRUPT;
}

static int is_int(enum gguf_type t) {
    return t < GGUF_TYPES && t != GGUF_F32 && t != GGUF_F64 && t != GGUF_BOOL && t != GGUF_STR &&
           t != GGUF_ARR;
}

static int is_real(enum gguf_type t) {
    return t == GGUF_F32 || t == GGUF_F64;
}

enum status gguf_int(const struct gguf *g, const char *key, int64_t lo, int64_t hi,
                     const int64_t *def, int64_t *out, struct err *e) {
    const struct gguf_kv *kv = gguf_find(g, key);
    if (!kv && !def) return bad(g, key, kv, e, "is missing");
    if (kv && !is_int(kv->type))
        return bad(g, key, kv, e, "is of type %s, not an integer", gguf_type_name(kv->type));
    if (kv && (kv->u > INT64_MAX || kv->i < lo || kv->i > hi))
        return bad(g, key, kv, e, "is %.0f, not from %lld to %lld", kv->f, (long long)lo,
                   (long long)hi);
    *out = kv ? kv->i : *def;
    return ST_OK;
}

enum status gguf_real(const struct gguf *g, const char *key, double lo, double hi,
                      const double *def, double *out, struct err *e) {
    const struct gguf_kv *kv = gguf_find(g, key);
    if (!kv && !def) return bad(g, key, kv, e, "is missing");
    if (kv && !is_real(kv->type) && !is_int(kv->type))
        return bad(g, key, kv, e, "is of type %s, not a number", gguf_type_name(kv->type));
    if (kv && !(kv->f >= lo && kv->f <= hi))
        return bad(g, key, kv, e, "is %g, not from %g to %g", kv->f, lo, hi);
    *out = kv ? kv->f : *def;
    return ST_OK;
}

enum status gguf_flag(const struct gguf *g, const char *key, const int *def, int *out,
                      struct err *e) {
    const struct gguf_kv *kv = gguf_find(g, key);
    if (!kv && !def) return bad(g, key, kv, e, "is missing");
    if (kv && kv->type != GGUF_BOOL)
        return bad(g, key, kv, e, "is of type %s, not bool", gguf_type_name(kv->type));
    *out = kv ? (int)kv->u : *def;
    return ST_OK;
}

enum status gguf_text(const struct gguf *g, const char *key, const char *def, struct view *out,
                      struct err *e) {
    const struct gguf_kv *kv = gguf_find(g, key);
    if (!kv && !def) return bad(g, key, kv, e, "is missing");
    if (kv && kv->type != GGUF_STR)
        return bad(g, key, kv, e, "is of type %s, not a string", gguf_type_name(kv->type));
    *out = kv ? kv->str : view_of(def);
    return ST_OK;
}

/* The pair of an array that is present and not too long; the caller judges its element type. */
static enum status find_array(const struct gguf *g, const char *key, uint64_t max,
                              const struct gguf_kv **out, struct err *e) {
    const struct gguf_kv *kv = gguf_find(g, key);
    *out = kv;
    if (!kv) return bad(g, key, kv, e, "is missing");
    if (kv->type != GGUF_ARR)
        return bad(g, key, kv, e, "is of type %s, not an array", gguf_type_name(kv->type));
    if (kv->count > max)
        return bad(g, key, kv, e, "has %llu elements, more than %llu",
                   (unsigned long long)kv->count, (unsigned long long)max);
    return ST_OK;
}

static enum status no_memory(const struct gguf_kv *kv, const char *key, struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for %llu elements of '%.100s'",
                (unsigned long long)kv->count, key);
}

enum status gguf_strings(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                         struct view **out, uint64_t *n, struct err *e) {
    const struct gguf_kv *kv;
    TRY(find_array(g, key, max, &kv, e));
    if (kv->elem != GGUF_STR)
        return bad(g, key, kv, e, "is an array of %s, not of strings", gguf_type_name(kv->elem));
    struct view *v = ARENA_NEW(a, struct view, (size_t)kv->count);
    if (!v) return no_memory(kv, key, e);
    const char *p = kv->data.p;
    size_t left = kv->data.n;
    for (uint64_t i = 0; i < kv->count; i++) {
        /* Checked when parsed, and again: the file behind a mapping may be written to meanwhile. */
        uint64_t len = 0;
        if (left >= sizeof len) memcpy(&len, p, sizeof len);
        if (left < sizeof len || len > left - sizeof len)
            return bad(g, key, kv, e, "changed while it was read");
        v[i] = (struct view){p + sizeof len, (size_t)len};
        p += sizeof len + len;
        left -= sizeof len + (size_t)len;
    }
    *out = v;
    *n = kv->count;
    return ST_OK;
}

enum status gguf_ints(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                      int32_t **out, uint64_t *n, struct err *e) {
    const struct gguf_kv *kv;
    TRY(find_array(g, key, max, &kv, e));
    if (!is_int(kv->elem))
        return bad(g, key, kv, e, "is an array of %s, not of integers", gguf_type_name(kv->elem));
    int32_t *v = ARENA_NEW(a, int32_t, (size_t)kv->count);
    if (!v) return no_memory(kv, key, e);
    const uint8_t *p = (const uint8_t *)kv->data.p;
    for (uint64_t i = 0; i < kv->count; i++, p += gguf_type_size(kv->elem)) {
        struct gguf_kv one = {0};
        gguf_scalar(&one, kv->elem, p);
        if (one.u > INT32_MAX || one.i < INT32_MIN)
            return bad(g, key, kv, e, "has %.0f at index %llu, which is too large", one.f,
                       (unsigned long long)i);
        v[i] = (int32_t)one.i;
    }
    *out = v;
    *n = kv->count;
    return ST_OK;
}

enum status gguf_floats(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                        float **out, uint64_t *n, struct err *e) {
    const struct gguf_kv *kv;
    TRY(find_array(g, key, max, &kv, e));
    if (!is_real(kv->elem))
        return bad(g, key, kv, e, "is an array of %s, not of floats", gguf_type_name(kv->elem));
    float *v = ARENA_NEW(a, float, (size_t)kv->count);
    if (!v) return no_memory(kv, key, e);
    const uint8_t *p = (const uint8_t *)kv->data.p;
    for (uint64_t i = 0; i < kv->count; i++, p += gguf_type_size(kv->elem)) {
        struct gguf_kv one = {0};
        gguf_scalar(&one, kv->elem, p);
        if (kv->elem == GGUF_F64 && (one.f > (double)FLT_MAX || one.f < -(double)FLT_MAX))
            return bad(g, key, kv, e, "has %g at index %llu, which is no F32", one.f,
                       (unsigned long long)i);
        v[i] = (float)one.f;
    }
    *out = v;
    *n = kv->count;
    return ST_OK;
}
