/* /api/brews: training an adapter in the background, and what became of it. */
#include "server/brews/brews.h"

#include "server/api/kit/app.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/api/kit/served.h"
#include "server/store/sql/depth.h"
#include "server/task/worker_thread.h"

#include <jansson.h>
#include <string.h>

struct brewing {
    struct brews *brews;
    struct req *req;
    struct view id, body, owner;
    char made[BREWS_ID];
    int force;
    struct brews_row *row;
    int n;
};

static enum status brews_of(struct req *r, struct brewing *x, struct err *e) {
    struct app *app = req_app(r);
    *x = (struct brewing){.brews = atomic_load(&app->brews),
                          .req = r,
                          .id = req_param(r, "id"),
                          .owner = view_of(req_caller(r)->name)};
    return x->brews ? ST_OK : app_ready(app, e);
}

static enum status get(void *arg, struct err *e) {
    struct brewing *x = arg;
    x->row = ARENA_NEW(req_arena(x->req), struct brews_row, 1);
    if (!x->row) return fail(e, ST_NO_MEMORY, "no memory for a brew");
    return brews_get(x->brews, x->id, req_arena(x->req), x->row, e);
}

static enum status reply_one(struct brewing *x, struct err *e) {
    struct buf b;
    TRY(worker_call(get, x, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_raw(&b, "brew", x->row->state);
    out_raw(&b, "recipe", x->row->recipe ? x->row->recipe : "null");
    out_raw(&b, "report", x->row->report ? x->row->report : "null");
    out_close(&b, '}');
    return out_reply(x->req, &b, e);
}

static enum status list(void *arg, struct err *e) {
    struct brewing *x = arg;
    return brews_list(x->brews, req_arena(x->req), &x->row, &x->n, e);
}

enum status api_brews_list(struct req *r, struct err *e) {
    struct brewing x;
    struct buf b;
    TRY(brews_of(r, &x, e));
    TRY(worker_call(list, &x, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "brews", '[');
    for (int i = 0; i < x.n; i++) out_raw(&b, NULL, x.row[i].state);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_brews_get(struct req *r, struct err *e) {
    struct brewing x;
    TRY(brews_of(r, &x, e));
    return reply_one(&x, e);
}

/* --- beginning */

static enum status start(void *arg, struct err *e) {
    struct brewing *x = arg;
    return brews_start(x->brews, x->body, x->owner, x->made, e);
}

/* The time that the recipe takes, by its own second step; nothing is kept. */
static enum status estimate(struct served *s, struct err *e) {
    struct brews *b = atomic_load(&s->app->brews);
    struct brews_estimate x;
    TRY(brews_measure(b, s->body, &s->task, &x, e));
    const char *text =
        arena_printf(&s->arena, "{\"steps\":%lld,\"seconds_step\":%.4f,\"seconds_training\":%.1f}",
                     x.steps, x.step_s, x.train_s);
    s->answer = view_of(text);
    return text ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the answer");
}

enum status api_brews_post(struct req *r, struct err *e) {
    static const struct served_kind kind = {"brew", 0, estimate, NULL};
    struct brewing x;
    int dry = 0;
    TRY(brews_of(r, &x, e));
    TRY(query_flag(r, "dry_run", &dry, e));
    if (dry) return served_call(r, &kind, VIEW("measure"), NULL, e);
    TRY(req_body(r, &x.body, e));
    TRY(worker_call(start, &x, e));
    x.id = view_of(x.made);
    return reply_one(&x, e);
}

/* --- what becomes of one */

static enum status resume(void *arg, struct err *e) {
    struct brewing *x = arg;
    return brews_resume(x->brews, x->id, e);
}

enum status api_brews_resume(struct req *r, struct err *e) {
    struct brewing x;
    TRY(brews_of(r, &x, e));
    TRY(req_body(r, &x.body, e));
    TRY(worker_call(resume, &x, e));
    return reply_one(&x, e);
}

static enum status adopt(void *arg, struct err *e) {
    struct brewing *x = arg;
    json_t *top;
    TRY(depth_load(x->body, &top, e));
    json_t *force = json_object_get(top, "force");
    x->force = json_is_true(force);
    int wrong = force && !json_is_boolean(force);
    json_decref(top);
    if (!wrong) return brews_adopt(x->brews, x->id, x->force, e);
    (void)fail(e, ST_INVALID, "force must be true or false");
    err_field(e, "force");
    return ST_INVALID;
}

enum status api_brews_adopt(struct req *r, struct err *e) {
    struct brewing x;
    TRY(brews_of(r, &x, e));
    TRY(req_body(r, &x.body, e));
    TRY(worker_call(adopt, &x, e));
    return reply_one(&x, e);
}

static enum status discard(void *arg, struct err *e) {
    struct brewing *x = arg;
    return brews_discard(x->brews, x->id, e);
}

enum status api_brews_delete(struct req *r, struct err *e) {
    struct brewing x;
    struct buf b;
    TRY(brews_of(r, &x, e));
    TRY(worker_call(discard, &x, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, "deleted", x.id);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
