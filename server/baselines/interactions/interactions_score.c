/* Scores from what others interacted with: item-kNN and EASE. */
#include "server/baselines/interactions/interactions.h"

#include <math.h>
#include <string.h>

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for a baseline's scores");
}

/* Whether the item at that place can be scored at all. */
static int known(const struct interactions *t, const struct cf_query *q, int place) {
    return place >= 0 && interactions_others(t, q, place) > 0;
}

/* Members other than the left out one who have `place` and also each item: both (n_items). */
static void count_both(const struct interactions *t, const struct cf_query *q, int place,
                       int *both) {
    memset(both, 0, (size_t)t->n_items * sizeof *both);
    for (int k = t->item_off[place]; k < t->item_off[place + 1]; k++) {
        int m = t->item_member[k];
        if (m == q->out) continue;
        for (int j = t->member_off[m]; j < t->member_off[m + 1]; j++) both[t->member_item[j]]++;
    }
}

enum status interactions_item_knn(const struct interactions *t, const struct cf_query *q,
                                  const int *at, int n, struct arena *a, double *score,
                                  struct err *e) {
    int *both = ARENA_NEW(a, int, (size_t)t->n_items);
    double *others = ARENA_NEW(a, double, (size_t)n);
    if (!both || !others) return no_memory(e);
    for (int c = 0; c < n; c++) {
        others[c] = known(t, q, at[c]) ? interactions_others(t, q, at[c]) : 0;
        score[c] = others[c] > 0 ? 0 : NAN;
    }
    for (int k = 0; k < q->n; k++) {
        double mine = interactions_others(t, q, q->at[k]);
        count_both(t, q, q->at[k], both);
        for (int c = 0; c < n; c++)
            if (others[c] > 0 && at[c] != q->at[k])
                score[c] += both[at[c]] / (sqrt(mine * others[c]) + INTERACTIONS_SHRINK);
    }
    return ST_OK;
}

/* An item's row in the inverse, NULL where EASE does not know it. */
static const float *row_of(const struct interactions *t, int place) {
    return t->ease[place] < 0 ? NULL : t->inverse + (size_t)t->ease[place] * (size_t)t->n_ease;
}

static double entry(const struct interactions *t, const float *row, int place) {
    return t->ease[place] < 0 ? 0 : (double)row[t->ease[place]];
}

/* (P x)_i for the left out member's row x. */
static double project(const struct interactions *t, const struct cf_query *q, int place) {
    const float *row = row_of(t, place);
    double sum = 0;
    for (int k = 0; row && k < q->n_out; k++) sum += entry(t, row, q->has[k]);
    return sum;
}

enum status interactions_ease(const struct interactions *t, const struct cf_query *q, const int *at,
                              int n, struct arena *a, double *score, struct err *e) {
    double *liked = ARENA_NEW(a, double, (size_t)q->n), quad = 0;
    if (!liked) return no_memory(e);
    for (int k = 0; k < q->n; k++) liked[k] = project(t, q, q->at[k]);
    for (int k = 0; k < q->n_out; k++) quad += project(t, q, q->has[k]);
    for (int c = 0; c < n; c++) {
        const float *row = known(t, q, at[c]) ? row_of(t, at[c]) : NULL;
        score[c] = NAN;
        if (!row) continue;
        double mine = project(t, q, at[c]), sum = 0;
        for (int k = 0; k < q->n; k++)
            if (q->at[k] != at[c] && t->ease[q->at[k]] >= 0)
                sum += entry(t, row, q->at[k]) + liked[k] * mine / (1 - quad);
        score[c] = -sum / (entry(t, row, at[c]) + mine * mine / (1 - quad));
    }
    return ST_OK;
}
