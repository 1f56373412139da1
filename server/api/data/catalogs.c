/* /api/catalogs: lists, items, imports, deletion. */
#include "server/api/kit/app.h"
#include "server/api/kit/fields.h"
#include "server/api/data/imports.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/store/sql/depth.h"
#include "server/task/worker_thread.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <string.h>

static void write_catalog(struct buf *b, const struct catalog *c) {
    out_text(b, "name", c->name);
    out_text(b, "surface", c->surface);
    out_int(b, "items", c->items);
    out_int(b, "members", c->members);
    out_int(b, "interactions", c->interactions);
    out_int(b, "created", c->created);
}

enum status api_catalogs_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct catalog *c;
    struct buf b;
    int n;
    TRY(store_catalogs(app->store, req_arena(r), &c, &n, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "catalogs", '[');
    for (int i = 0; i < n; i++) {
        out_open(&b, NULL, '{');
        write_catalog(&b, &c[i]);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

/* How far the items' vectors are; without an embedding model there are none. */
static void write_vectors(struct buf *b, struct vectors *v, struct view catalog) {
    struct vectors_progress p;
    if (!v) {
        out_raw(b, "vectors", "null");
        return;
    }
    vectors_progress(v, catalog, &p);
    out_open(b, "vectors", '{');
    out_int(b, "done", p.done);
    out_int(b, "total", p.total);
    if (p.unkept) out_int(b, "unkept", p.unkept);
    if (p.error[0]) out_text(b, "error", p.error);
    out_close(b, '}');
}

/* Taking a snapshot, which may load it: JSON is parsed on the way. */
struct taking {
    struct snapshots *from;
    struct view catalog;
    const struct snapshot *snapshot;
};

static enum status take(void *arg, struct err *e) {
    struct taking *t = arg;
    return snapshots_take(t->from, t->catalog, &t->snapshot, e);
}

enum status api_catalogs_get(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct taking t = {registry_snapshots(app->registry), req_param(r, "name"), NULL};
    struct buf b;
    TRY(worker_call(take, &t, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    write_catalog(&b, &t.snapshot->catalog);
    fields_write(&b, t.snapshot);
    write_vectors(&b, atomic_load(&app->vectors), view_of(t.snapshot->catalog.name));
    out_close(&b, '}');
    snapshots_give(t.from, t.snapshot);
    return out_reply(r, &b, e);
}

/* A catalogue is everybody's: who only ranks may bring a new one, and change none. */
static int may_import(struct req *r, struct view name, struct err *e) {
    struct app *app = req_app(r);
    struct catalog c;
    struct err none;
    int dry = 0;
    if (req_caller(r)->role == ROLE_ADMIN) return 1;
    if (query_flag(r, "dry_run", &dry, &none) == ST_OK && dry) return 1;
    if (store_catalog(app->store, name, req_arena(r), &c, &none) == ST_NOT_FOUND) return 1;
    (void)fail(e, ST_BAD_INPUT, "there is such a catalogue, and changing it needs the role admin");
    err_hint(e, "import under another name");
    return 0;
}

enum status api_catalogs_import(struct req *r, struct err *e) {
    struct view name = query_value(r, "name");
    if (!store_name_ok(name)) {
        (void)fail(e, ST_INVALID,
                   "the catalogue's name must be 1 to 64 letters, digits, '.', '_' or '-'");
        err_field(e, "name");
        err_hint(e, "give it in the address: POST /api/catalogs?name=books");
        return ST_INVALID;
    }
    if (!may_import(r, name, e)) {
        req_refuse(r, 403, e);
        return ST_OK;
    }
    return imports_receive(r, IMPORT_ITEMS, name, e);
}

static enum status read_name(struct view body, json_t **top, struct view *name, struct err *e) {
    TRY(depth_load(body, top, e));
    const json_t *v = json_object_get(*top, "name");
    *name = (struct view){json_string_value(v), json_string_length(v)};
    if (json_is_string(v) && json_object_size(*top) == 1) return ST_OK;
    enum status st = fail(e, ST_INVALID, "name must be a text, and alone");
    err_field(e, "name");
    return st;
}

enum status api_catalogs_rename(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view body, name;
    struct buf b;
    json_t *top = NULL;
    TRY(req_body(r, &body, e));
    enum status st = read_name(body, &top, &name, e);
    if (st == ST_OK) st = store_catalog_rename(app->store, req_param(r, "name"), name, e);
    if (st == ST_OK) {
        vectors_changed(atomic_load(&app->vectors));
        buf_init(&b, OUT_MAX);
        out_open(&b, NULL, '{');
        out_view(&b, "catalog", name);
        out_close(&b, '}');
        st = out_reply(r, &b, e);
    }
    json_decref(top);
    return st;
}

enum status api_catalogs_delete(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct buf b;
    TRY(store_catalog_delete(app->store, req_param(r, "name"), e));
    vectors_changed(atomic_load(&app->vectors));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, "deleted", req_param(r, "name"));
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

static void write_item(struct buf *b, const struct item *it) {
    out_open(b, NULL, '{');
    item_write(b, it);
    out_close(b, '}');
}

/* More of them may be tens of MiB. */
enum { MANY_ITEMS = 50 };

static enum status check_size(const struct item *it, int n, struct err *e) {
    size_t bytes = 0;
    for (int i = 0; i < n; i++)
        bytes += strlen(it[i].title) + strlen(it[i].text) + strlen(it[i].extra);
    if (bytes <= OUT_MAX) return ST_OK;
    enum status st = fail(e, ST_LIMIT, "the answer would be too large");
    err_hint(e, "ask for fewer rows with limit");
    return st;
}

enum status api_catalogs_items(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    long long offset, limit, total;
    struct item *item;
    struct buf b;
    int n;
    TRY(query_int(r, "offset", 0, 0, 1ll << 40, &offset, e));
    TRY(query_int(r, "limit", 20, 1, 500, &limit, e));
    if (limit > MANY_ITEMS) TRY(req_large(r, e));
    TRY(store_items(app->store, req_param(r, "name"), query_value(r, "q"), offset, (int)limit,
                    req_arena(r), &item, &n, &total, e));
    TRY(check_size(item, n, e));
    /* Item by item: the rows are in memory once and not a second time as text. */
    buf_init(&b, OUT_MAX);
    req_begin(r, 200, "application/json", NULL);
    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (int i = 0; i < n; i++) {
        write_item(&b, &item[i]);
        TRY(out_some(r, &b, e));
    }
    out_close(&b, ']');
    out_int(&b, "total", total);
    out_int(&b, "offset", offset);
    out_close(&b, '}');
    return out_end(r, &b, e);
}
