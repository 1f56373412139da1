/* One ranking: load, choose the items, build the readout's prompt, ask the engine, put the answers
 * in order. */
#include "server/rank/rank.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/clock.h"
#include "server/baselines/each/hybrid.h"
#include "server/metrics/metrics.h"
#include "server/rank/load.h"
#include "server/readout/context/prompt_sections.h"
#include "server/readout/readout.h"
#include "server/readout/meaning.h"
#include "server/readout/query.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A readout's questions; what it must know to read the answers comes in *state. */
static enum status build(struct rank_context *s, void **state, struct prompt *p, struct err *e) {
    const struct readout *readout = readout_of(s->model);
    p->recording = 1;
    if (s->r->no_model) return ST_OK;
    *state = arena_alloc(s->a, readout->state);
    if (!*state) return fail(e, ST_NO_MEMORY, "no memory for a readout");
    return readout->build(*state, s, p, e);
}

/* Tokens that every item shares (the roots), and the name of what is shown of the prompt. */
static enum status name_prompt(struct rank_result *x, struct err *e) {
    const struct prompt *p = &x->prompt;
    struct buf b;
    for (int i = 0; i < p->n_nodes; i++)
        if (p->parent[i] < 0) x->shared_tokens += prompt_len(p, i);
    buf_init(&b, 8 << 20);
    for (int i = 0; i < p->n_parts; i++) {
        buf_printf(&b, "%s\n%s\n%zu\n", p->part[i].role, p->part[i].name, p->part[i].text.n);
        buf_view(&b, p->part[i].text);
    }
    struct view v = buf_text(&b);
    engine_sha256(v.p, v.n, x->prompt_sha256);
    int bad = b.failed;
    buf_free(&b);
    return bad ? fail(e, ST_NO_MEMORY, "no memory for the prompt's text") : ST_OK;
}

static enum status check_cost(const struct prompt *p, struct err *e) {
    if (p->n_tok <= JOB_TOKENS_MAX) return ST_OK;
    fail(e, ST_INVALID, "this ranking needs %zu tokens; at most %d are allowed", p->n_tok,
         JOB_TOKENS_MAX);
    err_field(e, "instruction");
    err_hint(e, "shorten the wish, or rank fewer items");
    return ST_INVALID;
}

/* What the result says of the constraints. */
static enum status tell_constraints(struct rank_context *s, struct rank_result *x, struct err *e) {
    int n = s->wish.n_constraints;
    struct constraint *c = ARENA_NEW(s->a, struct constraint, (size_t)n);
    if (!c) return fail(e, ST_NO_MEMORY, "no memory for constraints");
    x->n_constraints = n;
    x->funnel = *s->funnel;
    for (int k = 0; k < n; k++) {
        const struct field *f = &s->catalog->field[s->wish.constraint[k].field];
        struct rank_constraint *to = &x->constraint[k];
        c[k] = s->wish.constraint[k];
        if (c[k].unit) c[k].unit = arena_copy(s->a, c[k].unit, strlen(c[k].unit));
        if (c[k].value) c[k].value = arena_copy(s->a, c[k].value, strlen(c[k].value));
        to->what = &c[k];
        to->field = arena_copy(s->a, f->name, strlen(f->name));
        if (!to->field) return fail(e, ST_NO_MEMORY, "no memory for constraints");
        TRY(constraint_words(&c[k], s->catalog, s->a, &to->words, e));
        for (int i = 0; i < s->n; i++) {
            enum outcome o = s->outcome[i * n + k];
            to->tally.holds += o == OUTCOME_HOLDS;
            to->tally.fails += o == OUTCOME_FAILS;
            to->tally.unknown += o == OUTCOME_UNKNOWN;
        }
    }
    return ST_OK;
}

static unsigned asked_baselines(const struct rank_request *r) {
    unsigned asked = r->all_baselines ? (1u << BASELINES) - 1 : 0;
    for (int i = 0; i < r->n_baselines; i++) {
        int b = baselines_named(r->baseline[i]);
        if (b >= 0) asked |= 1u << b;
    }
    return asked;
}

