/* /api/calibration: fitting scores to interactions, and what was fitted. */
#include "server/api/kit/app.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/api/kit/served.h"
#include "server/eval/calibrate.h"
#include "server/readout/readout.h"
#include "server/store/kept/calibration.h"
#include "server/store/sql/depth.h"

#include <jansson.h>
#include <string.h>

enum { MEMBERS_MAX = 1000 };

struct fitting {
    struct served *s;
    struct view model;
    struct calibrate_config c;
    atomic_int done, total;
    int said; /* the news' */
};

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
    char *copy = arena_copy(&f->s->arena, json_string_value(v), json_string_length(v));
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
    TRY(depth_load(f->s->body, &top, e));
    enum status st = read_fields(f, top, e);
    json_decref(top);
    return st;
}

static void on_started(void *arg, struct job *job) {
    struct fitting *f = arg;
    task_stop_flag(&f->s->task, job ? &job->cancel : NULL);
}

static void on_progress(void *arg, int done, int total) {
    struct fitting *f = arg;
    atomic_store(&f->total, total);
    atomic_store(&f->done, done);
    task_progress(&f->s->task, "fit", done, total);
}

static int on_stop(void *arg) {
    struct fitting *f = arg;
    return task_given_up(&f->s->task);
}

static enum status fit(struct served *s, struct err *e) {
    struct fitting *f = s->arg;
    const struct rank_hooks h = {.arg = f, .started = on_started};
    struct ranker *k;
    f->s = s;
    TRY(read_body(f, e));
    f->c.arg = f;
    f->c.progress = on_progress;
    f->c.stop = on_stop;
    f->c.hooks = &h;
    TRY(served_model(s, f->model, &k, e));
    enum status st = calibrate_run(k, &f->c, &s->arena, &s->answer, e);
    registry_give(s->app->registry, k);
    return st;
}

static int news(struct served *s) {
    struct fitting *f = s->arg;
    struct buf b;
    int done = atomic_load(&f->done);
    if (done == f->said) return 1;
    f->said = done;
    served_event(s, &b);
    out_int(&b, "members_done", done);
    out_int(&b, "members_total", atomic_load(&f->total));
    return served_send(s, "progress", &b);
}

enum status api_calibration_post(struct req *r, struct err *e) {
    static const struct served_kind kind = {"calibrate", SERVED_RANKS, fit, news};
    struct fitting *f = ARENA_NEW(req_arena(r), struct fitting, 1);
    if (!f) return fail(e, ST_NO_MEMORY, "no memory for a calibration");
    return served_call(r, &kind, VIEW(""), f, e);
}

enum status api_calibration_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view name = query_value(r, "catalog");
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
