/* Writing GGUF files, version 3, little endian: keys and tensors in the order they are added, then
 * the tensors' bytes at multiples of 32. Everything is gathered in memory and written at once. */
#ifndef FORMAT_GGUF_WRITE_H
#define FORMAT_GGUF_WRITE_H

#include "kernels/base/buf.h"
#include "model/format/gguf/gguf.h"

/* A failed append is remembered; gguf_write_file then answers ST_NO_MEMORY. */
struct gguf_writer {
    struct buf kv, dir, data;
    uint64_t n_kv, n_tensors;
};

void gguf_write_init(struct gguf_writer *w);
void gguf_write_free(struct gguf_writer *w);

void gguf_write_text(struct gguf_writer *w, const char *key, const char *text);
void gguf_write_f32(struct gguf_writer *w, const char *key, float v);
void gguf_write_u32(struct gguf_writer *w, const char *key, uint32_t v);
/* A pair as another file has it. */
void gguf_write_copy(struct gguf_writer *w, const struct gguf_kv *kv);

/* A tensor of ggml type `type`: dim[0] is contiguous. Its bytes are copied. */
void gguf_write_tensor(struct gguf_writer *w, const char *name, uint32_t type, int ndim,
                       const uint64_t *dim, const void *data, size_t bytes);

/* Writes the file whole or not at all. ST_NO_MEMORY, ST_DISK_FULL, ST_IO. */
enum status gguf_write_file(struct gguf_writer *w, const char *path, struct err *e) MUST_CHECK;

#endif
