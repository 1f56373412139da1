/* Protocol `history`: which of a member's past interactions stand in the prompt, and how many. */
#include "server/eval/protocol/coldstart.h"
#include "server/rank/rank.h"

#include <math.h>
#include <string.h>

enum { CANDIDATES = 20 };
/* `relevant` needs a wish. */
static const enum history_policy policies[] = {HISTORY_LIKES, HISTORY_RECENT, HISTORY_BALANCED};
enum { POLICIES = sizeof policies / sizeof *policies };
static const int lengths[] = {1, 3, 5, 10, 25, 50};

struct choice {
    struct eval *ev;
    const struct person *p;
    struct view *ids;
    int n;
};

/* A policy's values stand in the sheet under its place, what does without under theirs. */
static enum status one(const struct choice *x, int length, struct sheet_case *c, struct arena *a,
                       struct err *e) {
    struct rank_request *r = ARENA_NEW(a, struct rank_request, 1);
    if (!r) return fail(e, ST_NO_MEMORY, "no memory for a case");
    eval_request(x->ev, x->ev->catalog, x->ids, x->n, r);
    r->readout = READOUT_ITEM;
    for (int policy = 0; policy < POLICIES; policy++) {
        struct rank_result *got = ARENA_NEW(a, struct rank_result, 1);
        double score[CANDIDATES], popularity[CANDIDATES];
        unsigned char want[CANDIDATES];
        if (!got) return fail(e, ST_NO_MEMORY, "no memory for a case");
        people_choose(x->p, policies[policy], length, r);
        r->all_baselines = policy == 0;
        TRY(rank_run(x->ev->k, r, x->ev->c->hooks, a, got, e));
        for (int i = 0; i < got->n; i++) {
            score[i] = got->item[i].score;
            popularity[i] = got->item[i].baseline[BASELINE_POPULARITY].score;
            want[i] = strcmp(got->item[i].item->id, x->p->target) == 0;
        }
        sheet_put(x->ev->s, c, policy, "ndcg10", metric_ndcg(score, want, got->n, 10));
        sheet_put(x->ev->s, c, policy, "hr1", metric_hit(score, want, got->n, 1));
        sheet_put(x->ev->s, c, policy, "shared", got->shared_tokens);
        c->cost[policy] = (struct sheet_cost){got->score_s, got->n, got->tokens_computed};
        if (policy || !got->baseline[BASELINE_POPULARITY].available) continue;
        sheet_put(x->ev->s, c, POLICIES, "ndcg10", metric_ndcg(popularity, want, got->n, 10));
        sheet_put(x->ev->s, c, POLICIES, "hr1", metric_hit(popularity, want, got->n, 1));
        memset(score, 0, sizeof score);
        sheet_put(x->ev->s, c, POLICIES + 1, "ndcg10", metric_ndcg(score, want, got->n, 10));
        sheet_put(x->ev->s, c, POLICIES + 1, "hr1", metric_hit(score, want, got->n, 1));
    }
    return eval_keep(x->ev, c, e);
}

static enum status member(struct eval *ev, const struct person *p, const struct item *items,
                          int n_items, const double *weight, struct err *e) {
    struct view ids[CANDIDATES] = {view_of(p->target)};
    struct choice x = {.ev = ev, .p = p, .ids = ids};
    struct arena a;
    enum status st = ST_OK;
    arena_init(&a, (size_t)1 << 30);
    x.n = people_negatives(p, items, n_items, weight, CANDIDATES - 1, ev->c->seed, ids, 1, &a);
    for (size_t k = 0; st == ST_OK && k < COUNT(lengths); k++) {
        struct sheet_case *c;
        int known;
        st = eval_case(ev, p->id, (int)k, &c, &known, e);
        if (st == ST_OK && !known) st = one(&x, lengths[k], c, &a, e);
        eval_step(ev);
    }
    arena_free(&a);
    return st;
}

enum status eval_history(struct eval *ev, struct err *e) {
    struct person *p;
    struct item *items;
    long long total;
    int n, n_items, has;
    ev->s->about = "The next liked item among 20, negatives drawn by popularity, from past "
                   "interactions chosen by three policies, by the item readout. Shared tokens are "
                   "what a longer history costs once, in the cache of keys and values.";
    ev->s->axis = "interactions in the prompt, at most";
    (void)sheet_metric(ev->s, "ndcg10", "NDCG@10", 3, 1);
    (void)sheet_metric(ev->s, "hr1", "HR@1", 3, 1);
    (void)sheet_metric(ev->s, "shared", "shared tokens", 0, 0);
    for (int k = 0; k < POLICIES; k++) (void)sheet_method(ev->s, history_name(policies[k]), 1);
    (void)sheet_method(ev->s, "popularity", 0);
    (void)sheet_method(ev->s, "chance", 0);
    ev->s->reference = 0;
    for (size_t k = 0; k < COUNT(lengths); k++) {
        const char *name = arena_printf(ev->a, "%d", lengths[k]);
        if (!name) return fail(e, ST_NO_MEMORY, "no memory for a report");
        (void)sheet_group(ev->s, name, "by length of the history", lengths[k]);
    }
    TRY(people_load(ev, ev->catalog, NULL, 10, ev->c->cases, &p, &n, e));
    TRY(store_items(ev->k->store, ev->catalog, VIEW(""), 0, STORE_PAGE_MAX, ev->a, &items, &n_items,
                    &total, e));
    double *weight = ARENA_NEW(ev->a, double, (size_t)n_items);
    if (!weight) return fail(e, ST_NO_MEMORY, "no memory for a report");
    TRY(store_popularity(ev->k->store, ev->catalog, items, n_items, weight, &has, e));
    TRY(eval_begin(ev, "", n * (int)COUNT(lengths), e));
    for (int i = 0; i < n; i++) TRY(member(ev, &p[i], items, n_items, has ? weight : NULL, e));
    return ST_OK;
}
