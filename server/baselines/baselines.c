/* The recommenders that use no language model, each scoring the same candidates. One that has
 * nothing to go by says so. */
#include "server/rank/scene.h"

#include "server/rank/keyed.h"

#include <stdlib.h>
#include <string.h>

const char *const baseline_names[BASELINES] = {"popularity", "bm25", "random"};

/* Fills score (n); sets available and what it was trained on, or why not. */
typedef enum status (*scorer)(struct scene *s, const struct item *items, double *score,
                              struct baseline_info *b, struct err *e);

static enum status popularity(struct scene *s, const struct item *items, double *score,
                              struct baseline_info *b, struct err *e) {
    TRY(store_popularity(s->k->store, s->r->catalog, items, s->n, score, &b->available, e));
    b->trained_on = "popularity given with the items, else their number of interactions";
    if (!b->available) b->why = "the catalogue has neither popularity nor interactions";
    return ST_OK;
}

/* The wish's words and the titles of what was liked. */
static enum status bm25_query(struct scene *s, struct view *out, struct err *e) {
    char *q = arena_copy(s->a, s->r->instruction.p, s->r->instruction.n);
    for (int c = 0; q && s->r->instruction.n == 0 && c < s->n_clauses; c++)
        if (s->clause[c].sign > 0)
            q = arena_printf(s->a, "%s %.*s", q, (int)s->clause[c].text.n, s->clause[c].text.p);
    for (int i = 0; q && i < s->n_examples; i++)
        if (s->example[i].label > 0) q = arena_printf(s->a, "%s %s", q, s->example[i].title);
    for (int i = 0; q && i < s->n_history; i++)
        if (s->history[i].label > 0) q = arena_printf(s->a, "%s %s", q, s->history[i].title);
    if (!q) return fail(e, ST_NO_MEMORY, "no memory for a query");
    *out = view_of(q);
    return ST_OK;
}

static enum status bm25(struct scene *s, const struct item *items, double *score,
                        struct baseline_info *b, struct err *e) {
    struct view q;
    TRY(bm25_query(s, &q, e));
    b->trained_on = "the words of the catalogue";
    b->available = view_trim(q).n > 0;
    if (!b->available) b->why = "there is no wish and no liked example to search for";
    return b->available ? store_bm25(s->k->store, s->r->catalog, q, items, s->n, score, e) : ST_OK;
}

static enum status random_order(struct scene *s, const struct item *items, double *score,
                                struct baseline_info *b, struct err *e) {
    (void)e;
    for (int i = 0; i < s->n; i++)
        score[i] = (double)(scene_hash(items[i].id, (unsigned long long)s->r->seed + 17) >> 11) /
                   9007199254740992.0;
    b->available = 1;
    b->trained_on = "nothing: a fixed shuffle by the seed";
    return ST_OK;
}

/* Ranks by falling score; equal scores share the rank of the first, so that a baseline that cannot
 * tell does not pretend. */
static void rank_scores(struct keyed *k, int n, const double *score, struct ranked *item, int b) {
    for (int i = 0; i < n; i++) k[i] = (struct keyed){score[i], i};
    qsort(k, (size_t)n, sizeof *k, keyed_down);
    for (int i = 0; i < n; i++) {
        int rank = i > 0 && k[i].key == k[i - 1].key ? item[k[i - 1].at].baseline[b].rank : i + 1;
        item[k[i].at].baseline[b] = (struct baseline_score){rank, k[i].key};
    }
}

static int asked(const struct rank_request *r, const char *name) {
    for (int i = 0; i < r->n_baselines; i++)
        if (view_eq_str(r->baseline[i], name)) return 1;
    return r->all_baselines;
}

enum status baselines_run(struct scene *s, struct rank_result *x, struct err *e) {
    static const scorer score_with[BASELINES] = {popularity, bm25, random_order};
    size_t n = (size_t)s->n;
    double *score = ARENA_NEW(s->a, double, n);
    struct keyed *k = ARENA_NEW(s->a, struct keyed, n);
    struct item *items = ARENA_NEW(s->a, struct item, n);
    if (!score || !k || !items) return fail(e, ST_NO_MEMORY, "no memory for the baselines");
    for (int i = 0; i < s->n; i++) items[i] = *s->item[i];
    for (int b = 0; b < BASELINES; b++) {
        x->baseline[b] = (struct baseline_info){.name = baseline_names[b],
                                                .asked = asked(s->r, baseline_names[b])};
        if (!x->baseline[b].asked) continue;
        memset(score, 0, n * sizeof *score);
        TRY(score_with[b](s, items, score, &x->baseline[b], e));
        if (x->baseline[b].available) rank_scores(k, s->n, score, x->item, b);
    }
    for (int i = 0; i < s->r->n_baselines; i++) {
        int known = 0;
        for (int b = 0; b < BASELINES; b++)
            known |= view_eq_str(s->r->baseline[i], baseline_names[b]);
        if (!known)
            rank_warn(x, s->a, "there is no baseline '%.*s' in this version",
                      (int)s->r->baseline[i].n, s->r->baseline[i].p);
    }
    return ST_OK;
}
