/* POST /api/explain: a rank request and the items to be explained. */
#include "server/rank/answer/explain.h"

#include "server/api/app.h"
#include "server/api/out.h"
#include "server/api/query.h"
#include "server/api/ranking.h"
#include "server/api/stack.h"
#include "server/api/watch.h"
#include "server/rank/request/request_names.h"
#include "server/store/sql/depth.h"

#include "kernels/base/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EXPLAIN_ARENA = 1 << 30, PING_S = 10 };

struct asked {
    struct app *app;
    struct req *req;
    struct view body;
    struct watch watch;
    struct arena arena; /* the thread's */
    struct rank_request request;
    struct view items[EXPLAIN_ITEMS];
    int n, stability;
    const char *unknown; /* members that nobody reads, or NULL */
    struct explanation x;
    atomic_int done, total; /* rankings; total is 0 while it is not known */
    int streaming, said;
    long seq;
    double born, last_event;
    enum status st;
    struct err *err;
};

static enum status wrong(struct err *e, const char *field, const char *what) {
    (void)fail(e, ST_INVALID, "%s %s", field, what);
    err_field(e, "%s", field);
    return ST_INVALID;
}

/* The fields that a rank request does not have; the text was found to be an object before. */
static enum status read_own(struct asked *q, json_t *top, struct err *e) {
    json_t *items = json_object_get(top, "items"), *stability = json_object_get(top, "stability");
    json_t *v;
    size_t i;
    if (json_array_size(items) == 0 || json_array_size(items) > EXPLAIN_ITEMS)
        return wrong(e, "items", "must be a list of 1 to 20 item ids");
    json_array_foreach(items, i, v) {
        if (!json_is_string(v)) return wrong(e, "items", "must be a list of texts");
        char *id = arena_copy(&q->arena, json_string_value(v), json_string_length(v));
        if (!id) return fail(e, ST_NO_MEMORY, "no memory for the request");
        q->items[q->n++] = (struct view){id, json_string_length(v)};
        for (size_t k = 0; k < i; k++)
            if (view_eq(q->items[k], q->items[i])) return wrong(e, "items", "names an item twice");
    }
    q->stability = json_is_true(stability);
    if (stability && !json_is_boolean(stability))
        return wrong(e, "stability", "must be true or false");
    return ST_OK;
}

static enum status read_request(struct asked *q, struct err *e) {
    static const char *const own[] = {"items", "stability", NULL};
    TRY(request_parse(&q->request, q->body, &q->arena, &q->unknown, e));
    q->request.user = app_user(q->req, q->request.client);
    json_t *top = json_loadb(q->body.p, q->body.n, 0, NULL);
    enum status st = read_own(q, top, e);
    if (st == ST_OK) st = request_unknown(top, own, &q->arena, &q->unknown, e);
    json_decref(top);
    return st;
}

static void on_started(void *arg, struct job *job) {
    struct asked *q = arg;
    watch_job(&q->watch, job);
}

static void on_step(void *arg, int done, int total) {
    struct asked *q = arg;
    atomic_store(&q->total, total);
    atomic_store(&q->done, done);
}

static int on_embedding(void *arg, int done, int total) {
    struct asked *q = arg;
    (void)done;
    (void)total;
    return watch_cancelled(&q->watch);
}

static void *work(void *arg) {
    struct asked *q = arg;
    const struct explain_hooks h = {
        .rank = {.arg = q, .embedding = on_embedding, .started = on_started}, .step = on_step};
    request_init(&q->request);
    q->request.owner = view_of(req_caller(q->req)->name);
    q->st = read_request(q, q->err);
    struct ranker *k = NULL;
    if (q->st == ST_OK) q->st = app_model(q->app, &q->watch, q->request.model, &k, q->err);
    if (q->st == ST_OK)
        q->st =
            explain_run(k, &q->request, q->items, q->n, q->stability, &h, &q->arena, &q->x, q->err);
    shelf_give(q->app->shelf, k);
    q->st = ranking_status(q->st, q->err);
    char place[16]; /* the items stand where a ranking has its candidates */
    if (q->st == ST_INVALID && strncmp(q->err->field, "candidates", 10) == 0) {
        (void)snprintf(place, sizeof place, "%.15s", q->err->field + 10);
        err_field(q->err, "items%s", place);
    }
    watch_end(&q->watch);
    return NULL;
}

static int send_event(struct asked *q, const char *name, struct buf *b) {
    int ok = !b->failed && sse_event(q->req, name, buf_text(b));
    buf_free(b);
    q->last_event = clock_s();
    return ok;
}

