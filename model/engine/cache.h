/* Node storage: the keys and values of every span that is being computed or kept, named by a hash
 * of (model, path). Complete nodes that no job holds are evicted, least recently used first, when
 * the cap is exceeded. Engine thread only. */
#ifndef MODEL_CACHE_H
#define MODEL_CACHE_H

#include "model/model.h"

struct node {
    struct hash key; /* of the parent's key and the tokens */
    int len;         /* tokens */
    int path;        /* tokens on the path before it */
    int done;        /* tokens whose keys and values are stored */
    int refs;        /* jobs that hold it */
    int cached;      /* found by its key */
    void *kv;        /* layers x kv_bytes(len) */
    float *last; /* (dim), behind kv: final-norm vector of the last token, valid when complete */
    size_t bytes;
    struct node *next, *newer, *older;
};

struct cache {
    struct model *m;
    struct node **slot;
    size_t slots;
    struct node *newest, *oldest; /* of the nodes that are cached and held by nobody */
    size_t bytes, max_bytes;
    long long nodes, hits, misses, evicted;
};

enum status cache_open(struct cache *c, struct model *m, size_t max_bytes,
                       struct err *e) MUST_CHECK;
void cache_close(struct cache *c); /* no job may hold a node */

/* The complete node of that key, held for the caller, or NULL. */
struct node *cache_find(struct cache *c, const struct hash *key);
/* A new, empty node held by the caller; not findable until cache_keep. ST_NO_MEMORY names the size.
 */
enum status cache_make(struct cache *c, struct node **out, const struct hash *key, int len,
                       int path, struct err *e) MUST_CHECK;
/* Makes a complete node findable (unless one of its key already is). */
void cache_keep(struct cache *c, struct node *n);
/* Lets go of a node: kept ones stay until evicted, others are freed. */
void cache_drop(struct cache *c, struct node *n);

#endif
