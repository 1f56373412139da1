/* /api/calibration: fitting scores to interactions, and what was fitted. */
#include "server/api/app.h"
#include "server/api/out.h"
#include "server/api/query.h"
#include "server/api/stack.h"
#include "server/api/watch.h"
#include "server/eval/calibrate.h"
#include "server/readout/readout.h"
#include "server/store/kept/calibration.h"
#include "server/store/sql/depth.h"

#include <jansson.h>
#include <string.h>

enum { MEMBERS_MAX = 1000 };

struct fitting {
    struct app *app;
    struct req *req;
    struct view body, model, json;
    struct calibrate_config c;
    struct watch watch;
    struct arena arena; /* the thread's */
    atomic_int done, total;
    enum status st;
    struct err *err;
    int streaming, said; /* the worker's */
    long seq;
};

/* --- on the thread --- */

static enum status wrong(struct err *e, const char *field, const char *what) {
    (void)fail(e, ST_INVALID, "%s %s", field, what);
    err_field(e, "%s", field);
    return ST_INVALID;
}

static enum status get_text(struct fitting *f, json_t *top, const char *name, struct view *out,
                            struct err *e) {
    json_t *v = json_object_get(top, name);
    *out = VIEW("");
    if (!v || json_is_null(v)) return ST_OK;
    if (!json_is_string(v) || json_string_length(v) > 200)
        return wrong(e, name, "must be a text of at most 200 bytes");
    char *copy = arena_copy(&f->arena, json_string_value(v), json_string_length(v));
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for the request");
    *out = (struct view){copy, json_string_length(v)};
    return ST_OK;
}

/* Readouts by which a history alone ranks. */
static enum status read_readout(struct view name, enum readout_id *out, struct err *e) {
    char what[240] = "must read a history:";
    for (enum readout_id r = READOUT_AUTO; r < READOUTS; r++) {
        const struct readout *x = readout_of(r);
        size_t n = strlen(what);
        if (x && !x->alone) continue;
        *out = r;
        if (view_eq_str(name, readout_name(r)) || (name.n == 0 && r == READOUT_AUTO)) return ST_OK;
        snprintf(what + n, sizeof what - n, "%s %s", r ? "," : "", readout_name(r));
    }
    return wrong(e, "readout", what);
}

static enum status read_fields(struct fitting *f, json_t *top, struct err *e) {
    json_t *members = json_object_get(top, "members");
    struct view readout;
    TRY(get_text(f, top, "catalog", &f->c.catalog, e));
    TRY(get_text(f, top, "surface", &f->c.surface, e));
    TRY(get_text(f, top, "model", &f->model, e));
    TRY(get_text(f, top, "readout", &readout, e));
    if (!f->c.catalog.n) return wrong(e, "catalog", "is missing");
    TRY(read_readout(readout, &f->c.readout, e));
    if (!members) return ST_OK;
    if (!json_is_integer(members) || json_integer_value(members) < 1 ||
        json_integer_value(members) > MEMBERS_MAX)
        return wrong(e, "members", "must be a whole number from 1 to 1000");
    f->c.members = (int)json_integer_value(members);
    return ST_OK;
}

static enum status read_body(struct fitting *f, struct err *e) {
    json_t *top;
    TRY(depth_load(f->body, &top, e));
    enum status st = read_fields(f, top, e);
    json_decref(top);
    return st;
}

static void on_started(void *arg, struct job *job) {
    struct fitting *f = arg;
    watch_job(&f->watch, job);
}

static void on_progress(void *arg, int done, int total) {
    struct fitting *f = arg;
    atomic_store(&f->total, total);
    atomic_store(&f->done, done);
}

static int on_stop(void *arg) {
    struct fitting *f = arg;
    return watch_cancelled(&f->watch);
}

static enum status fit(struct fitting *f, struct err *e) {
    const struct rank_hooks h = {.arg = f, .started = on_started};
    struct ranker *k;
    TRY(read_body(f, e));
    f->c.arg = f;
    f->c.progress = on_progress;
    f->c.stop = on_stop;
    f->c.hooks = &h;
    TRY(app_model(f->app, &f->watch, f->model, &k, e));
    enum status st = calibrate_run(k, &f->c, &f->arena, &f->json, e);
    shelf_give(f->app->shelf, k);
    return st;
}

static void *work(void *arg) {
    struct fitting *f = arg;
    f->st = fit(f, f->err);
    watch_end(&f->watch);
    return NULL;
}

/* --- on the worker --- */

static int send(struct fitting *f, const char *name, struct buf *b) {
    int ok = !b->failed && sse_event(f->req, name, buf_text(b));
    buf_free(b);
    f->seq += ok;
    return ok;
}

static int tick(void *arg) {
    struct fitting *f = arg;
    struct buf b;
    int done = atomic_load(&f->done);
    if (atomic_load(&f->app->closing) > 1 || req_gone(f->req)) return 0;
    if (!f->streaming || done == f->said) return 1;
    f->said = done;
    sse_begin(f->req);
    buf_init(&b, 4096);
    out_open(&b, NULL, '{');
    out_int(&b, "seq", f->seq + 1);
    out_int(&b, "members_done", done);
    out_int(&b, "members_total", atomic_load(&f->total));
    out_close(&b, '}');
    return send(f, "progress", &b);
}

static enum status answer(struct fitting *f) {
    if (!f->streaming) {
        req_reply(f->req, 200, "application/json", f->json, NULL);
        return ST_OK;
    }
    out_done(f->req, f->seq + 1, f->json);
    return ST_OK;
}

static enum status run(struct fitting *f, struct err *e) {
    pthread_t t;
    f->err = e;
    TRY(stack_start(&t, work, f, e));
    atomic_fetch_add(&f->app->queued, 1);
    watch_wait(&f->watch, tick, f);
    pthread_join(t, NULL);
    atomic_fetch_sub(&f->app->queued, 1);
    TRY(app_stopped(f->app, f->st, e));
    return answer(f);
}

enum status api_calibration_post(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    TRY(app_ready(app, e));
    struct fitting *f = ARENA_NEW(req_arena(r), struct fitting, 1);
    if (!f) return fail(e, ST_NO_MEMORY, "no memory for a calibration");
    TRY(req_body(r, &f->body, e));
    f->app = app;
    f->req = r;
    f->streaming = query_events(r);
    arena_init(&f->arena, (size_t)1 << 30);
    watch_init(&f->watch);
    enum status st = run(f, e);
    watch_close(&f->watch);
    arena_free(&f->arena);
    return st;
}

enum status api_calibration_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view name = query_text(r, "catalog");
    struct calibration_row *x;
    struct catalog cat;
    struct buf b;
    int n;
    if (!name.n) return wrong(e, "catalog", "is missing");
    TRY(store_catalog(app->store, name, req_arena(r), &cat, e));
    TRY(store_calibrations(app->store, name, VIEW(""), req_arena(r), &x, &n, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_text(&b, "catalog", cat.name);
    out_int(&b, "cases_min", CALIBRATION_MIN);
    out_open(&b, "calibrations", '[');
    for (int i = 0; i < n; i++) {
        out_open(&b, NULL, '{');
        out_int(&b, "created", x[i].created);
        out_bool(&b, "stale", x[i].version != cat.version);
        out_raw(&b, "fit", x[i].json);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
