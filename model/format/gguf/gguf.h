/* GGUF files, versions 2 and 3, little endian: header, metadata and tensor directory, every field
 * checked against the file before use. Nothing of the tensor data is read here. */
#ifndef FORMAT_GGUF_H
#define FORMAT_GGUF_H

#include "kernels/blocks.h"
#include "kernels/base/arena.h"
#include "kernels/base/os/file.h"
#include "kernels/base/view.h"

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

/* Most pairs and tensors that a file may have, so that a bad one cannot ask for much memory; and
 * the longest key and tensor name, which the format itself limits. */
enum { GGUF_MAX_ENTRIES = 65536, GGUF_MAX_KEY = 65535, GGUF_MAX_NAME = 63 };

/* One metadata pair. Scalars: u, i, f are all filled where they fit the type (a negative number has
 * no u, one above INT64_MAX no i, a float neither: they are 0). Arrays: elem, count, and the raw
 * bytes of the elements in data (strings are u64 length + bytes each). All pointers borrow from the
 * file's bytes. */
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
    uint64_t offset; /* of data from the start of the tensor data section */
};

/* Read-only after gguf_parse, so any thread may read it. */
struct gguf {
    uint32_t version;
    uint64_t n_kv, n_tensors;
    struct gguf_kv *kv;                       /* in file order */
    struct gguf_tensor *tensor;               /* in file order */
    const struct gguf_kv **kv_sorted;         /* by key, for gguf_find */
    const struct gguf_tensor **tensor_sorted; /* by name, for gguf_tensor */
    const char *name;                         /* the file's, for messages */
    const uint8_t *base;                      /* the file's first byte */
};

/* Parses n bytes at p, which must outlive g; tables come from arena and take at most 16 MiB. `name`
 * is the file's name for messages and is copied. Every error names file, field and byte (counted
 * from 0). ST_CORRUPT, ST_UNSUPPORTED (version, tensor type, big endian, arrays of arrays),
 * ST_LIMIT (more than GGUF_MAX_ENTRIES pairs or tensors), ST_NO_MEMORY. After a failure g is empty.
 */
enum status gguf_parse(struct gguf *g, const char *name, const uint8_t *p, size_t n,
                       struct arena *arena, struct err *e) MUST_CHECK;

/* The same of the first n bytes of a file of `size` bytes: no tensor's data may be asked for (NULL
 * unless n == size). *more: the header is longer than n bytes, which is all that went wrong. */
enum status gguf_parse_head(struct gguf *g, const char *name, const uint8_t *p, size_t n,
                            size_t size, int *more, struct arena *arena, struct err *e) MUST_CHECK;

/* Adds the tensors of another part of the same model to g; both parts' bytes must outlive g.
 * ST_CORRUPT (a name that g has), ST_LIMIT, ST_NO_MEMORY; then g is as before. */
enum status gguf_join(struct gguf *g, const struct gguf *more, struct arena *arena,
                      struct err *e) MUST_CHECK;

/* NULL when absent. */
const struct gguf_kv *gguf_find(const struct gguf *g, const char *key);
const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name);

/* The bytes of one scalar of a type, 0 for strings, arrays and numbers that are no type; and its
 * name
 * ("U32"), never NULL. */
size_t gguf_type_size(enum gguf_type t);
const char *gguf_type_name(enum gguf_type t);
/* Fills u, i and f of kv from the raw bytes of one scalar of its type. */
void gguf_scalar(struct gguf_kv *kv, enum gguf_type t, const uint8_t *p);

/* Typed reads of metadata. A missing key gives `def` where there is one, else ST_CORRUPT naming the
 * key; a wrong type or a value outside lo..hi is ST_CORRUPT naming key and value. gguf_int takes
 * every integer type, gguf_real floats and integers (never NaN), gguf_flag only a bool. */
enum status gguf_int(const struct gguf *g, const char *key, int64_t lo, int64_t hi,
                     const int64_t *def, int64_t *out, struct err *e) MUST_CHECK;
enum status gguf_real(const struct gguf *g, const char *key, double lo, double hi,
                      const double *def, double *out, struct err *e) MUST_CHECK;
enum status gguf_flag(const struct gguf *g, const char *key, const int *def, int *out,
                      struct err *e) MUST_CHECK;
enum status gguf_text(const struct gguf *g, const char *key, const char *def, struct view *out,
                      struct err *e) MUST_CHECK;

/* Array of strings / integers / floats with exactly its own element type class; elements into arena
 * memory. ST_CORRUPT when missing, of another type, longer than max, or with an element that does
 * not fit int32_t or float; ST_NO_MEMORY. */
enum status gguf_strings(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                         struct view **out, uint64_t *n, struct err *e) MUST_CHECK;
enum status gguf_ints(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                      int32_t **out, uint64_t *n, struct err *e) MUST_CHECK;
enum status gguf_floats(const struct gguf *g, const char *key, uint64_t max, struct arena *a,
                        float **out, uint64_t *n, struct err *e) MUST_CHECK;

#endif
