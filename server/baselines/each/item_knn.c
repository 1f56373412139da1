/* Items that the same members interacted with as with what was liked. */
#include "server/baselines/each/cf_query.h"

enum status baseline_item_knn(const struct candidates *c, double *score, struct baseline_info *b,
                              struct err *e) {
    return cf_score(c, interactions_item_knn, score, b, e);
}
