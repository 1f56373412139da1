/* What the baselines have learnt, kept for the catalogues that were ranked last. */
#ifndef BASELINES_LEARNER_H
#define BASELINES_LEARNER_H

#include "server/baselines/interactions/taste.h"

#include <pthread.h>

enum { LEARNER_TASTES = 4 };

/* Any thread. One trains at a time; who asks meanwhile waits. */
struct learner {
    atomic_int stop;      /* nothing is learnt any more */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct {
        struct taste *taste; /* NULL: free */
        int users;
        unsigned long long used; /* the larger, the later */
    } slot[LEARNER_TASTES];
    int training;
    unsigned long long clock;
};

void learner_init(struct learner *l);
void learner_close(struct learner *l); /* nobody may be using what was taken */

/* Whoever learns or waits ends soon with ST_CANCELLED, and nothing is learnt any more. */
void learner_stop(struct learner *l);

/* What was learnt of the catalogue in that version (struct catalog), trained when it is not there:
 * training(arg, 1) before, training(arg, 0) after, where training is not NULL. Give it back with
 * learner_give. *out is NULL on failure. */
enum status learner_take(struct learner *l, struct store *s, struct view catalog, long long version,
                         void (*training)(void *arg, int on), void *arg, const struct taste **out,
                         struct err *e) MUST_CHECK;
void learner_give(struct learner *l, const struct taste *t); /* NULL is fine */

#endif
