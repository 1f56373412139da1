/* EASE: a linear model of all items at once, in closed form. */
#include "server/baselines/liked.h"
#include "server/rank/scene.h"

enum status baseline_ease(struct scene *s, const struct item *items, double *score,
                          struct baseline_info *b, struct err *e) {
    if (!s->taste->inverse) {
        b->why = s->taste->no_inverse;
        b->trained_on = "nothing";
        return ST_OK;
    }
    return liked_score(s, items, taste_ease, score, b, e);
}
