/* What the words around a number or date say of it: "under", "not over", "or more". */
#ifndef WISH_SAID_H
#define WISH_SAID_H

#include "server/wish/limits/finder.h"

struct said {
    enum side side;
    int where;      /* of the row */
    int from, to;   /* its terms, with a negation before it */
    int negated;    /* a negation that no other side says */
    enum side base; /* the side without a negation before it */
};

/* What is said of the number or date at term i by the words before it, resp. behind it. refuse:
 * BOUND_DATES for a number, BOUND_NUMBERS for a date. 1 and *out when something is. */
int said_before(const struct terms *x, int i, int refuse, struct said *out);
int said_after(const struct terms *x, int i, int refuse, struct said *out);
/* Whether what is said is turned round once more, by the clause's sign too. */
int said_negated(const struct finder *f, const struct said *s);
/* The first term of the prepositions and the like before a limit at term `from`. */
int said_lead(const struct terms *x, int from);

#endif
