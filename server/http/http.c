/* The HTTP edge on CivetWeb: opens the server, turns its callback into a checked request, calls the
 * handler, writes the log line. CivetWeb itself serves nothing: the callback answers everything. */
#include "server/http/edge.h"
#include "server/http/escape.h"

#include "kernels/base/clock.h"
#include "kernels/base/limit.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 << 20, QUEUE_MS = 100, MEMORY_RETRY_S = 2 };

_Static_assert(CHECK_HEADERS == MG_MAX_HEADERS, "dropped headers must be noticed");

long edge_read(struct req *r, char *p, size_t n) {
    return mg_read(r->conn, p, n);
}

static struct arena *arena_take(struct http *h) {
    struct arena *a = NULL;
    pthread_mutex_lock(&h->lock);
    for (int i = 0; i < HTTP_WORKERS && !a; i++)
        if (!h->arena_used[i]) {
            h->arena_used[i] = 1;
            a = &h->arena[i];
        }
    pthread_mutex_unlock(&h->lock);
    CHECK(a); /* one for each worker */
    return a;
}

static void arena_give(struct http *h, struct arena *a) {
    arena_reset(a);
    pthread_mutex_lock(&h->lock);
    h->arena_used[a - h->arena] = 0;
    pthread_mutex_unlock(&h->lock);
}

/* One logfmt line. It names the route's pattern, not what was asked for: that is somebody's text.
 */
static void log_request(struct req *r, const char *event) {
    char when[CLOCK_TEXT], line[640], trouble[sizeof r->trouble + 16] = "";
    const char *method = "other", *level = r->code >= 500 || r->trouble[0] ? "error" : "info";
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < COUNT(known); i++)
        if (r->method && !strcmp(r->method, known[i])) method = known[i];
    struct http *h = r->h;
    atomic_fetch_add(&h->requests, 1);
    if (r->code == 503)
        atomic_fetch_add(&h->busy, 1);
    else if (r->code >= 400)
        atomic_fetch_add(r->code < 500 ? &h->refused : &h->failed, 1);
    if (!h->c.log) return;
    clock_format(clock_unix(), when);
    if (r->trouble[0]) {
        memcpy(trouble, " error=", 7);
        escape_json(trouble + 7, sizeof trouble - 7, view_of(r->trouble));
    }
    snprintf(line, sizeof line,
             "time=%s level=%s event=%s method=%s route=%s code=%d ms=%.1f in=%lld out=%lld%s%s",
             when, r->code == 503 ? "warn" : level, event, method,
             r->route  ? r->route->path
             : r->page ? "page"
                       : "-",
             r->code, (clock_s() - r->start_s) * 1000, r->body_read, r->sent,
             r->gone ? " gone=1" : "", trouble);
    h->c.log(h->c.app, line);
}

