/* The names and phrases of when.c. */
#ifndef WISH_WHEN_NAMES_H
#define WISH_WHEN_NAMES_H

#include "server/wish/when/when.h"

enum when_name {
    WHEN_TODAY, /* value: days from today */
    WHEN_MORNING,
    WHEN_AFTERNOON,
    WHEN_EVENING,
    WHEN_WEEKEND, /* value: weeks from this one; likewise below */
    WHEN_WEEK,
    WHEN_MONTH_OF,
    WHEN_YEAR_OF,
    WHEN_AHEAD,    /* the next (1) or last (-1) so many days: an amount follows */
    WHEN_DECADE,   /* value: its first year */
    WHEN_NOON,     /* value: hour */
    WHEN_DAY_PART, /* value: 0 morning to 3 night, of any day */
    WHEN_HOLIDAY,  /* value: month and day */
    WHEN_WEEKDAYS, /* value: first and last in two digits */
    WHEN_END_OF,   /* the last days of this week (0), month (1), year (2) */
    WHEN_DAYS      /* value: days from today to the first, and how many, in two digits */
};
struct when_phrase {
    enum when_name name;
    int value;
    const char *phrase;
};
extern const struct when_phrase when_phrases[];
extern const size_t when_phrases_n;

/* Month 1 to 12 or weekday 1 to 7 that term i names, 0 for none; *plural: "Sundays". */
int when_month(const struct terms *x, int i);
int when_weekday(const struct terms *x, int i, int *plural);
/* Whether term i names a part of the day; seconds since midnight, to exclusive. */
int when_part(const struct terms *x, int i, int *from, int *to);
void when_part_hours(int part, int *from, int *to);

#endif