/* Whether candidates are retrieved by what was learnt from interactions. */
static int retrieves_learnt(const struct rank_context *s) {
    const struct rank_request *r = s->r;
    int liked = 0;
    for (int i = 0; i < s->n_marks; i++) liked |= s->mark[i].label > 0;
    return r->n_candidates == 0 &&
           (r->retrieve == RETRIEVE_ITEM_KNN || r->retrieve == RETRIEVE_EASE ||
            (r->retrieve == RETRIEVE_AUTO && liked));
}

/* What baselines and retrieval learn from the catalogue's interactions, when either is asked. */
static enum status learn(struct rank_context *s, int runs, struct err *e) {
    const unsigned those = 1u << BASELINE_ITEM_KNN | 1u << BASELINE_EASE;
    const struct rank_hooks *h = s->hooks;
    int needed = runs && (asked_baselines(s->r) & those || s->r->readout == READOUT_HYBRID);
    if (!needed && !retrieves_learnt(s)) return ST_OK;
    return interactions_cache_take(s->k->interactions_cache, s->k->store, s->r->catalog,
                                   s->catalog->catalog.version, h ? h->training : NULL,
                                   h ? h->arg : NULL, &s->interactions, e);
}

/* runs: baselines will be asked, too. */
static enum status prepare(struct rank_context *s, int runs, void **state, struct rank_result *x,
                           struct err *e) {
    TRY(learn(s, runs, e));
    TRY(context_items(s, e));
    x->surface = s->surface;
    x->model = s->model;
    x->used = s->used;
    x->why = s->why;
    x->share_whole = s->shares.whole;
    x->share_meaning = s->shares.meaning;
    memcpy(x->clause, s->wish.clause, sizeof x->clause);
    x->n_clauses = s->n_clauses;
    x->n_wish = s->n_wish;
    x->language = s->wish.language ? s->wish.language : "";
    memcpy(x->preference, s->preference, sizeof x->preference);
    x->chosen = s->chosen;
    x->history = s->history;
    x->n_history = s->n_history;
    x->empty_tau = (double)NAN;
    TRY(tell_constraints(s, x, e));
    prompt_init(&x->prompt, s->k->engine, s->a);
    TRY(build(s, state, &x->prompt, e));
    TRY(name_prompt(x, e));
    rank_warn_of_prompt(s, x);
    return ST_OK;
}

/* --- running */

/* Turns answered asks into finished items for the hooks. */
struct progress {
    const struct rank_hooks *h;
    struct rank_context *s;
    const struct prompt *p;
    int *left;       /* answers missing per candidate */
    double *logprob; /* their sum so far */
    int done;
};

static void on_answered(void *arg, int a) {
    struct progress *w = arg;
    const struct ask *q = &w->p->ask[a];
    int i = w->p->ask_item[a], n = q->n_labels ? q->n_labels : prompt_len(w->p, q->node);
    if (i < 0) return;
    for (int t = 0; t < n; t++) w->logprob[i] += (double)q->out[t];
    if (--w->left[i] > 0) return;
    w->done++;
    if (w->h->scored) w->h->scored(w->h->arg, w->s->item[i], w->logprob[i]);
}

static void on_progress(void *arg, const struct job_progress *p) {
    struct progress *w = arg;
    if (w->h->progress)
        w->h->progress(w->h->arg, w->done, w->s->n, p->tokens_done, p->tokens_total);
}

static enum status score(struct rank_context *s, const struct rank_hooks *h, struct rank_result *x,
                         struct err *e) {
    static const struct rank_hooks none;
    struct tree t = prompt_tree(&x->prompt);
    struct progress w = {.h = h ? h : &none, .s = s, .p = &x->prompt};
    w.left = ARENA_NEW(s->a, int, (size_t)s->n);
    w.logprob = ARENA_NEW(s->a, double, (size_t)s->n);
    if (!w.left || !w.logprob) return fail(e, ST_NO_MEMORY, "no memory for a ranking's progress");
    for (int i = 0; i < x->prompt.n_asks; i++)
        if (x->prompt.ask_item[i] >= 0) w.left[x->prompt.ask_item[i]]++;
    for (int i = 0; i < s->n; i++) {
        w.logprob[i] = s->found[i];
        if (w.left[i] > 0) continue;
        w.done++; /* everything was known */
        if (w.h->scored) w.h->scored(w.h->arg, s->item[i], w.logprob[i]);
    }
    struct job j = {.tree = &t,
                    .ask = x->prompt.ask,
                    .n_asks = x->prompt.n_asks,
                    .arg = &w,
                    .user = s->r->user,
                    .progress = on_progress,
                    .answered = on_answered};
    if (w.h->started) w.h->started(w.h->arg, &j);
    enum status st = engine_score(s->k->engine, &j, e);
    if (w.h->started) w.h->started(w.h->arg, NULL);
    x->tokens_computed = j.tokens_computed;
    x->tokens_cached = j.tokens_cached;
    x->shared_cached = j.roots_cached;
    x->queue_s = j.queue_s;
    x->score_s = j.score_s;
    return st;
}