/* One JSON line of who did what, from where, to what: names of things, never what is in them. */
static void log_audit(struct req *r) {
    char when[CLOCK_TEXT], line[1024], what[400], who[200];
    if (!r->audit || !r->h->c.log) return;
    struct view thing = r->route ? req_param(r, "name") : VIEW("");
    if (!thing.n) thing = req_query(r, "name");
    if (!thing.n && r->route) thing = req_param(r, "id");
    clock_format(clock_unix(), when);
    escape_json(what, sizeof what, thing);
    escape_json(who, sizeof who, view_of(r->caller.name));
    snprintf(line, sizeof line,
             "{\"time\":\"%s\",\"event\":\"audit\",\"action\":\"%s\",\"user\":%s,\"role\":\"%s\","
             "\"address\":\"%s\",\"what\":%s,\"code\":%d}",
             when, r->audit, who, caller_role_name(r->caller.role), r->address, what, r->code);
    r->h->c.log(r->h->c.app, line);
}

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
static int read_address(struct req *r, const struct mg_request_info *info, struct err *e) {
    const char *uri = info->request_uri ? info->request_uri : "";
    const char *query = info->query_string ? info->query_string : "";
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

/* The checks in their order; 0 with the route set, or with the page's file sent. */
static int admit(struct req *r, const struct mg_request_info *info, struct err *e) {
    struct check_site site = {.host = r->h->host,
                              .port = atomic_load(&r->h->port),
                              .allowed = r->h->c.allow,
                              .n_allowed = r->h->c.n_allow};
    int code = check_headers(r->header, r->n_headers, r->method, &site, &r->check, e);
    if (!code) code = read_address(r, info, e);
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

static void refuse_busy(struct req *r, const char *why, int retry_s, struct err *e) {
    (void)fail(e, ST_BUSY, "%s", why);
    e->retry_s = retry_s;
    err_hint(e, "try again in %d s", retry_s);
    req_fail(r, 503, ST_BUSY, e);
}

/* Seconds until one of these places may be free: each is held about as long as it was lately. */
static int place_free_in(const struct budget *b, double held_s) {
    enum { RETRY_MAX_S = 60 };
    double s = held_s / b->max;
    return s < 1 ? 1 : s > RETRY_MAX_S ? RETRY_MAX_S : (int)s + 1;
}

static void note_held(_Atomic double *held_s, double s) {
    double was = atomic_load(held_s);
    atomic_store(held_s, was > 0 ? .8 * was + .2 * s : s); /* one lost of two at once is no harm */
}

static void run_handler(struct req *r, struct err *e) {
    struct http *h = r->h;
    int kind = r->route->kind;
    struct budget *b = kind == HTTP_LONG ? &h->streams : kind == HTTP_IMPORT ? &h->imports : NULL;
    _Atomic double *held_s = kind == HTTP_LONG ? &h->long_s : &h->import_s;
    if (kind != HTTP_ALWAYS && atomic_load(&h->inside) > HTTP_WORKERS - HTTP_RESERVED) {
        refuse_busy(r, "too many requests at once", 1, e);
        return;
    }
    /* One goes on whatever is held: what it computes makes the engine give up what it kept. */
    if (b && budget_used(b) > 0 && mem_over()) {
        refuse_busy(r, "the server holds as much memory as it may", MEMORY_RETRY_S, e);
        return;
    }
    if (b && !budget_take(b, QUEUE_MS)) {
        refuse_busy(r,
                    kind == HTTP_LONG ? "too many rankings or exports at once"
                                      : "too many imports at once",
                    place_free_in(b, atomic_load(held_s)), e);
        return;
    }
    enum status st = r->route->fn(r, e);
    body_done(r);
    reply_finish(r, st, e);
    if (b) note_held(held_s, clock_s() - r->start_s);
    if (b) budget_give(b);
    if (r->large) budget_give(&h->large);
}

enum status req_large(struct req *r, struct err *e) {
    if (r->large || (r->large = budget_take(&r->h->large, QUEUE_MS))) return ST_OK;
    enum status st = fail(e, ST_BUSY, "too many large answers at once");
    err_hint(e, "ask for fewer rows with limit, or try again in a second");
    return st;
}

static void request_init(struct req *r, struct mg_connection *conn) {
    const struct mg_request_info *info = mg_get_request_info(conn);
    *r = (struct req){.h = mg_get_user_context_data(conn), .conn = conn, .start_s = clock_s()};
    r->caller.role = ROLE_ANYONE;
    if (!info) return;
    r->method = info->request_method ? info->request_method : "";
    r->head = strcmp(r->method, "HEAD") == 0;
    r->http1 = info->http_version && strcmp(info->http_version, "1.1") == 0;
    for (int i = 0; i < info->num_headers && i < CHECK_HEADERS; i++)
        r->header[r->n_headers++] =
            (struct check_header){info->http_headers[i].name, info->http_headers[i].value};
    check_client(r->header, r->n_headers, info->remote_addr, r->h->c.proxies, r->h->c.n_proxies,
                 r->address, sizeof r->address);
}

/* After a large request or many at once, at most once in some seconds: what they held in small
 * pieces goes back. Where it is too soon, the next request sees to it, whatever its size. */
static void trim(struct http *h, const struct req *r) {
    enum { LARGE = 512 << 10, MANY = 8, EACH_MS = 2000 };
    if (r->body_read >= LARGE || r->sent >= LARGE || atomic_load(&h->inside) >= MANY)
        atomic_store(&h->untrimmed, 1);
    if (!atomic_load(&h->untrimmed)) return;
    long long now = (long long)(clock_s() * 1000), last = atomic_load(&h->trimmed_ms);
    if (now - last < EACH_MS || !atomic_compare_exchange_strong(&h->trimmed_ms, &last, now)) return;
    atomic_store(&h->untrimmed, 0);
    mem_trim();
}

/* Never answers 0: the library must not serve anything itself. */
static int on_request(struct mg_connection *conn) {
    /* First, or the library goes on reading a body that was refused. */
    mg_disable_connection_keep_alive(conn);
    struct req r;
    struct err e = {.line = 0};
    request_init(&r, conn);
    r.arena = arena_take(r.h);
    atomic_fetch_add(&r.h->inside, 1);
    int code = admit(&r, mg_get_request_info(conn), &e);
    if (code)
        req_refuse(&r, code, &e);
    else if (r.route)
        run_handler(&r, &e);
    edge_written(&r);
    log_request(&r, "request");
    log_audit(&r);
    if (body_left(&r)) gone_drain(&r);
    arena_give(r.h, r.arena);
    trim(r.h, &r);
    atomic_fetch_sub(&r.h->inside, 1);
    return r.code > 0 ? r.code : 500;
}

/* What the library refuses by itself. Its text may quote the request, so it is not passed on. */
static int on_refusal(struct mg_connection *conn, int code, const char *text) {
    (void)text;
    mg_disable_connection_keep_alive(conn);
    struct req r;
    struct err e;
    request_init(&r, conn);
    (void)fail(&e, ST_BAD_INPUT, code < 500 ? "the request is malformed" : "the request failed");
    req_refuse(&r, code, &e);
    log_request(&r, "refusal");
    return 0;
}

static int on_message(const struct mg_connection *conn, const char *text) {
    (void)conn, (void)text; /* may quote the request */
    return 1;
}

/* Says why the address could not be listened on; the library only says that. */
static enum status why_not(const struct http_config *c, const char *host, struct err *e) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1, why = 0;
    if (fd < 0) return fail(e, ST_IO, "no socket could be made: %s", strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    (void)inet_pton(AF_INET, host, &a.sin_addr);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 1) != 0) why = errno;
    close(fd);
    if (why == EADDRINUSE) {
        enum status st = fail(e, ST_IO, "port %d on %s is taken by another program", c->port, host);
        err_hint(e, "stop that program, or choose another port with --port");
        return st;
    }
    if (why) return fail(e, ST_IO, "cannot listen on %s port %d: %s", host, c->port, strerror(why));
    return fail(e, ST_IO, "the server on %s port %d did not start (threads or memory)", host,
                c->port);
}

