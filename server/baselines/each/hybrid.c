/* What is learnt, on the scale of the language model's score. */
#include "server/baselines/each/hybrid.h"

#include "server/baselines/each/cf_query.h"

#include <math.h>

/* Weights beside the language model's standardised score. Without a wish fitted on development
 * members (fixtures/baselines/README.md): the more liked items the model has to go by, the more it
 * counts. With a wish not fitted, for lack of data: equal shares. */
static const double WEIGHT_MANY = 8, WEIGHT_FEW = 42, WEIGHT_WISH = 1;

/* Mean and standard deviation of the numbers there are; sd 0 when they are all alike. */
static void spread(const double *v, int n, double *mean, double *sd) {
    double sum = 0, squares = 0;
    int count = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(v[i])) {
            sum += v[i];
            count++;
        }
    *mean = count ? sum / count : 0;
    for (int i = 0; i < n; i++)
        if (!isnan(v[i])) squares += (v[i] - *mean) * (v[i] - *mean);
    *sd = count ? sqrt(squares / count) : 0;
}

/* Scores of the candidates, then of all items that have interactions. */
static enum status score_all(const struct candidates *c, const struct cf_query *q, double **out,
                             struct err *e) {
    const struct interactions *t = c->interactions;
    int n = c->n + t->n_items, *at = ARENA_NEW(c->a, int, (size_t)n);
    *out = ARENA_NEW(c->a, double, (size_t)n);
    if (!at || !*out) return fail(e, ST_NO_MEMORY, "no memory for a hybrid's scores");
    for (int i = 0; i < c->n; i++)
        at[i] = interactions_find(t->item, t->n_items, c->catalog->item[c->place[i]].row);
    for (int i = 0; i < t->n_items; i++) at[c->n + i] = i;
    return t->inverse ? interactions_ease(t, q, at, n, c->a, *out, e)
                      : interactions_item_knn(t, q, at, n, c->a, *out, e);
}

enum status hybrid_add(const struct candidates *c, int wish, double *score, double *learnt,
                       const char **why, struct err *e) {
    struct baseline_info b = {0};
    struct cf_query q;
    double *v, mean, sd;
    TRY(cf_query_make(c, &q, &b, e));
    if (b.why) {
        *why = arena_printf(c->a, "%s; asked for with a baseline that learns, but %s", *why, b.why);
        return *why ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
    }
    TRY(score_all(c, &q, &v, e));
    double weight = wish ? WEIGHT_WISH : WEIGHT_MANY + WEIGHT_FEW / q.n;
    spread(v + c->n, c->interactions->n_items, &mean, &sd);
    for (int i = 0; i < c->n; i++) {
        if (isnan(v[i]) || !(sd > 0)) continue;
        learnt[i] = weight * (v[i] - mean) / sd;
        score[i] += learnt[i];
    }
    *why = arena_printf(c->a, "%s; and %s, which learnt from %s", *why,
                        c->interactions->inverse ? "EASE" : "item-kNN", b.trained_on);
    return *why ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
}
