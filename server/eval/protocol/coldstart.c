/* Protocol `coldstart`: a member is known by the last K liked items only; the next liked one is to
 * be found among 19 others. What baselines learn from never holds the member's interactions. */
#include "kernels/base/seeded.h"
#include "server/eval/protocol/coldstart.h"

#include "server/eval/catalog_copy.h"
#include "server/rank/rank.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NEGATIVES = 19, NEW_K = 5, NEW_ONE_IN = 5, FULL_K = 5, FULL_ONE_IN = 8, COSTLY_ONE_IN = 4 };
static const int all_likes[] = {0, 1, 3, 5, 10, 50};

/* What is shared by the cases of a run. */
struct cold {
    struct eval *ev;
    struct ranker *k; /* the catalogue's, or a copy's */
    struct item *items;
    double *weight; /* (n_items) popularity, or NULL */
    int n_items;
};

static void measure(struct eval *ev, struct sheet_case *c, const struct trial *t, int first, int n,
                    const char *target) {
    for (int m = 0; m < METHODS; m++) {
        if (!t->known[m]) continue;
        double s[1 + NEGATIVES];
        unsigned char want[1 + NEGATIVES] = {0};
        const double *score = trial_score(t, m);
        int count = 0;
        for (int i = 0; i < t->n; i++) {
            int is_target = view_eq_str(t->request.candidate[i], target);
            if (!is_target && (i < first || i >= first + n)) continue;
            want[count] = (unsigned char)is_target;
            s[count++] = score[i];
        }
        sheet_put(ev->s, c, m, "ndcg10", metric_ndcg(s, want, count, 10));
        sheet_put(ev->s, c, m, "hr1", metric_hit(s, want, count, 1));
        sheet_put(ev->s, c, m, "hr5", metric_hit(s, want, count, 5));
        sheet_put(ev->s, c, m, "mrr", metric_mrr(s, want, count));
    }
}

void coldstart_metrics(struct sheet *s) {
    (void)sheet_metric(s, "ndcg10", "NDCG@10", 3, 1);
    (void)sheet_metric(s, "hr1", "HR@1", 3, 1);
    (void)sheet_metric(s, "hr5", "HR@5", 3, 1);
    (void)sheet_metric(s, "mrr", "MRR", 3, 1);
}

static enum status load(struct cold *x, struct eval *ev, struct view catalog, struct err *e) {
    long long total;
    int has;
    *x = (struct cold){.ev = ev, .k = ev->k};
    TRY(store_items(ev->k->store, catalog, VIEW(""), 0, STORE_PAGE_MAX, ev->a, &x->items,
                    &x->n_items, &total, e));
    x->weight = ARENA_NEW(ev->a, double, (size_t)x->n_items);
    if (!x->weight) return fail(e, ST_NO_MEMORY, "no memory for a report");
    TRY(store_popularity(ev->k->store, catalog, x->items, x->n_items, x->weight, &has, e));
    if (!has) x->weight = NULL;
    return ST_OK;
}

static struct rank_request *new_request(struct cold *x, struct view catalog, const struct person *p,
                                        int k, struct view *ids, int n, struct arena *a) {
    struct rank_request *r = ARENA_NEW(a, struct rank_request, 1);
    if (!r) return NULL;
    eval_request(x->ev, catalog, ids, n, r);
    r->seed = (long long)(x->ev->c->seed % 1000003);
    people_choose(p, x->ev->c->policy, k, r);
    return r;
}

/* One ranking answers two cases: the held out item among others drawn by popularity, and uniformly.
 * An item's score does not depend on which others are ranked with it. */
static enum status two_cases(struct cold *x, struct view catalog, const struct person *p, int k,
                             unsigned long long set, struct sheet_case *by_popularity,
                             struct sheet_case *uniform, struct arena *a, struct err *e) {
    struct view ids[1 + 2 * NEGATIVES] = {view_of(p->target)};
    struct trial *t = ARENA_NEW(a, struct trial, 1);
    int n1 =
        people_negatives(p, x->items, x->n_items, x->weight, NEGATIVES, x->ev->c->seed, ids, 1, a);
    int n2 =
        people_negatives(p, x->items, x->n_items, NULL, NEGATIVES, x->ev->c->seed + 1, ids, n1, a);
    struct rank_request *r = new_request(x, catalog, p, k, ids, n2, a);
    if (!t || !r) return fail(e, ST_NO_MEMORY, "no memory for a case");
    if (n2 != 1 + 2 * NEGATIVES)
        return fail(e, ST_INVALID, "the catalogue has too few items for %d candidates",
                    1 + 2 * NEGATIVES);
    TRY(trial_init(t, r, x->ev->c->hooks, a, e));
    TRY(trial_run(t, x->k, set, a, e));
    measure(x->ev, by_popularity, t, 1, n1 - 1, p->target);
    measure(x->ev, uniform, t, n1, n2 - n1, p->target);
    eval_cost(x->ev, by_popularity, t); /* of both */
    TRY(eval_keep(x->ev, by_popularity, e));
    return eval_keep(x->ev, uniform, e);
}

