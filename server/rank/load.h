/* Loading what a ranking works on. */
#ifndef RANK_LOAD_H
#define RANK_LOAD_H

#include "server/baselines/candidates.h"
#include "server/rank/rank.h"

enum { EMBEDDING_MANY = 256 /* items; of more the embedding is told of */ };

/* Loads everything but the items to be ranked (funnel.h), which follow with context_items; to be
 * closed in either case. */
enum status context_load(struct rank_context *s, struct ranker *k, const struct rank_request *r,
                         const struct rank_hooks *h, struct arena *a, struct err *e) MUST_CHECK;
enum status context_items(struct rank_context *s, struct err *e) MUST_CHECK;
void context_close(struct rank_context *s);

/* The place of an item that a request names: ST_NOT_FOUND with the field "field[i]". */
enum status context_place(const struct rank_context *s, struct view id, const char *field, int i,
                          int *place, struct err *e) MUST_CHECK;

/* warnings.c: what the prompt, and the order at the end, make a warning of. */
void rank_warn_of_prompt(struct rank_context *s, struct rank_result *x);
void rank_warn_of_result(struct rank_context *s, struct rank_result *x);

#endif
