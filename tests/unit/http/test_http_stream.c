/* links: http */
/* Replies of unknown length, server-sent events, clients that leave, budgets, and closing. */
#include "kernels/base/os/limit.h"
#include "tests/unit/http/http_toy.h"

#include <sys/resource.h>
#include <sys/wait.h>

static char answer[HC_BYTES], text[HC_BYTES];

static int get(const char *path) {
    char t[256];
    snprintf(t, sizeof t, "GET %s HTTP/1.1\r\nHost: $H\r\n\r\n", path);
    return hc_ask(toy.port, answer, t);
}

static int open_get(const char *path) {
    char t[256];
    int fd = hc_connect(toy.port);
    snprintf(t, sizeof t, "GET %s HTTP/1.1\r\nHost: $H\r\n\r\n", path);
    OK(fd >= 0 && hc_send_text(fd, toy.port, t));
    return fd;
}

static int wait_for(atomic_int *what, int value, double timeout_s) {
    for (double until = hc_now() + timeout_s; hc_now() < until; hc_sleep(.005))
        if (atomic_load(what) == value) return 1;
    return atomic_load(what) == value;
}

static void exports(void) {
    EQ(get("/api/export?rows=3000"), 200);
    EQ_STR(hc_header(answer, "Transfer-Encoding"), "chunked");
    EQ_STR(hc_header(answer, "Content-Disposition"), "attachment; filename=\"x.csv\"");
    OK(hc_header(answer, "Content-Length") == NULL);
    OK(hc_unchunk(answer, text, sizeof text));
    const char *at = text;
    for (int i = 0; i < 3000; i++) {
        char row[32];
        int n = snprintf(row, sizeof row, "row %d\n", i);
        if (strncmp(at, row, (size_t)n) != 0) {
            T_SAY("row %d is missing", i);
            break;
        }
        at += n;
    }
    EQ(*at, 0);
    EQ(get("/api/export?rows=0"), 200);
    OK(hc_unchunk(answer, text, sizeof text));
    EQ_STR(text, "");
    EQ(get("/api/export?rows=3000&cut=1"), 200); /* fails half-way: the end must be missing */
    OK(!hc_unchunk(answer, text, sizeof text));
    OK(toy_logged("route=/api/export code=200") && toy_logged("the disk went away"));
    /* An old client gets the bytes without chunks, up to the end of the connection. */
    EQ(hc_ask(toy.port, answer, "GET /api/export?rows=2 HTTP/1.0\r\nHost: $H\r\n\r\n"), 200);
    OK(hc_header(answer, "Transfer-Encoding") == NULL);
    EQ_STR(hc_body(answer), "row 0\nrow 1\n");
}

static void events(void) {
    EQ(get("/api/events"), 200);
    EQ_STR(hc_header(answer, "Content-Type"), "text/event-stream");
    EQ_STR(hc_header(answer, "Cache-Control"), "no-store");
    OK(hc_unchunk(answer, text, sizeof text));
    EQ_STR(text, "id: 1\nevent: progress\ndata: {\"seq\":1}\n\n"
                 ": ping\n\n"
                 "id: 2\nevent: score\ndata: {\"seq\":2,\ndata: \"x\":\"\ndata: \"}\n\n"
                 "id: 3\nevent: done\ndata: {}\n\n");
    EQ(get("/api/events?fail=1"), 200);
    OK(hc_unchunk(answer, text, sizeof text));
    OK(strstr(text, "id: 3\nevent: error\ndata: {\"error\":{\"code\":\"conflict\",\"message\":"
                    "\"stopped\",\"field\":null,\"line\":null,\"hint\":null},\"seq\":3}\n\n"));
}

/* A large event arrives whole, without memory of its own. */
static void big_event(void) {
    enum { MIB = 40 };
    int fd = open_get("/api/events?big=40");
    size_t all = 0, xs = 0;
    char last[8] = "";
    for (ssize_t n; (n = recv(fd, answer, sizeof answer, 0)) > 0; all += (size_t)n) {
        for (ssize_t i = 0; i < n; i++) xs += answer[i] == 'x';
        size_t keep = n < 7 ? (size_t)n : 7;
        memcpy(last, answer + n - keep, keep);
    }
    close(fd);
    OK(xs >= (size_t)MIB << 20 && xs < ((size_t)MIB << 20) + 64); /* and those of the headers */
    OK(strstr(last, "0\r\n\r\n") != NULL);
}

