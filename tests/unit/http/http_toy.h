/* A small server for the tests of the HTTP edge: one toy route for each thing an edge must do. */
#ifndef TESTS_HTTP_TOY_H
#define TESTS_HTTP_TOY_H

#define _GNU_SOURCE /* pthread_getattr_np; so this header comes first */

#include "server/http/http.h"
#include "tests/unit/http/http_client.h"
#include "tests/t.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static struct toy {
    struct http *h;
    int port;
    atomic_int calls; /* handlers that began */
    atomic_int writes, bodies;
    atomic_int release; /* lets /api/hold end */
    atomic_int holding;
    atomic_int wrong;       /* broken expectations inside handlers */
    _Atomic double gone_at; /* when a handler noticed that its client left */
    pthread_mutex_t lock;   /* guards log */
    char log[64 * 1024];
    size_t log_n;
} toy = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void toy_log(void *app, const char *line) {
    struct toy *t = app;
    size_t n = strlen(line);
    pthread_mutex_lock(&t->lock);
    if (t->log_n + n + 2 > sizeof t->log) t->log_n = 0;
    memcpy(t->log + t->log_n, line, n);
    t->log[t->log_n + n] = '\n';
    t->log[t->log_n + n + 1] = 0;
    t->log_n += n + 1;
    pthread_mutex_unlock(&t->lock);
}

static inline int toy_logged(const char *what) {
    pthread_mutex_lock(&toy.lock);
    int found = strstr(toy.log, what) != NULL;
    pthread_mutex_unlock(&toy.lock);
    return found;
}

static int toy_asset(const char *path, struct view *data, const char **type, const char **etag) {
    if (strcmp(path, "/") != 0 && strcmp(path, "/a b.js") != 0) return 0;
    *data = VIEW("<!doctype html><title>toy</title>");
    *type = "text/html; charset=utf-8";
    *etag = "abc123";
    return 1;
}

static long query_number(struct req *r, const char *name, long otherwise) {
    long long x;
    return view_int(req_query(r, name), &x) ? (long)x : otherwise;
}

static enum status toy_hello(struct req *r, struct err *e) {
    (void)e;
    atomic_fetch_add(&((struct toy *)req_app(r))->calls, 1);
    req_reply(r, 200, "application/json", VIEW("{\"ok\":true}"), NULL);
    return ST_OK;
}

static enum status toy_echo(struct req *r, struct err *e) {
    struct view name = req_param(r, "name"), q = req_query(r, "q");
    char *t = arena_printf(req_arena(r), "name=%.*s q=%.*s query=%d none=%zu", (int)name.n, name.p,
                           (int)q.n, q.p ? q.p : "", q.p != NULL, req_param(r, "nam").n);
    if (!t) return fail(e, ST_NO_MEMORY, "no memory");
    req_reply(r, 200, "text/plain; charset=utf-8", view_of(t), "X-Toy: 1\r\n");
    return ST_OK;
}

static enum status toy_fail(struct req *r, struct err *e) {
    struct view name = req_param(r, "status");
    for (int st = 1; st < ST_COUNT; st++) {
        if (!view_eq_str(name, status_name((enum status)st))) continue;
        (void)fail(e, (enum status)st, "a \"quoted\"\ttext\xff of %s",
                   status_name((enum status)st));
        err_field(e, "items[3].id");
        err_line(e, 7);
        err_hint(e, "look there");
        return (enum status)st;
    }
    return ST_OK; /* and no reply */
}

static enum status toy_stack(struct req *r, struct err *e) {
    pthread_attr_t attr;
    void *low;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attr) != 0) return fail(e, ST_INTERNAL, "no attr");
    pthread_attr_getstack(&attr, &low, &size);
    pthread_attr_destroy(&attr);
    char here, *t = arena_printf(req_arena(r), "%ld %zu", (long)(&here - (char *)low), size);
    req_reply(r, 200, "text/plain", view_of(t), NULL);
    return ST_OK;
}

static enum status toy_body(struct req *r, struct err *e) {
    struct view body;
    atomic_fetch_add(&toy.writes, 1);
    TRY(req_body(r, &body, e));
    unsigned sum = 0;
    for (size_t i = 0; i < body.n; i++) sum = sum * 31 + (unsigned char)body.p[i];
    if (body.n && body.p[body.n] != 0) return fail(e, ST_INTERNAL, "no NUL behind the body");
    atomic_fetch_add(&toy.bodies, 1);
    char *t = arena_printf(req_arena(r), "%zu %u %d", body.n, sum, req_body_type(r));
    req_reply(r, 200, "text/plain", view_of(t), NULL);
    return ST_OK;
}

static enum status toy_import(struct req *r, struct err *e) {
    size_t n, all = 0, lines = 0, cap = 64 * 1024;
    char *p = arena_alloc(req_arena(r), cap);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory");
    do {
        TRY(req_read(r, p, cap, &n, e));
        for (size_t i = 0; i < n; i++) lines += p[i] == '\n';
        all += n;
    } while (n);
    char *t = arena_printf(req_arena(r), "%zu %zu", all, lines);
    req_reply(r, 200, "text/plain", view_of(t), NULL);
    return ST_OK;
}