/* Scores of all candidates. */
struct values {
    struct readout_values model;
    double *learnt, *meaning;
};

static enum status values_new(struct rank_context *s, struct values *v, struct err *e) {
    size_t n = (size_t)s->n;
    struct readout_values *m = &v->model;
    double **all[] = {&m->score, &m->logprob, &m->prior,  &m->mass,
                      &m->whole, &m->other,   &v->learnt, &v->meaning};
    memset(v, 0, sizeof *v);
    for (size_t i = 0; i < COUNT(all); i++)
        if (!(*all[i] = ARENA_NEW(s->a, double, n)))
            return fail(e, ST_NO_MEMORY, "no memory for scores");
    m->part = ARENA_NEW(s->a, double, n *(size_t)s->n_clauses + 1);
    return m->part ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for scores");
}

static enum status finish(struct rank_context *s, void *state, struct rank_result *x,
                          struct values *v, struct err *e) {
    const struct readout *readout = readout_of(s->model);
    double *score;
    TRY(values_new(s, v, e));
    if (s->r->no_model) return ST_OK;
    score = v->model.score;
    readout->finish(state, s, &v->model);
    x->has_prior = v->model.has_prior;
    x->has_label_mass = readout->has_mass;
    TRY(meaning_add(s, score, v->meaning, e));
    if (x->used == READOUT_HYBRID) {
        struct candidates c;
        context_candidates(s, s->place, s->n, &c);
        TRY(hybrid_add(&c, x->n_wish > 0, score, v->learnt, &x->why, e));
    }
    for (int i = 0; i < s->n; i++)
        if (!isfinite(score[i]))
            return fail(e, ST_CORRUPT, "the score of item %s is not a finite number",
                        s->item[i]->id);
    return ST_OK;
}

/* Items that fail a constraint are a group of their own behind the others. Where scores are equal,
 * as they are when all of a wish is constraints, what is known to hold comes first. */
static int by_score(const void *x, const void *y) {
    const struct ranked *a = x, *b = y;
    if (a->behind != b->behind) return a->behind - b->behind;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    if (a->unknown != b->unknown) return a->unknown - b->unknown;
    return (a->rank > b->rank) - (a->rank < b->rank); /* the place among the candidates */
}

static enum status ask_baselines(struct rank_context *s, struct rank_result *x, struct err *e) {
    struct candidates c;
    struct baseline_score *out = ARENA_NEW(s->a, struct baseline_score, BASELINES * (size_t)s->n);
    if (!out) return fail(e, ST_NO_MEMORY, "no memory for the baselines");
    context_candidates(s, s->place, s->n, &c);
    TRY(baselines_run(&c, asked_baselines(s->r), x->baseline, out, e));
    for (int b = 0; b < BASELINES; b++)
        for (int i = 0; i < s->n; i++) x->item[i].baseline[b] = out[b * s->n + i];
    for (int i = 0; i < s->r->n_baselines; i++) {
        struct view name = s->r->baseline[i];
        if (baselines_named(name) < 0)
            rank_warn(x, s->a, "there is no baseline '%.*s' in this version", (int)name.n, name.p);
    }
    return ST_OK;
}

/* share (n_constraints): filled where the readout has parts. */
static void set_outcomes(struct rank_context *s, struct ranked *r, int i, double *share) {
    r->outcome = s->outcome + (size_t)i * (size_t)s->wish.n_constraints;
    r->share = share;
    for (int k = 0; k < s->wish.n_constraints; k++) {
        share[k] = r->clause ? query_share(s, i, k) : 0;
        r->fails += r->outcome[k] == OUTCOME_FAILS;
        r->unknown += r->outcome[k] == OUTCOME_UNKNOWN;
    }
    r->behind = r->fails > 0 && s->r->constraints != CONSTRAINTS_SCORE;
}

