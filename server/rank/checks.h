/* What clauses say that an item's fields can be checked against (checks.c): by rule, not by the
 * model. */
#ifndef RANK_CHECKS_H
#define RANK_CHECKS_H

#include "server/wish/wish.h"
#include "server/rank/limits.h"
#include "server/rank/surface.h"

/* The checks of one clause: at most one for each fact of the surface. */
struct checks {
    struct {
        const struct fact *fact;
        struct limit limit;
    } check[SURFACE_FACTS];
    int n;
    struct view clause;
    struct view text; /* the clause without its limits; "" when it says nothing else */
};

/* Finds the checks of a clause on a surface; items: the catalogue's, whose names (of places, say)
 * a clause may contain. */
enum status checks_find(struct checks *c, const struct surface *s, struct view clause,
                        const struct item *items, int n_items, struct arena *a,
                        struct err *e) MUST_CHECK;
/* What the checks add to the clause's value for an item: CHECKS_VALUE for each that holds, minus
 * that for each that does not, 0 where the item's field is not known. */
#define CHECKS_VALUE 2.0
double checks_value(const struct checks *c, const struct item *it);
/* The checks in words, "year from 1980 to 1989"; "" when there are none. */
enum status checks_words(const struct checks *c, struct arena *a, const char **out,
                         struct err *e) MUST_CHECK;

#endif
