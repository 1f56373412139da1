/* Dates and times in a clause: "from 3 October", "tomorrow evening", "the 90s", "before 8 pm". */
#ifndef WISH_WHEN_H
#define WISH_WHEN_H

#include "server/wish/grammar/terms.h"

enum when_kind {
    WHEN_STRETCH, /* [from, to) in Unix seconds */
    WHEN_DAY, /* month and day (0: the whole month), first and last, of a year that is not said */
    WHEN_WEEKDAY, /* lo..hi = 1 (Monday) .. 7, of any week */
    WHEN_CLOCK    /* time of day in seconds, lo..hi, hi exclusive */
};
enum when_scale { SCALE_CLOCK, SCALE_DAY, SCALE_WEEK, SCALE_MONTH, SCALE_YEAR };

struct when_read {
    enum when_kind kind;
    enum when_scale scale;
    int at, end;              /* its terms */
    long long from, to;       /* WHEN_STRETCH */
    int month, day;           /* WHEN_DAY: the first */
    int last_month, last_day; /* and the last, the same unless a range is written */
    int lo, hi;
    int range;   /* two dates are written */
    int plain;   /* a bare number that could be a year */
    int window;  /* "the next two weeks" */
    int future;  /* "tomorrow", "next week": of things to come */
    int weekday; /* 1 to 7: the stretch is that day of this week or the next, by its bare name */
};

/* The date or time at term i; `between`: "and" joins two of them. 1 and *out on success. now: Unix
 * seconds. */
int when_read(const struct terms *x, int i, int between, long long now, struct when_read *out);
/* Makes a stretch of a WHEN_DAY: the year in which it lies within [lo, hi] (the range of a field,
 * Unix seconds), nearest to now; past: not after now where that is possible. */
void when_settle(struct when_read *w, double lo, double hi, long long now, int past);

#endif
