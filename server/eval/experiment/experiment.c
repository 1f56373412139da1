/* Running cells, one after the other. */
#include "server/eval/experiment/experiment.h"

#include "server/report/sheet/verdict.h"
#include "server/store/sql/json_memory.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int stopped(void *arg, double share) {
    const struct experiment_host *h = arg;
    (void)share;
    return h->base.stop && h->base.stop(h->base.arg);
}

/* The ranker of a cell's model, held; "" is the registry's default. */
static enum status ranker_for(const struct experiment_host *h, json_t *s, struct ranker **out,
                              struct err *e) {
    const char *file = json_string_value(json_object_get(s, "model")),
               *precision = json_string_value(json_object_get(s, "precision"));
    const struct registry_wait w = {(void *)(uintptr_t)h, stopped};
    return registry_take(h->registry, view_of(file), precision, &w, out, e);
}

static enum status configure(const struct experiment_host *h, json_t *s, struct eval_config *c,
                             int *method, struct err *e) {
    const char *catalog = json_string_value(json_object_get(s, "catalog")),
               *split = json_string_value(json_object_get(s, "split")),
               *surface = json_string_value(json_object_get(s, "surface")),
               *policy = json_string_value(json_object_get(s, "history")),
               *readout = json_string_value(json_object_get(s, "readout"));
    json_t *seed = json_object_get(s, "seed");
    *c = h->base;
    c->catalog = view_of(catalog ? catalog : "movies");
    c->test = split && strcmp(split, "test") == 0;
    c->cases = (int)json_integer_value(json_object_get(s, "members"));
    c->seed = seed ? (unsigned long long)json_integer_value(seed) : 1;
    c->surface = view_of(surface);
    c->n_k = 1;
    c->k = (int)json_integer_value(json_object_get(s, "k"));
    c->policy = HISTORY_LIKES;
    for (int i = 0; i < HISTORY_POLICIES; i++)
        if (policy && strcmp(policy, history_name((enum history_policy)i)) == 0)
            c->policy = (enum history_policy)i;
    *method = 0;
    while (*method < METHOD_BASELINE && strcmp(readout, method_name(*method)) != 0) ++*method;
    if (*method == METHOD_BASELINE)
        return fail(e, ST_INVALID, "there is no readout %.40s", readout);
    c->methods = METHOD_BIT(*method) | (METHOD_ALL & ~(METHOD_BIT(METHOD_BASELINE) - 1));
    return ST_OK;
}

static json_t *figures(const struct sheet *s, int group, int method, double *tmp) {
    json_t *out = json_object();
    for (int k = 0; k < s->n_metrics; k++) {
        struct interval i = sheet_cell(s, group, method, k, tmp);
        if (i.n)
            json_object_set_new(
                out, s->metric[k].name,
                json_pack("{s:f,s:f,s:f,s:i}", "mean", i.mean, "lo", i.lo, "hi", i.hi, "n", i.n));
    }
    return out;
}

/* How the cell's readout stands to each baseline: {"EASE":"behind"}. */
static json_t *verdicts(const struct sheet *s, int group, double *tmp) {
    json_t *out = json_object();
    for (int m = 0; m < s->n_methods; m++) {
        enum verdict v = verdict_of(s, group, m, tmp);
        if (v) json_object_set_new(out, s->method[m].name, json_string(verdict_name(v)));
    }
    return out;
}

/* Milliseconds an item in the first case, where the caches are empty, and in the others. */
static void put_times(json_t *top, const struct sheet *s, int method) {
    struct sheet_cost all = sheet_cost(s, method), first = {0, 0, 0};
    for (int i = 0; i < s->n && !first.items; i++) first = s->c[i].cost[method];
    if (!first.items) return;
    json_object_set_new(top, "cold_ms_per_item",
                        json_real(1e3 * first.seconds / (double)first.items));
    if (all.items > first.items)
        json_object_set_new(
            top, "warm_ms_per_item",
            json_real(1e3 * (all.seconds - first.seconds) / (double)(all.items - first.items)));
}

/* The cell's figures: of its own readout, of each baseline, and what it cost. Cold start: negatives
 * by popularity, and beside them the uniform ones. */
