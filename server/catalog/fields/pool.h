/* Memory of a snapshot: small pieces packed into an arena's blocks, and equal texts kept once. */
#ifndef CATALOG_POOL_H
#define CATALOG_POOL_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

/* Private to server/catalog. One owner; the pieces live as long as the arena. */
struct pool {
    struct arena *a;
    char *chunk;
    size_t left;
    struct pool_text {
        uint64_t hash;
        const char *text; /* NULL: free */
        int uses;
    } * slot;
    size_t n_slots, n_texts;
};

void pool_open(struct pool *p, struct arena *a);
void pool_close(struct pool *p); /* forgets which texts it has; they stay */

/* n bytes for pointers or texts, not zeroed; NULL when memory ran out. */
void *pool_alloc(struct pool *p, size_t n, size_t align);
const char *pool_copy(struct pool *p, struct view v);
/* The text that is kept already, or a copy. Beyond a million different texts only copies. */
const char *pool_keep(struct pool *p, struct view v);
/* The kept texts with how often they were asked for, most used first, ties in the order of texts;
 * into arena memory. Afterwards only pool_close. */
enum status pool_by_use(struct pool *p, const char ***out, int *n, struct err *e) MUST_CHECK;

uint64_t pool_hash(struct view v);

#endif
