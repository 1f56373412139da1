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

/* --- the list of what was liked, of which an item is the next one (`item`) */

/* Whether anything was liked. */
int context_likes(const struct scene *s);
/* Part k of an item's text in that list, the first one behind a space, its first PART_BYTES; ""
 * where the item has none. */
enum { PART_BYTES = 120 };
enum status context_part(struct scene *s, const struct item *it, int k, struct view *out,
                         struct err *e) MUST_CHECK;
/* All parts of the item. */
enum status context_entry(struct scene *s, const struct item *it, struct view *out,
                          struct err *e) MUST_CHECK;
/* A root that says nothing: the list with these n items. */
enum status context_neutral(struct scene *s, const struct item *const *items, int n,
                            struct view *out, struct err *e) MUST_CHECK;
/* Appends what context_add does, with what was liked as a list, up to where an item follows. */
enum status context_list(struct scene *s, struct prompt *p, int room, struct err *e) MUST_CHECK;

#endif
