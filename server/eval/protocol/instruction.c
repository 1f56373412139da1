/* Protocol `instruction`: each wish ranks 10 wanted items among 40 (negated wishes: up to 10 that
 * violate it among the other 30), drawn by the seed. */
#include "kernels/base/seeded.h"
#include "server/eval/protocol/instruction.h"

#include "server/eval/wishes.h"
#include "server/rank/rank.h"

#include <math.h>
#include <string.h>

enum { WANTED = 10, CASE_ITEMS = 40, VIOLATING = 10, TOP = 10 };

/* The candidates of one wish: places in items, shuffled; answers their number. */
static int draw(const struct instruction *w, const struct item *items, int n,
                unsigned long long seed, struct drawn *order, int *at) {
    int want = 0, violate = 0, other = 0, count = 0;
    for (int i = 0; i < n; i++)
        order[i] = (struct drawn){seeded_hash(items[i].id, seed ^ seeded_hash(w->id, 1)), i};
    eval_shuffle(order, n);
    int wanted = w->n_want < WANTED ? w->n_want : WANTED;
    int violating = w->n_violate < VIOLATING ? w->n_violate : VIOLATING,
        others = CASE_ITEMS - wanted - violating;
    for (int i = 0; i < n; i++) { /* already in random order, so the candidates are shuffled too */
        int k = order[i].at;
        int *used = w->want[k] ? &want : w->violate[k] ? &violate : &other;
        int max = w->want[k] ? wanted : w->violate[k] ? violating : others;
        if (*used == max) continue;
        (*used)++;
        at[count++] = k;
    }
    return count;
}

/* One wish's candidates and what is known of them. */
struct set {
    int n;
    struct view ids[CASE_ITEMS];
    unsigned char want[CASE_ITEMS], violate[CASE_ITEMS];
};

static enum status make_set(struct set *x, const struct instruction *w, const struct item *items,
                            int n_items, unsigned long long seed, struct arena *a, struct err *e) {
    int at[CASE_ITEMS];
    struct drawn *order = ARENA_NEW(a, struct drawn, (size_t)n_items);
    if (!order) return fail(e, ST_NO_MEMORY, "no memory for a case");
    x->n = draw(w, items, n_items, seed, order, at);
    for (int i = 0; i < x->n; i++) {
        x->ids[i] = view_of(items[at[i]].id);
        x->want[i] = w->want[at[i]];
        x->violate[i] = w->violate[at[i]];
    }
    return ST_OK;
}

static void measure(struct eval *ev, struct sheet_case *c, const struct instruction *w,
                    const struct set *x, const struct trial *t) {
    for (int m = 0; m < METHODS; m++) {
        if (!t->known[m]) continue;
        const double *s = trial_score(t, m);
        sheet_put(ev->s, c, m, "auc", metric_auc(s, x->want, x->n));
        sheet_put(ev->s, c, m, "p5", metric_precision(s, x->want, x->n, 5));
        sheet_put(ev->s, c, m, "ndcg10", metric_ndcg(s, x->want, x->n, TOP));
        if (w->n_violate)
            sheet_put(ev->s, c, m, "violations10",
                      TOP * metric_precision(s, x->violate, x->n, TOP));
    }
    eval_cost(ev, c, t);
}

static enum status one(struct eval *ev, const struct instruction *w, struct view catalog,
                       const struct item *items, int n_items, struct sheet_case *c, struct arena *a,
                       struct err *e) {
    struct set *x = ARENA_NEW(a, struct set, 1);
    struct trial *t = ARENA_NEW(a, struct trial, 1);
    struct rank_request *r = ARENA_NEW(a, struct rank_request, 1);
    if (!x || !t || !r) return fail(e, ST_NO_MEMORY, "no memory for a case");
    TRY(make_set(x, w, items, n_items, ev->c->seed, a, e));
    eval_request(ev, catalog, x->ids, x->n, r);
    r->instruction = view_of(w->text);
    TRY(trial_init(t, r, ev->c->hooks, a, e));
    TRY(trial_run(t, ev->k, ev->set, a, e));
    measure(ev, c, w, x, t);
    return eval_keep(ev, c, e);
}

/* The split's wishes in an order drawn by the seed, at most the configured number: places in w. */
static enum status choose(struct eval *ev, const struct instruction *w, int n, struct drawn **out,
                          int *count, struct err *e) {
    struct drawn *d = ARENA_NEW(ev->a, struct drawn, (size_t)n);
    if (!d) return fail(e, ST_NO_MEMORY, "no memory for a report");
    *count = 0;
    for (int i = 0; i < n; i++)
        if (w[i].test == ev->c->test)
            d[(*count)++] = (struct drawn){seeded_hash(w[i].id, ev->c->seed + 3), i};
    eval_shuffle(d, *count);
    if (ev->c->cases && ev->c->cases < *count) *count = ev->c->cases;
    *out = d;
    return ST_OK;
}

enum status instruction_run(struct eval *ev, struct view catalog, int group, int by_kind,
                            struct err *e) {
    struct item *items;
    struct instruction *w;
    struct drawn *d = NULL;
    struct sheet_case *c;
    int n_items, n, known;
    TRY(eval_wishes(ev, catalog, &items, &n_items, &w, &n, e));
    TRY(choose(ev, w, n, &d, &n, e));
    TRY(eval_begin(ev, "", n, e));
    for (int i = 0; i < n; i++) {
        const struct instruction *x = &w[d[i].at];
        if (x->n_want == 0)
            return fail(e, ST_INVALID, "no item of the catalogue satisfies wish %s", x->id);
        TRY(eval_case(ev, x->id, by_kind ? group + (int)x->kind : group, &c, &known, e));
        if (!known) {
            struct arena a;
            arena_init(&a, (size_t)1 << 30);
            enum status st = one(ev, x, catalog, items, n_items, c, &a, e);
            arena_free(&a);
            TRY(st);
        }
        eval_step(ev);
    }
    return ST_OK;
}

void instruction_metrics(struct sheet *s) {
    (void)sheet_metric(s, "auc", "AUC", 3, 1);
    (void)sheet_metric(s, "p5", "P@5", 3, 1);
    (void)sheet_metric(s, "ndcg10", "NDCG@10", 3, 1);
    (void)sheet_metric(s, "violations10", "unwanted in top 10", 1, -1);
}

enum status eval_instruction(struct eval *ev, struct err *e) {
    ev->s->about = "Each wish ranks 10 wanted items among 40 drawn by the seed; in negated wishes "
                   "up to 10 of the others have what was not wanted.";
    instruction_metrics(ev->s);
    eval_methods(ev);
    for (int k = 0; k < KINDS; k++) (void)sheet_group(ev->s, kind_names[k], "by kind of wish", NAN);
    ev->s->all = 1;
    return instruction_run(ev, ev->catalog, 0, 1, e);
}
