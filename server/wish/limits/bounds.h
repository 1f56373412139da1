/* The limits of a clause, kind by kind; private to bounds*.c. Each reads at term i of the clause
 * and adds its constraint; the first term behind it, 0 when there is none. */
#ifndef WISH_BOUNDS_H
#define WISH_BOUNDS_H

#include "server/wish/limits/said.h"

/* The limit that the date or time at term i belongs to; a term behind i without a constraint when
 * it is none, and no amount either. */
int date_limit(struct finder *f, int i);
/* "free", "for nothing": no price; not "free time" and not "feel free". */
int free_limit(struct finder *f, int i);
/* "available immediately": what can be had today or before. */
int at_once_limit(struct finder *f, int i);

/* Adds a comparison with [lo, hi] in the field's unit, of terms [from, to). For dates hi is the
 * last value within: "after" begins behind it. */
void bounds_compare(struct finder *f, int field, const struct said *s, double lo, double hi,
                    int from, int to);

#endif
