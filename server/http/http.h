/* The HTTP edge: CivetWeb as a socket and header reader, our own checks, a route table, JSON
 * errors, one log line per request. Handlers run on CivetWeb's small worker stacks: local arrays <=
 * 4 KiB, no recursion over user data. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "kernels/base/arena.h"
#include "kernels/base/buf.h"

struct http; /* a running server */
struct req;  /* one request; lives while its handler runs, used by that worker only */

enum { HTTP_PARAMS = 4 };

/* One row of the route table. A path segment in braces matches one decoded segment:
 * "/api/catalogs/{name}". */
struct route {
    const char *method; /* "GET" (serves HEAD too), "POST", "PUT", "DELETE" */
    const char *path;
    enum status (*fn)(
        struct req *r,
        struct err *e); /* on failure the edge writes the JSON error, unless a reply began */
    size_t body_max;    /* most bytes of the body, 0 = no body allowed */
    int types;          /* accepted body types: HTTP_JSON | HTTP_NDJSON | HTTP_CSV | HTTP_SQLITE */
    int kind;           /* HTTP_QUICK ... */
    int role;           /* who may call it: this role, or one that may more */
    const char *audit;  /* what the call is named in the audit log, NULL: it is not written there */
};
/* What tokens allow, the most first. A row that says nothing is the administrators'. ANYONE needs
 * no token. */
enum role { ROLE_ADMIN, ROLE_RANK, ROLE_READ, ROLE_ANYONE };
const char *caller_role_name(int role);
/* Who a request comes from. Without tokens everybody is the administrator "". */
struct caller {
    char name[65]; /* owns what the caller stores */
    int role;
    int by_cookie; /* a browser's session, not a token in a header */
};
/* HTTP_ROWS: what else rows of imports come as (gzip, XML, JSON-LD, bytes of no type). */
enum { HTTP_JSON = 1, HTTP_NDJSON = 2, HTTP_CSV = 4, HTTP_SQLITE = 8, HTTP_ROWS = 16 };
/* What a call costs. QUICK: none of the others. LONG: computes or lasts, at most HTTP_STREAMS at
 * once. IMPORT: takes rows until they are stored, at most HTTP_IMPORTS at once. ALWAYS: answered
 * also when all other workers but a few are taken; it must not wait for anything. */
enum { HTTP_QUICK, HTTP_LONG, HTTP_IMPORT, HTTP_ALWAYS };

struct http_config {
    const char *host; /* "127.0.0.1"; another address needs a token */
    int port;         /* 0 picks a free one */
    /* With either all but the page and routes of ROLE_ANYONE demand `Authorization: Bearer` or a
     * session's cookie. token: of the administrator ""; token_file: see tokens_parse. */
    const char *token, *token_file;
    int session_s; /* a session that is not used for so long ends; 0 = 12 hours */
    const struct route *routes;
    int n_routes;
    void *app; /* given to handlers by req_app */
    /* One logfmt line, no newline. Called from many threads at once, as asset is. */
    void (*log)(void *app, const char *line);
    /* The page: asset for a path such as "/" or "/app.js", or NULL data when there is none. */
    int (*asset)(const char *path, struct view *data, const char **type, const char **etag);
    const char *const *allow; /* names, or "name:port", that clients may address the server by */
    int n_allow;
    const char *const *proxies; /* IPv4 addresses whose X-Forwarded-For is believed */
    int n_proxies;
    int secure;     /* people come by https: cookies and headers say so */
    int silence_ms; /* longest wait for one byte to come or go; 0 = 5000 */
    int body_ms;    /* longest sum of waits for a body, plus a second for each HTTP_RATE bytes that
                     * came; 0 = 10000. A reply is given silence_ms and as much */
};

/* Counters since the start, and what is going on now. */
struct http_stats {
    long long requests, refused, busy, failed; /* all, 4xx, 503, other 5xx */
    int streams, readers;                      /* places taken, of HTTP_STREAMS and HTTP_READERS */
    int workers, slow; /* requests inside, of HTTP_WORKERS; slow replies, of HTTP_SLOW */
};
/* Workers, and how many of them may at most be taken by what. A reply that its client has let wait
 * for a quarter of a second is slow: beyond HTTP_SLOW of them the next one is dropped. The last
 * HTTP_RESERVED workers only answer ALWAYS, and 503 to others. */
