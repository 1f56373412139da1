/* /api/session: signing in and out by a browser, and who is signed in. */
#include "server/api/kit/app.h"
#include "server/api/kit/out.h"
#include "server/store/sql/depth.h"

#include <jansson.h>
#include <string.h>

/* needed: whether this server demands tokens at all; user: null for who is not signed in. */
static enum status reply_who(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    const struct caller *c = req_caller(r);
    struct http *h = atomic_load(&app->http);
    struct buf b;
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_bool(&b, "needed", h && http_guarded(h));
    out_text(&b, "user", c->role == ROLE_ANYONE ? NULL : c->name);
    out_text(&b, "role", caller_role_name(c->role));
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_session_get(struct req *r, struct err *e) {
    return reply_who(r, e);
}

static enum status read_token(struct req *r, const char **out, struct err *e) {
    struct view body;
    TRY(req_body(r, &body, e));
    json_t *top;
    TRY(depth_load(body, &top, e));
    const json_t *v = json_object_get(top, "token");
    *out = json_is_string(v) ? arena_copy(req_arena(r), json_string_value(v), json_string_length(v))
                             : NULL;
    json_decref(top);
    if (*out) return ST_OK;
    enum status st = fail(e, ST_INVALID, "the body is {\"token\":\"...\"}");
    err_field(e, "token");
    return st;
}

enum status api_session_post(struct req *r, struct err *e) {
    const char *token;
    TRY(read_token(r, &token, e));
    int code = req_sign_in(r, view_trim(view_of(token)), e);
    if (code == 0) return reply_who(r, e);
    req_refuse(r, code, e);
    return ST_OK;
}

enum status api_session_delete(struct req *r, struct err *e) {
    (void)e;
    req_sign_out(r);
    req_reply(r, 200, "application/json", VIEW("{\"signed_out\":true}"), NULL);
    return ST_OK;
}
