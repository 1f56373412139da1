/* Members as cold-start cases: the last liked item is held out, what was liked strictly before it
 * is the context. */
#ifndef EVAL_PEOPLE_H
#define EVAL_PEOPLE_H

#include "server/eval/eval.h"

struct person {
    const char *id, *target;
    long long until; /* when it was interacted with: what happened strictly before is the context */
    int n_liked;     /* liked items of the context */
    const char **seen; /* (n_seen) every item of the member's interactions */
    int n_seen;
};

/* Members are split once, by their id alone: 1 when the member is a test member. */
int people_test(const char *id);

/* Which interactions count: the held out item's and the context's; NULL: all. */
struct people_rule {
    int (*target)(void *arg, const char *item);
    int (*context)(void *arg, const char *item);
    void *arg;
};

/* Members of the split in an order drawn by the seed, with at least min_liked items before the held
 * out one; at most max. */
enum status people_load(struct eval *ev, struct view catalog, const struct people_rule *rule,
                        int min_liked, int max, struct person **out, int *n,
                        struct err *e) MUST_CHECK;

int people_seen(const struct person *p, const char *item);

/* Asks for the person's history before the held out item, at most `length` interactions, chosen as
 * every request's are; the profile does not count. */
void people_choose(const struct person *p, enum history_policy policy, int length,
                   struct rank_request *r);

/* Adds `count` items to out (which holds n ids already and has room) that the person has not seen
 * and that out does not hold: drawn with chances proportional to weight (NULL: all alike), by the
 * seed. Answers the new number. Items of weight 0 are not drawn. */
struct item;
int people_negatives(const struct person *p, const struct item *items, int n_items,
                     const double *weight, int count, unsigned long long seed, struct view *out,
                     int n, struct arena *a);

#endif
