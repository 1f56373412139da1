/* Replies: head with the security headers, whole and chunked bodies, errors as JSON. */
#include "server/http/edge/edge.h"
#include "server/http/escape.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_BYTES = 2048, GATHER = 16 * 1024 };

/* No script, style or image but the program's own; no CORS header anywhere. */
static const char security[] =
    "Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Connection: close\r\n";

int http_code(enum status st) {
    switch (st) {
    case ST_OK: return 200;
    case ST_BAD_INPUT: return 400;
    case ST_INVALID:
    case ST_UNSUPPORTED: return 422;
    case ST_NOT_FOUND: return 404;
    case ST_CONFLICT:
    case ST_CANCELLED: return 409;
    case ST_LIMIT: return 413;
    case ST_TIMEOUT: return 408;
    case ST_BUSY:
    case ST_NO_MEMORY: return 503;
    case ST_DISK_FULL: return 507;
    case ST_CORRUPT:
    case ST_IO:
    case ST_DEVICE_LOST:
    case ST_INTERNAL:
    case ST_COUNT: break;
    }
    return 500;
}

const char *reply_reason(int code) {
    static const struct {
        int code;
        const char *text;
    } t[] = {{200, "OK"},
             {201, "Created"},
             {202, "Accepted"},
             {204, "No Content"},
             {304, "Not Modified"},
             {400, "Bad Request"},
             {401, "Unauthorized"},
             {403, "Forbidden"},
             {404, "Not Found"},
             {405, "Method Not Allowed"},
             {408, "Request Timeout"},
             {409, "Conflict"},
             {411, "Length Required"},
             {413, "Content Too Large"},
             {415, "Unsupported Media Type"},
             {417, "Expectation Failed"},
             {422, "Unprocessable Content"},
             {429, "Too Many Requests"},
             {431, "Request Header Fields Too Large"},
             {500, "Internal Server Error"},
             {503, "Service Unavailable"},
             {505, "HTTP Version Not Supported"},
             {507, "Insufficient Storage"}};
    for (size_t i = 0; i < COUNT(t); i++)
        if (t[i].code == code) return t[i].text;
    return code < 400 ? "OK" : "Error";
}

/* Whether extra is nothing but complete header lines; anything else could split the reply. */
static int lines_ok(const char *extra) {
    size_t n = strlen(extra);
    if (n > HEAD_BYTES / 2 || (n && (n < 3 || extra[n - 1] != '\n'))) return 0;
    int line = 0;
    for (size_t i = 0; i < n; i++, line++) {
        if (extra[i] == '\r' && extra[i + 1] == '\n') {
            if (line == 0) return 0;
            i++;
            line = -1;
        } else if (extra[i] < ' ' || extra[i] > '~') {
            return 0;
        }
    }
    return 1;
}

/* Sends the head. length < 0: not known, chunked where the client knows chunks. */
static int send_head(struct req *r, int code, const char *type, long long length,
                     const char *extra) {
    char t[HEAD_BYTES], size[64] = "";
    if (extra && !lines_ok(extra)) {
        snprintf(r->trouble, sizeof r->trouble, "malformed extra headers were left out");
        extra = NULL;
    }
    if (length >= 0 && code != 204 && code != 304)
        snprintf(size, sizeof size, "Content-Length: %lld\r\n", length);
    else if (length < 0 && r->http1)
        snprintf(size, sizeof size, "Transfer-Encoding: chunked\r\n");
    r->code = code;
    static const char https[] = "Strict-Transport-Security: max-age=31536000\r\n";
    int n =
        snprintf(t, sizeof t, "HTTP/1.1 %d %s\r\n%s%s%s%s%s%s%s%s%s\r\n", code, reply_reason(code),
                 type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", size,
                 r->page ? "Cache-Control: no-cache\r\n" : "Cache-Control: no-store\r\n", security,
                 r->h->c.secure ? https : "", r->set_cookie, extra ? extra : "");
    CHECK(n > 0 && (size_t)n < sizeof t);
    return edge_write(r, t, (size_t)n);
}

void req_reply(struct req *r, int code, const char *type, struct view body, const char *extra) {
    if (r->reply != EDGE_NONE) return;
    r->reply = EDGE_DONE;
    if (!send_head(r, code, type, (long long)body.n, extra)) return;
    if (r->head || body.n == 0 || code == 204 || code == 304) return;
    if (edge_write(r, body.p, body.n)) r->sent = (long long)body.n;
}

/* "name":"text" or "name":null. */
static size_t member(char *p, size_t cap, const char *name, const char *text) {
    size_t n = (size_t)snprintf(p, cap, ",\"%s\":", name);
    if (text[0]) return n + escape_json(p + n, cap - n, view_of(text));
    return n + (size_t)snprintf(p + n, cap - n, "null");
}

/* A number by which a person's report finds the log's line; of this process, and hardly of another.
 */
static unsigned trouble_id(struct http *h) {
    unsigned n = (unsigned)atomic_fetch_add(&h->troubles, 1) + 1;
    return (n + h->born) * 2654435761u;
}

/* Names of files shrink to their last part for who does not keep the server; addresses of calls
 * stay. */
static void hide_paths(char *text) {
    static const char *const calls[] = {"/api/", "/v1/", "/v2/"};
    char *to = text;
    for (char *at = text; *at;) {
        int begins = *at == '/' && (at == text || strchr(" '\"(", at[-1]));
        for (size_t i = 0; begins && i < COUNT(calls); i++)
            begins = strncmp(at, calls[i], strlen(calls[i])) != 0;
        size_t n = begins ? strcspn(at, " '\"),;") : 1, last = n;
        while (begins && last > 0 && at[last - 1] != '/') last--;
        if (!begins) last = 0;
        memmove(to, at + last, n - last);
        to += n - last;
        at += n;
    }
    *to = 0;
}

