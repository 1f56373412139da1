/* /api/runs: saved rankings, as they were answered, and as files. */
#include "server/api/app.h"
#include "server/report/export.h"
#include "server/api/out.h"
#include "server/api/query.h"
#include "server/task/worker_thread.h"
#include "server/store/depth.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum status api_runs_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct run_row *row;
    long long offset, limit, total;
    struct buf b;
    int n;
    TRY(query_int(r, "offset", 0, 0, 1 << 30, &offset, e));
    TRY(query_int(r, "limit", 20, 1, 1000, &limit, e));
    struct view name;
    const struct view *owner = app_owner(r, &name);
    TRY(store_runs(app->store, owner, (int)offset, (int)limit, req_arena(r), &row, &n, &total, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "runs", '[');
    for (int i = 0; i < n; i++) {
        out_open(&b, NULL, '{');
        out_text(&b, "id", row[i].id);
        out_text(&b, "catalog", row[i].catalog);
        out_text(&b, "title", row[i].title);
        out_int(&b, "created", row[i].created);
        out_text(&b, "owner", row[i].owner);
        out_bool(&b, "shared", row[i].shared);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_int(&b, "total", total);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

/* What is another's and not to be seen is answered as what is not there. */
static enum status may(struct req *r, const struct run_row *row, int read, struct err *e) {
    if (app_sees(r, row->owner) || (read && row->shared)) return ST_OK;
    return fail(e, ST_NOT_FOUND, "there is no run '%s'", row->id);
}

static enum status find_own(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct run_row row;
    struct view json;
    TRY(store_run(app->store, req_param(r, "id"), req_arena(r), &row, &json, e));
    return may(r, &row, 0, e);
}

static enum status read_shared(struct req *r, int *out, struct err *e) {
    struct view body;
    json_t *top;
    TRY(req_body(r, &body, e));
    TRY(depth_load(body, &top, e));
    const json_t *v = json_object_get(top, "shared");
    int ok = json_is_boolean(v) && json_object_size(top) == 1;
    *out = json_is_true(v);
    json_decref(top);
    if (ok) return ST_OK;
    enum status st = fail(e, ST_INVALID, "shared must be true or false");
    err_field(e, "shared");
    return st;
}

/* A run is shown to others only because its owner said so. */
enum status api_runs_put(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct buf b;
    int shared;
    TRY(read_shared(r, &shared, e));
    TRY(find_own(r, e));
    TRY(store_run_share(app->store, req_param(r, "id"), shared, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, "run", req_param(r, "id"));
    out_bool(&b, "shared", shared);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_runs_delete(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct buf b;
    TRY(find_own(r, e));
    TRY(store_run_delete(app->store, req_param(r, "id"), e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, "deleted", req_param(r, "id"));
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

/* --- exports */

struct exported {
    const char *format, *type;
    struct run_row row;
    struct view json;
    struct buf b;
};

static enum status write_export(void *arg, struct err *e) {
    struct exported *x = arg;
    return strcmp(x->format, "csv") == 0
               ? export_csv(x->json, &x->b, e)
               : export_html(x->json, x->row.id, x->row.created, &x->b, e);
}

/* As a file to be saved: a page made of people's texts never opens as one of the server's own. */
static enum status reply_export(struct req *r, struct exported *x, struct err *e) {
    char extra[120];
    buf_init(&x->b, OUT_MAX);
    enum status st = worker_call(write_export, x, e);
    (void)snprintf(extra, sizeof extra,
                   "Content-Disposition: attachment; filename=\"taproom-%.40s.%s\"\r\n", x->row.id,
                   x->format);
    if (st == ST_OK) req_reply(r, 200, x->type, buf_text(&x->b), extra);
    buf_free(&x->b);
    return st;
}

static enum status reply_json(struct req *r, const struct exported *x, struct err *e) {
    struct buf b;
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_text(&b, "run", x->row.id);
    out_int(&b, "created", x->row.created);
    out_text(&b, "owner", x->row.owner);
    out_bool(&b, "shared", x->row.shared);
    struct view rest = view_trim(view_sub(x->json, 1, x->json.n));
    if (rest.p[0] != '}') buf_add(&b, ",", 1);
    buf_view(&b, rest);
    return out_reply(r, &b, e);
}

enum status api_runs_get(struct req *r, struct err *e) {
    static const struct {
        const char *format, *type;
    } files[] = {{"csv", "text/csv; charset=utf-8"}, {"html", "text/html; charset=utf-8"}};
    struct app *app = req_app(r);
    struct view format = query_text(r, "format");
    struct exported x = {.format = NULL};
    for (size_t i = 0; i < COUNT(files); i++)
        if (view_eq_str(format, files[i].format))
            x.format = files[i].format, x.type = files[i].type;
    if (!x.format && format.n && !view_eq_str(format, "json")) {
        (void)fail(e, ST_INVALID, "format must be json, csv or html");
        err_field(e, "format");
        return ST_INVALID;
    }
    TRY(store_run(app->store, req_param(r, "id"), req_arena(r), &x.row, &x.json, e));
    TRY(may(r, &x.row, 1, e));
    x.json = view_trim(x.json);
    if (x.json.n < 2 || x.json.p[0] != '{')
        return fail(e, ST_CORRUPT, "the stored run %s cannot be read", x.row.id);
    return x.format ? reply_export(r, &x, e) : reply_json(r, &x, e);
}
