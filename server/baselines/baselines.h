/* The recommenders that use no language model, each scoring the same candidates. A new one is a row
 * here and a file with its function. */
#ifndef BASELINES_BASELINES_H
#define BASELINES_BASELINES_H

#include "server/baselines/candidates.h"

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

/* Fills score (c->n), higher is better. Sets available and what it was trained on, or why not: a
 * baseline with nothing to go by invents no score. */
#define BASELINE_FUNCTION(constant, name)                                  \
    enum status baseline_##name(const struct candidates *c, double *score, \
                                struct baseline_info *b, struct err *e) MUST_CHECK;
BASELINE_LIST(BASELINE_FUNCTION)
#undef BASELINE_FUNCTION

/* The baseline of that name, or -1. */
int baselines_named(struct view name);

/* Ranks the candidates by every baseline whose bit (1 << baseline) is set in `asked`: out
 * (BASELINES, n). */
enum status baselines_run(const struct candidates *c, unsigned asked,
                          struct baseline_info info[BASELINES], struct baseline_score *out,
                          struct err *e) MUST_CHECK;

#endif
