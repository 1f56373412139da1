/* A copy of a catalogue in a store of its own, with interactions left out or items added: what is
 * not in it, no recommender can have learnt. */
#ifndef EVAL_CATALOG_COPY_H
#define EVAL_CATALOG_COPY_H

#include "server/rank/rank.h"

struct catalog_copy_config {
    struct view catalog;
    int interactions;                              /* 0: none are copied */
    int (*leave_out)(void *arg, const char *item); /* 1: the item's interactions are; may be NULL */
    void *arg;
    const struct item *extra; /* further items */
    int n_extra;
};

struct catalog_copy {
    struct store *store;
    struct ranker *ranker; /* of the same engine */
    char folder[64];
};

/* Copies from the given ranker's store. A failed open owes nothing. ST_IO, ST_DISK_FULL,
 * ST_NO_MEMORY. */
enum status catalog_copy_open(struct catalog_copy *out, struct ranker *from,
                              const struct catalog_copy_config *c, struct err *e) MUST_CHECK;
/* One without any catalogue, and n items into it as a new catalogue: as a person would import them,
 * so that columns and values are understood. ST_CONFLICT when it has one of that name. */
enum status catalog_copy_empty(struct catalog_copy *out, struct ranker *from,
                               struct err *e) MUST_CHECK;
enum status catalog_copy_import(struct catalog_copy *s, const char *catalog,
                                const struct item *item, int n, struct err *e) MUST_CHECK;
void catalog_copy_close(struct catalog_copy *s); /* removes its folder; an all-zero one is fine */

#endif
