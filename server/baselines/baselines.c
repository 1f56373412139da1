/* Running the baselines that a request asks for. */
#include "server/baselines/baselines.h"

#include "server/rank/keyed.h"
#include "server/rank/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BASELINE_ROW(constant, name) {#name, baseline_##name},
static const struct {
    const char *name;
    enum status (*score)(struct scene *s, const struct item *items, double *score,
                         struct baseline_info *b, struct err *e);
} table[BASELINES] = {BASELINE_LIST(BASELINE_ROW)};
#undef BASELINE_ROW

/* Ranks by falling score; equal scores share the rank of the first, so that a baseline that cannot
 * tell does not pretend. Items without a score share the rank behind all others. */
static void rank_scores(struct keyed *k, int n, const double *score, struct ranked *item, int b) {
    for (int i = 0; i < n; i++) k[i] = (struct keyed){isnan(score[i]) ? -INFINITY : score[i], i};
    qsort(k, (size_t)n, sizeof *k, keyed_down);
    for (int i = 0; i < n; i++) {
        int rank = i > 0 && k[i].key == k[i - 1].key ? item[k[i - 1].at].baseline[b].rank : i + 1;
        item[k[i].at].baseline[b] = (struct baseline_score){rank, score[k[i].at]};
    }
}

static int asked(const struct rank_request *r, const char *name) {
    for (int i = 0; i < r->n_baselines; i++)
        if (view_eq_str(r->baseline[i], name)) return 1;
    return r->all_baselines;
}

enum status baselines_learn(struct scene *s, const struct rank_hooks *h, struct err *e) {
    if (!asked(s->r, "item_knn") && !asked(s->r, "ease") && s->r->readout != READOUT_HYBRID)
        return ST_OK;
    return learner_take(s->k->learner, s->k->store, s->r->catalog, s->catalog.version,
                        h ? h->training : NULL, h ? h->arg : NULL, &s->taste, e);
}

static void warn_unknown(struct scene *s, struct rank_result *x) {
    for (int i = 0; i < s->r->n_baselines; i++) {
        struct view name = s->r->baseline[i];
        int known = 0;
        for (int b = 0; b < BASELINES; b++) known |= view_eq_str(name, table[b].name);
        if (!known)
            rank_warn(x, s->a, "there is no baseline '%.*s' in this version", (int)name.n, name.p);
    }
}

enum status baselines_run(struct scene *s, struct rank_result *x, struct err *e) {
    size_t n = (size_t)s->n;
    double *score = ARENA_NEW(s->a, double, n);
    struct keyed *k = ARENA_NEW(s->a, struct keyed, n);
    struct item *items = ARENA_NEW(s->a, struct item, n);
    if (!score || !k || !items) return fail(e, ST_NO_MEMORY, "no memory for the baselines");
    for (int i = 0; i < s->n; i++) items[i] = *s->item[i];
    for (int b = 0; b < BASELINES; b++) {
        struct baseline_info *info = &x->baseline[b];
        *info = (struct baseline_info){.name = table[b].name, .asked = asked(s->r, table[b].name)};
        if (!info->asked) continue;
        memset(score, 0, n * sizeof *score);
        TRY(table[b].score(s, items, score, info, e));
        if (info->available) rank_scores(k, s->n, score, x->item, b);
    }
    warn_unknown(s, x);
    return ST_OK;
}
