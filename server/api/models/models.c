/* /api/models: what can rank, what does when none is named, and switching that. */
#include "server/api/models/models.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/task/worker_thread.h"
#include "server/store/sql/depth.h"

#include <jansson.h>
#include <string.h>

static void write_facts(struct buf *b, const struct engine_info *m) {
    out_text(b, "name", m->name);
    out_text(b, "architecture", m->architecture);
    out_int(b, "parameters", m->parameters);
    out_int(b, "layers", m->layers);
    out_int(b, "context", m->context);
    out_int(b, "vocab", m->vocab);
    out_text(b, "license", m->license);
}

static void write_loaded(struct buf *b, const struct engine_info *m) {
    out_text(b, "sha256", m->sha256);
    out_text(b, "chat_template", m->chat_template);
    out_text(b, "backend", m->backend);
    out_text(b, "code", m->code);
    out_text(b, "precision", m->precision);
    out_int(b, "threads", m->threads);
    out_text(b, "note", m->note);
    out_text(b, "reads", m->reads);
    if (m->reads)
        out_num(b, "drift", (double)m->drift);
    else
        out_raw(b, "drift", "null");
}

enum status api_models_get(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct ranker *k;
    struct engine_info m;
    struct buf b;
    TRY(app_ready(app, e));
    TRY(registry_take(app->registry, VIEW(""), NULL, NULL, &k, e));
    engine_info(k->engine, &m);
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_text(&b, "id", k->id);
    write_facts(&b, &m);
    write_loaded(&b, &m);
    out_close(&b, '}');
    registry_give(app->registry, k);
    return out_reply(r, &b, e);
}

/* Files and what is wrong with them are for who keeps the server. */
static void write_model(struct buf *b, const struct registry_model *m, int keeper) {
    out_open(b, NULL, '{');
    out_text(b, "id", m->file.id);
    out_text(b, "file", keeper ? m->file.path : NULL);
    out_int(b, "bytes", m->file.bytes);
    out_bool(b, "adapted", m->file.adapter != NULL);
    out_bool(b, "remote", m->file.remote != NULL);
    out_text(b, "state", registry_state_name(m->state));
    out_bool(b, "default", m->is_default);
    if (m->state == REGISTRY_LOADING)
        out_num(b, "loaded", m->share);
    else
        out_raw(b, "loaded", m->state == REGISTRY_LOADED ? "1" : "0");
    out_int(b, "users", m->users);
    out_text(b, "error", keeper || !m->error ? m->error : "it cannot be loaded");
    write_facts(b, &m->info);
    if (m->state == REGISTRY_LOADED) {
        write_loaded(b, &m->info);
        out_int(b, "cache_bytes", m->cache.bytes);
        out_int(b, "cache_nodes", m->cache.nodes);
    }
    out_close(b, '}');
}

static enum status list(void *arg, struct err *e) {
    struct model_listing *x = arg;
    return registry_list(x->app->registry, x->arena, &x->m, &x->n, e);
}

enum status models_read(struct req *r, struct model_listing *x, struct err *e) {
    *x = (struct model_listing){.app = req_app(r), .arena = req_arena(r)};
    return worker_call(list, x, e);
}

enum status api_models_list(struct req *r, struct err *e) {
    struct model_listing x;
    struct registry_stats s;
    struct buf b;
    TRY(models_read(r, &x, e));
    registry_stats(x.app->registry, &s);
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_text(&b, "default", s.default_id[0] ? s.default_id : NULL);
    out_int(&b, "loaded_max", s.loaded_max);
    out_open(&b, "models", '[');
    int keeper = req_caller(r)->role == ROLE_ADMIN;
    for (int i = 0; i < x.n; i++) write_model(&b, &x.m[i], keeper);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

/* --- the default --- */

struct switching {
    struct app *app;
    struct req *req;
    struct view body, model;
    int wait, streaming;
    long seq;
};

static enum status wrong(struct err *e, const char *field, const char *what, const char *hint) {
    (void)fail(e, ST_INVALID, "%s %s", field, what);
    err_field(e, "%s", field);
    err_hint(e, "%s", hint);
    return ST_INVALID;
}

static enum status read_fields(struct switching *x, json_t *top, struct err *e) {
    json_t *model = json_object_get(top, "model"), *wait = json_object_get(top, "wait");
    if (!json_is_string(model) || json_string_length(model) == 0)
        return wrong(e, "model", "must be given, as a text", "GET /api/models lists the ids");
    if (wait && !json_is_boolean(wait))
        return wrong(e, "wait", "must be true or false", "false answers before it is loaded");
    x->wait = !json_is_false(wait);
    x->model.n = json_string_length(model);
    x->model.p = arena_copy(req_arena(x->req), json_string_value(model), x->model.n);
    return x->model.p ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a name");
}

static enum status read_body(void *arg, struct err *e) {
    struct switching *x = arg;
    json_t *top;
    TRY(depth_load(x->body, &top, e));
    enum status st = read_fields(x, top, e);
    json_decref(top);
    return st;
}

static int send(struct switching *x, const char *name, struct buf *b) {
    int ok = !b->failed && sse_event(x->req, name, buf_text(b));
    buf_free(b);
    x->seq += ok;
    return ok;
}

static void open_event(struct switching *x, struct buf *b) {
    buf_init(b, 64 << 10);
    out_open(b, NULL, '{');
    out_int(b, "seq", x->seq + 1);
}

static int on_loading(void *arg, double share) {
    struct switching *x = arg;
    struct buf b;
    if (atomic_load(&x->app->closing) > 1 || req_gone(x->req)) return 1;
    if (!x->streaming) return 0;
    sse_begin(x->req);
    open_event(x, &b);
    out_text(&b, "phase", share < 0 ? "queue" : "load");
    out_num(&b, "loaded", share > 0 ? share : 0);
    out_close(&b, '}');
    return !send(x, "progress", &b);
}

static void write_default(struct switching *x, struct buf *b) {
    struct registry_stats s;
    registry_stats(x->app->registry, &s);
    out_text(b, "default", s.default_id);
    out_view(b, "model", x->model);
}

static enum status answer(struct switching *x, struct err *e) {
    struct buf b;
    if (x->streaming) {
        sse_begin(x->req);
        open_event(x, &b);
        write_default(x, &b);
        out_close(&b, '}');
        if (!send(x, "done", &b) && !req_gone(x->req))
            return fail(e, ST_NO_MEMORY, "no memory for the answer");
        sse_end(x->req);
        return ST_OK;
    }
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    write_default(x, &b);
    out_close(&b, '}');
    if (x->wait) return out_reply(x->req, &b, e);
    req_reply(x->req, 202, "application/json", buf_text(&b), NULL);
    buf_free(&b);
    return ST_OK;
}

enum status api_models_default(struct req *r, struct err *e) {
    struct switching x = {.app = req_app(r), .req = r};
    const struct registry_wait w = {&x, on_loading};
    TRY(app_ready(x.app, e));
    TRY(req_body(r, &x.body, e));
    TRY(worker_call(read_body, &x, e));
    x.streaming = x.wait && query_events(r);
    TRY(app_stopped(x.app, registry_switch(x.app->registry, x.model, x.wait ? &w : NULL, e), e));
    return answer(&x, e);
}
