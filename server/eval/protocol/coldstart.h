/* Cold-start cases, shared by the protocols `coldstart`, `surface` and `history`. */
#ifndef EVAL_COLDSTART_H
#define EVAL_COLDSTART_H

#include "server/eval/people.h"

/* NDCG@10, HR@1, HR@5, MRR, in this order. */
void coldstart_metrics(struct sheet *s);
/* A group per number of likes, "K=3" and the suffix; answers the first one's index, -1 without
 * room. */
int coldstart_groups(struct sheet *s, const int *likes, int n, const char *suffix,
                     const char *panel);
/* Each person's cases for each number of likes, in the groups that begin at the two given. */
enum status coldstart_run(struct eval *ev, struct view catalog, const struct person *p, int n,
                          const int *likes, int n_likes, int by_popularity, int uniform,
                          struct err *e) MUST_CHECK;

#endif
