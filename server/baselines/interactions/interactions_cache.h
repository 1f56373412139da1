/* What the baselines have learnt, kept for the catalogues that were ranked last. */
#ifndef BASELINES_INTERACTIONS_CACHE_H
#define BASELINES_INTERACTIONS_CACHE_H

#include "server/baselines/interactions/interactions.h"

#include <pthread.h>

enum { INTERACTIONS_CACHED = 4 };

/* Any thread. One trains at a time; who asks meanwhile waits. */
struct interactions_cache {
    atomic_int stop;      /* nothing is learnt any more */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct {
        struct interactions *interactions; /* NULL: free */
        int users;
        unsigned long long used; /* the larger, the later */
    } slot[INTERACTIONS_CACHED];
    int training;
    unsigned long long clock;
};

void interactions_cache_init(struct interactions_cache *l);
void interactions_cache_close(
    struct interactions_cache *l); /* nobody may be using what was taken */

/* Whoever learns or waits ends soon with ST_CANCELLED, and nothing is learnt any more. */
void interactions_cache_stop(struct interactions_cache *l);

/* What was learnt of the catalogue in that version (struct catalog), trained when it is not there:
 * training(arg, 1) before, training(arg, 0) after, where training is not NULL. Give it back with
 * interactions_cache_give. *out is NULL on failure. */
enum status interactions_cache_take(struct interactions_cache *l, struct store *s,
                                    struct view catalog, long long version,
                                    void (*training)(void *arg, int on), void *arg,
                                    const struct interactions **out, struct err *e) MUST_CHECK;
void interactions_cache_give(struct interactions_cache *l,
                             const struct interactions *t); /* NULL is fine */

#endif
