/* Ranking the same candidates by many methods. */
#include "server/eval/method.h"

#include <math.h>
#include <string.h>

static const char *const baselines[BASELINES] = {
#define NAME(constant, name) #name,
    BASELINE_LIST(NAME)
#undef NAME
};

const char *method_name(int m) {
    return m < READOUTS                      ? readout_name((enum readout_id)m)
           : m == METHOD_WHOLE               ? "whole wish"
           : m < METHOD_BASELINE + BASELINES ? baselines[m - METHOD_BASELINE]
                                             : "chance";
}

enum status trial_init(struct trial *t, const struct rank_request *r,
                       const struct rank_hooks *hooks, struct arena *a, struct err *e) {
    memset(t, 0, sizeof *t);
    t->request = *r;
    t->hooks = hooks;
    t->n = r->n_candidates;
    t->score = ARENA_NEW(a, double, METHODS *(size_t)t->n);
    return t->score ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a case");
}

/* Copies the result's scores (baseline -1), or a baseline's, into the candidates' order. */
static void take(struct trial *t, const struct rank_result *x, int m, int baseline) {
    double *to = t->score + (size_t)m * (size_t)t->n;
    t->known[m] = 1;
    for (int i = 0; i < x->n; i++) {
        const struct ranked *r = &x->item[i];
        for (int j = 0; j < t->n; j++)
            if (view_eq_str(t->request.candidate[j], r->item->id))
                to[j] = baseline < 0 ? ranked_value(r) : r->baseline[baseline].score;
    }
}

static void take_baselines(struct trial *t, const struct rank_result *x) {
    for (int b = 0; b < BASELINES; b++) {
        if (!x->baseline[b].asked) continue;
        t->trained_on[METHOD_BASELINE + b] = x->baseline[b].trained_on;
        if (x->baseline[b].available) take(t, x, METHOD_BASELINE + b, b);
    }
}

/* The baselines alone, without a word to the language model. */
static enum status run_baselines(struct trial *t, struct ranker *k, struct arena *a,
                                 struct err *e) {
    struct rank_request *r = &t->request;
    struct rank_result *x = ARENA_NEW(a, struct rank_result, 1);
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a case");
    r->whole_wish = 0;
    r->readout = READOUT_AUTO;
    r->all_baselines = r->no_model = 1;
    enum status st = rank_run(k, r, t->hooks, a, x, e);
    r->no_model = 0;
    if (st == ST_OK) take_baselines(t, x);
    return st;
}

static enum status run(struct trial *t, struct ranker *k, int m, int with_baselines,
                       struct arena *a, struct err *e) {
    struct rank_request *r = &t->request;
    struct rank_result *x = ARENA_NEW(a, struct rank_result, 1);
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a case");
    r->whole_wish = m == METHOD_WHOLE;
    r->readout = m == METHOD_WHOLE ? READOUT_QUERY : (enum readout_id)m;
    r->all_baselines = with_baselines;
    TRY(rank_run(k, r, t->hooks, a, x, e));
    t->cost[m] = (struct sheet_cost){x->score_s, t->n, x->tokens_computed};
    take(t, x, m, -1);
    if (with_baselines) take_baselines(t, x);
    /* In an asked-for `query` examples are clauses, so there the requests differ. */
    int same = m == READOUT_AUTO && !(x->share_whole > 0) && !(x->share_meaning > 0) &&
               (x->used != READOUT_QUERY || r->n_examples == 0);
    if (same) take(t, x, (int)x->used, -1);
    return ST_OK;
}

enum status trial_run(struct trial *t, struct ranker *k, unsigned long long set, struct arena *a,
                      struct err *e) {
    unsigned long long rows = METHOD_BIT(METHOD_CHANCE) - METHOD_BIT(METHOD_BASELINE);
    int baselines_left = (set & rows) != 0;
    if (baselines_left && !(set & (METHOD_BIT(METHOD_WHOLE) - 1))) {
        TRY(run_baselines(t, k, a, e));
        baselines_left = 0;
    }
    for (int m = 0; m < METHOD_BASELINE; m++) {
        if (!(set >> m & 1) || t->known[m]) continue;
        TRY(run(t, k, m, baselines_left && m != METHOD_WHOLE, a, e));
        if (m != METHOD_WHOLE) baselines_left = 0;
    }
    t->known[METHOD_CHANCE] = 1; /* all scores are 0 */
    for (int m = 0; m < METHODS; m++) t->known[m] = t->known[m] && (set >> m & 1);
    return ST_OK;
}