static enum status toy_export(struct req *r, struct err *e) {
    long rows = query_number(r, "rows", 10), cut = query_number(r, "cut", 0);
    char row[64];
    req_begin(r, 200, "text/csv", "Content-Disposition: attachment; filename=\"x.csv\"\r\n");
    for (long i = 0; i < rows; i++) {
        int n = snprintf(row, sizeof row, "row %ld\n", i);
        if (!req_write(r, row, (size_t)n)) {
            atomic_store(&toy.gone_at, hc_now());
            return ST_OK;
        }
    }
    if (cut) return fail(e, ST_IO, "the disk went away");
    req_end(r);
    return ST_OK;
}

/* An event of `big` MiB, for which no memory can be had. */
static void toy_big_event(struct req *r, size_t n) {
    char *p = arena_alloc(req_arena(r), n);
    memset(p, 'x', n);
    const struct view part[] = {VIEW("{\"x\":\""), {p, n}, VIEW("\"}")};
    mem_fail_at(1, 1);
    atomic_fetch_add(&toy.wrong, !sse_event_of(r, "done", part, 3));
    mem_fail_at(0, 0);
}

static enum status toy_events(struct req *r, struct err *e) {
    long big = query_number(r, "big", 0);
    sse_begin(r);
    if (big) {
        toy_big_event(r, (size_t)big << 20);
        sse_end(r);
        return ST_OK;
    }
    atomic_fetch_add(&toy.wrong, !(sse_event(r, "progress", VIEW("{\"seq\":1}"))));
    atomic_fetch_add(&toy.wrong, !(sse_ping(r)));
    atomic_fetch_add(&toy.wrong, !(sse_event(r, "score", VIEW("{\"seq\":2,\n\"x\":\"\r\"}"))));
    if (query_number(r, "fail", 0)) return fail(e, ST_CONFLICT, "stopped");
    atomic_fetch_add(&toy.wrong, !(sse_event(r, "done", VIEW("{}"))));
    sse_end(r);
    atomic_fetch_add(&toy.wrong, sse_event(r, "late", VIEW("{}")));
    return ST_OK;
}

/* Some MiB at once. */
static enum status toy_large(struct req *r, struct err *e) {
    static char much[32 << 20];
    size_t n = (size_t)query_number(r, "mib", 1) << 20;
    if (n > sizeof much) return fail(e, ST_LIMIT, "too large");
    req_reply(r, 200, "text/plain", (struct view){much, n}, NULL);
    return ST_OK;
}

/* Holds its place until it is released or its client leaves. */
static enum status toy_hold(struct req *r, struct err *e) {
    (void)e;
    sse_begin(r);
    atomic_fetch_add(&toy.holding, 1);
    while (!atomic_load(&toy.release)) {
        if (!sse_ping(r)) {
            atomic_fetch_add(&toy.wrong, !(req_gone(r)));
            atomic_store(&toy.gone_at, hc_now());
            break;
        }
        hc_sleep(.02);
    }
    atomic_fetch_sub(&toy.holding, 1);
    sse_end(r);
    return ST_OK;
}

static enum status toy_inject(struct req *r, struct err *e) {
    (void)e;
    req_reply(r, 200, "text/plain", VIEW("x"), "A: b\r\n\r\nforged\r\n");
    return ST_OK;
}

static const struct route toy_routes[] = {
    {"GET", "/api/hello", toy_hello, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"GET", "/metrics", toy_hello, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"POST", "/v1/hello", toy_hello, 64, HTTP_JSON, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"GET", "/api/echo/{name}", toy_echo, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"DELETE", "/api/echo/{name}", toy_echo, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"PUT", "/api/echo/{name}", toy_body, 64, HTTP_JSON, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"GET", "/api/fail/{status}", toy_fail, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"GET", "/api/stack", toy_stack, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"POST", "/api/body", toy_body, 6 << 20, HTTP_JSON, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"POST", "/api/import", toy_import, 64 << 20, HTTP_NDJSON | HTTP_CSV, HTTP_QUICK, ROLE_ADMIN,
     NULL},
    {"POST", "/api/empty", toy_body, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"GET", "/api/export", toy_export, 0, 0, HTTP_LONG, ROLE_ADMIN, NULL},
    {"GET", "/api/events", toy_events, 0, 0, HTTP_LONG, ROLE_ADMIN, NULL},
    {"GET", "/api/hold", toy_hold, 0, 0, HTTP_LONG, ROLE_ADMIN, NULL},
    {"GET", "/api/large", toy_large, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"GET", "/api/alive", toy_hello, 0, 0, HTTP_ALWAYS, ROLE_ADMIN, NULL},
    {"GET", "/api/keep", toy_hold, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
    {"POST", "/api/rows", toy_import, 1 << 30, HTTP_NDJSON | HTTP_CSV, HTTP_IMPORT, ROLE_ADMIN,
     NULL},
    {"GET", "/api/inject", toy_inject, 0, 0, HTTP_QUICK, ROLE_ADMIN, NULL},
};

/* Starts the server on a free port; silence and body time in ms, 0 = default. */
static inline void toy_start(int silence_ms, int body_ms, const char *token) {
    struct err e = {.line = 0};
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    struct http_config c = {.host = "127.0.0.1",
                            .token = token,
                            .routes = toy_routes,
                            .n_routes = COUNT(toy_routes),
                            .app = &toy,
                            .log = toy_log,
                            .asset = toy_asset,
                            .silence_ms = silence_ms,
                            .body_ms = body_ms};
    GOOD(http_open(&toy.h, &c, &e));
    if (!toy.h) exit(1);
    toy.port = http_port(toy.h);
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
}

static inline void toy_stop(void) {
    EQ(atomic_load(&toy.wrong), 0);
    http_close(toy.h);
    toy.h = NULL;
}

#endif