enum {
    HTTP_WORKERS = 64,
    HTTP_STREAMS = 32,
    HTTP_READERS = 16,
    HTTP_IMPORTS = 8,
    HTTP_LARGE = 8,
    HTTP_SLOW = 12,
    HTTP_RESERVED = 4,
    HTTP_RATE = 64 << 10
};

/* ST_IO when the port is taken (named in the text), ST_INVALID for an address that is not IPv4 or
 * needs a token, ST_LIMIT when too few files may be open (the soft limit is raised first). Block
 * signals before, so that they reach the caller's sigwait and not a worker. */
enum status http_open(struct http **out, const struct http_config *c, struct err *e) MUST_CHECK;
int http_port(const struct http *h);
/* Reads the file of tokens again. After a failure, which names the line, the old ones stay. */
enum status http_reload(struct http *h, struct err *e) MUST_CHECK;
/* Whether tokens are demanded. */
int http_guarded(const struct http *h);
/* Writes of running handlers fail from now on; waits for the handlers. NULL is fine. */
void http_close(struct http *h);
void http_stats(struct http *h, struct http_stats *out);

void *req_app(const struct req *r);
const struct caller *req_caller(const struct req *r);
const char *req_address(const struct req *r); /* the client's, as far as it is known */
/* Begins a browser's session for a token and has its cookie sent with the reply; req_caller is then
 * its holder. 0, or the code to refuse with. sign_out ends the session that the request came with.
 */
int req_sign_in(struct req *r, struct view token, struct err *e);
void req_sign_out(struct req *r);
struct arena *req_arena(struct req *r); /* reset after the reply; at most 64 MiB */
struct view req_param(const struct req *r,
                      const char *name); /* decoded {name} of the path, "" if none */
struct view req_query(const struct req *r,
                      const char *name); /* decoded query value, p == NULL if absent */
struct view req_header(const struct req *r, const char *name); /* p == NULL if absent */
/* One of HTTP_LARGE places, until the reply has ended, for a handler that is to hold much memory.
 * ST_BUSY after .1 s without one. */
enum status req_large(struct req *r, struct err *e) MUST_CHECK;
/* 1 once a write failed, or the client has closed its end: it has left. Looks at the socket, so a
 * handler that writes nothing for long can ask now and then. */
int req_gone(struct req *r);
int req_body_type(const struct req *r); /* HTTP_JSON ... */
/* The body's charset where it is not UTF-8, "" where it is: only routes that take HTTP_ROWS get
 * such a body. Borrowed from the header. */
struct view req_charset(const struct req *r);

/* Whole body into the request's arena, with a NUL behind it. Waits for one of HTTP_READERS places:
 * ST_BUSY (503) after .1 s. ST_TIMEOUT (408), ST_BAD_INPUT when it ended early, ST_LIMIT (413) for
 * chunks that hold more than the route takes, ST_NO_MEMORY. */
enum status req_body(struct req *r, struct view *out, struct err *e) MUST_CHECK;
/* Next piece of the body (up to cap bytes) into p, *n = 0 at the end; for imports read line by
 * line. */
enum status req_read(struct req *r, char *p, size_t cap, size_t *n, struct err *e) MUST_CHECK;

/* One complete answer; a second one is ignored. `type` e.g. "application/json". Extra headers are
 * "Name: value\r\n" lines or NULL. */
void req_reply(struct req *r, int code, const char *type, struct view body, const char *extra);
/* The error a handler would get by failing; for handlers that need another code. */
void req_fail(struct req *r, int code, enum status st, const struct err *e);
/* A refusal with a code of the edge's own, such as 403. */
void req_refuse(struct req *r, int code, const struct err *e);
int http_code(enum status st);

/* A reply without a known length (exports): chunked, gathered to 16 KiB. write answers 0 when the
 * client is gone. A handler that fails after begin leaves the reply without its end, so the client
 * sees that it is cut. */
void req_begin(struct req *r, int code, const char *type, const char *extra);
int req_write(struct req *r, const char *p, size_t n);
void req_end(struct req *r);

/* Server-sent events (sse.c). event() writes `id` (the sequence number), name and one line of JSON;
 * answers 0 when the client is gone and for no
 * other reason: an event of any size takes no memory. ping() writes a comment. A handler that fails
 * after begin has its error sent as the event `error`. */
void sse_begin(struct req *r);
int sse_event(struct req *r, const char *name, struct view json);
/* The same of JSON that comes in several parts, one behind the other. */
int sse_event_of(struct req *r, const char *name, const struct view *part, int n_parts);
int sse_ping(struct req *r);
void sse_end(struct req *r);

#endif
