/* /api/runs: saved rankings, as they were answered, and as files. */
#include "server/api/kit/app.h"
#include "server/report/export.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/task/worker_thread.h"
#include "server/store/sql/depth.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void write_marks(struct buf *b, const struct run_row *row) {
    out_text(b, "owner", row->owner);
    out_bool(b, "shared", row->shared);
    out_text(b, "name", row->name);
    out_text(b, "comment", row->comment);
    out_bool(b, "pinned", row->pinned);
}

enum status api_runs_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct run_row *row;
    long long offset, limit, total;
    struct buf b;
    int n;
    TRY(query_int(r, "offset", 0, 0, 1 << 30, &offset, e));
    TRY(query_int(r, "limit", 20, 1, 1000, &limit, e));
    struct view name;
    struct run_filter f = {.owner = app_owner(r, &name),
                           .q = view_trim(query_value(r, "q")),
                           .catalog = query_value(r, "catalog")};
    TRY(query_flag(r, "pinned", &f.pinned, e));
    TRY(store_runs(app->store, &f, (int)offset, (int)limit, req_arena(r), &row, &n, &total, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "runs", '[');
    for (int i = 0; i < n; i++) {
        out_open(&b, NULL, '{');
        out_text(&b, "id", row[i].id);
        out_text(&b, "catalog", row[i].catalog);
        out_text(&b, "title", row[i].title);
        out_int(&b, "created", row[i].created);
        write_marks(&b, &row[i]);
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

/* What a person says of a run, as the body says it. The texts live in top. */
struct said {
    json_t *top;
    struct view name, comment;
    struct run_marks marks;
};

static enum status wrong(const char *field, const char *what, struct err *e) {
    enum status st = fail(e, ST_INVALID, "%s must be %s", field, what);
    err_field(e, "%s", field);
    return st;
}

static enum status read_flag(json_t *v, const char *field, int *out, struct err *e) {
    if (!json_is_boolean(v)) return wrong(field, "true or false", e);
    *out = json_is_true(v);
    return ST_OK;
}

static enum status read_line(json_t *v, const char *field, struct view *text,
                             const struct view **out, struct err *e) {
    if (!json_is_string(v)) return wrong(field, "a text", e);
    *text = view_trim((struct view){json_string_value(v), json_string_length(v)});
    *out = text;
    return ST_OK;
}

static enum status read_said(struct said *x, struct err *e) {
    const char *key;
    json_t *v;
    x->marks = (struct run_marks){.pinned = -1, .shared = -1};
    if (json_object_size(x->top) == 0) return wrong("shared", "there, or name, comment, pinned", e);
    json_object_foreach(x->top, key, v) {
        if (strcmp(key, "shared") == 0)
            TRY(read_flag(v, key, &x->marks.shared, e));
        else if (strcmp(key, "pinned") == 0)
            TRY(read_flag(v, key, &x->marks.pinned, e));
        else if (strcmp(key, "name") == 0)
            TRY(read_line(v, key, &x->name, &x->marks.name, e));
        else if (strcmp(key, "comment") == 0)
            TRY(read_line(v, key, &x->comment, &x->marks.comment, e));
        else
            return wrong(key, "left out: only shared, name, comment and pinned can be changed", e);
    }
    return ST_OK;
}

static enum status change(struct req *r, struct said *x, struct err *e) {
    struct app *app = req_app(r);
    struct run_row row;
    struct view json;
    struct buf b;
    TRY(read_said(x, e));
    TRY(find_own(r, e));
    TRY(store_run_mark(app->store, req_param(r, "id"), &x->marks, e));
    TRY(store_run(app->store, req_param(r, "id"), req_arena(r), &row, &json, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, "run", req_param(r, "id"));
    write_marks(&b, &row);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

/* A run is shown to others only because its owner said so. */
enum status api_runs_put(struct req *r, struct err *e) {
    struct view body;
    struct said x = {.top = NULL};
    TRY(req_body(r, &body, e));
    TRY(depth_load(body, &x.top, e));
    enum status st = change(r, &x, e);
    json_decref(x.top);
    return st;
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
    write_marks(&b, &x->row);
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
    struct view format = query_value(r, "format");
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