static enum status order(struct rank_context *s, struct rank_result *x, const struct values *v,
                         struct err *e) {
    size_t parts = (size_t)s->n_clauses;
    x->n = s->n;
    x->item = ARENA_NEW(s->a, struct ranked, (size_t)s->n);
    double *share = ARENA_NEW(s->a, double, (size_t)s->n *(size_t)s->wish.n_constraints + 1);
    if (!x->item || !share) return fail(e, ST_NO_MEMORY, "no memory for the ranking");
    const struct readout_values *m = &v->model;
    int has_parts = !s->r->no_model && readout_of(x->model)->has_parts;
    for (int i = 0; i < s->n; i++) {
        x->item[i] = (struct ranked){.item = s->item[i],
                                     .rank = i,
                                     .score = m->score[i],
                                     .logprob = m->logprob[i],
                                     .prior = m->prior[i],
                                     .label_mass = m->mass[i],
                                     .learnt = v->learnt[i],
                                     .whole = m->whole[i],
                                     .meaning = v->meaning[i],
                                     .other = m->other[i],
                                     .clause = has_parts ? m->part + (size_t)i * parts : NULL};
        set_outcomes(s, &x->item[i], i, share + i * s->wish.n_constraints);
    }
    TRY(ask_baselines(s, x, e)); /* before sorting: baselines score by the candidates' places */
    qsort(x->item, (size_t)x->n, sizeof *x->item, by_score);
    for (int i = 0; i < x->n; i++) x->item[i].rank = i + 1;
    x->top = s->r->top && s->r->top < x->n ? s->r->top : x->n;
    return ST_OK;
}

/* How alike the model orders the items with and without what was asked. */
static enum status compare_with_empty(struct rank_context *s, struct rank_result *x,
                                      struct err *e) {
    if (!x->has_prior || x->n < 3 || !sections_any(s)) return ST_OK;
    double *with = ARENA_NEW(s->a, double, (size_t)x->n),
           *without = ARENA_NEW(s->a, double, (size_t)x->n);
    if (!with || !without) return fail(e, ST_NO_MEMORY, "no memory for the comparison");
    for (int i = 0; i < x->n; i++) {
        with[i] = x->item[i].logprob;
        without[i] = x->item[i].prior;
    }
    for (int i = 0; i < x->n; i++) {
        x->item[i].empty_rank = 1;
        for (int k = 0; k < x->n; k++) x->item[i].empty_rank += without[k] > without[i];
    }
    x->empty_tau = metric_tau(with, without, x->n);
    return ST_OK;
}

static enum status run(struct rank_context *s, void *state, struct rank_result *out,
                       struct err *e) {
    struct values v;
    TRY(check_cost(&out->prompt, e));
    if (!s->r->no_model) TRY(score(s, s->hooks, out, e));
    TRY(finish(s, state, out, &v, e));
    TRY(order(s, out, &v, e));
    TRY(compare_with_empty(s, out, e));
    TRY(calibration_apply(s, out, e));
    rank_warn_of_result(s, out);
    ranker_timed(s->k, out);
    return ST_OK;
}

static enum status start(struct ranker *k, const struct rank_request *r, const struct rank_hooks *h,
                         struct arena *a, int runs, struct rank_result *out, struct err *e) {
    double from = clock_s();
    struct rank_context *s = ARENA_NEW(a, struct rank_context, 1);
    void *state = NULL;
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for a ranking");
    memset(out, 0, sizeof *out);
    enum status st = context_load(s, k, r, h, a, e);
    if (st == ST_OK) st = prepare(s, runs, &state, out, e);
    if (st == ST_OK && runs) st = run(s, state, out, e);
    context_close(s);
    out->embed_s = s->embed_s;
    out->other_s = clock_s() - from - out->queue_s - out->score_s - out->embed_s;
    return st;
}

enum status rank_run(struct ranker *k, const struct rank_request *r, const struct rank_hooks *h,
                     struct arena *a, struct rank_result *out, struct err *e) {
    return start(k, r, h, a, 1, out, e);
}

enum status rank_preview(struct ranker *k, const struct rank_request *r, struct arena *a,
                         struct rank_result *out, struct err *e) {
    return start(k, r, NULL, a, 0, out, e);
}
