/* Who interacted with what in one catalogue, and EASE's matrix made from it: what the baselines
 * that learn from interactions share. Made once for a version of the catalogue, then only read. */
#ifndef BASELINES_INTERACTIONS_H
#define BASELINES_INTERACTIONS_H

#include "server/store/store.h"

#include <stdatomic.h>

/* At most so many interactions and, since EASE keeps a float and while training also a double for
 * each pair of items, items are learnt from: beyond that, the items with most interactions.
 * INTERACTIONS_LAMBDA and INTERACTIONS_SHRINK are fitted on development members
 * (fixtures/baselines/fit.py). */
enum {
    INTERACTIONS_EVENTS = 5000000,
    INTERACTIONS_EASE_ITEMS = 4000,
    INTERACTIONS_LAMBDA = 2000,
    INTERACTIONS_SHRINK = 1
};

/* The matrix X of members and items is 1 where there is an interaction, whatever its label: on
 * development members that was better than likes alone. Members and items without a 1 are left out;
 * both are in rising order of rowid. */
struct interactions {
    long long version; /* of the catalogue */
    int n_members, n_items, n_ones;
    const long long *member, *item; /* (n_members), (n_items): rowids */
    const int *member_off;          /* (n_members + 1): member m's items are */
    const int *member_item;         /* member_item[member_off[m] .. member_off[m + 1]), rising */
    const int *item_off;            /* (n_items + 1): item i's members are */
    const int *item_member;         /* item_member[item_off[i] .. item_off[i + 1]), rising */
    long long events, of_events;    /* interactions that were read; those of the catalogue */
    int n_ease;                     /* items that EASE knows: those with most members */
    const int *ease;                /* (n_items): an item's row in the inverse, or -1 */
    const float *inverse;           /* (n_ease, n_ease): (X'X + lambda I)^-1, NULL: no items */
    const char *nothing;            /* why n_items is 0, else NULL */
    struct arena arena;             /* owns all of it */
};

/* How much is learnt from; 0 each: INTERACTIONS_EVENTS and INTERACTIONS_EASE_ITEMS. stop, which may
 * be NULL: once it is not 0, training ends within a part of a second: ST_CANCELLED. */
struct interactions_limits {
    int events, ease_items;
    const atomic_int *stop;
};
/* Trains on the interactions of a catalogue; *out is NULL on failure. What has nothing to learn
 * from is no failure: see `nothing`. */
enum status interactions_make(struct interactions **out, struct store *s, struct view catalog,
                              long long version, const struct interactions_limits *limits,
                              struct err *e) MUST_CHECK;
void interactions_free(struct interactions *t); /* NULL is fine */

/* Place of a rowid among the n rising ones, or -1. */
int interactions_find(const long long *rows, int n, long long row);

/* What somebody liked, as places in t->item, to be continued by t; and one member (or none) whose
 * interactions count as not there, as if the training had been without them. */
struct cf_query {
    int n, *at;     /* (n) places of distinct items */
    int out;        /* place in t->member, or -1 */
    int n_out;      /* that member's items */
    const int *has; /* (n_out) places in t->item, rising */
};

/* Members other than the left out one who interacted with the item at that place. */
int interactions_others(const struct interactions *t, const struct cf_query *q, int place);

/* Both score the items at the places at (n) for what was liked; NaN for a place of -1, for items
 * that nobody else interacted with and for those beyond what was learnt. Scratch memory comes from
 * a.
 *
 * item-kNN: sum over liked items i of the cosine with shrinkage c_ij / (sqrt(c_ii c_jj) + shrink),
 * where c_ij is the number of members with both; an item is no neighbour of itself.
 *
 * EASE (Steck, 2019, arXiv 1905.03375): sum over liked items i of B_ij = -P_ij / P_jj, B_jj = 0,
 * with P = (X'X + lambda I)^-1. A member with the row x is taken out of P exactly (Sherman and
 * Morrison): P + (P x)(P x)' / (1 - x'P x). Needs t->inverse. */
enum status interactions_item_knn(const struct interactions *t, const struct cf_query *q,
                                  const int *at, int n, struct arena *a, double *score,
                                  struct err *e) MUST_CHECK;
enum status interactions_ease(const struct interactions *t, const struct cf_query *q, const int *at,
                              int n, struct arena *a, double *score, struct err *e) MUST_CHECK;

#endif
