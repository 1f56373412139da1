/* The recommenders that use no language model, each scoring the same candidates. A new one is a row
 * here and a file with its function. */
#ifndef BASELINES_BASELINES_H
#define BASELINES_BASELINES_H

#include "model/base/status.h"

/* One row each, in the order in which they are shown: constant, name. */
#define BASELINE_LIST(X)      \
    X(POPULARITY, popularity) \
    X(RECENCY, recency)       \
    X(BM25, bm25)             \
    X(ITEM_KNN, item_knn)     \
    X(EASE, ease)             \
    X(EMBEDDING, embedding)   \
    X(RANDOM, random)

#define BASELINE_CONSTANT(constant, name) BASELINE_##constant,
enum baseline { BASELINE_LIST(BASELINE_CONSTANT) BASELINES };
#undef BASELINE_CONSTANT

struct baseline_score {
    int rank;
    double score; /* NaN: the baseline knows nothing of this item, which then ranks last */
};
struct baseline_info {
    const char *name, *trained_on, *why; /* why: the reason when unavailable, else NULL */
    int available, asked;
};

struct scene;
struct item;
struct rank_result;
struct rank_hooks;

/* Fills score (s->n), higher is better; items are the candidates in their order. Sets available and
 * what it was trained on, or why not: a baseline with nothing to go by invents no score. */
#define BASELINE_FUNCTION(constant, name)                                                 \
    enum status baseline_##name(struct scene *s, const struct item *items, double *score, \
                                struct baseline_info *b, struct err *e) MUST_CHECK;
BASELINE_LIST(BASELINE_FUNCTION)
#undef BASELINE_FUNCTION

/* Makes s->taste what was learnt from the catalogue's interactions, when a baseline that needs it
 * was asked for; whoever loads the scene gives it back to the learner. h may be NULL. */
enum status baselines_learn(struct scene *s, const struct rank_hooks *h, struct err *e) MUST_CHECK;

/* Ranks the candidates by every baseline that was asked for: x->baseline and x->item[i].baseline,
 * while x->item is still in the candidates' order. */
enum status baselines_run(struct scene *s, struct rank_result *x, struct err *e) MUST_CHECK;

#endif
