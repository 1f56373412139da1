/* /api/tasks: what goes on, and giving it up. */
#include "server/api/kit/app.h"
#include "server/api/kit/out.h"

#include <stdio.h>

static void write_task(struct buf *b, const struct task_info *x) {
    char id[24];
    (void)snprintf(id, sizeof id, "%llu", x->id);
    out_open(b, NULL, '{');
    out_text(b, "id", id);
    out_text(b, "kind", x->kind);
    out_text(b, "subject", x->subject);
    out_text(b, "owner", x->owner);
    out_text(b, "client", x->client[0] ? x->client : NULL);
    out_text(b, "state", x->ending ? "ending" : "running");
    out_int(b, "started", x->started);
    out_num(b, "seconds", x->seconds);
    out_text(b, "phase", x->phase);
    out_int(b, "done", x->done);
    out_int(b, "total", x->total);
    if (x->left < 0)
        out_raw(b, "seconds_left", "null");
    else
        out_num(b, "seconds_left", x->left);
    out_close(b, '}');
}

enum status api_tasks_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view name;
    struct task_info *x;
    struct buf b;
    int n;
    TRY(tasks_list(&app->tasks, app_owner(r, &name), req_arena(r), &x, &n, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "tasks", '[');
    for (int i = 0; i < n; i++) write_task(&b, &x[i]);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_tasks_delete(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view name;
    struct buf b;
    TRY(tasks_cancel(&app->tasks, app_owner(r, &name), req_param(r, "id"), e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, "cancelled", req_param(r, "id"));
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
