/* The HTTP edge: opens and closes the server, lets a request pass its checks, calls the handler
 * where there is a place for it, and writes the log line. */
#include "server/http/edge/edge.h"

#include "kernels/base/os/clock.h"
#include "kernels/base/os/limit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 64 << 20, QUEUE_MS = 100, MEMORY_RETRY_S = 2 };

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

void edge_request(struct req *r, const char *uri, const char *query) {
    struct http *h = r->h;
    struct err e = {.line = 0};
    r->arena = arena_take(h);
    atomic_fetch_add(&h->inside, 1);
    int code = admit(r, uri, query, &e);
    if (code)
        req_refuse(r, code, &e);
    else if (r->route)
        run_handler(r, &e);
    edge_written(r);
    log_request(r, "request");
    log_audit(r);
    if (body_left(r)) gone_drain(r);
    arena_give(h, r->arena);
    trim(h, r);
    atomic_fetch_sub(&h->inside, 1);
}

static void name_cookie(struct http *h) {
    if (h->c.secure)
        (void)snprintf(h->cookie, sizeof h->cookie, "__Host-taproom");
    else
        (void)snprintf(h->cookie, sizeof h->cookie, "taproom-%d", http_port(h));
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
    if (st == ST_OK) st = civetweb_start(h, e);
    if (st == ST_OK) name_cookie(h);
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
    civetweb_stop(h);
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
