/* The member's side of a prompt as text sections, shared by the `item` and `relevance` readouts. */
#ifndef READOUT_PROMPT_SECTIONS_H
#define READOUT_PROMPT_SECTIONS_H

#include "server/readout/context/rank_context.h"

/* Whether the request says anything about what is wanted. */
int sections_any(const struct rank_context *s);
/* Appends instruction, profile, history and examples, each as its own part, to the node that was
 * started last. Oldest interactions are left out when all would exceed `room` tokens, and that is
 * noted. */
enum status sections_add(struct rank_context *s, struct prompt *p, int room, const char *role,
                         struct err *e) MUST_CHECK;

/* --- the list of what was liked, of which an item is the next one (`item`) */

/* Whether anything was liked. */
int sections_likes(const struct rank_context *s);
/* Part k of the text of the item at that place in that list, the first one behind a space, its
 * first PART_BYTES; "" where the item has none. */
enum { PART_BYTES = 120 };
enum status sections_part(struct rank_context *s, int place, int k, struct view *out,
                          struct err *e) MUST_CHECK;
/* All parts of the item at that place of the catalogue. */
enum status sections_entry(struct rank_context *s, int place, struct view *out,
                           struct err *e) MUST_CHECK;
/* A root that says nothing: the list with the items at these n places. */
enum status sections_neutral(struct rank_context *s, const int *places, int n, struct view *out,
                             struct err *e) MUST_CHECK;
/* Appends what sections_add does, with what was liked as a list, up to where an item follows. */
enum status sections_list(struct rank_context *s, struct prompt *p, int room,
                          struct err *e) MUST_CHECK;

#endif
