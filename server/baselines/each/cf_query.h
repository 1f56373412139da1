/* From what a request says was liked to the scores of a baseline that learns from interactions. */
#ifndef BASELINES_CF_QUERY_H
#define BASELINES_CF_QUERY_H

#include "server/baselines/baselines.h"
#include "server/baselines/interactions/interactions.h"

typedef enum status cf_method(const struct interactions *t, const struct cf_query *q, const int *at,
                              int n, struct arena *a, double *score, struct err *e);

/* What is liked, as a query. Sets what it goes by, and why it cannot be answered where it cannot;
 * has and at are borrowed from the interactions and the candidates' arena. */
enum status cf_query_make(const struct candidates *c, struct cf_query *q, struct baseline_info *b,
                          struct err *e) MUST_CHECK;

/* Liked items of the used history and of the examples are the query. Disliked ones are not used: to
 * count them against an item made the order worse (fixtures/baselines/README.md). The member whose
 * history it is, or who is left out, counts as unseen. Unavailable when there is nothing liked that
 * anybody else interacted with. */
enum status cf_score(const struct candidates *c, cf_method *method, double *score,
                     struct baseline_info *b, struct err *e) MUST_CHECK;

#endif
