/* What a handler asks of its request. */
#include "server/http/edge/edge.h"

#include <stdio.h>

void *req_app(const struct req *r) {
    return r->h->c.app;
}

const struct caller *req_caller(const struct req *r) {
    return &r->caller;
}

const char *req_address(const struct req *r) {
    return r->address;
}

struct arena *req_arena(struct req *r) {
    return r->arena;
}

struct view req_param(const struct req *r, const char *name) {
    return route_param(r->route, &r->path, name);
}

struct view req_query(const struct req *r, const char *name) {
    for (int i = 0; i < r->n_pairs; i++)
        if (view_eq_str(r->pairs[i].key, name)) return r->pairs[i].value;
    return (struct view){NULL, 0};
}

struct view req_header(const struct req *r, const char *name) {
    return check_find(r->header, r->n_headers, name);
}

int req_gone(struct req *r) {
    if (!r->gone) r->gone = gone_look(r);
    return r->gone;
}

/* No Max-Age: the browser forgets it with the window, the server after the session's own time. */
static void send_cookie(struct req *r, const char *id, const char *more) {
    (void)snprintf(r->set_cookie, sizeof r->set_cookie,
                   "Set-Cookie: %s=%s; Path=/; HttpOnly; SameSite=Strict%s%s\r\n", r->h->cookie, id,
                   r->h->c.secure ? "; Secure" : "", more);
}

int req_sign_in(struct req *r, struct view token, struct err *e) {
    char id[SESSION_ID];
    struct caller who = {.role = ROLE_ANYONE};
    if (!r->h->access.needed) return 0;
    struct view old = access_cookie(r->header, r->n_headers, r->h->cookie);
    int code = access_sign_in(&r->h->access, token, r->address, &who, id, e);
    if (code) return code;
    if (old.n) access_sign_out(&r->h->access, old); /* a sign-in anew ends what was before it */
    who.by_cookie = 1;
    r->caller = who;
    send_cookie(r, id, "");
    return 0;
}

void req_sign_out(struct req *r) {
    access_sign_out(&r->h->access, access_cookie(r->header, r->n_headers, r->h->cookie));
    send_cookie(r, "", "; Max-Age=0");
}
