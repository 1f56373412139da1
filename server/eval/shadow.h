/* A copy of a catalogue in a store of its own, with interactions left out or items added: what is
 * not in it, no recommender can have learnt. */
#ifndef EVAL_SHADOW_H
#define EVAL_SHADOW_H

#include "server/rank/rank.h"

struct shadow_config {
    struct view catalog;
    int interactions;                              /* 0: none are copied */
    int (*leave_out)(void *arg, const char *item); /* 1: the item's interactions are; may be NULL */
    void *arg;
    const struct item *extra; /* further items */
    int n_extra;
};

struct shadow {
    struct store *store;
    struct ranker *ranker; /* of the same engine */
    char folder[64];
};

/* Copies from the given ranker's store. A failed open owes nothing. ST_IO, ST_DISK_FULL,
 * ST_NO_MEMORY. */
enum status shadow_open(struct shadow *out, struct ranker *from, const struct shadow_config *c,
                        struct err *e) MUST_CHECK;
/* One without any catalogue, and n items into it as a new catalogue: as a person would import them,
 * so that columns and values are understood. ST_CONFLICT when it has one of that name. */
enum status shadow_empty(struct shadow *out, struct ranker *from, struct err *e) MUST_CHECK;
enum status shadow_import(struct shadow *s, const char *catalog, const struct item *item, int n,
                          struct err *e) MUST_CHECK;
void shadow_close(struct shadow *s); /* removes its folder; an all-zero one is fine */

#endif
