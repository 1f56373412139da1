/* EASE: a linear model of all items at once, in closed form. */
#include "server/baselines/liked.h"

enum status baseline_ease(const struct candidates *c, double *score, struct baseline_info *b,
                          struct err *e) {
    if (!c->taste->inverse) {
        b->why = c->taste->no_inverse;
        b->trained_on = "nothing";
        return ST_OK;
    }
    return liked_score(c, taste_ease, score, b, e);
}
