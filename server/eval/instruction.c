/* Protocol `instruction`: does the ranking follow a wish? */
#include "server/eval/eval.h"

#include "server/rank/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WANTED = 10, CASE_ITEMS = 40, VIOLATING = 10, TOP = 10 };

const char *const method_names[METHODS] = {"auto",      "query", "whole wish", "item",
                                           "relevance", "bm25",  "random"};

/* Items in a random but fixed order for a seed. */
struct drawn {
    unsigned long long key;
    int at;
};

static int by_key(const void *x, const void *y) {
    const struct drawn *a = x, *b = y;
    return (a->key > b->key) - (a->key < b->key);
}

/* The candidates of one wish: places in items, shuffled; n of them. */
static int draw(const struct wish *w, const struct item *items, int n, unsigned long long seed,
                struct drawn *order, int *at) {
    int want = 0, violate = 0, other = 0, count = 0;
    for (int i = 0; i < n; i++)
        order[i] = (struct drawn){scene_hash(items[i].id, seed ^ scene_hash(w->id, 1)), i};
    qsort(order, (size_t)n, sizeof *order, by_key);
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

/* The candidates of one wish, and what the methods make of them. */
struct trial {
    const struct eval_config *c;
    const struct wish *w;
    int n;
    struct view ids[CASE_ITEMS];
    unsigned char want[CASE_ITEMS], violate[CASE_ITEMS];
    double score[METHODS][CASE_ITEMS];
    int known[METHODS];
};

static int asked(const struct eval_config *c, int m) {
    return !c->methods || (c->methods >> m & 1);
}

/* Copies the result's scores, or a baseline's, into the candidates' order. */
static void take(struct trial *t, const struct rank_result *x, enum method m, int baseline) {
    t->known[m] = 1;
    for (int i = 0; i < x->n; i++)
        for (int j = 0; j < t->n; j++) {
            const struct ranked *r = &x->item[i];
            if (!view_eq_str(t->ids[j], r->item->id)) continue;
            int there = baseline >= 0 && x->baseline[baseline].available;
            t->score[m][j] = baseline < 0 ? r->score : there ? r->baseline[baseline].score : NAN;
        }
}

/* Ranks by one method. Every ranking brings the baselines along, and equal requests give equal
 * bits, so neither they nor the readout that auto took need a run of their own. */
static enum status run(struct ranker *k, struct trial *t, enum method m, struct arena *a,
                       double *seconds, struct err *e) {
    static const enum readout readout[METHODS] = {READOUT_AUTO, READOUT_QUERY,     READOUT_QUERY,
                                                  READOUT_ITEM, READOUT_RELEVANCE, READOUT_AUTO,
                                                  READOUT_AUTO};
    struct rank_request *r = ARENA_NEW(a, struct rank_request, 1);
    struct rank_result *x = ARENA_NEW(a, struct rank_result, 1);
    if (!r || !x) return fail(e, ST_NO_MEMORY, "no memory for a case");
    if (t->known[m]) return ST_OK;
    request_init(r);
    r->catalog = t->c->catalog;
    r->instruction = view_of(t->w->text);
    r->candidate = t->ids;
    r->n_candidates = t->n;
    r->readout = readout[m];
    r->whole_wish = m == METHOD_WHOLE;
    TRY(rank_run(k, r, NULL, a, x, e));
    *seconds = x->score_s;
    if (m != METHOD_WHOLE) {
        take(t, x, METHOD_BM25, BASELINE_BM25);
        take(t, x, METHOD_RANDOM, BASELINE_RANDOM);
    }
    if (m == METHOD_AUTO && x->used == READOUT_QUERY) take(t, x, METHOD_QUERY, -1);
    if (m != METHOD_BM25 && m != METHOD_RANDOM) take(t, x, m, -1);
    return ST_OK;
}

static void draw_trial(struct trial *t, const struct item *items, int n_items,
                       struct drawn *order) {
    int at[CASE_ITEMS];
    t->n = draw(t->w, items, n_items, t->c->seed, order, at);
    for (int i = 0; i < t->n; i++) {
        t->ids[i] = view_of(items[at[i]].id);
        t->want[i] = t->w->want[at[i]];
        t->violate[i] = t->w->violate[at[i]];
    }
}

static enum status one_case(struct ranker *k, const struct eval_config *c, const struct wish *w,
                            const struct item *items, int n_items, struct eval_case *out,
                            double *seconds, int *scored, struct err *e) {
    struct arena a;
    arena_init(&a, (size_t)1 << 30);
    struct drawn *order = ARENA_NEW(&a, struct drawn, (size_t)n_items);
    struct trial *t = ARENA_NEW(&a, struct trial, 1);
    enum status st = order && t ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a case");
    out->wish = w;
    if (st == ST_OK) {
        t->c = c;
        t->w = w;
        draw_trial(t, items, n_items, order);
    }
    for (int m = 0; st == ST_OK && m < METHODS; m++) {
        double s = 0;
        out->auc[m] = out->p5[m] = out->violations[m] = NAN;
        if (!asked(c, m)) continue;
        st = run(k, t, (enum method)m, &a, &s, e);
        if (st != ST_OK) break;
        out->auc[m] = metric_auc(t->score[m], t->want, t->n);
        out->p5[m] = metric_precision(t->score[m], t->want, t->n, 5);
        if (w->n_violate)
            out->violations[m] = TOP * metric_precision(t->score[m], t->violate, t->n, TOP);
        seconds[m] += s;
        scored[m] += s > 0 ? t->n : 0;
    }
    arena_free(&a);
    return st;
}

/* Interval of one method's value over the wishes of a group that have it. */
static struct interval over(const struct eval_report *r, int group, size_t field, int m,
                            double *tmp, unsigned long long seed) {
    int n = 0;
    for (int i = 0; i < r->n; i++) {
        const struct eval_case *x = &r->one[i];
        double v = ((const double *)(const void *)((const char *)x + field))[m];
        if ((group == GROUP_ALL || (int)x->wish->kind == group) && !isnan(v)) tmp[n++] = v;
    }
    return metric_bootstrap(tmp, n, seed);
}

static void summarise(struct eval_report *r, double *tmp, unsigned long long seed) {
    for (int g = 0; g < GROUPS; g++)
        for (int m = 0; m < METHODS; m++) {
            struct eval_cell *c = &r->cell[m][g];
            c->auc = over(r, g, offsetof(struct eval_case, auc), m, tmp, seed);
            c->p5 = over(r, g, offsetof(struct eval_case, p5), m, tmp, seed);
            c->violations = over(r, g, offsetof(struct eval_case, violations), m, tmp, seed);
        }
    int n = 0;
    for (int i = 0; i < r->n; i++) {
        double d = r->one[i].auc[METHOD_AUTO] - r->one[i].auc[METHOD_WHOLE];
        r->wishes[r->one[i].wish->kind]++;
        r->wishes[GROUP_ALL]++;
        if (!isnan(d)) tmp[n++] = d;
    }
    r->auto_over_whole = metric_bootstrap(tmp, n, seed);
}

enum status eval_instruction(struct ranker *k, const struct eval_config *c, struct arena *a,
                             struct eval_report *out, struct err *e) {
    struct item *items;
    struct wish *wish;
    int n_items, n, scored[METHODS] = {0};
    long long total;
    double seconds[METHODS] = {0};
    memset(out, 0, sizeof *out);
    TRY(store_items(k->store, c->catalog, VIEW(""), 0, CATALOG_MAX, a, &items, &n_items, &total,
                    e));
    TRY(wishes_load(c->wishes, items, n_items, a, &wish, &n, e));
    out->one = ARENA_NEW(a, struct eval_case, (size_t)n);
    double *tmp = ARENA_NEW(a, double, (size_t)n + 1);
    if (!out->one || !tmp) return fail(e, ST_NO_MEMORY, "no memory for a report");
    int cases = 0;
    for (int i = 0; i < n; i++) cases += wish[i].test == c->test;
    for (int i = 0; i < n; i++) {
        if (wish[i].test != c->test) continue;
        if (wish[i].n_want == 0)
            return fail(e, ST_INVALID, "no item of the catalogue satisfies wish %s", wish[i].id);
        TRY(one_case(k, c, &wish[i], items, n_items, &out->one[out->n++], seconds, scored, e));
        if (c->progress) c->progress(c->arg, out->n, cases);
    }
    summarise(out, tmp, c->seed);
    for (int m = 0; m < METHODS; m++)
        out->ms_per_item[m] = scored[m] ? 1e3 * seconds[m] / scored[m] : NAN;
    return ST_OK;
}
