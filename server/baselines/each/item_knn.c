/* Items that the same members interacted with as with what was liked. */
#include "server/baselines/each/liked.h"

enum status baseline_item_knn(const struct candidates *c, double *score, struct baseline_info *b,
                              struct err *e) {
    return liked_score(c, taste_item_knn, score, b, e);
}
