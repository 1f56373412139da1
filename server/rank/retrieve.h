/* The retrievers: each adds lists of the catalogue's items, best first, that are joined by their
 * ranks (funnel.c). */
#ifndef RANK_RETRIEVE_H
#define RANK_RETRIEVE_H

#include "server/rank/load.h"
#include "server/vectors/rrf.h"

enum { RETRIEVERS_MAX = 8, LISTS_MAX = 3 * (CLAUSES_MAX + 1) + 6 };

/* Items that fail a constraint have lists of their own (1), so that they never push out one that
 * holds (0). */
struct retrieval {
    const unsigned char *fails; /* (items of the catalogue): 1 fails a constraint */
    int blind;                  /* 1: constraints do not count, nothing is cut */
    int failing;                /* 1: too few hold, so those that fail are looked for, too */
    int depth;                  /* how long a list need be */
    struct rrf_list list[2][LISTS_MAX];
    int n_lists[2];
    unsigned char *taken; /* (items): a candidate, or known by history or examples */
    int *place, n, room;  /* the candidates so far, with room for the sample behind them */
    const char *name[RETRIEVERS_MAX];
    int n_names;
    const char *why; /* what one of them did without, or NULL */
};

enum status retrieval_open(struct retrieval *x, struct rank_context *s, int count,
                           struct err *e) MUST_CHECK;
/* Makes the item a candidate unless it is one or is known. */
void retrieval_take(struct retrieval *x, int place);
/* "embedding and BM25", in the arena; NULL without memory. */
const char *retrieval_names(const struct retrieval *x, struct arena *a);

/* By the words of each wanted clause, and of all together: BM25. "no horror" must not bring horror
 * in, nor "in May" a title with May. */
enum status retrieve_words(struct retrieval *x, struct rank_context *s, struct err *e) MUST_CHECK;
/* The nearest to each wanted clause, to all together, and to what was liked, by the items' vectors
 * and, for a wish, by those of their tags.
 * Where those are not there yet it says so in why, unless the catalogue is small or it was asked
 * for: then they are made. */
enum status retrieve_embedding(struct retrieval *x, struct rank_context *s,
                               struct err *e) MUST_CHECK;
/* By item-kNN or EASE, from what was liked. */
enum status retrieve_learnt(struct retrieval *x, struct rank_context *s, enum retrieve how,
                            struct err *e) MUST_CHECK;
enum status retrieve_popular(struct retrieval *x, struct rank_context *s, struct err *e) MUST_CHECK;
enum status retrieve_recent(struct retrieval *x, struct rank_context *s, struct err *e) MUST_CHECK;
enum status retrieve_random(struct retrieval *x, struct rank_context *s, struct err *e) MUST_CHECK;

#endif
