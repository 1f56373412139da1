/* The ways of ranking that evaluations compare: every readout, the wish as one text, every
 * baseline, and chance. */
#ifndef EVAL_METHOD_H
#define EVAL_METHOD_H

#include "server/report/sheet/sheet.h"
#include "server/rank/rank.h"

/* Readouts have their own numbers. `whole` is the query readout with the wish as one text; chance
 * gives every item the same score, which metrics count as all orders at once. */
enum {
    METHOD_WHOLE = READOUTS,
    METHOD_BASELINE,
    METHOD_CHANCE = METHOD_BASELINE + BASELINES,
    METHODS
};
#define METHOD_BIT(m) (1ull << (m))
#define METHOD_ALL (METHOD_BIT(METHODS) - 1)

const char *method_name(int m);
static inline int method_is_model(int m) {
    return m < METHOD_BASELINE;
}

/* The candidates of one case and what the methods make of them. */
struct trial {
    struct rank_request request; /* with candidates; readout and baselines are set by trial_run */
    const struct rank_hooks *hooks; /* of its rankings; may be NULL */
    int n;
    double *score;                /* (METHODS, n); NaN where a baseline knows nothing of an item */
    unsigned char known[METHODS]; /* 1: scored; a baseline without data is not */
    const char *trained_on[METHODS];
    struct sheet_cost cost[METHODS];
};

/* A trial over the request's candidates; ST_NO_MEMORY. */
enum status trial_init(struct trial *t, const struct rank_request *r,
                       const struct rank_hooks *hooks, struct arena *a, struct err *e) MUST_CHECK;
/* Scores the candidates by every method of the set. Baselines come along with a ranking, and equal
 * requests give equal bits, so neither they nor the readout that auto took need a run of their
 * own. */
enum status trial_run(struct trial *t, struct ranker *k, unsigned long long set, struct arena *a,
                      struct err *e) MUST_CHECK;
static inline const double *trial_score(const struct trial *t, int m) {
    return t->score + (size_t)m * (size_t)t->n;
}

#endif
