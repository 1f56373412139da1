/* Choosing from a member's history. */
#include "server/rank/history.h"

#include "server/baselines/each/embedding.h"
#include "kernels/base/sort_key.h"

#include <stdlib.h>

/* A key per interaction: the larger, the sooner it is taken. The newest have the largest. */
static void by_time(struct sort_key *k, int n) {
    for (int i = 0; i < n; i++) k[i] = (struct sort_key){i, i};
}

/* The newest like, the newest dislike, the next like ...: the m-th of its label comes in round m.
 */
static void by_label(const struct interaction *all, struct sort_key *k, int n) {
    int seen[3] = {0, 0, 0};
    for (int i = n - 1; i >= 0; i--) {
        int label = all[i].label, round = seen[label + 1]++;
        k[i] = (struct sort_key){label ? -(double)round : -1e9 - (double)round, i};
    }
}

/* By the embedding, where there is one: what the wish means need not be in an item's words. Else by
 * the words. */
static enum status by_relevance(struct rank_context *s, const struct interaction *all,
                                struct sort_key *k, int n, int *by_wish, struct err *e) {
    const char *why;
    by_time(k, n);
    *by_wish = 0;
    if (s->rest.n == 0) return ST_OK;
    int *place = ARENA_NEW(s->a, int, (size_t)n);
    double *score = ARENA_NEW(s->a, double, (size_t)n);
    struct item *items = ARENA_NEW(s->a, struct item, (size_t)n);
    struct candidates c;
    if (!place || !score || !items) return fail(e, ST_NO_MEMORY, "no memory for a history");
    for (int i = 0; i < n; i++) {
        place[i] = snapshot_find(s->catalog, view_of(all[i].item));
        items[i] = s->catalog->item[place[i]];
    }
    context_candidates(s, place, n, &c);
    TRY(embedding_score(&c, place, n, score, &why, e));
    *by_wish = why == NULL;
    if (why) TRY(store_bm25(s->k->store, s->r->catalog, s->rest, items, n, score, e));
    for (int i = 0; i < n; i++) {
        *by_wish |= why && score[i] > 0;
        k[i].key = score[i] * 1e6 + (double)i / n; /* time decides between equal ones */
    }
    return ST_OK;
}

static int by_place(const void *x, const void *y) {
    const struct sort_key *a = x, *b = y;
    return (a->at > b->at) - (a->at < b->at);
}

/* Drops from the front, the oldest, until the titles' tokens fit the budget. */
static enum status fit_budget(struct rank_context *s, struct err *e) {
    int budget = s->r->history_tokens, used = 0, from = s->n_history;
    for (; from > 0; from--) {
        int32_t *ids;
        size_t n;
        TRY(engine_tokens(s->k->engine, view_of(s->history[from - 1].title), s->a, &ids, &n, e));
        if (budget > 0 && used + (int)n + 1 > budget) break;
        used += (int)n + 1;
    }
    s->chosen.dropped = from;
    s->chosen.tokens = used;
    s->history += from;
    s->n_history -= from;
    return ST_OK;
}

/* What was liked, in its order; *n: how many that are. */
static enum status only_likes(struct rank_context *s, const struct interaction **all, int *n,
                              struct err *e) {
    struct interaction *liked = ARENA_NEW(s->a, struct interaction, (size_t)*n + 1);
    int likes = 0;
    if (!liked) return fail(e, ST_NO_MEMORY, "no memory for a history");
    for (int i = 0; i < *n; i++)
        if ((*all)[i].label > 0) liked[likes++] = (*all)[i];
    *all = liked;
    *n = likes;
    return ST_OK;
}

enum status history_choose(struct rank_context *s, const struct interaction *all, int n,
                           struct err *e) {
    const struct rank_request *r = s->r;
    int of = n;
    if (r->policy == HISTORY_LIKES) TRY(only_likes(s, &all, &n, e));
    int take = n < r->history ? n : r->history;
    struct sort_key *k = ARENA_NEW(s->a, struct sort_key, (size_t)n + 1);
    s->history = ARENA_NEW(s->a, struct interaction, (size_t)take + 1);
    if (!k || !s->history) return fail(e, ST_NO_MEMORY, "no memory for a history");
    s->chosen.of = of;
    s->chosen.by_wish = r->policy == HISTORY_RELEVANT;
    if (r->policy == HISTORY_RELEVANT)
        TRY(by_relevance(s, all, k, n, &s->chosen.by_wish, e));
    else if (r->policy == HISTORY_BALANCED)
        by_label(all, k, n);
    else
        by_time(k, n);
    qsort(k, (size_t)n, sizeof *k, sort_key_down);
    qsort(k, (size_t)take, sizeof *k, by_place);
    for (int i = 0; i < take; i++) s->history[i] = all[k[i].at];
    s->n_history = take;
    TRY(fit_budget(s, e));
    for (int i = 0; i < s->n_history; i++) {
        s->chosen.likes += s->history[i].label > 0;
        s->chosen.dislikes += s->history[i].label < 0;
    }
    return ST_OK;
}