/* What went wrong inside is for the log; a person who reads the reply cannot help it. */
static void clean(struct req *r, enum status st, const struct err *e, struct err *out) {
    *out = *e;
    if (r->caller.role != ROLE_ADMIN) {
        hide_paths(out->text);
        hide_paths(out->hint);
    }
    if (st != ST_INTERNAL && st != ST_IO && e->text[0]) return;
    unsigned id = trouble_id(r->h);
    snprintf(r->trouble, sizeof r->trouble, "e-%08x: %s", id, e->text);
    if (st == ST_IO)
        (void)fail(out, st, "a file could not be read or written");
    else
        (void)fail(out, st, "something went wrong in the server");
    err_hint(out, "the server's log has the details, under e-%08x", id);
}

struct view reply_error_json(struct req *r, char room[REPLY_ERROR], const char *code,
                             enum status st, const struct err *e, const char *tail) {
    struct err shown;
    clean(r, st, e, &shown);
    /* The text, field and hint of an error are 608 bytes, six times that when all is escaped. */
    size_t n = (size_t)snprintf(room, REPLY_ERROR, "{\"error\":{\"code\":\"%s\"", code);
    n += member(room + n, REPLY_ERROR - n, "message", shown.text);
    n += member(room + n, REPLY_ERROR - n, "field", shown.field);
    if (shown.line > 0)
        n += (size_t)snprintf(room + n, REPLY_ERROR - n, ",\"line\":%ld", shown.line);
    else
        n += (size_t)snprintf(room + n, REPLY_ERROR - n, ",\"line\":null");
    n += member(room + n, REPLY_ERROR - n, "hint", shown.hint);
    n += (size_t)snprintf(room + n, REPLY_ERROR - n, "}%s}", tail);
    CHECK(n < REPLY_ERROR);
    return (struct view){room, n};
}

static void send_error(struct req *r, int code, const char *name, enum status st,
                       const struct err *e) {
    char room[REPLY_ERROR], extra[ROUTE_ALLOW + 32] = "";
    if (r->reply != EDGE_NONE) return;
    if (code == 503 || code == 429)
        snprintf(extra, sizeof extra, "Retry-After: %d\r\n", e->retry_s > 0 ? e->retry_s : 1);
    if (code == 401) snprintf(extra, sizeof extra, "WWW-Authenticate: Bearer\r\n");
    if (code == 405) snprintf(extra, sizeof extra, "Allow: %s\r\n", r->allow);
    struct view body = reply_error_json(r, room, name, st, e, "");
    r->page = 0;
    req_reply(r, code, "application/json", body, extra[0] ? extra : NULL);
}

void req_fail(struct req *r, int code, enum status st, const struct err *e) {
    static const struct err none;
    send_error(r, code, status_name(st), st, e ? e : &none);
}

void req_refuse(struct req *r, int code, const struct err *e) {
    send_error(r, code, check_code_name(code), ST_BAD_INPUT, e);
}

void req_begin(struct req *r, int code, const char *type, const char *extra) {
    if (r->reply != EDGE_NONE) return;
    r->reply = EDGE_CHUNKS;
    r->gather = arena_alloc(r->arena, GATHER); /* without it each write becomes a chunk */
    (void)send_head(r, code, type, -1, extra);
}

int edge_flush(struct req *r) {
    size_t n = r->gathered;
    r->gathered = 0;
    return n == 0 || edge_chunk(r, r->gather, n);
}

int edge_gather(struct req *r, const char *p, size_t n) {
    if (r->head || n == 0) return 1;
    if (r->gathered + n > GATHER && !edge_flush(r)) return 0;
    if (!r->gather || n >= GATHER) return edge_chunk(r, p, n);
    memcpy(r->gather + r->gathered, p, n);
    r->gathered += n;
    return 1;
}

int req_write(struct req *r, const char *p, size_t n) {
    return r->reply == EDGE_CHUNKS && !r->gone && edge_gather(r, p, n);
}

void req_end(struct req *r) {
    if (r->reply != EDGE_CHUNKS) return;
    r->reply = EDGE_DONE;
    if (!r->gone && !r->head && edge_flush(r)) (void)edge_chunk(r, "", 0);
}

void reply_finish(struct req *r, enum status st, const struct err *e) {
    static const struct err silent = {.text = "the handler gave no reply"};
    if (r->reply == EDGE_NONE) {
        if (st == ST_OK) st = ST_INTERNAL, e = &silent;
        req_fail(r, http_code(st), st, e);
    } else if (r->reply == EDGE_EVENTS) {
        char room[REPLY_ERROR], tail[32];
        snprintf(tail, sizeof tail, ",\"seq\":%ld", r->seq + 1);
        if (st != ST_OK)
            (void)sse_event(r, "error", reply_error_json(r, room, status_name(st), st, e, tail));
        sse_end(r);
    } else if (r->reply == EDGE_CHUNKS) {
        if (st == ST_OK)
            req_end(r);
        else if (!r->gone)
            snprintf(r->trouble, sizeof r->trouble, "%s", e->text);
    } else if (st != ST_OK) {
        snprintf(r->trouble, sizeof r->trouble, "after the reply: %.300s", e->text);
    }
}
