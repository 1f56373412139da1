/* Limits in a clause that an item's fields can be checked against, without a model: "from before
 * 1980", "fifty at most", "on or after 1 September 2026", "in Kestrel Bay". English only. */
#ifndef RANK_LIMITS_H
#define RANK_LIMITS_H

#include "model/base/view.h"

enum limit_kind { LIMIT_YEAR, LIMIT_AMOUNT, LIMIT_DATE, LIMIT_NAME };

/* lo and hi are inclusive, infinite where open. Dates are numbers like 20260901; a limit that names
 * a month of any year has month 1 to 12, and lo and hi mean nothing. from and to: bytes of the
 * clause that say it. */
struct limit {
    double lo, hi;
    int month;
    size_t from, to;
};

/* Finds the first limit of that kind (not LIMIT_NAME) in a clause; 0 when there is none. A bare
 * year or month is a limit ("made in 1997"), a bare amount is not. */
int limit_find(struct view clause, enum limit_kind kind, struct limit *out);
/* Whether the clause names that value of a field: as whole words, in small or capital letters. Only
 * values with a capital letter or a hyphen are names; everyday words are not. */
int limit_names(struct view clause, const char *value, struct limit *out);
/* Whether a value is within; month is the value's own, for limits that name one. */
int limit_holds(const struct limit *l, double value, int month);
/* Whether something is left of the clause when `n` limits are taken out: other words than "from",
 * "only" and the like. If so, *rest (room for clause.n + 1 bytes) gets it. */
int limits_rest(struct view clause, const struct limit *l, int n, char *rest);

#endif