/* Methods that cost much are asked for a part of the members, where K is 1, 3 or 10. */
static unsigned long long affordable(const struct eval *ev, int member, int n, int k) {
    if (ev->c->methods || ev->c->n_k) return ev->set;
    if (member * COSTLY_ONE_IN >= n || (k != 1 && k != 3 && k != 10))
        return ev->set & ~METHOD_BIT(READOUT_RELEVANCE);
    return ev->set;
}

enum status coldstart_run(struct eval *ev, struct view catalog, const struct person *p, int n,
                          const int *likes, int n_likes, int by_popularity, int uniform,
                          struct err *e) {
    struct cold x;
    TRY(load(&x, ev, catalog, e));
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n_likes; k++) {
            struct sheet_case *c[2];
            int known[2];
            struct arena a;
            TRY(eval_case(ev, p[i].id, by_popularity + k, &c[0], &known[0], e));
            TRY(eval_case(ev, p[i].id, uniform + k, &c[1], &known[1], e));
            /* The sheet may have moved its cases to make room for the second. */
            c[0] = c[1] - 1;
            arena_init(&a, (size_t)1 << 30);
            enum status st = ST_OK;
            if (!known[0] || !known[1])
                st = two_cases(&x, catalog, &p[i], likes[k], affordable(ev, i, n, likes[k]), c[0],
                               c[1], &a, e);
            arena_free(&a);
            TRY(st);
            eval_step(ev);
        }
    return ST_OK;
}

int coldstart_groups(struct sheet *s, const int *likes, int n, const char *suffix,
                     const char *panel) {
    int first = s->n_groups;
    for (int k = 0; k < n; k++) {
        const char *name = arena_printf(s->a, "K=%d%s", likes[k], suffix);
        if (!name || sheet_group(s, name, panel, likes[k]) < 0) return -1;
    }
    return first;
}

/* --- items without interactions */

static int is_new(void *arg, const char *item) {
    const struct eval *ev = arg;
    return seeded_hash(item, ev->c->seed ^ 0xC01D) % NEW_ONE_IN == 0;
}

static int is_old(void *arg, const char *item) {
    return !is_new(arg, item);
}

static enum status new_case(struct cold *x, const struct person *p, struct sheet_case *c,
                            struct arena *a, struct err *e) {
    struct view ids[1 + NEGATIVES] = {view_of(p->target)};
    struct trial *t = ARENA_NEW(a, struct trial, 1);
    int n =
        people_negatives(p, x->items, x->n_items, x->weight, NEGATIVES, x->ev->c->seed, ids, 1, a);
    struct rank_request *r = new_request(x, x->ev->catalog, p, NEW_K, ids, n, a);
    if (!t || !r) return fail(e, ST_NO_MEMORY, "no memory for a case");
    TRY(trial_init(t, r, x->ev->c->hooks, a, e));
    TRY(trial_run(t, x->k, x->ev->set, a, e));
    measure(x->ev, c, t, 1, n - 1, p->target);
    eval_cost(x->ev, c, t);
    return eval_keep(x->ev, c, e);
}

/* A fifth of the items has no interactions in a copy of the catalogue; all 20 candidates are such
 * items, and those that many interact with in the original are drawn more often. */
static enum status new_items(struct eval *ev, int group, struct err *e) {
    struct person *p;
    struct cold x;
    struct catalog_copy copy = {.store = NULL};
    struct people_rule rule = {is_new, is_old, ev};
    int n, known;
    TRY(people_load(ev, ev->catalog, &rule, NEW_K, ev->c->cases, &p, &n, e));
    TRY(load(&x, ev, ev->catalog, e));
    for (int i = 0; x.weight && i < x.n_items; i++)
        if (is_old(ev, x.items[i].id)) x.weight[i] = 0;
    enum status st = ST_OK;
    for (int i = 0; st == ST_OK && i < n; i++) {
        struct sheet_case *c;
        struct arena a;
        st = eval_case(ev, p[i].id, group, &c, &known, e);
        if (st == ST_OK && !known && !copy.store) {
            const struct catalog_copy_config cfg = {
                .catalog = ev->catalog, .interactions = 1, .leave_out = is_new, .arg = ev};
            st = catalog_copy_open(&copy, ev->k, &cfg, e);
            x.k = copy.ranker;
        }
        arena_init(&a, (size_t)1 << 30);
        if (st == ST_OK && !known) st = new_case(&x, &p[i], c, &a, e);
        arena_free(&a);
        eval_step(ev);
    }
    catalog_copy_close(&copy);
    return st;
}

