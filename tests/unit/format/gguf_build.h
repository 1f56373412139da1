/* Builds GGUF files in memory, byte by byte, so that a test can write any lie into them; and places
 * bytes at the edge of a dead page, so that one read past their end is a fault. */
#ifndef TESTS_UNIT_GGUF_BUILD_H
#define TESTS_UNIT_GGUF_BUILD_H

#include "model/format/gguf/gguf.h"

#include <string.h>
#include <sys/mman.h>

struct build {
    uint8_t *p;
    size_t n, cap;
};

static inline void b_raw(struct build *b, const void *p, size_t n) {
    if (b->n + n > b->cap) {
        b->cap = 2 * (b->n + n) + 256;
        b->p = mem_grow(b->p, b->n, b->cap);
        CHECK(b->p);
    }
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
}

static inline void b_uint(struct build *b, size_t bytes, uint64_t v) {
    b_raw(b, &v, bytes);
}

static inline void b_str(struct build *b, const char *s) {
    b_uint(b, 8, strlen(s));
    b_raw(b, s, strlen(s));
}

static inline void b_head(struct build *b, uint32_t version, uint64_t n_tensors, uint64_t n_kv) {
    b_raw(b, "GGUF", 4);
    b_uint(b, 4, version);
    b_uint(b, 8, n_tensors);
    b_uint(b, 8, n_kv);
}

static inline void b_key(struct build *b, const char *key, uint32_t type) {
    b_str(b, key);
    b_uint(b, 4, type);
}

static inline void b_scalar(struct build *b, const char *key, enum gguf_type type, uint64_t raw) {
    b_key(b, key, type);
    b_uint(b, gguf_type_size(type), raw);
}

static inline void b_text(struct build *b, const char *key, const char *text) {
    b_key(b, key, GGUF_STR);
    b_str(b, text);
}

static inline void b_array(struct build *b, const char *key, enum gguf_type elem, uint64_t count) {
    b_key(b, key, GGUF_ARR);
    b_uint(b, 4, elem);
    b_uint(b, 8, count);
}

/* A directory entry with n_dims as given, but never more than four dimensions written. */
static inline void b_tensor(struct build *b, const char *name, uint32_t n_dims,
                            const uint64_t dim[4], uint32_t type, uint64_t offset) {
    b_str(b, name);
    b_uint(b, 4, n_dims);
    for (uint32_t i = 0; i < n_dims && i < 4; i++) b_uint(b, 8, dim[i]);
    b_uint(b, 4, type);
    b_uint(b, 8, offset);
}

static inline void b_pad(struct build *b, size_t alignment) {
    while (b->n % alignment) b_uint(b, 1, 0);
}

static inline void b_data(struct build *b, size_t n) {
    for (size_t i = 0; i < n; i++) b_uint(b, 1, i);
}

static inline void b_free(struct build *b) {
    mem_free(b->p);
    *b = (struct build){0};
}

/* A valid file: pairs of every type, two tensors, the last byte is tensor data. */
static inline void b_valid(struct build *b, uint32_t version) {
    b_head(b, version, 2, 17);
    b_text(b, "general.architecture", "llama");
    b_scalar(b, "general.alignment", GGUF_U32, 64);
    b_scalar(b, "u8", GGUF_U8, 255);
    b_scalar(b, "i8", GGUF_I8, (uint64_t)-1);
    b_scalar(b, "u16", GGUF_U16, 65535);
    b_scalar(b, "i16", GGUF_I16, (uint64_t)-2);
    b_scalar(b, "i32", GGUF_I32, (uint64_t)-3);
    b_scalar(b, "f32", GGUF_F32, 0x40490fdb);
    b_scalar(b, "yes", GGUF_BOOL, 1);
    b_scalar(b, "u64", GGUF_U64, UINT64_MAX);
    b_scalar(b, "i64", GGUF_I64, (uint64_t)INT64_MIN);
    b_scalar(b, "f64", GGUF_F64, 0x7ff8000000000000); /* NaN */
    b_array(b, "strings", GGUF_STR, 3);
    b_str(b, "one"), b_str(b, ""), b_str(b, "\xff not UTF-8");
    b_array(b, "i16s", GGUF_I16, 2);
    b_uint(b, 2, 7), b_uint(b, 2, (uint64_t)-7);
    b_array(b, "u32s", GGUF_U32, 2);
    b_uint(b, 4, 1), b_uint(b, 4, 0x80000000);
    b_array(b, "f32s", GGUF_F32, 1);
    b_uint(b, 4, 0x3f800000);
    b_array(b, "f64s", GGUF_F64, 2);
    b_uint(b, 8, 0x3ff0000000000000), b_uint(b, 8, 0x7e37e43c8800759c); /* 1, 1e300 */
    b_tensor(b, "a.weight", 2, (uint64_t[4]){64, 3}, 3, 0);
    b_tensor(b, "b.weight", 1, (uint64_t[4]){5}, 0, 128);
    b_pad(b, 64);
    b_data(b, 128 + 20);
}

/* Room whose last byte touches a page that cannot be read. */
struct edge {
    uint8_t *map;
    size_t room, page;
};

static inline struct edge edge_open(size_t most) {
    struct edge d = {.page = 4096};
    d.room = (most + d.page - 1) / d.page * d.page;
    d.map = mmap(NULL, d.room + d.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(d.map != MAP_FAILED && mprotect(d.map + d.room, d.page, PROT_NONE) == 0);
    return d;
}

/* A copy of n bytes that ends at the edge; the next call overwrites it. */
static inline uint8_t *edge_put(struct edge *d, const void *p, size_t n) {
    CHECK(n <= d->room);
    if (n) memcpy(d->map + d->room - n, p, n);
    return d->map + d->room - n;
}

static inline void edge_close(struct edge *d) {
    munmap(d->map, d->room + d->page);
}

#endif
