/* /api/experiments: grids that are run in the background, and their results. */
#include "server/report/experiment_csv.h"
#include "server/api/experiments/experiment_worker.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/task/worker_thread.h"
#include "server/store/sql/depth.h"

#include <stdio.h>

/* running: a cell is being measured; waiting: others go first, or nothing runs. */
static const char *state_of(const struct experiment_row *x, const struct experiment_news *news) {
    if (view_eq_str(view_of(x->id), news->id)) return "running";
    return x->done + x->failed < x->cells ? "waiting" : x->failed ? "failed" : "done";
}

static void write_row(struct buf *b, const struct experiment_row *x,
                      const struct experiment_news *news) {
    const char *state = state_of(x, news);
    out_text(b, "id", x->id);
    out_text(b, "name", x->name);
    out_text(b, "state", state);
    out_int(b, "created", x->created);
    out_int(b, "cells", x->cells);
    out_int(b, "done", x->done);
    out_int(b, "failed", x->failed);
    out_text(b, "owner", x->owner);
    out_raw(b, "spec", x->spec);
    if (state[0] != 'r') return;
    out_open(b, "running", '{');
    out_int(b, "cell", news->cell);
    out_int(b, "cases_done", news->done);
    out_int(b, "cases_total", news->total);
    out_close(b, '}');
}

static void news_now(struct app *app, struct experiment_news *news) {
    *news = (struct experiment_news){.id = ""};
    struct experiment_worker *l = atomic_load(&app->experiments);
    if (l) experiment_news(l, news);
}

enum status api_experiments_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct experiment_row *x;
    struct experiment_news news;
    struct buf b;
    int n;
    TRY(store_experiments(app->store, VIEW(""), req_arena(r), &x, &n, e));
    news_now(app, &news);
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "experiments", '[');
    for (int i = 0; i < n; i++) {
        if (!app_sees(r, x[i].owner)) continue;
        out_open(&b, NULL, '{');
        write_row(&b, &x[i], &news);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

struct adding {
    struct store *store;
    struct view json, owner;
    char id[EXPERIMENT_ID];
};

static enum status add(void *arg, struct err *e) {
    struct adding *x = arg;
    return experiment_add(x->store, x->owner, x->json, 0, x->id, e);
}

/* What is another's is answered as what is not there. */
static enum status find(struct req *r, struct view id, struct experiment_row **x, struct err *e) {
    struct app *app = req_app(r);
    int n;
    TRY(store_experiments(app->store, id, req_arena(r), x, &n, e));
    if (id.n && app_sees(r, (*x)[0].owner)) return ST_OK;
    return fail(e, ST_NOT_FOUND, "there is no experiment '%.64s'", id.n ? (*x)[0].id : "");
}

static enum status reply_one(struct req *r, struct view id, struct err *e);

enum status api_experiments_post(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct adding x = {.store = app->store, .owner = view_of(req_caller(r)->name)};
    TRY(app_ready(app, e));
    TRY(req_body(r, &x.json, e));
    TRY(depth_check(x.json, e));
    TRY(depth_admit(e));
    TRY(worker_call(add, &x, e));
    struct experiment_worker *l = atomic_load(&app->experiments);
    if (l) experiment_worker_wake(l);
    return reply_one(r, view_of(x.id), e);
}

static void write_cell(struct buf *b, const struct experiment_cell *x) {
    out_open(b, NULL, '{');
    out_int(b, "cell", x->n);
    out_text(b, "state", x->state);
    out_raw(b, "settings", x->settings);
    out_raw(b, "result", x->result[0] ? x->result : "null");
    out_text(b, "error", x->error[0] ? x->error : NULL);
    out_text(b, "code", x->code[0] ? x->code : NULL);
    out_num(b, "seconds", x->seconds);
    out_int(b, "finished", x->finished);
    out_close(b, '}');
}

static enum status reply_one(struct req *r, struct view id, struct err *e) {
    struct app *app = req_app(r);
    struct experiment_row *x;
    struct experiment_cell *c;
    struct experiment_news news;
    struct buf b;
    int n_cells;
    TRY(find(r, id, &x, e));
    TRY(store_experiment_cells(app->store, id, req_arena(r), &c, &n_cells, e));
    news_now(app, &news);
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    write_row(&b, &x[0], &news);
    out_open(&b, "results", '[');
    for (int i = 0; i < n_cells; i++) write_cell(&b, &c[i]);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

struct table {
    const struct experiment_cell *cell;
    int n;
    struct buf b;
};

static enum status write_table(void *arg, struct err *e) {
    struct table *t = arg;
    experiment_csv(&t->b, t->cell, t->n);
    return t->b.failed ? fail(e, ST_NO_MEMORY, "no memory for the export") : ST_OK;
}

static enum status reply_csv(struct req *r, struct view id, struct err *e) {
    struct app *app = req_app(r);
    struct experiment_row *x;
    struct experiment_cell *c;
    char extra[120];
    int n;
    TRY(find(r, id, &x, e));
    TRY(store_experiment_cells(app->store, id, req_arena(r), &c, &n, e));
    struct table t = {.cell = c, .n = n};
    buf_init(&t.b, OUT_MAX);
    enum status st = worker_call(write_table, &t, e);
    (void)snprintf(extra, sizeof extra,
                   "Content-Disposition: attachment; filename=\"taproom-%.30s.csv\"\r\n", x[0].id);
    if (st == ST_OK) req_reply(r, 200, "text/csv; charset=utf-8", buf_text(&t.b), extra);
    buf_free(&t.b);
    return st;
}

enum status api_experiments_get(struct req *r, struct err *e) {
    struct view format = query_value(r, "format"), id = req_param(r, "id");
    if (view_eq_str(format, "csv")) return reply_csv(r, id, e);
    if (!format.n || view_eq_str(format, "json")) return reply_one(r, id, e);
    (void)fail(e, ST_INVALID, "format must be json or csv");
    err_field(e, "format");
    return ST_INVALID;
}

enum status api_experiments_delete(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view id = req_param(r, "id");
    struct experiment_worker *l = atomic_load(&app->experiments);
    struct experiment_row *x;
    int keep;
    TRY(query_flag(r, "keep", &keep, e));
    TRY(find(r, id, &x, e));
    TRY(keep ? store_experiment_cancel(app->store, id, e)
             : store_experiment_delete(app->store, id, e));
    if (l) experiment_worker_drop(l, id);
    struct buf b;
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, keep ? "cancelled" : "deleted", id);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
