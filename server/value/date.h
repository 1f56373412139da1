/* What the files of date reading share: a cursor over folded text, and a date as it is found. */
#ifndef VALUE_DATE_H
#define VALUE_DATE_H

#include "server/value/value.h"

/* Over NUL-terminated text that word_fold made. */
struct date_cursor {
    const char *p;
};

struct civil {
    int year, month, day; /* month and day 0: not written */
    int seconds;          /* since midnight */
    int clock;            /* length of the written time: 1, 60 or 3600 seconds, 0: none */
    int offset;           /* of the zone, in seconds east of UTC */
};

/* A number of at most `max` digits, and no more behind it; the digits read, 0: none. */
int date_number(struct date_cursor *c, int max, int *out);
/* The letters at the cursor. */
struct view date_word(const struct date_cursor *c);
/* Steps over text that stands there, over a whole word that is one of n, over spaces. */
int date_take(struct date_cursor *c, const char *text);
int date_take_word(struct date_cursor *c, const char *const *any, size_t n);
void date_spaces(struct date_cursor *c);

/* A time of day: "18:20", "8 pm", "20h30", "20 Uhr", "18:20:00.5". 0 when there is none. */
int date_clock(struct date_cursor *c, struct civil *d);
/* A zone, if one stands there: "Z", "+02:00", "GMT+0200 (Central European Summer Time)". *offset is
 * in seconds east of UTC. */
void date_zone(struct date_cursor *c, int *offset);
/* What may follow a date, up to the text's end: nothing, or a time of day with a zone. */
int date_clock_behind(struct date_cursor *c, struct civil *d);

#endif
