/* Uploads of rows. */
#include "server/api/data/imports.h"

#include "server/api/kit/app.h"
#include "server/api/kit/fields.h"
#include "server/api/kit/out.h"
#include "kernels/base/os/clock.h"
#include "server/api/kit/query.h"
#include "server/api/kit/served.h"
#include "server/catalog/snapshot.h"
#include "server/surface/surface.h"

#include <string.h>

enum { MAP_MAX = 200 };

/* --- options */

static enum status bad_pairs(const char *field, struct err *e) {
    int map = strcmp(field, "map") == 0;
    (void)fail(e, ST_INVALID, "%s must be pairs like %s, separated by commas", field,
               map ? "theirs:ours" : "column:separator");
    err_field(e, "%s", field);
    err_hint(e, "for example %s", map ? "map=name:title,genre:tags" : "lists=genres:comma");
    return ST_INVALID;
}

/* Up to the next comma that ends a pair; \, is a comma of a name. */
static size_t pair_length(struct view text) {
    size_t n = 0;
    while (n < text.n && (text.p[n] != ',' || (n > 0 && text.p[n - 1] == '\\'))) n++;
    return n;
}

/* A half of a pair with \, as the comma that it stands for. */
static enum status half(struct view v, struct arena *a, struct view *out, struct err *e) {
    char *copy = arena_alloc(a, v.n + 1);
    size_t n = 0;
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for the mapping");
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] != '\\' || i + 1 == v.n || v.p[i + 1] != ',') copy[n++] = v.p[i];
    *out = (struct view){copy, n};
    return ST_OK;
}

/* The colon that counts is the last of a pair: names of columns may hold some. */
static enum status pairs(struct view text, const char *field, struct arena *a,
                         const struct view (**out)[2], int *n, struct err *e) {
    struct view(*list)[2] = arena_array(a, MAP_MAX, sizeof *list);
    *n = 0;
    *out = (const struct view(*)[2])list;
    if (!list) return fail(e, ST_NO_MEMORY, "no memory for the mapping");
    while (text.n) {
        size_t len = pair_length(text), colon = len;
        while (colon > 0 && text.p[colon - 1] != ':') colon--;
        if (colon < 2 || *n == MAP_MAX) return bad_pairs(field, e);
        TRY(half(view_sub(text, 0, colon - 1), a, &list[*n][0], e));
        TRY(half(view_sub(text, colon, len - colon), a, &list[(*n)++][1], e));
        text = view_sub(text, len + (len < text.n), text.n);
    }
    return ST_OK;
}

static enum status number(struct view v, const char *field, int *has, double *out, struct err *e) {
    *has = v.n > 0;
    if (!v.n || view_double(v, out)) return ST_OK;
    (void)fail(e, ST_INVALID, "%s must be a number", field);
    err_field(e, "%s", field);
    return ST_INVALID;
}

enum status imports_options(const struct imports_text *t, struct arena *a, struct import_config *c,
                            struct err *e) {
    TRY(pairs(t->map, "map", a, &c->map, &c->n_map, e));
    TRY(pairs(t->lists, "lists", a, &c->lists, &c->n_lists, e));
    TRY(number(t->like_from, "like_from", &c->has_like, &c->like_from, e));
    TRY(number(t->dislike_to, "dislike_to", &c->has_dislike, &c->dislike_to, e));
    c->encoding = t->encoding;
    c->separator = t->separator;
    c->dates = t->dates;
    c->arena = a;
    c->header = view_eq_str(t->header, "1") || view_eq_str(t->header, "true")    ? 1
                : view_eq_str(t->header, "0") || view_eq_str(t->header, "false") ? 2
                                                                                 : 0;
    if (!t->header.n || c->header) return ST_OK;
    (void)fail(e, ST_INVALID, "header must be 1 (the first line names the columns) or 0");
    err_field(e, "header");
    return ST_INVALID;
}

