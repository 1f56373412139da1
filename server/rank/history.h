/* Which of a member's interactions go into a prompt. */
#ifndef RANK_HISTORY_H
#define RANK_HISTORY_H

#include "server/rank/load.h"

/* Chooses from the n interactions of `all` (oldest first, with items of the snapshot) by the
 * request's policy, limit and budget into s->history (oldest first again), and says in s->chosen
 * what was chosen. The wish must be loaded. `recent`: the newest. `balanced`: the newest likes and
 * the newest dislikes, half each as far as there are; neutral ones only where both run out.
 * `likes`: the newest that were liked. `relevant`: the likeliest to matter for the wish, by the
 * embedding, or BM25 of its wanted clauses where there is none; equal ones, and all without a wish,
 * by time. */
enum status history_choose(struct rank_context *s, const struct interaction *all, int n,
                           struct err *e) MUST_CHECK;

#endif
