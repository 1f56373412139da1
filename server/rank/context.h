/* The member's side of a prompt as text sections, shared by the `item` and `relevance` readouts. */
#ifndef RANK_CONTEXT_H
#define RANK_CONTEXT_H

#include "server/rank/scene.h"

/* Whether the request says anything about what is wanted. */
int context_any(const struct scene *s);
/* Appends instruction, profile, history and examples, each as its own part, to the node that was
 * started last. Oldest interactions are left out when all would exceed `room` tokens, and that is
 * noted. */
enum status context_add(struct scene *s, struct prompt *p, int room, const char *role,
                        struct err *e) MUST_CHECK;

#endif
