/* From the whole catalogue to the items that the model ranks: constraints first, then retrieval by
 * what was asked. */
#ifndef RANK_FUNNEL_H
#define RANK_FUNNEL_H

#include "server/wish/wish.h"

struct rank_context;

enum { FUNNEL_NEAR = 20 };

/* How often a constraint holds, fails, cannot be told. */
struct tally {
    long long holds, fails, unknown;
};

struct funnel {
    long long items;     /* of the catalogue */
    long long within;    /* of them, those that fail no constraint */
    long long retrieved; /* chosen of them, or asked for by id */
    long long ranked;
    long long failing_kept; /* ranked although they fail: too few hold, or they were asked for */
    long long hidden;       /* left out by constraints "hide", of those asked for by id */
    const char *by;         /* "embedding and BM25", "the whole catalogue", "asked for", ... */
    long long near;         /* left out although they fail one constraint only */
    const char *near_item[FUNNEL_NEAR];  /* ids of the most popular of them */
    const char *lacking;                 /* what retrieval did without, and why; or NULL */
    struct tally tally[CONSTRAINTS_MAX]; /* of each constraint over the catalogue */
};

/* Chooses the candidates into s->place, s->n, and fills s->funnel-> ST_INVALID names
 * "candidates", "candidates.retrieve" or "constraints" when there is nothing to rank;
 * ST_NOT_FOUND an id that the catalogue has not. */
enum status funnel_run(struct rank_context *s, struct err *e) MUST_CHECK;

/* How many items are ranked whole where nobody said so: what the model does in about three
 * seconds, RANK_ALL_DEFAULT before that was measured. */
enum { RANK_ALL_DEFAULT = 150, RANK_ALL_MIN = 50 };

#endif
