/* What query.c and query_finish.c share. */
#ifndef READOUT_QUERY_PARTS_H
#define READOUT_QUERY_PARTS_H

#include "server/readout/query.h"

/* A wish of more wanted clauses is a story: only its tags are asked about them, one by one and
 * together, since read once for every item its many tokens would cost the most and say little. */
enum { QUERY_STORY = 4 };

static inline int is_wanted(const struct rank_context *s, int c) {
    return c < s->n_wish && s->wish.clause[c].sign > 0 && s->wish.clause[c].weight > 0;
}

/* The place of a frame's, pool item's and query text's answer; empty wishes come after the query
 * texts. */
static inline size_t cell(const struct query_readout *q, const struct rank_context *s, int f, int i,
                          int p) {
    return ((size_t)f * (size_t)s->n_pool + (size_t)i) * (size_t)(q->n_query_texts + q->n_empty) +
           (size_t)p;
}

static inline size_t prior_at(const struct rank_context *s, int f, int i) {
    return (size_t)f * (size_t)s->n_pool + (size_t)i;
}

/* By what the answers to a query text's first n tokens, and to all of it, are known to later
 * rankings.
 */
enum status query_span_key(const struct query_readout *q, struct rank_context *s, int f, int i,
                           int k, int n, struct view *out, struct err *e) MUST_CHECK;
enum status query_text_key(const struct query_readout *q, struct rank_context *s, int f, int i,
                           int k, struct view *out, struct err *e) MUST_CHECK;

#endif
