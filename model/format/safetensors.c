/* Reading safetensors: 8 bytes of header length, the header as JSON, the tensors' bytes. */
#include "model/format/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { GGML_F32 = 0, GGML_F16 = 1, GGML_BF16 = 30, NAME_MAX_BYTES = 512 };

static const struct dtype {
    const char *name;
    unsigned bytes;
    int block; /* number of the block type, or -1 */
} dtypes[] = {{"F32", 4, GGML_F32}, {"F16", 2, GGML_F16}, {"BF16", 2, GGML_BF16}, {"F64", 8, -1},
              {"I64", 8, -1},       {"I32", 4, -1},       {"I16", 2, -1},         {"I8", 1, -1},
              {"U64", 8, -1},       {"U32", 4, -1},       {"U16", 2, -1},         {"U8", 1, -1},
              {"BOOL", 1, -1}};

static enum status bad(const struct safetensors *s, const char *tensor, struct err *e,
                       const char *what) {
    enum status st = tensor ? fail(e, ST_CORRUPT, "%s: tensor %.80s: %s", s->file, tensor, what)
                            : fail(e, ST_CORRUPT, "%s: %s", s->file, what);
    if (tensor) err_field(e, "%.80s", tensor);
    return st;
}

static enum status read_shape(const struct safetensors *s, struct safetensor *t, json_t *shape,
                              uint64_t size, struct err *e) {
    if (!json_is_array(shape)) return bad(s, t->name, e, "shape is no list");
    if (json_array_size(shape) > SAFETENSORS_DIMS)
        return bad(s, t->name, e, "shape has more than 8 dimensions");
    t->ndim = (int)json_array_size(shape);
    uint64_t bytes = size;
    for (int i = 0; i < t->ndim; i++) {
        json_t *d = json_array_get(shape, (size_t)i);
        if (!json_is_integer(d) || json_integer_value(d) < 0)
            return bad(s, t->name, e, "shape holds something that is no count");
        t->dim[i] = (uint64_t)json_integer_value(d);
        if (__builtin_mul_overflow(bytes, t->dim[i], &bytes))
            return bad(s, t->name, e, "shape is too large");
    }
    t->bytes = bytes;
    return ST_OK;
}

static enum status read_offsets(const struct safetensors *s, struct safetensor *t, json_t *off,
                                uint64_t room, struct err *e) {
    json_t *from = json_array_get(off, 0), *to = json_array_get(off, 1);
    if (json_array_size(off) != 2 || !json_is_integer(from) || !json_is_integer(to))
        return bad(s, t->name, e, "data_offsets are no two numbers");
    json_int_t begin = json_integer_value(from), end = json_integer_value(to);
    if (begin < 0 || end < begin) return bad(s, t->name, e, "data_offsets run backwards");
    if ((uint64_t)end > room) {
        enum status st =
            fail(e, ST_CORRUPT, "%s: tensor %.80s ends at byte %lld of %llu: the file is cut",
                 s->file, t->name, (long long)end, (unsigned long long)room);
        err_field(e, "%.80s", t->name);
        return st;
    }
    if ((uint64_t)(end - begin) != t->bytes)
        return bad(s, t->name, e, "data_offsets do not fit shape and dtype");
    t->begin = (uint64_t)begin;
    return ST_OK;
}

static enum status read_tensor(const struct safetensors *s, struct safetensor *t, const char *name,
                               json_t *v, uint64_t room, struct arena *a, struct err *e) {
    const char *dtype = json_string_value(json_object_get(v, "dtype"));
    const struct dtype *d = dtypes, *end = dtypes + COUNT(dtypes);
    if (strlen(name) > NAME_MAX_BYTES) return bad(s, NULL, e, "a tensor's name is too long");
    if (!(t->name = arena_copy(a, name, strlen(name))))
        return fail(e, ST_NO_MEMORY, "no memory for a tensor's name");
    if (!json_is_object(v)) return bad(s, t->name, e, "is no object");
    if (!dtype) return bad(s, t->name, e, "has no dtype");
    while (d < end && strcmp(d->name, dtype) != 0) d++;
    if (d == end) return bad(s, t->name, e, "has an unknown dtype");
    t->dtype = d->name;
    t->type = d->block < 0 ? NULL : block_type_find((uint32_t)d->block);
    TRY(read_shape(s, t, json_object_get(v, "shape"), d->bytes, e));
    return read_offsets(s, t, json_object_get(v, "data_offsets"), room, e);
}

