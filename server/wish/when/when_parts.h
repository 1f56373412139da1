/* What the readers of dates share, and the readers themselves. Private to when*.c. */
#ifndef WISH_WHEN_PARTS_H
#define WISH_WHEN_PARTS_H

#include "server/wish/when/when_names.h"

/* Sets w to a stretch of Unix seconds, to a month (any number: of later and earlier years), to
 * whole years, to days of a year (0: not said). */
void when_stretch(struct when_read *w, long long from, long long to, enum when_scale scale);
void when_month_stretch(struct when_read *w, int year, int month);
void when_years(struct when_read *w, int first, int last);
void when_set_days(struct when_read *w, int month, int day, int last_month, int last_day, int year);

/* Whether term i is a whole number in [lo, hi]; its value and how many bytes it has; whether it is
 * the mark c. */
int term_int(const struct terms *x, int i, int lo, int hi);
int term_value(const struct terms *x, int i);
size_t term_bytes(const struct terms *x, int i);
int term_break(const struct terms *x, int i, char c);
/* Whether term i joins two dates; `between`: "and" does, too. */
int when_joins(const struct terms *x, int i, int between);
/* Narrows a day to the part of it that is named at term i; terms read. */
int when_narrowed(const struct terms *x, int i, struct when_read *w);
/* Whether what stands at term i is an age: "her 30s". */
int when_is_age(const struct terms *x, int i);

/* Each reads at term i: terms read, 0 when there is nothing of its kind. */
int when_phrase_read(const struct terms *x, int i, long long now, struct when_read *w);
int when_weekday_read(const struct terms *x, int i, long long now, struct when_read *w);
int when_figures_read(const struct terms *x, int i, struct when_read *w);
int when_day_month(const struct terms *x, int i, int between, struct when_read *w);
int when_month_first(const struct terms *x, int i, struct when_read *w);
int when_clock_read(const struct terms *x, int i, int between, struct when_read *w);
int when_decade_read(const struct terms *x, int i, struct when_read *w);
int when_year_read(const struct terms *x, int i, struct when_read *w);

#endif
