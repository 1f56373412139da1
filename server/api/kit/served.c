/* Requests answered by tasks. */
#include "server/api/kit/served.h"

#include "server/api/kit/out.h"
#include "server/api/kit/query.h"

#include "kernels/base/os/clock.h"

#include <string.h>

enum { PING_S = 10, EVENT_BYTES = 64 << 10, WORK_ARENA = 1 << 30 };

struct serving {
    struct served s;
    const struct served_kind *kind;
};

void served_event(struct served *s, struct buf *b) {
    buf_init(b, EVENT_BYTES);
    out_open(b, NULL, '{');
    out_int(b, "seq", s->seq + 1);
}

int served_send(struct served *s, const char *name, struct buf *b) {
    out_close(b, '}');
    if (!b->failed) sse_begin(s->req);
    int ok = !b->failed && sse_event(s->req, name, buf_text(b));
    buf_free(b);
    s->seq += ok;
    s->last_event = clock_s();
    return ok;
}

static int on_loading(void *arg, double share) {
    struct served *s = arg;
    task_progress(&s->task, "load", share > 0 ? (long long)(share * SERVED_LOADED) : 0,
                  SERVED_LOADED);
    return task_given_up(&s->task) || atomic_load(&s->app->closing) > 1;
}

enum status served_model(struct served *s, struct view name, struct ranker **out, struct err *e) {
    const struct registry_wait wait = {s, on_loading};
    enum status st = registry_take(s->app->registry, name, NULL, &wait, out, e);
    task_progress(&s->task, "prepare", 0, 0);
    return st;
}

static enum status work(void *arg, struct err *e) {
    struct serving *x = arg;
    return x->kind->work(&x->s, e);
}

/* The request is the work's own where that reads the body. */
static int tick(void *arg) {
    struct serving *x = arg;
    struct served *s = &x->s;
    if (x->kind->flags & SERVED_BODY) return 1;
    if (atomic_load(&s->app->closing) > 1 || req_gone(s->req)) return 0;
    if (!s->streaming) return 1;
    if (s->last_event > 0 && clock_s() - s->last_event > PING_S && !sse_ping(s->req)) return 0;
    return x->kind->news(s);
}

static void answer(struct serving *x) {
    struct served *s = &x->s;
    if (x->kind->flags & SERVED_BODY) return;
    if (s->streaming) {
        (void)x->kind->news(s);
        out_done(s->req, s->seq + 1, s->answer);
    } else
        req_reply(s->req, 200, "application/json", s->answer, NULL);
}

static enum status serve(struct serving *x, struct err *e) {
    struct served *s = &x->s;
    int ranks = (x->kind->flags & SERVED_RANKS) != 0;
    if (!(x->kind->flags & SERVED_BODY)) TRY(req_body(s->req, &s->body, e));
    atomic_fetch_add(&s->app->queued, ranks);
    enum status st = task_run(&s->task, work, tick, x, e);
    atomic_fetch_sub(&s->app->queued, ranks);
    st = task_status(&s->task, app_stopped(s->app, st, e), e);
    if (st == ST_OK) answer(x);
    return st;
}

enum status served_call(struct req *r, const struct served_kind *kind, struct view subject,
                        void *arg, struct err *e) {
    struct app *app = req_app(r);
    if (kind->flags & SERVED_RANKS) TRY(app_ready(app, e));
    struct serving *x = ARENA_NEW(req_arena(r), struct serving, 1);
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a request");
    *x = (struct serving){.kind = kind};
    struct served *s = &x->s;
    s->app = app;
    s->req = r;
    s->arg = arg;
    s->streaming = kind->news && query_events(r);
    arena_init(&s->arena, WORK_ARENA);
    task_open(&s->task, &app->tasks, kind->name, view_of(req_caller(r)->name), subject);
    enum status st = serve(x, e);
    task_close(&s->task);
    arena_free(&s->arena);
    return st;
}
