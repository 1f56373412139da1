/* Which field of a catalogue a number or a date belongs to. */
#ifndef WISH_FIELDS_H
#define WISH_FIELDS_H

#include "server/catalog/snapshot.h"
#include "server/wish/when/amount.h"
#include "server/wish/when/when.h"

/* The field's dimension and unit, also where its name is the unit ("minutes"); unit NULL: none. */
enum dimension field_dimension(const struct field *f, const struct unit **unit);
/* Whether one of the words of its name is one of the plain words "a|b". */
int field_named(const struct field *f, const char *alternatives);
/* Whether term i is one of the words of its name that say something. */
int field_name_said(const struct field *f, const struct terms *x, int i);
int field_is_money(const struct field *f);
/* Whether its numbers are years. */
int field_is_year(const struct field *f);

enum { FIELD_NONE = -1, FIELD_UNSURE = -2 };

/* Where a number stands: the terms of its comparison and of what follows it. */
struct place {
    int from;     /* first term of the comparison */
    int to;       /* first term behind the number and its unit */
    int compared; /* a comparison is written */
    int money;    /* and one of prices ("cheaper than") */
    int last;     /* field of the number before it, -1 none, and its unit */
    const struct unit *last_unit;
    int noun;      /* out: terms of the noun behind it that named the field, to be used as well */
    int subject;   /* out: the term before it that named the field, -1 none */
    int holds;     /* out: the field counts people that fit */
    int low, high; /* out: fields of the least and the most ("min players"), -1 none */
};

/* The field for an amount, FIELD_NONE, or FIELD_UNSURE where several could be meant. */
int field_for_amount(const struct snapshot *s, const struct terms *x, const struct amount *a,
                     struct place *p);
/* Whether term i is a word for a field whose numbers the amount can be. */
int field_noun(const struct snapshot *s, const struct terms *x, int i, const struct amount *a);
/* The field for a date. *past: dates of things that were. */
int field_for_date(const struct snapshot *s, const struct terms *x, const struct when_read *w,
                   const struct place *p, int *past);
/* Whether a plain year could be meant by a date field or a field of years. */
int fields_have_years(const struct snapshot *s);
/* The field whose name a word says directly; FIELD_NONE. */
int field_said(const struct snapshot *s, const struct terms *x, int i);

#endif