/* How many connections may wait for a worker. When no file can be opened the library's listener
 * spins on its failing accept, so the queue must be full before that. */
static enum status queue_length(int *out, struct err *e) {
    enum { WANT = 1024, OTHER_FILES = 128 };
    struct rlimit lim;
    rlim_t need = WANT + HTTP_WORKERS + OTHER_FILES;
    if (getrlimit(RLIMIT_NOFILE, &lim) != 0) lim = (struct rlimit){need, need};
    if (lim.rlim_cur < need) {
        struct rlimit more = {lim.rlim_max < need ? lim.rlim_max : need, lim.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &more) == 0) lim = more;
    }
    if (lim.rlim_cur < 256) {
        enum status st =
            fail(e, ST_LIMIT, "only %llu files may be open at once, the server needs 256",
                 (unsigned long long)lim.rlim_cur);
        err_hint(e, "raise the limit with ulimit -n 2048");
        return st;
    }
    *out = lim.rlim_cur < need ? (int)lim.rlim_cur - HTTP_WORKERS - OTHER_FILES : WANT;
    return ST_OK;
}

static enum status start(struct http *h, struct err *e) {
    char listen_at[64], silence[16], workers[16], queue[16];
    int queue_max = 0;
    const struct http_config *c = &h->c;
    TRY(queue_length(&queue_max, e));
    snprintf(queue, sizeof queue, "%d", queue_max);
    snprintf(listen_at, sizeof listen_at, "%s:%d", h->host, c->port);
    snprintf(silence, sizeof silence, "%d", c->silence_ms ? c->silence_ms : 5000);
    snprintf(workers, sizeof workers, "%d", HTTP_WORKERS);
    const char *options[] = {"listening_ports",
                             listen_at,
                             "num_threads",
                             workers,
                             "listen_backlog",
                             "2048",
                             "connection_queue",
                             queue,
                             "request_timeout_ms",
                             silence,
                             "decode_url",
                             "no",
                             "access_control_allow_origin",
                             "",
                             "access_control_allow_methods",
                             "",
                             "access_control_allow_headers",
                             "",
                             "enable_directory_listing",
                             "no",
                             "enable_keep_alive",
                             "no",
                             "max_request_size",
                             "16384",
                             "tcp_nodelay",
                             "1",
                             NULL};
    struct mg_callbacks on = {
        .begin_request = on_request, .http_error = on_refusal, .log_message = on_message};
    struct mg_server_port port = {0};
    h->ctx = mg_start(&on, h, options);
    if (!h->ctx) return why_not(c, h->host, e);
    if (mg_get_server_ports(h->ctx, 1, &port) < 1 || port.port <= 0)
        return fail(e, ST_IO, "the server does not tell its port");
    atomic_store(&h->port, port.port);
    if (c->secure)
        (void)snprintf(h->cookie, sizeof h->cookie, "__Host-taproom");
    else
        (void)snprintf(h->cookie, sizeof h->cookie, "taproom-%d", port.port);
    return ST_OK;
}