/* Seconds until the answer to a request, -1 when it is another code. */
static double ask_within(const char *path, int code) {
    double from = hc_now();
    return get(path) == code ? hc_now() - from : -1;
}

/* Clients that read a little now and then hold few workers: the others are dropped, and what people
 * ask for is answered at once. */
static void slow_readers(void) {
    enum { N = 64 };
    int fd[N], small = 8 << 10, closed = 0;
    double worst = 0;
    for (int i = 0; i < N; i++) {
        fd[i] = hc_connect(toy.port);
        setsockopt(fd[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        OK(hc_send_text(fd[i], toy.port, "GET /api/large?mib=30 HTTP/1.1\r\nHost: $H\r\n\r\n"));
    }
    for (double until = hc_now() + 3; hc_now() < until; hc_sleep(.05)) {
        for (int i = 0; i < N; i++) (void)recv(fd[i], answer, 1024, MSG_DONTWAIT);
        double took = ask_within("/api/hello", 200); /* at first, all at once, it may be 503 */
        if (hc_now() < until - 2.5) continue;
        OK(took >= 0);
        if (took > worst) worst = took;
        OK(ask_within("/api/alive", 200) >= 0);
    }
    struct http_stats s;
    http_stats(toy.h, &s);
    printf("with %d slow readers: %d workers, %d slow places, worst answer %.0f ms\n", N, s.workers,
           s.slow, worst * 1000);
    OK(s.slow <= HTTP_SLOW && s.workers <= HTTP_SLOW + 4);
    OK(worst < .3);
    for (int i = 0; i < N; i++) close(fd[i]), closed++;
    for (double until = hc_now() + 5; s.slow && hc_now() < until; hc_sleep(.05))
        http_stats(toy.h, &s);
    EQ(s.slow, 0);
    /* Who reads as fast as it comes gets all of it. */
    int one = open_get("/api/large?mib=30");
    size_t all = 0;
    for (ssize_t n; (n = recv(one, answer, sizeof answer, 0)) > 0;) all += (size_t)n;
    OK(all > 30u << 20);
    close(one);
}

/* All workers but the reserved ones taken: some calls are still answered, the others told at once.
 */
static void reserved(void) {
    int fd[HTTP_WORKERS - HTTP_RESERVED];
    atomic_store(&toy.release, 0);
    for (size_t i = 0; i < COUNT(fd); i++) fd[i] = open_get("/api/keep");
    OK(wait_for(&toy.holding, COUNT(fd), 5));
    for (int k = 0; k < 20; k++) {
        double took = ask_within("/api/alive", 200);
        OK(took >= 0 && took < .3);
        took = ask_within("/api/hello", 503);
        OK(took >= 0 && took < .3);
    }
    EQ_STR(hc_header(answer, "Retry-After"), "1");
    atomic_store(&toy.release, 1);
    for (size_t i = 0; i < COUNT(fd); i++) close(fd[i]);
    OK(wait_for(&toy.holding, 0, 5));
    EQ(get("/api/hello"), 200);
}

/* Leaves after n bytes of the stream, by closing or by a reset. */
static void leave_after(size_t n, int reset) {
    atomic_store(&toy.gone_at, 0);
    atomic_store(&toy.release, 0);
    int fd = open_get("/api/hold");
    OK(wait_for(&toy.holding, 1, 5));
    for (size_t at = 0; at < n;) {
        ssize_t got = recv(fd, answer, n - at, 0);
        if (got <= 0) break;
        at += (size_t)got;
    }
    struct linger now = {1, 0};
    if (reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    double left = hc_now();
    close(fd);
    OK(wait_for(&toy.holding, 0, 2));
    double noticed = atomic_load(&toy.gone_at) - left;
    OK(noticed > -.05 && noticed < .2);
    printf("left after %zu bytes (reset %d): noticed after %.0f ms\n", n, reset, noticed * 1000);
}

static void client_gone(void) {
    leave_after(1, 0);
    leave_after(1, 1);
    leave_after(700, 0);
    leave_after(700, 1);
    EQ(get("/api/hello"), 200);
    OK(toy_logged("route=/api/hold code=200") && toy_logged(" gone=1"));
    /* A reader that stops: writes fail after the silence limit, not never. */
    atomic_store(&toy.gone_at, 0);
    double from = hc_now();
    int fd = open_get("/api/export?rows=100000000");
    while (atomic_load(&toy.gone_at) == 0 && hc_now() - from < 10) hc_sleep(.01);
    OK(hc_now() - from < 4);
    close(fd);
}

/* 32 streams take all their places; the 33rd is told to come back and everything else goes on. */
static void budget(void) {
    int fd[HTTP_STREAMS];
    struct http_stats s;
    atomic_store(&toy.release, 0);
    for (int i = 0; i < HTTP_STREAMS; i++) fd[i] = open_get("/api/hold");
    OK(wait_for(&toy.holding, HTTP_STREAMS, 5));
    double from = hc_now();
    EQ(get("/api/events"), 503);
    EQ_STR(hc_header(answer, "Retry-After"), "1");
    OK(hc_now() - from < .5);
    for (int i = 0; i < 20; i++) {
        from = hc_now();
        EQ(get("/api/hello"), 200);
        OK(hc_now() - from < 1);
    }
    http_stats(toy.h, &s);
    EQ(s.streams, HTTP_STREAMS);
    OK(s.busy >= 1);
    atomic_store(&toy.release, 1);
    for (int i = 0; i < HTTP_STREAMS; i++) {
        (void)hc_read(fd[i], answer, sizeof answer, 5);
        OK(hc_unchunk(answer, text, sizeof text));
        close(fd[i]);
    }
    EQ(get("/api/events"), 200);
}

/* Over its memory the server takes one long request at a time, so that it always goes on. */
static void memory(void) {
    atomic_store(&toy.release, 0);
    mem_limit(1);
    int fd = open_get("/api/hold");
    OK(wait_for(&toy.holding, 1, 5));
    EQ(get("/api/events"), 503);
    OK(strstr(answer, "memory") && *hc_header(answer, "Retry-After"));
    EQ(get("/api/hello"), 200);
    mem_limit(0);
    EQ(get("/api/events"), 200);
    atomic_store(&toy.release, 1);
    (void)hc_read(fd, answer, sizeof answer, 5);
    close(fd);
}

static void *many(void *arg) {
    static _Thread_local char mine[4096];
    int *good = arg;
    for (int i = 0; i < 50; i++) {
        int fd = hc_connect(toy.port);
        (void)hc_send_text(fd, toy.port, "GET /api/hello HTTP/1.1\r\nHost: $H\r\n\r\n");
        (void)hc_read(fd, mine, sizeof mine, 10);
        close(fd);
        *good += hc_code(mine) == 200;
    }
    return NULL;
}

static void crowd(void) {
    pthread_t t[20];
    int good[20] = {0}, all = 0;
    double from = hc_now();
    for (int i = 0; i < 20; i++) EQ(pthread_create(&t[i], NULL, many, &good[i]), 0);
    for (int i = 0; i < 20; i++) {
        pthread_join(t[i], NULL);
        all += good[i];
    }
    EQ(all, 1000);
    printf("1000 requests by 20 clients in %.2f s\n", hc_now() - from);
}

/* Everybody at once: all are answered, and the last within a second or so. */
static void flood(void) {
    static int fd[1000];
    struct rlimit lim;
    int n = 1000, good = 0;
    getrlimit(RLIMIT_NOFILE, &lim);
    lim.rlim_cur = lim.rlim_max < 4096 ? lim.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &lim);
    if (lim.rlim_cur < 2200) n = (int)(lim.rlim_cur - 200) / 2;
    double from = hc_now();
    for (int i = 0; i < n; i++) fd[i] = open_get("/api/hello");
    for (int i = 0; i < n; i++) {
        (void)hc_read(fd[i], answer, sizeof answer, 10);
        good += hc_code(answer) == 200;
        close(fd[i]);
    }
    EQ(good, n);
    printf("%d requests at once in %.2f s\n", n, hc_now() - from);
    OK(hc_now() - from < 5);
}

/* Closing with a stream open and half a request sent: quick, and the handler sees a failed write.
 */
static void closing(void) {
    atomic_store(&toy.release, 0);
    atomic_store(&toy.gone_at, 0);
    int stream = open_get("/api/hold"), half = hc_connect(toy.port), idle = hc_connect(toy.port);
    (void)hc_send(half, "GET /api", 8);
    int body = hc_connect(toy.port);
    (void)hc_send_text(body, toy.port,
                       "POST /api/body HTTP/1.1\r\nHost: $H\r\nContent-Type: application/json\r\n"
                       "Content-Length: 9\r\n\r\n[");
    OK(wait_for(&toy.holding, 1, 5));
    double from = hc_now();
    toy_stop();
    printf("closed in %.2f s\n", hc_now() - from);
    OK(hc_now() - from < 5);
    OK(atomic_load(&toy.gone_at) > 0);
    OK(hc_connect(toy.port) < 0);
    close(stream), close(half), close(idle), close(body);
}

/* Every allocation fails once: the answer is 200 or a clean 503, and the server lives. */
static void no_memory(void) {
    int refused = 0;
    for (long k = 1; k <= 12; k++) {
        mem_fail_at(k, 1);
        int code = get(k % 2 ? "/api/export?rows=2000" : "/api/echo/x?q=y");
        OK(code == 200 || code == 503);
        refused += code == 503;
        mem_fail_at(0, 0);
    }
    printf("%d answers were 503 for want of memory\n", refused);
    EQ(get("/api/hello"), 200);
}

/* A server that may open few files, in a process of its own: tells its port and its start's status,
 * and leaves when the pipe closes. */
static void small_server(rlim_t files, int out, int in) {
    struct rlimit lim = {files, files};
    struct err e = {.line = 0};
    struct http_config c = {
        .routes = toy_routes, .n_routes = COUNT(toy_routes), .app = &toy, .silence_ms = 1000};
    setrlimit(RLIMIT_NOFILE, &lim);
    int told[2] = {(int)http_open(&toy.h, &c, &e), 0};
    if (toy.h) told[1] = http_port(toy.h);
    if (told[0] == ST_LIMIT && !strstr(e.text, "64 files")) told[0] = ST_INTERNAL;
    char byte;
    if (write(out, told, sizeof told) == sizeof told) (void)!read(in, &byte, 1);
    http_close(toy.h);
    _exit(0);
}

/* Few files: refused with a reason, or served with a shorter queue and without a spinning core. */
static void few_files(rlim_t files, enum status want) {
    int out[2], in[2], told[2] = {-1, 0}, fd[400];
    struct rusage used;
    OK(pipe(out) == 0 && pipe(in) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(in[1]);
        small_server(files, out[1], in[0]);
    }
    EQ(read(out[0], told, sizeof told), sizeof told);
    EQ(told[0], want);
    if (told[0] == ST_OK) {
        toy.port = told[1];
        for (size_t i = 0; i < COUNT(fd); i++) fd[i] = hc_connect(toy.port);
        hc_sleep(1.5);
        for (size_t i = 0; i < COUNT(fd); i++) close(fd[i]);
        EQ(get("/api/hello"), 200);
    }
    close(in[1]);
    EQ(wait4(child, NULL, 0, &used), child);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
    printf("%d files: %s, %.2f s of processor time\n", (int)files,
           status_name((enum status)told[0]), cpu);
    OK(cpu < .7);
    close(in[0]), close(out[0]), close(out[1]);
}

int main(void) {
    few_files(64, ST_LIMIT);
    few_files(260, ST_OK);
    toy_start(1000, 0, NULL);
    no_memory();
    exports();
    events();
    big_event();
    slow_readers();
    reserved();
    client_gone();
    budget();
    memory();
    crowd();
    flood();
    toy_stop();
    toy_start(0, 0, NULL);
    closing();
    return t_end();
}
