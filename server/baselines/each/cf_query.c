/* The query of item-kNN and EASE. */
#include "server/baselines/each/cf_query.h"

#include <math.h>

static void add(const struct interactions *t, struct cf_query *q, long long row) {
    int place = interactions_find(t->item, t->n_items, row);
    if (place < 0 || interactions_others(t, q, place) == 0) return;
    for (int k = 0; k < q->n; k++)
        if (q->at[k] == place) return;
    q->at[q->n++] = place;
}

static enum status make_query(const struct candidates *c, struct cf_query *q, int *liked,
                              struct err *e) {
    const struct interactions *t = c->interactions;
    *q = (struct cf_query){.out = interactions_find(t->member, t->n_members, c->unseen_member)};
    if (q->out >= 0) {
        q->has = t->member_item + t->member_off[q->out];
        q->n_out = t->member_off[q->out + 1] - t->member_off[q->out];
    }
    q->at = ARENA_NEW(c->a, int, (size_t)c->n_marks);
    if (!q->at) return fail(e, ST_NO_MEMORY, "no memory for a baseline's scores");
    for (int i = 0; i < c->n_marks; i++) {
        const struct mark *m = &c->mark[i];
        if (m->label <= 0 || m->place < 0) continue;
        add(t, q, c->catalog->item[m->place].row);
        ++*liked;
    }
    return ST_OK;
}

/* What was learnt from, in words; beyond what can be learnt, of how many. */
static enum status say_trained(const struct candidates *c, const struct cf_query *q,
                               struct baseline_info *b, struct err *e) {
    const struct interactions *t = c->interactions;
    const char *some = t->events < t->of_events
                           ? arena_printf(c->a, " with the %d most interacted-with items (of %lld)",
                                          t->n_items, t->of_events)
                           : "";
    b->trained_on = some ? arena_printf(c->a, "%d interactions of %d members%s%s",
                                        t->n_ones - q->n_out, t->n_members - (q->out >= 0), some,
                                        q->out >= 0 ? ", without the member's own" : "")
                         : NULL;
    return b->trained_on ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
}

static enum status state(const struct candidates *c, const struct cf_query *q, int liked,
                         struct baseline_info *b, struct err *e) {
    const struct interactions *t = c->interactions;
    TRY(say_trained(c, q, b, e));
    if (t->nothing)
        b->why = t->nothing;
    else if (!liked)
        b->why = "nothing is liked here: it goes by liked items of the history and examples";
    else if (q->n == 0)
        b->why = "nobody else has interacted with what is liked here";
    return ST_OK;
}

enum status cf_query_make(const struct candidates *c, struct cf_query *q, struct baseline_info *b,
                          struct err *e) {
    int liked = 0;
    TRY(make_query(c, q, &liked, e));
    return state(c, q, liked, b, e);
}

enum status cf_score(const struct candidates *c, cf_method *method, double *score,
                     struct baseline_info *b, struct err *e) {
    const struct interactions *t = c->interactions;
    struct cf_query q;
    int *at = ARENA_NEW(c->a, int, (size_t)c->n);
    if (!at) return fail(e, ST_NO_MEMORY, "no memory for a baseline's scores");
    TRY(cf_query_make(c, &q, b, e));
    if (b->why) return ST_OK;
    for (int i = 0; i < c->n; i++)
        at[i] = interactions_find(t->item, t->n_items, c->catalog->item[c->place[i]].row);
    TRY(method(t, &q, at, c->n, c->a, score, e));
    for (int i = 0; i < c->n; i++) b->available |= !isnan(score[i]);
    if (!b->available) b->why = "nobody else has interacted with any of the candidates";
    return ST_OK;
}
