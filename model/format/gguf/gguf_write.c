/* Three growing parts, joined when the file is written. */
#include "model/format/gguf/gguf_write.h"

#include <string.h>

enum { ALIGN = 32 };

void gguf_write_init(struct gguf_writer *w) {
    *w = (struct gguf_writer){.n_kv = 0};
    buf_init(&w->kv, (size_t)1 << 30);
    buf_init(&w->dir, (size_t)1 << 30);
    buf_init(&w->data, (size_t)1 << 40);
}

void gguf_write_free(struct gguf_writer *w) {
    buf_free(&w->kv);
    buf_free(&w->dir);
    buf_free(&w->data);
}

static void put_u32(struct buf *b, uint32_t v) {
    buf_add(b, (const char *)&v, sizeof v);
}

static void put_u64(struct buf *b, uint64_t v) {
    buf_add(b, (const char *)&v, sizeof v);
}

static void put_view(struct buf *b, struct view v) {
    put_u64(b, v.n);
    buf_view(b, v);
}

static void put_key(struct gguf_writer *w, const char *key, enum gguf_type type) {
    w->n_kv++;
    put_view(&w->kv, view_of(key));
    put_u32(&w->kv, (uint32_t)type);
}

void gguf_write_text(struct gguf_writer *w, const char *key, const char *text) {
    put_key(w, key, GGUF_STR);
    put_view(&w->kv, view_of(text));
}

void gguf_write_f32(struct gguf_writer *w, const char *key, float v) {
    put_key(w, key, GGUF_F32);
    buf_add(&w->kv, (const char *)&v, sizeof v);
}

void gguf_write_u32(struct gguf_writer *w, const char *key, uint32_t v) {
    put_key(w, key, GGUF_U32);
    put_u32(&w->kv, v);
}

void gguf_write_copy(struct gguf_writer *w, const struct gguf_kv *kv) {
    w->n_kv++;
    put_view(&w->kv, kv->key);
    put_u32(&w->kv, (uint32_t)kv->type);
    if (kv->type == GGUF_STR) {
        put_view(&w->kv, kv->str);
    } else if (kv->type == GGUF_ARR) {
        put_u32(&w->kv, (uint32_t)kv->elem);
        put_u64(&w->kv, kv->count);
        buf_view(&w->kv, kv->data);
    } else if (kv->type == GGUF_F32) {
        float f = (float)kv->f;
        buf_add(&w->kv, (const char *)&f, sizeof f);
    } else if (kv->type == GGUF_F64) {
        buf_add(&w->kv, (const char *)&kv->f, sizeof kv->f);
    } else { /* little endian: an integer's low bytes are the shorter integer */
        uint64_t v = kv->i < 0 ? (uint64_t)kv->i : kv->u;
        buf_add(&w->kv, (const char *)&v, gguf_type_size(kv->type));
    }
}

static void pad(struct buf *b) {
    static const char zeros[ALIGN];
    buf_add(b, zeros, (ALIGN - b->n % ALIGN) % ALIGN);
}

void gguf_write_tensor(struct gguf_writer *w, const char *name, uint32_t type, int ndim,
                       const uint64_t *dim, const void *data, size_t bytes) {
    w->n_tensors++;
    put_view(&w->dir, view_of(name));
    put_u32(&w->dir, (uint32_t)ndim);
    for (int i = 0; i < ndim; i++) put_u64(&w->dir, dim[i]);
    put_u32(&w->dir, type);
    put_u64(&w->dir, w->data.n);
    buf_add(&w->data, data, bytes);
    pad(&w->data);
}

enum status gguf_write_file(struct gguf_writer *w, const char *path, struct err *e) {
    struct buf b;
    buf_init(&b, (size_t)1 << 41);
    buf_str(&b, "GGUF");
    put_u32(&b, 3);
    put_u64(&b, w->n_tensors);
    put_u64(&b, w->n_kv);
    buf_add(&b, w->kv.p, w->kv.n);
    buf_add(&b, w->dir.p, w->dir.n);
    pad(&b);
    buf_add(&b, w->data.p, w->data.n);
    int failed = b.failed || w->kv.failed || w->dir.failed || w->data.failed;
    enum status st = failed ? fail(e, ST_NO_MEMORY, "no memory for writing %.200s", path)
                            : file_write(path, b.p, b.n, e);
    buf_free(&b);
    return st;
}
