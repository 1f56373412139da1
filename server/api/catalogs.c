/* /api/catalogs: lists, items, imports, deletion. */
#include "server/api/app.h"
#include "server/api/fields.h"
#include "server/api/imports.h"
#include "server/api/out.h"
#include "server/api/query.h"
#include "server/api/stack.h"

#include "model/base/clock.h"

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
    struct taking t = {shelf_snapshots(app->shelf), req_param(r, "name"), NULL};
    struct buf b;
    TRY(stack_call(take, &t, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    write_catalog(&b, &t.snapshot->catalog);
    fields_write(&b, t.snapshot);
    out_close(&b, '}');
    snapshots_give(t.from, t.snapshot);
    return out_reply(r, &b, e);
}

enum status api_catalogs_import(struct req *r, struct err *e) {
    struct view name = query_text(r, "name");
    if (!store_name_ok(name)) {
        (void)fail(e, ST_INVALID,
                   "the catalogue's name must be 1 to 64 letters, digits, '.', '_' or '-'");
        err_field(e, "name");
        err_hint(e, "give it in the address: POST /api/catalogs?name=books");
        return ST_INVALID;
    }
    return imports_receive(r, IMPORT_ITEMS, name, e);
}

enum status api_catalogs_delete(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct buf b;
    TRY(store_catalog_delete(app->store, req_param(r, "name"), e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, "deleted", req_param(r, "name"));
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

static void write_item(struct buf *b, const struct item *it) {
    char when[CLOCK_TEXT];
    out_open(b, NULL, '{');
    out_text(b, "id", it->id);
    out_text(b, "title", it->title);
    out_text(b, "text", it->text);
    out_open(b, "tags", '[');
    for (int i = 0; i < it->n_tags; i++) out_text(b, NULL, it->tags[i]);
    out_close(b, ']');
    if (it->has_popularity) out_num(b, "popularity", it->popularity);
    if (it->has_time) {
        clock_format(it->time, when);
        out_text(b, "time", when);
    }
    out_raw(b, "extra", it->extra ? it->extra : "{}");
    out_close(b, '}');
}

enum status api_catalogs_items(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    long long offset, limit, total;
    struct item *item;
    struct buf b;
    int n;
    TRY(query_int(r, "offset", 0, 0, 1ll << 40, &offset, e));
    TRY(query_int(r, "limit", 20, 1, 500, &limit, e));
    TRY(store_items(app->store, req_param(r, "name"), query_text(r, "q"), offset, (int)limit,
                    req_arena(r), &item, &n, &total, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (int i = 0; i < n; i++) write_item(&b, &item[i]);
    out_close(&b, ']');
    out_int(&b, "total", total);
    out_int(&b, "offset", offset);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
