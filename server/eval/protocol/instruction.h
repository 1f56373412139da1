/* Cases of wishes, shared by the protocols `instruction` and `surface`. */
#ifndef EVAL_INSTRUCTION_H
#define EVAL_INSTRUCTION_H

#include "server/eval/eval.h"

/* AUC, P@5, NDCG@10 and the unwanted items in the top 10, in this order. */
void instruction_metrics(struct sheet *s);
/* The cases of a catalogue's wishes: in the groups from `group` on by kind, or all in one. */
enum status instruction_run(struct eval *ev, struct view catalog, int group, int by_kind,
                            struct err *e) MUST_CHECK;

#endif
