/* GGUF files, versions 2 and 3, little endian: header, metadata and tensor directory, every field
 * checked against the file before use. Nothing of the tensor data is read here. */
#ifndef MODEL_GGUF_H
#define MODEL_GGUF_H

#include "kernels/blocks.h"
#include "model/base/arena.h"
#include "model/base/file.h"
#include "model/base/view.h"

enum gguf_type {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STR,
    GGUF_ARR,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_TYPES
};

/* One metadata pair. Scalars: u, i, f are all filled where they fit the type. Arrays: elem, count,
 * and the raw bytes of the elements in data (strings are u64 length + bytes each). All pointers
 * borrow from the file's bytes. */
struct gguf_kv {
    struct view key;
    enum gguf_type type, elem;
    uint64_t count;
    uint64_t u;
    int64_t i;
    double f;
    struct view str;
    struct view data;
};

struct gguf_tensor {
    struct view name;
    const struct block_type *type;
    int ndim;
    uint64_t dim[4]; /* dim[0] is contiguous (columns), unused are 1 */
    const uint8_t *data;
    uint64_t bytes;
};

struct gguf {
    uint32_t version;
    uint64_t n_kv, n_tensors;
    struct gguf_kv *kv;
    struct gguf_tensor *tensor;
};

/* Parses n bytes at p, which must outlive g; tables come from arena. `name` is the file's name for
 * messages. Every error names file, field and byte. ST_CORRUPT, ST_UNSUPPORTED (version, tensor
 * type, big endian), ST_NO_MEMORY. */
enum status gguf_parse(struct gguf *g, const char *name, const uint8_t *p, size_t n,
                       struct arena *arena, struct err *e) MUST_CHECK;

/* NULL when absent. */
const struct gguf_kv *gguf_find(const struct gguf *g, const char *key);
const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name);

/* Typed reads of metadata. A missing key gives `def` where there is one, else ST_CORRUPT naming the
 * key; a wrong type or a value outside lo..hi is ST_CORRUPT naming key and value. */
enum status gguf_int(const struct gguf *g, const char *key, int64_t lo, int64_t hi,
                     const int64_t *def, int64_t *out, struct err *e) MUST_CHECK;
enum status gguf_real(const struct gguf *g, const char *key, double lo, double hi,
                      const double *def, double *out, struct err *e) MUST_CHECK;
enum status gguf_text(const struct gguf *g, const char *key, const char *def, struct view *out,
                      struct err *e) MUST_CHECK;

/* Array of strings / integers / floats with exactly its own element type class; elements into arena
 * memory. ST_CORRUPT when missing, of another type or longer than max. */
enum status gguf_strings(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                         struct view **out, uint64_t *n, struct err *e) MUST_CHECK;
enum status gguf_ints(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                      int32_t **out, uint64_t *n, struct err *e) MUST_CHECK;
enum status gguf_floats(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                        float **out, uint64_t *n, struct err *e) MUST_CHECK;

#endif
