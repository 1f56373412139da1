/* Leaving out one part after the other. */
#include "server/rank/answer/explain.h"

#include "server/metrics/metrics.h"

#include <math.h>
#include <string.h>

struct explaining {
    struct ranker *k;
    const struct explain_hooks *h;
    struct arena *a;
    struct explanation *out;
    struct rank_request *base; /* the whole request, its wish as a list of clauses */
    int total;                 /* rankings that there will be, 0 while that is not known */
};

static enum status rank(struct explaining *x, const struct rank_request *r, struct arena *a,
                        struct rank_result *result, struct err *e) {
    TRY(rank_run(x->k, r, &x->h->rank, a, result, e));
    x->out->rankings++;
    if (x->total) x->h->step(x->h->rank.arg, x->out->rankings, x->total);
    x->out->score_s += result->queue_s + result->score_s;
    return ST_OK;
}

static double score_of(const struct rank_result *x, const char *id) {
    for (int i = 0; i < x->n; i++)
        if (strcmp(x->item[i].item->id, id) == 0) return x->item[i].score;
    return NAN;
}

/* The scores (n) of the explained items under a request; what the ranking took is given back. */
static enum status rank_apart(struct explaining *x, const struct rank_request *r, double *scores,
                              struct err *e) {
    struct arena own;
    arena_init(&own, (size_t)1 << 30);
    struct rank_result *result = ARENA_NEW(&own, struct rank_result, 1);
    enum status st = result ? rank(x, r, &own, result, e)
                            : fail(e, ST_NO_MEMORY, "no memory for an explanation");
    for (int i = 0; st == ST_OK && i < x->out->n; i++)
        scores[i] = score_of(result, x->out->whole.item[i].item->id);
    arena_free(&own);
    return st;
}

/* One more part, whose request without it is r. */
static enum status add(struct explaining *x, const struct rank_request *r, struct explain_part p,
                       struct err *e) {
    struct explanation *out = x->out;
    p.without = ARENA_NEW(x->a, double, (size_t)out->n);
    if (!p.without) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
    TRY(rank_apart(x, r, p.without, e));
    out->part[out->n_parts++] = p;
    return ST_OK;
}

static enum status leave_out_clauses(struct explaining *x, struct err *e) {
    const struct rank_result *whole = &x->out->whole;
    struct rank_request *r = ARENA_NEW(x->a, struct rank_request, 1);
    if (!r) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
    for (int c = 0; c < whole->n_wish; c++) {
        *r = *x->base;
        r->without_clause = c + 1;
        TRY(add(x, r,
                (struct explain_part){.kind = whole->preference[c] ? "preference" : "clause",
                                      .index = c,
                                      .text = whole->clause[c].text,
                                      .sign = whole->clause[c].sign},
                e));
    }
    return ST_OK;
}

static enum status tell_constraints(struct explaining *x, struct err *e) {
    struct explanation *out = x->out;
    for (int k = 0; k < out->whole.n_constraints; k++) {
        const struct rank_constraint *c = &out->whole.constraint[k];
        struct explain_part p = {.kind = "constraint",
                                 .index = k,
                                 .text = view_of(c->words),
                                 .sign = c->what->negated ? -1 : 1,
                                 .without = ARENA_NEW(x->a, double, (size_t)out->n)};
        if (!p.without) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
        for (int i = 0; i < out->n; i++)
            p.without[i] = out->whole.item[i].score - out->whole.item[i].share[k];
        out->part[out->n_parts++] = p;
    }
    return ST_OK;
}

static enum status leave_out_examples(struct explaining *x, struct err *e) {
    const struct rank_request *base = x->base;
    struct rank_request *r = ARENA_NEW(x->a, struct rank_request, 1);
    if (!r) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
    for (int k = 0; k < base->n_examples; k++) {
        const struct example *example = &base->example[k];
        *r = *base;
        for (int i = k; i + 1 < r->n_examples; i++) r->example[i] = r->example[i + 1];
        r->n_examples--;
        TRY(add(x, r,
                (struct explain_part){.kind = "example",
                                      .index = k,
                                      .text = example->item.n ? example->item : example->text,
                                      .sign = example->label},
                e));
    }
    return ST_OK;
}

static enum status leave_out_member(struct explaining *x, struct err *e) {
    struct rank_request *r = ARENA_NEW(x->a, struct rank_request, 1);
    if (!r) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
    *r = *x->base;
    if (r->member.n == 0) return ST_OK;
    r->no_profile = 1;
    TRY(add(x, r, (struct explain_part){.kind = "profile", .text = r->member, .sign = 1}, e));
    *r = *x->base;
    r->history = 0;
    return add(x, r, (struct explain_part){.kind = "history", .text = r->member, .sign = 1}, e);
}

/* Ranks the same items in other orders: turned round, then each half turned. */
static enum status shuffle(struct explaining *x, struct err *e) {
    struct explanation *out = x->out;
    int n = out->n;
    struct rank_request *r = ARENA_NEW(x->a, struct rank_request, 1);
    double *before = ARENA_NEW(x->a, double, (size_t)n),
           *after = ARENA_NEW(x->a, double, (size_t)n);
    if (!r || !before || !after) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
    out->tau = 1;
    for (; out->orders < EXPLAIN_ORDERS; out->orders++) {
        int changed = 0, step = out->orders;
        *r = *x->base;
        r->candidate = ARENA_NEW(x->a, struct view, (size_t)n);
        if (!r->candidate) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
        for (int i = 0; i < n; i++)
            r->candidate[i] = x->base->candidate[step == 0 ? n - 1 - i : (i + n * step / 3) % n];
        TRY(rank_apart(x, r, after, e));
        for (int i = 0; i < n; i++) {
            before[i] = out->whole.item[i].score;
            changed += before[i] != after[i];
        }
        double tau = metric_tau(before, after, n);
        if (tau < out->tau) out->tau = tau;
        if (changed > out->changed) out->changed = changed;
    }
    return ST_OK;
}

enum status explain_run(struct ranker *k, const struct rank_request *r, struct view *items, int n,
                        int stability, const struct explain_hooks *h, struct arena *a,
                        struct explanation *out, struct err *e) {
    struct explaining x = {k, h, a, out, ARENA_NEW(a, struct rank_request, 1), 0};
    memset(out, 0, sizeof *out);
    if (!x.base) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
    *x.base = *r;
    x.base->candidate = items;
    x.base->n_candidates = n;
    x.base->top = 0;
    x.base->all_baselines = x.base->n_baselines = 0;
    if (x.base->constraints == CONSTRAINTS_HIDE) x.base->constraints = CONSTRAINTS_AFTER;
    /* As it was asked, which says the readout; every further request differs in one part and in
     * nothing else. */
    TRY(rank(&x, x.base, a, &out->whole, e));
    out->why = out->whole.why;
    x.base->readout = out->whole.used;
    out->n = out->whole.n;
    x.total = 1 + out->whole.n_wish + x.base->n_examples + (x.base->member.n ? 2 : 0) +
              (stability ? EXPLAIN_ORDERS : 0);
    x.h->step(x.h->rank.arg, out->rankings, x.total);
    TRY(leave_out_clauses(&x, e));
    TRY(tell_constraints(&x, e));
    TRY(leave_out_examples(&x, e));
    TRY(leave_out_member(&x, e));
    return stability ? shuffle(&x, e) : ST_OK;
}