/* --- the whole catalogue */

static enum status full_case(struct cold *x, const struct person *p, struct sheet_case *c,
                             struct arena *a, struct err *e) {
    struct view *ids = ARENA_NEW(a, struct view, (size_t)x->n_items);
    struct trial *t = ARENA_NEW(a, struct trial, 1);
    int n = 0;
    if (!ids || !t) return fail(e, ST_NO_MEMORY, "no memory for a case");
    for (int i = 0; i < x->n_items; i++)
        if (strcmp(x->items[i].id, p->target) == 0 || !people_seen(p, x->items[i].id))
            ids[n++] = view_of(x->items[i].id);
    struct rank_request *r = new_request(x, x->ev->catalog, p, FULL_K, ids, n, a);
    unsigned char *want = arena_alloc(a, (size_t)n);
    if (!r || !want) return fail(e, ST_NO_MEMORY, "no memory for a case");
    for (int i = 0; i < n; i++) want[i] = (unsigned char)view_eq_str(ids[i], p->target);
    TRY(trial_init(t, r, x->ev->c->hooks, a, e));
    unsigned long long models = METHOD_BIT(METHOD_BASELINE) - 1;
    TRY(trial_run(t, x->k, x->ev->set & (~models | METHOD_BIT(READOUT_AUTO)), a, e));
    for (int m = 0; m < METHODS; m++) {
        if (!t->known[m]) continue;
        const double *s = trial_score(t, m);
        sheet_put(x->ev->s, c, m, "ndcg10", metric_ndcg(s, want, n, 10));
        sheet_put(x->ev->s, c, m, "hr1", metric_hit(s, want, n, 1));
        sheet_put(x->ev->s, c, m, "hr5", metric_hit(s, want, n, 5));
        sheet_put(x->ev->s, c, m, "mrr", metric_mrr(s, want, n));
    }
    eval_cost(x->ev, c, t);
    return eval_keep(x->ev, c, e);
}

static enum status whole_catalog(struct eval *ev, const struct person *p, int n, int group,
                                 struct err *e) {
    struct cold x;
    int known;
    TRY(load(&x, ev, ev->catalog, e));
    for (int i = 0; i < n; i++) {
        struct sheet_case *c;
        struct arena a;
        TRY(eval_case(ev, p[i].id, group, &c, &known, e));
        arena_init(&a, (size_t)2 << 30);
        enum status st = known ? ST_OK : full_case(&x, &p[i], c, &a, e);
        arena_free(&a);
        TRY(st);
        eval_step(ev);
    }
    return ST_OK;
}

enum status eval_coldstart(struct eval *ev, struct err *e) {
    struct person *p;
    struct catalog cat;
    int n, one = ev->c->n_k == 1, n_likes = one ? 1 : (int)COUNT(all_likes);
    const int *likes = one ? &ev->c->k : all_likes;
    ev->s->about = "Each member is known by the last K liked items; the next liked one is to be "
                   "found among 19 not interacted with. Baselines learn from all other members.";
    ev->s->axis = "liked items known (50: as many as there are, at most 50)";
    coldstart_metrics(ev->s);
    eval_methods(ev);
    int a = coldstart_groups(ev->s, likes, n_likes, "", "negatives drawn by popularity");
    int b = coldstart_groups(ev->s, likes, n_likes, " uniform", "negatives drawn uniformly");
    int fresh = one ? -1 : sheet_group(ev->s, "new items K=5", "items without interactions", NAN);
    int full = one ? -1 : sheet_group(ev->s, "all items K=5", "the whole catalogue", NAN);
    TRY(store_catalog(ev->k->store, ev->catalog, ev->a, &cat, e));
    int few = cat.members == 0 || cat.interactions / cat.members < 40;
    TRY(people_load(ev, ev->catalog, NULL, few ? 5 : 10, ev->c->cases, &p, &n, e));
    int n_full = (n + FULL_ONE_IN - 1) / FULL_ONE_IN;
    char what[32];
    (void)snprintf(what, sizeof what, "k%d %d", one ? ev->c->k : -1, (int)ev->c->policy);
    TRY(eval_begin(ev, what, n * n_likes + (one ? 0 : n + n_full), e));
    TRY(coldstart_run(ev, ev->catalog, p, n, likes, n_likes, a, b, e));
    if (one) return ST_OK;
    TRY(new_items(ev, fresh, e));
    return whole_catalog(ev, p, n_full, full, e);
}
