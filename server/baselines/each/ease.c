/* EASE: a linear model of all items at once, in closed form. */
#include "server/baselines/each/cf_query.h"

/* Names the items that it learnt, where that is not all of them. */
static enum status say_items(const struct candidates *c, struct baseline_info *b, struct err *e) {
    const struct interactions *t = c->interactions;
    if (t->n_ease == t->n_items) return ST_OK;
    b->trained_on = arena_printf(c->a, "%s; the %d most interacted-with of %d items", b->trained_on,
                                 t->n_ease, t->n_items);
    return b->trained_on ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
}

enum status baseline_ease(const struct candidates *c, double *score, struct baseline_info *b,
                          struct err *e) {
    TRY(cf_score(c, interactions_ease, score, b, e));
    return say_items(c, b, e);
}
