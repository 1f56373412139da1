/* What the parts that look for constraints share: the clause under way and where they put them. */
#ifndef WISH_FINDER_H
#define WISH_FINDER_H

#include "server/wish/grammar/terms.h"
#include "server/wish/wish.h"

struct finder {
    const struct snapshot *s;
    long long now;
    struct arena *a;
    struct wish *out;
    struct terms x;
    int clause, sign; /* of the clause whose terms x are */
    int last;         /* field of the last number, -1 none, and the unit it was written in */
    const struct unit *last_unit;
    int full; /* memory ran out */
};

/* Adds a constraint from terms [from, to), which are used then. Beyond CONSTRAINTS_MAX nothing is
 * added. NULL then. The clause's sign is in `negated` already. */
struct constraint *finder_add(struct finder *f, int field, enum wish_op op, double lo, double hi,
                              int from, int to, int negated);
/* A note for a person; the same is said once. */
void finder_note(struct finder *f, const char *fmt, ...) PRINTF(2, 3);

/* bounds.c: limits by numbers and dates. */
void bounds_find(struct finder *f);
/* named.c: exclusions that a field decides, places and flags. */
void named_find(struct finder *f);

#endif
