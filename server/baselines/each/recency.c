/* The newest items first. */
#include "server/baselines/baselines.h"

#include <math.h>

/* Years since year 0, in mean Gregorian years: 1995.5 is the middle of 1995. */
static double year_of(long long seconds) {
    return 1970 + (double)seconds / (365.2425 * 86400);
}

enum status baseline_recency(const struct candidates *c, double *score, struct baseline_info *b,
                             struct err *e) {
    (void)e;
    for (int i = 0; i < c->n; i++) {
        const struct item *it = &c->catalog->item[c->place[i]];
        score[i] = it->has_time ? year_of(it->time) : NAN;
        b->available |= it->has_time;
    }
    b->trained_on = "nothing: the items' own times";
    if (!b->available) b->why = "no candidate has a time";
    return ST_OK;
}
