/* /api/catalogs/N/members and /interactions: who there is, and what they did. */
#include "server/api/kit/app.h"
#include "server/api/data/imports.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"

enum status api_members_import(struct req *r, struct err *e) {
    return imports_receive(r, IMPORT_MEMBERS, req_param(r, "name"), e);
}

enum status api_members_interactions(struct req *r, struct err *e) {
    return imports_receive(r, IMPORT_INTERACTIONS, req_param(r, "name"), e);
}

static void write_facts(struct buf *b, const struct member *m) {
    out_text(b, "id", m->id);
    out_text(b, "name", m->name && m->name[0] ? m->name : m->id);
    out_text(b, "profile", m->profile);
    out_int(b, "interactions", m->interactions);
}

enum status api_members_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct member *m;
    long long limit;
    struct buf b;
    int n;
    TRY(query_int(r, "limit", 30, 1, 1000, &limit, e));
    TRY(store_members(app->store, req_param(r, "name"), query_value(r, "q"), (int)limit,
                      req_arena(r), &m, &n, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "members", '[');
    for (int i = 0; i < n; i++) {
        out_open(&b, NULL, '{');
        write_facts(&b, &m[i]);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

static void write_interaction(struct buf *b, const struct interaction *x) {
    out_open(b, NULL, '{');
    out_text(b, "item", x->item);
    out_text(b, "title", x->title);
    out_text(b, "label", x->label > 0 ? "like" : x->label < 0 ? "dislike" : NULL);
    if (x->has_rating) out_num(b, "rating", x->rating);
    out_int(b, "at", x->at);
    out_close(b, '}');
}

enum status api_members_get(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view catalog = req_param(r, "name"), id = req_param(r, "member");
    struct interaction *x;
    struct member m;
    struct buf b;
    int n;
    TRY(store_member(app->store, catalog, id, req_arena(r), &m, e));
    TRY(store_history(app->store, catalog, id, req_arena(r), &x, &n, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    write_facts(&b, &m);
    out_open(&b, "history", '[');
    for (int i = 0; i < n; i++) write_interaction(&b, &x[i]);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
