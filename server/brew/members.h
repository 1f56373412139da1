/* Members' histories as sheets to learn from. */
#ifndef BREW_MEMBERS_H
#define BREW_MEMBERS_H

#include "server/eval/graded.h"

/* Adds the training members of a stored catalogue: for each of up to `most` members `each` sheets
 * (of those that are kept out at most two) of one history wish, the next liked item among nine
 * others drawn by popularity. Members that the evaluation keeps for its tests (eval/people.h) are
 * marked kept_out, so that one may measure on them and must not train on them. */
enum status graded_members(struct graded_set *s, struct store *store, const char *catalog, int most,
                           int each, uint64_t seed, struct arena *a, struct err *e) MUST_CHECK;

#endif
