/* EASE: a linear model of all items at once, in closed form. */
#include "server/baselines/liked.h"
#include "server/rank/scene.h"

/* Names the items that it learnt, where that is not all of them. */
static enum status say_items(struct scene *s, struct baseline_info *b, struct err *e) {
    const struct taste *t = s->taste;
    if (t->n_ease == t->n_items) return ST_OK;
    b->trained_on = arena_printf(s->a, "%s; the %d most interacted-with of %d items", b->trained_on,
                                 t->n_ease, t->n_items);
    return b->trained_on ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
}

enum status baseline_ease(struct scene *s, const struct item *items, double *score,
                          struct baseline_info *b, struct err *e) {
    TRY(liked_score(s, items, taste_ease, score, b, e));
    return say_items(s, b, e);
}
