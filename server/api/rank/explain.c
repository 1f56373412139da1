/* POST /api/explain: a rank request and the items to be explained. */
#include "server/rank/answer/explain.h"

#include "server/api/kit/app.h"
#include "server/api/kit/out.h"
#include "server/api/rank/ranking.h"
#include "server/api/kit/served.h"
#include "server/rank/request/request_names.h"
#include "server/store/sql/depth.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct asked {
    struct served *s;
    struct rank_request request;
    struct view items[EXPLAIN_ITEMS];
    int n, stability;
    const char *unknown; /* members that nobody reads, or NULL */
    struct explanation x;
    struct buf out;
    atomic_int done, total; /* rankings; total is 0 while it is not known */
    int said;               /* the news' */
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
        char *id = arena_copy(&q->s->arena, json_string_value(v), json_string_length(v));
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
    TRY(request_parse(&q->request, q->s->body, &q->s->arena, &q->unknown, e));
    q->request.user = app_user(q->s->req, q->request.client);
    json_t *top = json_loadb(q->s->body.p, q->s->body.n, 0, NULL);
    enum status st = read_own(q, top, e);
    if (st == ST_OK) st = request_unknown(top, own, &q->s->arena, &q->unknown, e);
    json_decref(top);
    return st;
}

static void on_started(void *arg, struct job *job) {
    struct asked *q = arg;
    task_stop_flag(&q->s->task, job ? &job->cancel : NULL);
}

static void on_step(void *arg, int done, int total) {
    struct asked *q = arg;
    atomic_store(&q->total, total);
    atomic_store(&q->done, done);
    task_progress(&q->s->task, "explain", done, total);
}

static int on_embedding(void *arg, int done, int total) {
    struct asked *q = arg;
    (void)done;
    (void)total;
    return task_given_up(&q->s->task);
}

static int news(struct served *s) {
    struct asked *q = s->arg;
    struct buf b;
    int done = atomic_load(&q->done);
    if (done == q->said) return 1;
    q->said = done;
    served_event(s, &b);
    out_int(&b, "rankings_done", done);
    out_int(&b, "rankings_total", atomic_load(&q->total));
    out_int(&b, "elapsed_ms", (long long)((clock_s() - s->task.born) * 1e3));
    return served_send(s, "progress", &b);
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

/* The items stand where a ranking has its candidates. */
static enum status name_field(enum status st, struct err *e) {
    char place[16];
    st = ranking_status(st, e);
    if (st == ST_INVALID && strncmp(e->field, "candidates", 10) == 0) {
        (void)snprintf(place, sizeof place, "%.15s", e->field + 10);
        err_field(e, "items%s", place);
    }
    return st;
}

static enum status work(struct served *s, struct err *e) {
    struct asked *q = s->arg;
    const struct explain_hooks h = {
        .rank = {.arg = q, .embedding = on_embedding, .started = on_started}, .step = on_step};
    struct ranker *k = NULL;
    q->s = s;
    request_init(&q->request);
    q->request.owner = view_of(s->task.owner);
    enum status st = read_request(q, e);
    if (st == ST_OK) st = served_model(s, q->request.model, &k, e);
    if (st == ST_OK)
        st = explain_run(k, &q->request, q->items, q->n, q->stability, &h, &s->arena, &q->x, e);
    registry_give(s->app->registry, k);
    TRY(name_field(st, e));
    out_open(&q->out, NULL, '{');
    write_answer(q, &q->out);
    out_close(&q->out, '}');
    if (q->out.failed) return out_failed(&q->out, e);
    s->answer = buf_text(&q->out);
    return ST_OK;
}

enum status api_explain_post(struct req *r, struct err *e) {
    static const struct served_kind kind = {"explain", SERVED_RANKS, work, news};
    struct asked *q = mem_alloc(sizeof *q);
    if (!q) return fail(e, ST_NO_MEMORY, "no memory for an explanation");
    memset(q, 0, sizeof *q);
    buf_init(&q->out, OUT_MAX);
    enum status st = served_call(r, &kind, VIEW(""), q, e);
    buf_free(&q->out);
    mem_free(q);
    return st;
}