enum status imports_prompt(struct store *s, const struct import_config *c,
                           const struct import_result *x, const char **out, struct err *e) {
    struct catalog old;
    struct surface surface;
    struct view name = c->surface, text;
    *out = NULL;
    if (!x->item.id || !c->arena) return ST_OK;
    if (!name.n && store_catalog(s, c->catalog, c->arena, &old, NULL) == ST_OK)
        name = view_of(old.surface);
    enum status st = surface_load(&surface, s, name.n ? name : VIEW("generic"), c->arena, e);
    if (st == ST_NOT_FOUND) return ST_OK; /* one may be made later */
    TRY(st);
    struct snapshot *one; /* of this item alone: its fields are typed by its own values */
    TRY(snapshot_make(&one, &(struct catalog){.name = "", .surface = ""}, &x->item, 1,
                      &x->item.popularity, e));
    st = surface_render(surface.item, one, 0, c->arena, &text, e);
    snapshot_free(one);
    TRY(st);
    *out = arena_copy(c->arena, text.p, text.n);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for an item's prompt");
}

/* --- the answer */

static void write_line(struct buf *b, long line) {
    if (line > 0)
        out_int(b, "line", line);
    else
        out_raw(b, "line", "null");
}

/* The shape that all errors have. */
static void write_refused(struct buf *b, const char *name, const struct err *e) {
    if (!e->text[0]) {
        out_raw(b, name, "null");
        return;
    }
    out_open(b, name, '{');
    out_text(b, "code", status_name(ST_INVALID));
    out_text(b, "message", e->text);
    out_text(b, "field", e->field[0] ? e->field : NULL);
    write_line(b, e->line);
    out_text(b, "hint", e->hint[0] ? e->hint : NULL);
    out_close(b, '}');
}

static void write_errors(struct buf *b, const struct import_result *x) {
    out_open(b, "errors", '[');
    for (int i = 0; i < x->n_errors; i++) {
        out_open(b, NULL, '{');
        write_line(b, x->errors[i].line);
        out_text(b, "message", x->errors[i].message);
        out_close(b, '}');
    }
    out_close(b, ']');
}

static void write_column(struct buf *b, const struct import_column *c) {
    out_open(b, NULL, '{');
    out_view(b, "name", c->name);
    out_text(b, "role", c->role);
    if (strcmp(c->role, "field") == 0) out_view(b, "field", c->field);
    out_text(b, "type", c->type);
    if (c->list[0]) out_text(b, "list", c->list);
    if (c->marks[0]) out_text(b, "marks", c->marks);
    if (c->markup) out_bool(b, "markup", 1);
    out_int(b, "filled", c->filled);
    out_open(b, "samples", '[');
    for (int i = 0; i < c->n_samples; i++) out_view(b, NULL, c->sample[i]);
    out_close(b, ']');
    out_int(b, "lost", c->lost);
    if (c->lost) {
        out_open(b, "lost_lines", '[');
        for (int i = 0; i < IMPORT_LINES && c->lines[i]; i++) out_int(b, NULL, c->lines[i]);
        out_close(b, ']');
        out_text(b, "lost_example", c->lost_example);
    }
    out_close(b, '}');
}

static void write_item(struct buf *b, const struct item *it, const char *prompt) {
    if (!it->id) return;
    out_open(b, "item", '{');
    item_write(b, it);
    if (prompt) out_text(b, "prompt", prompt);
    out_close(b, '}');
}

static void write_file(struct buf *b, const struct import_result *x) {
    out_text(b, "format", x->format);
    out_text(b, "encoding", x->encoding);
    out_text(b, "separator", x->separator);
    out_bool(b, "gzip", x->packed);
    out_bool(b, "header", x->header);
    if (!x->has_range) return;
    out_open(b, "ratings", '{');
    out_num(b, "lowest", x->lowest);
    out_num(b, "highest", x->highest);
    out_num(b, "like_from", x->like_from);
    out_num(b, "dislike_to", x->dislike_to);
    out_close(b, '}');
}

static void write_report(struct buf *b, struct view catalog, const struct import_result *x,
                         const char *prompt) {
    out_view(b, "catalog", catalog);
    out_int(b, "read", x->read);
    out_int(b, "kept", x->kept);
    out_int(b, "rejected", x->rejected);
    out_bool(b, "stored", x->stored);
    write_refused(b, "refused", &x->refused);
    write_errors(b, x);
    out_int(b, "values_lost", x->values_lost);
    out_int(b, "continued", x->continued);
    out_open(b, "dropped", '{');
    out_int(b, "interactions", x->dropped);
    out_close(b, '}');
    write_file(b, x);
    out_int(b, "looked_at", x->looked);
    out_open(b, "columns", '[');
    for (int i = 0; i < x->n_columns; i++) write_column(b, &x->column[i]);
    out_close(b, ']');
    write_item(b, &x->item, prompt);
    out_open(b, "warnings", '[');
    for (int i = 0; i < x->n_warnings; i++) out_text(b, NULL, x->warning[i]);
    out_close(b, ']');
}