static json_t *cell_json(const struct sheet *s, int method, double *tmp) {
    int cold = strcmp(s->protocol, "coldstart") == 0, group = cold ? 0 : s->n_groups;
    struct sheet_cost cost = sheet_cost(s, method);
    json_t *others = json_object();
    for (int m = METHOD_BASELINE; m < METHODS; m++) {
        json_t *own = figures(s, group, m, tmp);
        if (json_object_size(own))
            json_object_set_new(others, s->method[m].name, own);
        else
            json_decref(own);
    }
    json_t *top = json_pack("{s:i,s:o,s:o,s:o,s:{s:s,s:s,s:s,s:s}}", "cases", s->n, "figures",
                            figures(s, group, method, tmp), "baselines", others, "verdicts",
                            verdicts(s, group, tmp), "model", "name", s->model, "sha256",
                            s->model_sha256, "precision", s->precision, "backend", s->backend);
    if (top && cold) json_object_set_new(top, "uniform", figures(s, 1, method, tmp));
    if (top && cost.items) {
        json_object_set_new(top, "ms_per_item", json_real(1e3 * cost.seconds / (double)cost.items));
        json_object_set_new(top, "tokens_per_item",
                            json_real((double)cost.tokens / (double)cost.items));
        put_times(top, s, method);
    }
    return top;
}

static enum status measure(const struct experiment_host *h, const struct experiment_cell *cell,
                           struct arena *a, const char **result, struct err *e) {
    json_t *s = json_loads(cell->settings, 0, NULL);
    struct sheet *sheet = ARENA_NEW(a, struct sheet, 1);
    struct eval_config c;
    struct ranker *k = NULL;
    int method = 0;
    const char *name = json_string_value(json_object_get(s, "protocol"));
    const struct eval_protocol *p = name ? eval_find(view_of(name)) : NULL;
    enum status st = s && p ? ST_OK : fail(e, ST_CORRUPT, "the cell's settings cannot be read");
    if (st == ST_OK && !sheet) st = fail(e, ST_NO_MEMORY, "no memory for a cell");
    if (st == ST_OK) st = configure(h, s, &c, &method, e);
    if (st == ST_OK) st = ranker_for(h, s, &k, e);
    if (st == ST_OK) st = eval_part(p, k, h->store, &c, a, sheet, e);
    registry_give(h->registry, k);
    json_decref(s);
    TRY(st);
    double *tmp = ARENA_NEW(a, double, 3 * (size_t)sheet->n + 1);
    json_t *top = tmp ? cell_json(sheet, method, tmp) : NULL;
    char *text = top ? json_dumps(top, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    *result = text ? arena_copy(a, text, strlen(text)) : NULL;
    json_text_free(text);
    json_decref(top);
    return *result ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a cell");
}

/* A cell that fails does not stop the others, unless nobody can go on. */
static enum status run_cell(const struct experiment_host *h, struct experiment_cell *cell,
                            struct arena *a, struct err *e) {
    struct err why = {.line = 0};
    double from = clock_s();
    cell->result = cell->error = "";
    cell->code = h->base.code;
    enum status st = measure(h, cell, a, &cell->result, &why);
    if (st == ST_CANCELLED || st == ST_DISK_FULL) {
        *e = why;
        return st;
    }
    cell->state = st == ST_OK ? "done" : "failed";
    if (st != ST_OK) {
        cell->error = arena_copy(a, why.text, strlen(why.text));
        if (!cell->error) return fail(e, ST_NO_MEMORY, "no memory for a cell");
    }
    cell->seconds = clock_s() - from;
    return store_experiment_finish(h->store, cell, e);
}

enum status experiment_run(const struct experiment_host *h, struct view id, struct err *e) {
    enum status st = ST_OK;
    for (int there = 1; st == ST_OK && there;) {
        struct experiment_cell cell;
        struct arena a;
        arena_init(&a, (size_t)1 << 30);
        if (h->base.stop && h->base.stop(h->base.arg))
            st = fail(e, ST_CANCELLED, "the experiment was stopped");
        if (st == ST_OK) st = store_experiment_next(h->store, id, &a, &cell, &there, e);
        if (st == ST_OK && there) {
            if (h->cell) h->cell(h->arg, &cell, 0);
            st = run_cell(h, &cell, &a, e);
            if (st == ST_OK && h->cell) h->cell(h->arg, &cell, 1);
        }
        arena_free(&a);
    }
    return st;
}
