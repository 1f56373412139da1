/* A catalogue's tags by meaning: the embedding of each, and which items have it. A tag is few words
 * of which an embedding is sure, where an item's text is mostly a name; so for retrieval by a wish
 * items are also listed by their tags. Kept for the catalogues that were searched last. */
#ifndef RANK_TAG_INDEX_H
#define RANK_TAG_INDEX_H

#include "server/catalog/snapshot.h"

#include <pthread.h>

struct embedder;

enum { TAG_INDEX_KEPT = 4, TAG_INDEX_TAGS = 64 };

struct tag_index {
    long long version; /* of the catalogue */
    int n_tags, n, dim;
    float *vec;      /* (n_tags, dim) */
    int *off;        /* (n + 1): item i's tags are */
    signed char *at; /* at[off[i] .. off[i + 1]), places among the n_tags */
    int users;
    unsigned long long used; /* the larger, the later */
};
struct tag_indexes {
    pthread_mutex_t lock; /* guards what follows */
    struct tag_index *kept[TAG_INDEX_KEPT];
    unsigned long long clock;
};
void tag_indexes_init(struct tag_indexes *x);
void tag_indexes_close(struct tag_indexes *x);

/* The catalogue's index, made where it is not there; to be given back. *out is NULL where there are
 * fewer than two tags. */
enum status tag_index_take(struct tag_indexes *x, struct embedder *em, const struct snapshot *s,
                           struct arena *a, struct tag_index **out, struct err *e) MUST_CHECK;
void tag_index_give(struct tag_indexes *x, struct tag_index *t); /* NULL is fine */

/* score (t->n): how well each item's tags fit a query vector, a soft maximum over them of what is
 * standardised over all tags; NAN for items without. */
void tag_index_score(const struct tag_index *t, const float *query, double *score);

#endif
