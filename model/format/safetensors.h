/* Safetensors files: a JSON directory of tensors, then their bytes. Everything is checked against
 * the file before use; nothing of the tensor data is read here. */
#ifndef FORMAT_SAFETENSORS_H
#define FORMAT_SAFETENSORS_H

#include "kernels/blocks.h"
#include "kernels/base/arena.h"
#include "kernels/base/view.h"

enum { SAFETENSORS_DIMS = 8, SAFETENSORS_MAX_TENSORS = 65536, SAFETENSORS_MAX_HEADER = 16 << 20 };

struct safetensor {
    const char *name;
    const char *dtype;             /* "F32" */
    const struct block_type *type; /* NULL for what is no F32, F16 or BF16 */
    int ndim;
    uint64_t dim[SAFETENSORS_DIMS]; /* dim[ndim - 1] is contiguous */
    uint64_t begin, bytes;          /* of data from the start of the tensor bytes */
    const uint8_t *data;            /* borrowed from the file's bytes, may be unaligned */
};

/* Read-only after safetensors_parse. */
struct safetensors {
    const char *file; /* for messages */
    struct safetensor *tensor;
    int n;
};

/* Reads the directory of a file's n bytes at p, which must stay. file names it in messages. The
 * tensors must follow each other without gaps and fill the file, as the format asks. ST_CORRUPT
 * names tensor and byte; ST_LIMIT, ST_NO_MEMORY. After a failure s is empty. */
enum status safetensors_parse(struct safetensors *s, const char *file, const uint8_t *p, size_t n,
                              struct arena *a, struct err *e) MUST_CHECK;

/* The tensor of that name, or NULL. */
const struct safetensor *safetensors_find(const struct safetensors *s, const char *name);

/* A number or a text out of a model's config.json (n bytes at p). ST_CORRUPT names file and key;
 * text is cut to fit out. */
enum status safetensors_config_number(const char *file, struct view json, const char *key,
                                      double *out, struct err *e) MUST_CHECK;
enum status safetensors_config_text(const char *file, struct view json, const char *key,
                                    char out[64], struct err *e) MUST_CHECK;
/* A flag; 0 where the key is missing. */
enum status safetensors_config_flag(const char *file, struct view json, const char *key, int *out,
                                    struct err *e) MUST_CHECK;

#endif
