/* What all protocols share: their table, kept cases, progress. */
#include "server/eval/eval.h"

#include "server/eval/wishes.h"
#include "server/rank/rank.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READOUTS_BUT(set) \
    (METHOD_ALL & ~(METHOD_BIT(METHOD_WHOLE) | METHOD_BIT(READOUT_BLEND) | (set)))
#define OWN (METHOD_BIT(READOUT_QUERY) | METHOD_BIT(READOUT_ITEM) | METHOD_BIT(READOUT_RELEVANCE))

/* In the order of `eval all`. */
const struct eval_protocol eval_protocols[] = {
    {"judged", "Surfaces that nobody prepared, judged item by item",
     METHOD_BIT(READOUT_AUTO) | METHOD_BIT(METHOD_BASELINE + BASELINE_EMBEDDING) |
         METHOD_BIT(METHOD_BASELINE + BASELINE_BM25),
     0, eval_judged},
    {"order", "Does the order of the candidates matter?",
     METHOD_BIT(READOUT_AUTO) | METHOD_BIT(READOUT_RELEVANCE) | METHOD_BIT(READOUT_ITEM), 4,
     eval_order},
    {"injection", "Can an item's text lift it or harm others?",
     METHOD_BIT(READOUT_AUTO) | METHOD_BIT(READOUT_RELEVANCE) | METHOD_BIT(READOUT_ITEM) |
         METHOD_BIT(METHOD_BASELINE + BASELINE_BM25),
     6, eval_injection},
    {"instruction", "Does the ranking follow a wish?", METHOD_ALL & ~METHOD_BIT(READOUT_BLEND), 0,
     eval_instruction},
    {"coldstart", "What a few liked items are worth", READOUTS_BUT(METHOD_BIT(READOUT_QUERY)), 40,
     eval_coldstart},
    {"surface", "Catalogues nobody can have read about", READOUTS_BUT(OWN), 12, eval_surface},
    {"history", "Which part of a history, and how much of it", METHOD_ALL, 24, eval_history},
    {"steer", "Does one more sentence change what it names, and only that?", READOUTS_BUT(OWN), 8,
     eval_steer},
    {"precision", "What a precision costs, and what it loses", METHOD_ALL, 6, eval_precision},
    {"models", "Size against quality against speed", METHOD_ALL, 0, eval_models},
};
const int eval_n_protocols = (int)COUNT(eval_protocols);

const struct eval_protocol *eval_find(struct view name) {
    for (int i = 0; i < eval_n_protocols; i++)
        if (view_eq_str(name, eval_protocols[i].name)) return &eval_protocols[i];
    return NULL;
}

void eval_methods(struct eval *ev) {
    for (int m = 0; m < METHODS; m++) (void)sheet_method(ev->s, method_name(m), method_is_model(m));
    for (int m = 0; ev->s->reference < 0 && m < METHODS; m++)
        if (ev->set & METHOD_BIT(m)) ev->s->reference = m;
}

/* The key names everything that a case's values depend on. */
enum status eval_begin(struct eval *ev, const char *what, int more, struct err *e) {
    struct engine_info m;
    struct catalog cat;
    struct buf b;
    engine_info(ev->k->engine, &m);
    TRY(store_catalog(ev->k->store, ev->catalog, ev->a, &cat, e));
    buf_init(&b, 1 << 16);
    buf_printf(&b, "%s|%s|%s|%s|%s|%s|%lld|%d|%d|%llu|%llx|%s|", ev->c->code, m.sha256, m.precision,
               m.backend, ev->s->protocol, cat.name, cat.version, ev->c->test, ev->c->cases,
               ev->c->seed, ev->set, what);
    buf_view(&b, ev->c->surface);
    struct view v = buf_text(&b);
    engine_sha256(v.p, v.n, ev->key);
    int bad = b.failed;
    buf_free(&b);
    ev->total += more;
    return bad ? fail(e, ST_NO_MEMORY, "no memory for a report") : ST_OK;
}

static const char *case_name(struct eval *ev, const char *id, int group) {
    return arena_printf(ev->a, "%s/%s", ev->s->group[group].name, id);
}

enum status eval_case(struct eval *ev, const char *id, int group, struct sheet_case **out,
                      int *known, struct err *e) {
    struct view json;
    *known = 0;
    if (ev->c->stop && ev->c->stop(ev->c->arg)) return fail(e, ST_CANCELLED, "the run was stopped");
    TRY(sheet_case(ev->s, id, group, out, e));
    if (!ev->results || ev->c->fresh) return ST_OK;
    const char *name = case_name(ev, id, group);
    if (!name) return fail(e, ST_NO_MEMORY, "no memory for a case");
    TRY(store_result(ev->results, view_of(ev->key), view_of(name), ev->a, &json, e));
    *known = json.p && sheet_case_read(ev->s, *out, json);
    return ST_OK;
}

