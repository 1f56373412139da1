/* A model file, or the files of a split one (name-00001-of-00003.gguf), as one GGUF. */
#ifndef FORMAT_SHARDS_H
#define FORMAT_SHARDS_H

#include "model/format/gguf/gguf.h"
#include "model/format/hash.h"
#include "model/format/watch.h"

enum { SHARDS_MAX = 999 };

struct shards {
    struct gguf g; /* metadata of the first file, tensors of all */
    int n;
    char **bytes;                    /* (n), mem_alloc */
    const struct model_watch *watch; /* while opening */
    struct hash sha; /* of the file; of a split one, of its files' hashes in order */
};

/* Reads the file at path and, when it is the first of several, the others beside it. Tables come
 * from `tables` and live as long as it does. ST_CORRUPT, ST_UNSUPPORTED (as gguf_parse), ST_INVALID
 * (path names another part than the first), ST_NOT_FOUND (a part is missing), ST_NO_MEMORY,
 * ST_CANCELLED. On failure nothing is owned. w (or NULL) is told of the bytes' share that was read
 * and hashed. */
enum status shards_open(struct shards *s, const char *path, struct arena *tables,
                        const struct model_watch *w, struct err *e) MUST_CHECK;
void shards_close(struct shards *s);

#endif
