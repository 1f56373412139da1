/* /api/runs: saved rankings, as they were answered, and as CSV. */
#include "server/api/app.h"
#include "server/api/csv_out.h"
#include "server/api/out.h"
#include "server/api/query.h"
#include "server/api/stack.h"

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
    TRY(store_runs(app->store, (int)offset, (int)limit, req_arena(r), &row, &n, &total, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "runs", '[');
    for (int i = 0; i < n; i++) {
        out_open(&b, NULL, '{');
        out_text(&b, "id", row[i].id);
        out_text(&b, "catalog", row[i].catalog);
        out_text(&b, "title", row[i].title);
        out_int(&b, "created", row[i].created);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_int(&b, "total", total);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

/* --- CSV */

static void cell_number(struct buf *b, json_t *v) {
    char t[32] = "";
    if (json_is_integer(v)) (void)snprintf(t, sizeof t, "%lld", (long long)json_integer_value(v));
    if (json_is_real(v)) (void)snprintf(t, sizeof t, "%.9g", json_real_value(v));
    csv_out_cell(b, view_of(t));
}

static void cell_text(struct buf *b, json_t *v) {
    csv_out_cell(b, json_is_string(v) ? (struct view){json_string_value(v), json_string_length(v)}
                                      : VIEW(""));
}

static const char *const facts[] = {"score", "logprob", "prior", "label_mass"};

static void head_row(struct buf *b, json_t *top) {
    json_t *v;
    const char *name;
    size_t i;
    char t[200];
    csv_out_cell(b, VIEW("rank"));
    csv_out_cell(b, VIEW("item"));
    csv_out_cell(b, VIEW("title"));
    for (size_t k = 0; k < COUNT(facts); k++) csv_out_cell(b, view_of(facts[k]));
    json_array_foreach(json_object_get(top, "clauses"), i, v) {
        struct buf c;
        buf_init(&c, 4 << 20);
        buf_str(&c, json_integer_value(json_object_get(v, "sign")) < 0 ? "less: " : "more: ");
        buf_str(&c, json_string_value(json_object_get(v, "text")));
        csv_out_cell(b, buf_text(&c));
        buf_free(&c);
    }
    json_object_foreach(json_object_get(top, "baselines"), name, v) {
        (void)snprintf(t, sizeof t, "%.150s rank", name);
        csv_out_cell(b, view_of(t));
        (void)snprintf(t, sizeof t, "%.150s score", name);
        csv_out_cell(b, view_of(t));
    }
    csv_out_row_end(b);
}

static void item_row(struct buf *b, json_t *top, json_t *item) {
    json_t *v, *parts = json_object_get(item, "clauses"), *own;
    const char *name;
    size_t i;
    cell_number(b, json_object_get(item, "rank"));
    cell_text(b, json_object_get(item, "item"));
    cell_text(b, json_object_get(item, "title"));
    for (size_t k = 0; k < COUNT(facts); k++) cell_number(b, json_object_get(item, facts[k]));
    json_array_foreach(json_object_get(top, "clauses"), i, v)
        cell_number(b, json_array_get(parts, i));
    json_object_foreach(json_object_get(top, "baselines"), name, v) {
        own = json_object_get(json_object_get(item, "baselines"), name);
        cell_number(b, json_object_get(own, "rank"));
        cell_number(b, json_object_get(own, "score"));
    }
    csv_out_row_end(b);
}

struct export {
    struct view json;
    struct buf b;
};

static enum status write_csv(void *arg, struct err *e) {
    struct export *x = arg;
    json_t *top = json_loadb(x->json.p, x->json.n, 0, NULL), *item;
    size_t i;
    if (!top) return fail(e, ST_CORRUPT, "the stored run cannot be read");
    head_row(&x->b, top);
    json_array_foreach(json_object_get(top, "items"), i, item) item_row(&x->b, top, item);
    json_decref(top);
    return x->b.failed ? fail(e, ST_NO_MEMORY, "no memory for the export") : ST_OK;
}

static enum status reply_csv(struct req *r, const char *id, struct view json, struct err *e) {
    struct export x = {.json = json};
    char extra[120];
    buf_init(&x.b, OUT_MAX);
    enum status st = stack_call(write_csv, &x, e);
    (void)snprintf(extra, sizeof extra,
                   "Content-Disposition: attachment; filename=\"taproom-%.40s.csv\"\r\n", id);
    if (st == ST_OK) req_reply(r, 200, "text/csv; charset=utf-8", buf_text(&x.b), extra);
    buf_free(&x.b);
    return st;
}

enum status api_runs_get(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view format = query_text(r, "format"), json;
    struct run_row row;
    struct buf b;
    int csv = view_eq_str(format, "csv");
    if (!csv && format.n && !view_eq_str(format, "json")) {
        (void)fail(e, ST_INVALID, "format must be json or csv");
        err_field(e, "format");
        return ST_INVALID;
    }
    TRY(store_run(app->store, req_param(r, "id"), req_arena(r), &row, &json, e));
    if (json.n < 2 || json.p[0] != '{')
        return fail(e, ST_CORRUPT, "the stored run %s cannot be read", row.id);
    if (csv) return reply_csv(r, row.id, json, e);
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_text(&b, "run", row.id);
    out_int(&b, "created", row.created);
    buf_add(&b, ",", 1);
    buf_add(&b, json.p + 1, json.n - 1);
    return out_reply(r, &b, e);
}