void imports_json(struct buf *b, struct view catalog, const struct import_result *x,
                  const char *prompt) {
    out_open(b, NULL, '{');
    write_report(b, catalog, x, prompt);
    out_close(b, '}');
}

/* --- receiving */

struct upload {
    struct served *s;
    enum import_kind kind;
    struct view catalog;
    long long bytes, total; /* of the body so far; total 0: not known */
    enum status st;         /* of reading the body */
};

static enum status next_piece(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    struct upload *u = arg;
    if (task_given_up(&u->s->task)) return u->st = fail(e, ST_CANCELLED, "the import was given up");
    u->st = req_read(u->s->req, p, cap, n, e);
    if (u->st == ST_OK) u->bytes += (long long)*n;
    task_progress(&u->s->task, *n ? "receive" : "store", u->bytes, u->total);
    return u->st;
}

/* 422 with the error and, beside it, the report. */
static enum status reply_refused(struct req *r, struct view catalog, const struct import_result *x,
                                 struct err *e) {
    struct buf b;
    enum status st = ST_OK;
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    write_refused(&b, "error", &x->refused);
    write_report(&b, catalog, x, NULL);
    out_close(&b, '}');
    if (b.failed)
        st = out_failed(&b, e);
    else
        req_reply(r, 422, "application/json", buf_text(&b), NULL);
    buf_free(&b);
    return st;
}

/* The encoding that was asked for, else the one that the Content-Type names. */
static struct view encoding_of(struct req *r) {
    struct view asked = query_value(r, "encoding");
    return asked.n ? asked : req_charset(r);
}

static enum status receive(struct served *s, struct err *e) {
    struct upload *u = s->arg;
    struct req *r = s->req;
    struct app *app = s->app;
    struct import_result *x = ARENA_NEW(req_arena(r), struct import_result, 1);
    struct import_config c = {
        .kind = u->kind,
        .format = req_body_type(r) == HTTP_NDJSON ? IMPORT_JSONL : IMPORT_CSV,
        .catalog = u->catalog,
        .surface = query_value(r, "surface"),
    };
    const struct imports_text text = {
        .map = query_value(r, "map"),
        .lists = query_value(r, "lists"),
        .encoding = encoding_of(r),
        .separator = query_value(r, "separator"),
        .header = query_value(r, "header"),
        .dates = query_value(r, "dates"),
        .like_from = query_value(r, "like_from"),
        .dislike_to = query_value(r, "dislike_to"),
    };
    const char *prompt;
    struct buf b;
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for an import");
    TRY(query_flag(r, "strict", &c.strict, e));
    TRY(query_flag(r, "skip_bad", &c.skip_bad, e));
    TRY(query_flag(r, "dry_run", &c.dry_run, e));
    TRY(query_flag(r, "replace", &c.replace, e));
    u->s = s;
    TRY(imports_options(&text, req_arena(r), &c, e));
    enum status st = import_run(app->store, &c, next_piece, u, x, e);
    if (st == ST_BAD_INPUT && u->st == ST_OK) {
        x->refused = *e; /* what cannot be read at all is refused as such */
        return reply_refused(r, u->catalog, x, e);
    }
    TRY(st);
    if (x->refused.text[0] && !c.dry_run) return reply_refused(r, u->catalog, x, e);
    vectors_changed(atomic_load(&app->vectors));
    TRY(imports_prompt(app->store, &c, x, &prompt, e));
    buf_init(&b, OUT_MAX);
    imports_json(&b, u->catalog, x, prompt);
    return out_reply(r, &b, e);
}

enum status imports_receive(struct req *r, enum import_kind kind, struct view catalog,
                            struct err *e) {
    static const struct served_kind task = {"import", SERVED_BODY, receive, NULL};
    struct upload u = {.kind = kind, .catalog = catalog};
    struct view length = req_header(r, "Content-Length");
    if (length.p && !view_int(length, &u.total)) u.total = 0;
    return served_call(r, &task, catalog, &u, e);
}
