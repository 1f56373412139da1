/* Amounts in a clause: a number or a range of numbers, in digits or words, with its unit. */
#ifndef WISH_AMOUNT_H
#define WISH_AMOUNT_H

#include "server/value/value.h"
#include "server/wish/grammar/terms.h"

struct amount {
    int from, to;            /* its terms */
    double lo, hi;           /* as written, in `unit`; equal unless a range is written */
    const struct unit *unit; /* NULL: none is written */
    int range;               /* two numbers are written */
    int year;                /* both could be years: four digits, no unit */
    int word;                /* "one", "half": a word that is often no number */
};

/* The amount at term i. `between`: "and" joins two numbers ("between 5 and 10"). 1 and *out on
 * success. */
int amount_read(const struct terms *x, int i, int between, struct amount *out);
/* The amount in another unit of its dimension. */
double amount_in(double value, const struct unit *from, const struct unit *to);

#endif