static int by_begin(const void *x, const void *y) {
    const struct safetensor *a = x, *b = y;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

/* The tensors, one behind the other, are the file. */
static enum status check_cover(const struct safetensors *s, uint64_t room, struct err *e) {
    uint64_t at = 0;
    for (int i = 0; i < s->n; i++) {
        const struct safetensor *t = &s->tensor[i];
        if (t->begin != at)
            return bad(s, t->name, e, t->begin < at ? "overlaps another" : "follows a gap");
        at += t->bytes;
    }
    return at == room ? ST_OK : bad(s, NULL, e, "bytes are left behind the last tensor");
}

static enum status read_header(struct safetensors *s, json_t *root, const uint8_t *data,
                               uint64_t room, struct arena *a, struct err *e) {
    const char *name;
    json_t *v;
    size_t n = json_object_size(root);
    if (!json_is_object(root)) return bad(s, NULL, e, "the header is no JSON object");
    if (n > SAFETENSORS_MAX_TENSORS)
        return fail(e, ST_LIMIT, "%s: %zu tensors; at most %d are read", s->file, n,
                    SAFETENSORS_MAX_TENSORS);
    if (!(s->tensor = ARENA_NEW(a, struct safetensor, n)))
        return fail(e, ST_NO_MEMORY, "no memory for %zu tensors", n);
    json_object_foreach(root, name, v) {
        if (strcmp(name, "__metadata__") == 0) continue;
        TRY(read_tensor(s, &s->tensor[s->n], name, v, room, a, e));
        s->n++;
    }
    qsort(s->tensor, (size_t)s->n, sizeof *s->tensor, by_begin);
    for (int i = 0; i < s->n; i++) s->tensor[i].data = data + s->tensor[i].begin;
    return check_cover(s, room, e);
}

enum status safetensors_parse(struct safetensors *s, const char *file, const uint8_t *p, size_t n,
                              struct arena *a, struct err *e) {
    json_error_t why;
    uint64_t head = 0;
    *s = (struct safetensors){.file = file};
    if (n < 8) return bad(s, NULL, e, "shorter than its 8 bytes of header length");
    for (int i = 0; i < 8; i++) head |= (uint64_t)p[i] << (8 * i);
    if (head > SAFETENSORS_MAX_HEADER)
        return fail(e, ST_CORRUPT, "%s: a header of %llu bytes; at most %d are read", file,
                    (unsigned long long)head, SAFETENSORS_MAX_HEADER);
    if (head > n - 8)
        return fail(e, ST_CORRUPT, "%s: a header of %llu bytes in a file of %zu", file,
                    (unsigned long long)head, n);
    json_t *root = json_loadb((const char *)p + 8, (size_t)head, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return fail(e, ST_CORRUPT, "%s: the header is no JSON at byte %d: %.100s", file,
                    8 + why.position, why.text);
    enum status st = read_header(s, root, p + 8 + head, n - 8 - head, a, e);
    json_decref(root);
    if (st != ST_OK) *s = (struct safetensors){.file = file};
    return st;
}

const struct safetensor *safetensors_find(const struct safetensors *s, const char *name) {
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->tensor[i].name, name) == 0) return &s->tensor[i];
    return NULL;
}

/* --- config.json --- */

static enum status config_value(const char *file, struct view json, const char *key, json_t **root,
                                json_t **v, struct err *e) {
    *root = json_loadb(json.p, json.n, 0, NULL);
    *v = json_object_get(*root, key);
    if (*v) return ST_OK;
    json_t *had = *root;
    *root = NULL;
    enum status st = had ? fail(e, ST_CORRUPT, "%s: there is no %s", file, key)
                         : fail(e, ST_CORRUPT, "%s: no JSON", file);
    err_field(e, "%s", key);
    json_decref(had);
    return st;
}

enum status safetensors_config_number(const char *file, struct view json, const char *key,
                                      double *out, struct err *e) {
    json_t *root, *v;
    TRY(config_value(file, json, key, &root, &v, e));
    int good = json_is_number(v);
    *out = json_number_value(v);
    json_decref(root);
    return good ? ST_OK : fail(e, ST_CORRUPT, "%s: %s is no number", file, key);
}

enum status safetensors_config_text(const char *file, struct view json, const char *key,
                                    char out[64], struct err *e) {
    json_t *root, *v;
    TRY(config_value(file, json, key, &root, &v, e));
    const char *text = json_string_value(v);
    size_t n = text ? strnlen(text, 63) : 0;
    if (n) memcpy(out, text, n);
    out[n] = 0;
    json_decref(root);
    return text ? ST_OK : fail(e, ST_CORRUPT, "%s: %s is no text", file, key);
}

enum status safetensors_config_flag(const char *file, struct view json, const char *key, int *out,
                                    struct err *e) {
    json_t *root = json_loadb(json.p, json.n, 0, NULL), *v = json_object_get(root, key);
    int good = root && (!v || json_is_boolean(v));
    *out = json_is_true(v);
    json_decref(root);
    return good ? ST_OK : fail(e, ST_CORRUPT, "%s: %s is no flag", file, key);
}
