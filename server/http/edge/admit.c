/* Whether a request may reach a handler: its headers, its address, who asks, what it brings. */
#include "server/http/edge/edge.h"

#include <stdio.h>
#include <string.h>

/* "/" and the decoded parts: only text that was checked reaches the table of the page's files. */
static const char *page_path(struct req *r) {
    char *t = arena_alloc(r->arena, PATH_BYTES + 2), *at = t;
    if (!t) return NULL;
    for (int i = 0; i < r->path.n; i++) {
        *at++ = '/';
        memcpy(at, r->path.part[i].p, r->path.part[i].n);
        at += r->path.part[i].n;
    }
    if (at == t) *at++ = '/';
    return t;
}

/* A file of the page. 0 when it was sent. */
static int serve_page(struct req *r, struct err *e) {
    struct view data = {NULL, 0};
    const char *type = NULL, *etag = NULL, *path = page_path(r);
    static const struct route page = {.method = "GET"};
    if (!path) return 503;
    if (!r->h->c.asset || !r->h->c.asset(path, &data, &type, &etag) || !data.p) {
        (void)fail(e, ST_NOT_FOUND, "there is nothing at this address");
        return 404;
    }
    if (strcmp(r->method, "GET") != 0 && !r->head) {
        snprintf(r->allow, sizeof r->allow, "GET, HEAD");
        (void)fail(e, ST_BAD_INPUT, "the page can only be read");
        return 405;
    }
    int code = check_body(&page, &r->check, e);
    if (code) return code;
    char tag[128] = "", extra[160] = "";
    if (etag) {
        int quoted = etag[0] == '"';
        snprintf(tag, sizeof tag, "%s%s%s", quoted ? "" : "\"", etag, quoted ? "" : "\"");
        snprintf(extra, sizeof extra, "ETag: %s\r\n", tag);
    }
    r->page = 1;
    struct view known = check_find(r->header, r->n_headers, "If-None-Match");
    if (etag && known.p && check_etag(known, tag))
        req_reply(r, 304, NULL, VIEW(""), extra);
    else
        req_reply(r, 200, type, data, extra);
    return 0;
}

/* Path and query into the request's arena. */
static int read_address(struct req *r, const char *uri, const char *query, struct err *e) {
    char *room = arena_alloc(r->arena, strlen(uri) + strlen(query) + 2);
    r->pairs = ARENA_NEW(r->arena, struct path_pair, PATH_PAIRS);
    if (!room || !r->pairs) {
        (void)fail(e, ST_NO_MEMORY, "no memory for this request");
        return 503;
    }
    enum status st = path_split(uri, room, &r->path, e);
    /* The page reads its own query in the browser, by its own rules. */
    if (st == ST_OK && path_is_api(&r->path))
        st = path_query(query, room + strlen(uri) + 1, r->pairs, &r->n_pairs, e);
    return st == ST_OK ? 0 : http_code(st);
}

/* A browser sends a session's cookie with whatever asks it to, so what changes something must also
 * say that our own page sent it. */
static int judge_caller(struct req *r, const struct route *row, struct err *e) {
    struct http *h = r->h;
    int role = row ? row->role : ROLE_READ;
    int code =
        access_judge(&h->access, r->header, r->n_headers, h->cookie, r->address, &r->caller, e);
    if (code == 401) r->audit = "wrong_token";
    if (code) return code;
    if (r->caller.role != ROLE_ANYONE && row) r->audit = row->audit;
    int reads = !strcmp(r->method, "GET") || r->head;
    if (r->caller.by_cookie && !reads && !r->check.own_page) {
        (void)fail(e, ST_BAD_INPUT, "a signed-in browser's change must come from the page");
        return 403;
    }
    if (r->caller.role <= role) return 0;
    if (r->caller.role == ROLE_ANYONE) {
        (void)fail(e, ST_BAD_INPUT, "this call needs a token of this server");
        err_hint(e, "send the header Authorization: Bearer TOKEN, or sign in on the page");
        return 401;
    }
    (void)fail(e, ST_BAD_INPUT, "this call needs the role %s, and this token has %s",
               caller_role_name(role), caller_role_name(r->caller.role));
    err_hint(e, "ask who keeps this server for a token that may do it");
    return 403;
}

int admit(struct req *r, const char *uri, const char *query, struct err *e) {
    struct check_site site = {.host = r->h->host,
                              .port = atomic_load(&r->h->port),
                              .allowed = r->h->c.allow,
                              .n_allowed = r->h->c.n_allow};
    int code = check_headers(r->header, r->n_headers, r->method, &site, &r->check, e);
    if (!code) code = read_address(r, uri, query, e);
    if (code) return code;
    int api = path_is_api(&r->path);
    if (api && r->check.cross_site && !view_eq_str(r->path.part[0], "metrics")) {
        (void)fail(e, ST_BAD_INPUT, "requests from pages of other sites are refused");
        return 403;
    }
    if (!api) return serve_page(r, e);
    const struct route *row =
        route_find(r->h->c.routes, r->h->c.n_routes, r->method, &r->path, &code, r->allow);
    int refused = judge_caller(r, row, e);
    if (refused) return refused;
    if (!row) {
        (void)fail(e, ST_BAD_INPUT,
                   code == 404 ? "there is no such call" : "this call does not know that method");
        return code;
    }
    code = check_body(row, &r->check, e);
    if (code) return code;
    r->route = row;
    r->audit = row->audit;
    return 0;
}