static int send_progress(struct asked *q, int done) {
    struct buf b;
    q->said = done;
    buf_init(&b, 4096);
    out_open(&b, NULL, '{');
    out_int(&b, "seq", ++q->seq);
    out_int(&b, "rankings_done", done);
    out_int(&b, "rankings_total", atomic_load(&q->total));
    out_int(&b, "elapsed_ms", (long long)((clock_s() - q->born) * 1e3));
    out_close(&b, '}');
    return send_event(q, "progress", &b);
}

/* The stream begins with the first ranking that ended, so what fails at once has an HTTP code. */
static int tick(void *arg) {
    struct asked *q = arg;
    if (atomic_load(&q->app->closing) > 1 || req_gone(q->req)) return 0;
    int done = atomic_load(&q->done);
    if (!q->streaming || done == 0) return 1;
    sse_begin(q->req);
    if (done > q->said) return send_progress(q, done);
    return clock_s() - q->last_event < PING_S || sse_ping(q->req);
}

static void write_item(const struct asked *q, struct buf *b, int i) {
    const struct explanation *x = &q->x;
    const struct ranked *r = &x->whole.item[i];
    out_open(b, NULL, '{');
    out_text(b, "item", r->item->id);
    out_text(b, "title", r->item->title);
    out_num(b, "score", r->score);
    out_open(b, "parts", '[');
    for (int k = 0; k < x->n_parts; k++) {
        const struct explain_part *p = &x->part[k];
        out_open(b, NULL, '{');
        out_text(b, "kind", p->kind);
        out_int(b, "index", p->index);
        out_view(b, "text", p->text);
        out_int(b, "sign", p->sign);
        out_num(b, "without", p->without[i]);
        out_num(b, "contribution", r->score - p->without[i]);
        if (strcmp(p->kind, "constraint") == 0)
            out_text(b, "outcome", outcome_name(r->outcome[p->index]));
        out_close(b, '}');
    }
    out_close(b, ']');
    out_close(b, '}');
}

/* The explanation's members; the object around them is the caller's. */
static void write_answer(const struct asked *q, struct buf *b) {
    const struct explanation *x = &q->x;
    out_open(b, "readout", '{');
    out_text(b, "used", readout_name(x->whole.used));
    out_text(b, "why", x->why);
    out_close(b, '}');
    out_open(b, "items", '[');
    for (int i = 0; i < x->n; i++) write_item(q, b, i);
    out_close(b, ']');
    if (x->orders) {
        out_open(b, "stability", '{');
        out_int(b, "orders", x->orders);
        if (isnan(x->tau))
            out_raw(b, "tau", "null");
        else
            out_num(b, "tau", x->tau);
        out_int(b, "changed", x->changed);
        out_close(b, '}');
    } else
        out_raw(b, "stability", "null");
    out_open(b, "warnings", '[');
    if (q->unknown) {
        char text[800];
        (void)snprintf(text, sizeof text, UNKNOWN_IGNORED, q->unknown);
        out_text(b, NULL, text);
    }
    out_close(b, ']');
    out_open(b, "timing", '{');
    out_int(b, "rankings", x->rankings);
    out_num(b, "score_ms", x->score_s * 1e3);
    out_close(b, '}');
}

static enum status answer(struct asked *q, struct err *e) {
    struct buf b;
    if (q->streaming) {
        sse_begin(q->req);
        (void)send_progress(q, atomic_load(&q->done));
    }
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    write_answer(q, &b);
    out_close(&b, '}');
    if (!q->streaming) return out_reply(q->req, &b, e);
    enum status st = b.failed ? out_failed(&b, e) : ST_OK;
    if (st == ST_OK) out_done(q->req, ++q->seq, buf_text(&b));
    buf_free(&b);
    return st;
}

static enum status run(struct asked *q, struct err *e) {
    pthread_t t;
    q->err = e;
    TRY(stack_start(&t, work, q, e));
    atomic_fetch_add(&q->app->queued, 1);
    watch_wait(&q->watch, tick, q);
    pthread_join(t, NULL);
    atomic_fetch_sub(&q->app->queued, 1);
    TRY(app_stopped(q->app, q->st, e));
    return answer(q, e);
}

enum status api_explain_post(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    TRY(app_ready(app, e));
    struct asked *q = mem_alloc(sizeof *q);
    if (!q) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
    memset(q, 0, sizeof *q);
    q->app = app;
    q->req = r;
    q->born = clock_s();
    q->streaming = query_events(r);
    arena_init(&q->arena, EXPLAIN_ARENA);
    watch_init(&q->watch);
    enum status st = req_body(r, &q->body, e);
    if (st == ST_OK) st = run(q, e);
    watch_close(&q->watch);
    arena_free(&q->arena);
    mem_free(q);
    return st;
}
