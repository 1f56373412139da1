/* Running the baselines that a request asks for. */
#include "server/baselines/baselines.h"

#include "kernels/base/sort_key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BASELINE_ROW(constant, name) {#name, baseline_##name},
static const struct {
    const char *name;
    enum status (*score)(const struct candidates *c, double *score, struct baseline_info *b,
                         struct err *e);
} table[BASELINES] = {BASELINE_LIST(BASELINE_ROW)};
#undef BASELINE_ROW

int baselines_named(struct view name) {
    for (int b = 0; b < BASELINES; b++)
        if (view_eq_str(name, table[b].name)) return b;
    return -1;
}

/* Ranks by falling score; equal scores share the rank of the first, so that a baseline that cannot
 * tell does not pretend. Items without a score share the rank behind all others. */
static void rank_scores(struct sort_key *k, int n, const double *score,
                        struct baseline_score *out) {
    for (int i = 0; i < n; i++) k[i] = (struct sort_key){isnan(score[i]) ? -INFINITY : score[i], i};
    qsort(k, (size_t)n, sizeof *k, sort_key_down);
    for (int i = 0; i < n; i++) {
        int rank = i > 0 && k[i].key == k[i - 1].key ? out[k[i - 1].at].rank : i + 1;
        out[k[i].at] = (struct baseline_score){rank, score[k[i].at]};
    }
}

enum status baselines_run(const struct candidates *c, unsigned asked,
                          struct baseline_info info[BASELINES], struct baseline_score *out,
                          struct err *e) {
    size_t n = (size_t)c->n;
    double *score = ARENA_NEW(c->a, double, n);
    struct sort_key *k = ARENA_NEW(c->a, struct sort_key, n);
    if (!score || !k) return fail(e, ST_NO_MEMORY, "no memory for the baselines");
    for (int b = 0; b < BASELINES; b++) {
        info[b] = (struct baseline_info){.name = table[b].name, .asked = asked >> b & 1};
        if (!info[b].asked) continue;
        memset(score, 0, n * sizeof *score);
        TRY(table[b].score(c, score, &info[b], e));
        if (info[b].available) rank_scores(k, c->n, score, out + (size_t)b * n);
    }
    return ST_OK;
}