enum status http_open(struct http **out, const struct http_config *c, struct err *e) {
    const char *host = c->host ? c->host : "127.0.0.1";
    struct in_addr a;
    *out = NULL;
    if (strcmp(host, "localhost") == 0) host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &a) != 1)
        return fail(e, ST_INVALID, "the address to listen on must be IPv4, such as 127.0.0.1");
    if (c->port < 0 || c->port > 65535)
        return fail(e, ST_INVALID, "the port must be 0 to 65535, not %d", c->port);
    if (!check_loopback(host) && !c->token && !c->token_file) {
        enum status st = fail(e, ST_INVALID, "listening on %s needs tokens", host);
        err_hint(e, "give --token-file FILE, or one token of at least 16 characters in the "
                    "variable TAPROOM_TOKEN");
        return st;
    }
    for (int i = 0; i < c->n_allow; i++)
        if (!check_allowable(c->allow[i]))
            return fail(e, ST_INVALID, "--allow-host takes a NAME or NAME:PORT, not '%.80s'",
                        c->allow[i]);
    for (int i = 0; i < c->n_routes; i++) CHECK(route_valid(&c->routes[i]));
    struct http *h = mem_alloc(sizeof *h);
    if (!h) return fail(e, ST_NO_MEMORY, "no memory for the server");
    memset(h, 0, sizeof *h);
    h->c = *c;
    h->born = (unsigned)clock_unix();
    snprintf(h->host, sizeof h->host, "%s", host);
    atomic_store(&h->port, c->port);
    CHECK(pthread_mutex_init(&h->lock, NULL) == 0);
    budget_init(&h->streams, HTTP_STREAMS);
    budget_init(&h->readers, HTTP_READERS);
    budget_init(&h->imports, HTTP_IMPORTS);
    budget_init(&h->large, HTTP_LARGE);
    budget_init(&h->slow, HTTP_SLOW);
    for (int i = 0; i < HTTP_WORKERS; i++) arena_init(&h->arena[i], ARENA_BYTES);
    double idle_s = c->session_s ? c->session_s : 12 * 3600;
    enum status st = access_init(&h->access, c->token, c->token_file, idle_s, e);
    if (st == ST_OK) st = start(h, e);
    if (st != ST_OK) {
        http_close(h);
        return st;
    }
    *out = h;
    return ST_OK;
}

enum status http_reload(struct http *h, struct err *e) {
    return access_reload(&h->access, e);
}

int http_guarded(const struct http *h) {
    return h->access.needed;
}

int http_port(const struct http *h) {
    return atomic_load(&h->port);
}

void http_close(struct http *h) {
    if (!h) return;
    atomic_store(&h->closing, 1);
    if (h->ctx) mg_stop(h->ctx);
    for (int i = 0; i < HTTP_WORKERS; i++) arena_free(&h->arena[i]);
    budget_destroy(&h->streams);
    budget_destroy(&h->readers);
    budget_destroy(&h->imports);
    budget_destroy(&h->large);
    budget_destroy(&h->slow);
    access_close(&h->access);
    pthread_mutex_destroy(&h->lock);
    mem_free(h);
}

void http_stats(struct http *h, struct http_stats *out) {
    *out = (struct http_stats){
        .requests = atomic_load(&h->requests),
        .refused = atomic_load(&h->refused),
        .busy = atomic_load(&h->busy),
        .failed = atomic_load(&h->failed),
        .streams = budget_used(&h->streams),
        .readers = budget_used(&h->readers),
        .workers = atomic_load(&h->inside),
        .slow = budget_used(&h->slow),
    };
}
