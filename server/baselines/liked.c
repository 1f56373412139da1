/* The query of item-kNN and EASE. */
#include "server/baselines/liked.h"

#include "server/rank/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add(const struct taste *t, struct taste_query *q, long long row) {
    int place = taste_find(t->item, t->n_items, row);
    if (place < 0 || taste_others(t, q, place) == 0) return;
    for (int k = 0; k < q->n; k++)
        if (q->at[k] == place) return;
    q->at[q->n++] = place;
}

static enum status make_query(struct scene *s, struct taste_query *q, int *liked, struct err *e) {
    const struct taste *t = s->taste;
    *q = (struct taste_query){.out = taste_find(t->member, t->n_members, s->unseen_member)};
    if (q->out >= 0) {
        q->has = t->member_item + t->member_off[q->out];
        q->n_out = t->member_off[q->out + 1] - t->member_off[q->out];
    }
    q->at = ARENA_NEW(s->a, int, (size_t)(s->n_history + s->n_examples));
    if (!q->at) return fail(e, ST_NO_MEMORY, "no memory for a baseline's scores");
    for (int i = 0; i < s->n_history; i++)
        if (s->history[i].label > 0) {
            add(t, q, s->history_item[i].row);
            ++*liked;
        }
    for (int i = 0; i < s->n_examples; i++)
        if (s->example[i].label > 0 && s->example[i].item) {
            add(t, q, s->example[i].item->row);
            ++*liked;
        }
    return ST_OK;
}

/* What was learnt from, in words; beyond what can be learnt, of how many. */
static enum status say_trained(struct scene *s, const struct taste_query *q,
                               struct baseline_info *b, struct err *e) {
    const struct taste *t = s->taste;
    const char *some = t->events < t->of_events
                           ? arena_printf(s->a, " with the %d most interacted-with items (of %lld)",
                                          t->n_items, t->of_events)
                           : "";
    b->trained_on = some ? arena_printf(s->a, "%d interactions of %d members%s%s",
                                        t->n_ones - q->n_out, t->n_members - (q->out >= 0), some,
                                        q->out >= 0 ? ", without the member's own" : "")
                         : NULL;
    return b->trained_on ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
}

static enum status state(struct scene *s, const struct taste_query *q, int liked,
                         struct baseline_info *b, struct err *e) {
    const struct taste *t = s->taste;
    TRY(say_trained(s, q, b, e));
    if (t->nothing)
        b->why = t->nothing;
    else if (!liked)
        b->why = "nothing is liked here: it goes by liked items of the history and examples";
    else if (q->n == 0)
        b->why = "nobody else has interacted with what is liked here";
    return ST_OK;
}

enum status liked_query(struct scene *s, struct taste_query *q, struct baseline_info *b,
                        struct err *e) {
    int liked = 0;
    TRY(make_query(s, q, &liked, e));
    return state(s, q, liked, b, e);
}

enum status liked_score(struct scene *s, const struct item *items,
                        enum status (*method)(const struct taste *t, const struct taste_query *q,
                                              const int *at, int n, struct arena *a, double *score,
                                              struct err *e),
                        double *score, struct baseline_info *b, struct err *e) {
    struct taste_query q;
    int *at = ARENA_NEW(s->a, int, (size_t)s->n);
    if (!at) return fail(e, ST_NO_MEMORY, "no memory for a baseline's scores");
    TRY(liked_query(s, &q, b, e));
    if (b->why) return ST_OK;
    for (int i = 0; i < s->n; i++)
        at[i] = taste_find(s->taste->item, s->taste->n_items, items[i].row);
    TRY(method(s->taste, &q, at, s->n, s->a, score, e));
    for (int i = 0; i < s->n; i++) b->available |= !isnan(score[i]);
    if (!b->available) b->why = "nobody else has interacted with any of the candidates";
    return ST_OK;
}