enum status eval_keep(struct eval *ev, const struct sheet_case *c, struct err *e) {
    struct view json;
    if (!ev->results) return ST_OK;
    const char *name = case_name(ev, c->id, c->group);
    if (!name) return fail(e, ST_NO_MEMORY, "no memory for a case");
    TRY(sheet_case_json(ev->s, c, ev->a, &json, e));
    return store_result_put(ev->results, view_of(ev->key), view_of(name), json, e);
}

void eval_request(const struct eval *ev, struct view catalog, struct view *ids, int n,
                  struct rank_request *r) {
    request_init(r);
    r->catalog = catalog;
    r->surface = ev->c->surface;
    r->candidate = ids;
    r->n_candidates = n;
}

void eval_step(struct eval *ev) {
    ev->done++;
    if (ev->c->progress) ev->c->progress(ev->c->arg, ev->s->protocol, ev->done, ev->total);
}

void eval_cost(struct eval *ev, struct sheet_case *c, const struct trial *t) {
    for (int m = 0; m < METHODS; m++) {
        if (t->known[m]) c->cost[m] = t->cost[m];
        if (!t->trained_on[m] || ev->s->method[m].trained_on) continue;
        ev->s->method[m].trained_on = arena_copy(ev->a, t->trained_on[m], strlen(t->trained_on[m]));
    }
}

static int by_key(const void *x, const void *y) {
    const struct drawn *a = x, *b = y;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

void eval_shuffle(struct drawn *d, int n) {
    qsort(d, (size_t)n, sizeof *d, by_key);
}

enum status eval_wishes(struct eval *ev, struct view catalog, struct item **items, int *n_items,
                        struct instruction **wishes, int *n_wishes, struct err *e) {
    char path[128];
    const char *etag;
    struct view text;
    long long total;
    (void)snprintf(path, sizeof path, "fixtures/%.*s/instructions.jsonl",
                   (int)(catalog.n < 64 ? catalog.n : 64), catalog.p);
    if (!ev->c->asset || !ev->c->asset(path, &text, &etag)) {
        enum status st = fail(e, ST_INVALID, "there are no wishes for the catalogue '%.*s'",
                              (int)(catalog.n < 64 ? catalog.n : 64), catalog.p);
        err_hint(e, "movies, jobs and listings have some");
        return st;
    }
    TRY(store_items(ev->k->store, catalog, VIEW(""), 0, STORE_PAGE_MAX, ev->a, items, n_items,
                    &total, e));
    return wishes_load(text, *items, *n_items, ev->a, wishes, n_wishes, e);
}

enum status eval_part(const struct eval_protocol *p, struct ranker *k, struct store *results,
                      const struct eval_config *c, struct arena *a, struct sheet *out,
                      struct err *e) {
    struct engine_info m;
    struct eval *ev = ARENA_NEW(a, struct eval, 1);
    struct eval_config *own = ARENA_NEW(a, struct eval_config, 1);
    double from = clock_s();
    if (!ev || !own) return fail(e, ST_NO_MEMORY, "no memory for a report");
    *own = *c;
    if (!own->cases) own->cases = p->cases;
    *ev = (struct eval){.k = k, .results = results, .c = own, .s = out, .a = a};
    ev->catalog = c->catalog;
    ev->set = c->methods ? c->methods : p->methods;
    engine_info(k->engine, &m);
    sheet_init(out, a, p->name, p->title);
    out->catalog = arena_copy(a, c->catalog.p, c->catalog.n);
    out->split = c->test ? "test" : "development";
    out->command = c->command;
    out->code = c->code;
    out->seed = c->seed;
    out->model = arena_copy(a, m.name, strlen(m.name));
    out->model_sha256 = arena_copy(a, m.sha256, strlen(m.sha256));
    out->precision = arena_copy(a, m.precision, strlen(m.precision));
    out->backend = arena_copy(a, m.code, strlen(m.code));
    out->parameters = m.parameters;
    if (!out->catalog || !out->model || !out->model_sha256 || !out->precision || !out->backend)
        return fail(e, ST_NO_MEMORY, "no memory for a report");
    enum status st = p->run(ev, e);
    if (view_eq_str(c->catalog, "movies") && p->run != eval_surface)
        sheet_note(out, "the model may have read about these films");
    out->elapsed = clock_s() - from;
    return st;
}

enum status eval_run(const struct eval_protocol *p, struct ranker *k, const struct eval_config *c,
                     struct arena *a, struct sheet *out, struct err *e) {
    return eval_part(p, k, k->store, c, a, out, e);
}
