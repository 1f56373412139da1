/* Uploads of rows. */
#include "server/api/imports.h"

#include "server/api/app.h"
#include "server/api/out.h"
#include "server/api/query.h"

#include <string.h>

enum { MAP_MAX = 64 };

static enum status bad_map(struct err *e) {
    (void)fail(e, ST_INVALID, "map must be pairs like theirs:ours, separated by commas");
    err_field(e, "map");
    err_hint(e, "for example map=name:title,genre:tags");
    return ST_INVALID;
}

enum status imports_map(struct view text, struct arena *a, const struct view (**pairs)[2], int *n,
                        struct err *e) {
    struct view(*list)[2] = arena_array(a, MAP_MAX, sizeof *list);
    *n = 0;
    *pairs = (const struct view(*)[2])list;
    if (!list) return fail(e, ST_NO_MEMORY, "no memory for the mapping");
    while (text.n) {
        const char *comma = memchr(text.p, ',', text.n);
        size_t len = comma ? (size_t)(comma - text.p) : text.n, colon = len;
        while (colon > 0 && text.p[colon - 1] != ':') colon--;
        if (colon < 2 || *n == MAP_MAX) return bad_map(e);
        list[*n][0] = view_sub(text, 0, colon - 1);
        list[(*n)++][1] = view_sub(text, colon, len - colon);
        text = view_sub(text, len + (comma != NULL), text.n);
    }
    return ST_OK;
}

void imports_json(struct buf *b, struct view catalog, const struct import_result *x) {
    out_open(b, NULL, '{');
    out_view(b, "catalog", catalog);
    out_int(b, "read", x->read);
    out_int(b, "kept", x->kept);
    out_int(b, "rejected", x->rejected);
    out_bool(b, "stored", x->stored);
    out_open(b, "errors", '[');
    for (int i = 0; i < x->n_errors; i++) {
        out_open(b, NULL, '{');
        if (x->errors[i].line > 0)
            out_int(b, "line", x->errors[i].line);
        else
            out_raw(b, "line", "null");
        out_text(b, "message", x->errors[i].message);
        out_close(b, '}');
    }
    out_close(b, ']');
    out_close(b, '}');
}

static enum status next_piece(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    return req_read(arg, p, cap, n, e);
}

enum status imports_receive(struct req *r, enum import_kind kind, struct view catalog,
                            struct err *e) {
    struct app *app = req_app(r);
    struct import_result *x = ARENA_NEW(req_arena(r), struct import_result, 1);
    struct import_config c = {
        .kind = kind,
        .format = req_body_type(r) == HTTP_CSV ? IMPORT_CSV : IMPORT_JSONL,
        .catalog = catalog,
        .surface = query_text(r, "surface"),
    };
    struct buf b;
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for an import");
    TRY(query_flag(r, "skip_bad", &c.skip_bad, e));
    TRY(query_flag(r, "dry_run", &c.dry_run, e));
    TRY(query_flag(r, "replace", &c.replace, e));
    TRY(imports_map(query_text(r, "map"), req_arena(r), &c.map, &c.n_map, e));
    TRY(import_run(app->store, &c, next_piece, r, x, e));
    vectors_changed(atomic_load(&app->vectors));
    buf_init(&b, OUT_MAX);
    imports_json(&b, catalog, x);
    return out_reply(r, &b, e);
}
