/* Protocol `order`: the same candidates in five orders, and each alone. Items never see each other,
 * so scores must be the same bits. */
#include "kernels/base/seeded.h"
#include "server/eval/eval.h"
#include "server/eval/wishes.h"
#include "server/rank/rank.h"

#include <math.h>
#include <string.h>

enum { CANDIDATES = 20, SHUFFLES = 5, ALONE = 2 };
enum { TAU, DIFFERENCE, SLOT };

/* Scores of the candidates in the places of `ids`, ranked in the order of d. */
static enum status scores(struct eval *ev, const struct instruction *w, int method,
                          const struct view *ids, const struct drawn *d, int n, struct arena *a,
                          double *score, struct sheet_cost *cost, struct err *e) {
    struct trial *t = ARENA_NEW(a, struct trial, 1);
    struct rank_request *r = ARENA_NEW(a, struct rank_request, 1);
    struct view *turned = ARENA_NEW(a, struct view, (size_t)n);
    if (!t || !r || !turned) return fail(e, ST_NO_MEMORY, "no memory for a case");
    for (int i = 0; i < n; i++) turned[i] = ids[d[i].at];
    eval_request(ev, ev->catalog, turned, n, r);
    r->instruction = view_of(w->text);
    TRY(trial_init(t, r, ev->c->hooks, a, e));
    TRY(trial_run(t, ev->k, METHOD_BIT(method), a, e));
    for (int i = 0; i < n; i++) score[d[i].at] = trial_score(t, method)[i];
    cost->seconds += t->cost[method].seconds;
    cost->items += t->cost[method].items;
    cost->tokens += t->cost[method].tokens;
    return ST_OK;
}

static double furthest(const double *a, const double *b, int n) {
    double most = 0;
    for (int i = 0; i < n; i++)
        if (!(fabs(a[i] - b[i]) <= most)) most = fabs(a[i] - b[i]);
    return most;
}

static enum status method_case(struct eval *ev, const struct instruction *w, int method,
                               const struct view *ids, struct sheet_case *c, struct arena *a,
                               struct err *e) {
    double first[CANDIDATES], now[CANDIDATES], slot[CANDIDATES], tau = 1, most = 0, by_slot = 0;
    struct drawn d[CANDIDATES];
    for (int k = 0; k < SHUFFLES; k++) {
        for (int i = 0; i < CANDIDATES; i++)
            d[i] = (struct drawn){
                seeded_hash(w->id, ev->c->seed + (unsigned long long)(k * CANDIDATES + i) + 9), i};
        eval_shuffle(d, CANDIDATES);
        TRY(scores(ev, w, method, ids, d, CANDIDATES, a, k ? now : first, &c->cost[method], e));
        if (k == 0) memcpy(now, first, sizeof now);
        for (int i = 0; i < CANDIDATES; i++) slot[d[i].at] = -i;
        by_slot += metric_tau(now, slot, CANDIDATES) / SHUFFLES;
        tau = fmin(tau, metric_tau(first, now, CANDIDATES));
        most = fmax(most, furthest(first, now, CANDIDATES));
    }
    for (int i = 0; i < ALONE; i++) {
        struct drawn only = {0, i};
        TRY(scores(ev, w, method, ids, &only, 1, a, now, &c->cost[method], e));
        most = fmax(most, fabs(now[i] - first[i]));
    }
    *sheet_value(ev->s, c, method, TAU) = tau;
    *sheet_value(ev->s, c, method, DIFFERENCE) = most;
    *sheet_value(ev->s, c, method, SLOT) = by_slot;
    return ST_OK;
}

static enum status one(struct eval *ev, const struct instruction *w, const struct item *items,
                       int n, struct sheet_case *c, struct arena *a, struct err *e) {
    struct view ids[CANDIDATES];
    struct drawn *d = ARENA_NEW(a, struct drawn, (size_t)n);
    if (!d) return fail(e, ST_NO_MEMORY, "no memory for a case");
    for (int i = 0; i < n; i++)
        d[i] = (struct drawn){seeded_hash(items[i].id, ev->c->seed ^ seeded_hash(w->id, 4)), i};
    eval_shuffle(d, n);
    for (int i = 0; i < CANDIDATES; i++) ids[i] = view_of(items[d[i].at].id);
    for (int m = 0; m < METHOD_BASELINE; m++)
        if (ev->set >> m & 1) TRY(method_case(ev, w, m, ids, c, a, e));
    return eval_keep(ev, c, e);
}

enum status eval_order(struct eval *ev, struct err *e) {
    struct item *items;
    struct instruction *w;
    int n_items, n, known;
    ev->s->about = "20 candidates in five orders, and two of them alone. Agreement of the orders "
                   "(the smallest of the five) must be 1, the largest difference of any score 0; "
                   "agreement with the slot says whether early slots are favoured.";
    (void)sheet_metric(ev->s, "tau", "tau over shuffles", 3, 1);
    (void)sheet_metric(ev->s, "difference", "largest difference", 9, -1);
    (void)sheet_metric(ev->s, "slot", "tau with the slot", 3, 0);
    eval_methods(ev);
    ev->s->reference = -1;
    (void)sheet_group(ev->s, "shuffles", "order", NAN);
    TRY(eval_wishes(ev, ev->catalog, &items, &n_items, &w, &n, e));
    if (n_items < CANDIDATES)
        return fail(e, ST_INVALID, "the catalogue has fewer than %d items", CANDIDATES);
    TRY(eval_begin(ev, "", ev->c->cases < n ? ev->c->cases : n, e));
    for (int i = 0, done = 0; i < n && done < ev->c->cases; i++) {
        struct sheet_case *c;
        struct arena a;
        if (w[i].test != ev->c->test) continue;
        done++;
        TRY(eval_case(ev, w[i].id, 0, &c, &known, e));
        arena_init(&a, (size_t)1 << 30);
        enum status st = known ? ST_OK : one(ev, &w[i], items, n_items, c, &a, e);
        arena_free(&a);
        TRY(st);
        eval_step(ev);
    }
    return ST_OK;
}
