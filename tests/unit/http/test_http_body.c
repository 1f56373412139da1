/* links: http */
/* Bodies that come whole, late, short, slowly or many at once; the workers must be free after. */
#include "tests/unit/http/http_toy.h"

static char answer[HC_BYTES];

static void ask_ok(void) {
    double from = hc_now();
    EQ(hc_ask(toy.port, answer, "GET /api/hello HTTP/1.1\r\nHost: $H\r\n\r\n"), 200);
    OK(hc_now() - from < 1);
}

static void none_busy(void) {
    struct http_stats s;
    for (int i = 0; i < 200; i++) { /* a worker gives its place back just after the answer */
        http_stats(toy.h, &s);
        if (s.readers + s.streams == 0) break;
        hc_sleep(.01);
    }
    EQ(s.readers, 0);
    EQ(s.streams, 0);
}

static int post(const char *path, const char *type, size_t length, const char *more) {
    char t[512];
    int fd = hc_connect(toy.port);
    snprintf(t, sizeof t,
             "POST %s HTTP/1.1\r\nHost: $H\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n",
             path, type, length, more);
    OK(hc_send_text(fd, toy.port, t));
    return fd;
}

static int finish(int fd, double timeout_s) {
    (void)hc_read(fd, answer, sizeof answer, timeout_s);
    close(fd);
    return hc_code(answer);
}

static void whole(void) {
    size_t n = 5 << 20;
    char *big = malloc(n), want[64];
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        big[i] = (char)('a' + i % 23);
        sum = sum * 31 + (unsigned char)big[i];
    }
    int fd = post("/api/body", "application/json; charset=UTF-8", n, "");
    double from = hc_now();
    OK(hc_send(fd, big, n));
    EQ(finish(fd, 20), 200);
    printf("5 MiB in %.2f s\n", hc_now() - from);
    snprintf(want, sizeof want, "%zu %u %d", n, sum, HTTP_JSON);
    EQ_STR(hc_body(answer), want);

    for (size_t i = 99; i < n; i += 100) big[i] = '\n';
    fd = post("/api/import", "text/csv", n, "");
    OK(hc_send(fd, big, n));
    EQ(finish(fd, 20), 200);
    snprintf(want, sizeof want, "%zu %zu", n, n / 100);
    EQ_STR(hc_body(answer), want);

    /* Split at every byte: header and body arrive in all possible two pieces. */
    const char *text = "PUT /api/echo/x HTTP/1.1\r\nHost: $H\r\nContent-Type: "
                       "application/json\r\nContent-Length: 4\r\n\r\nnull";
    for (size_t cut = 90; cut < strlen(text); cut++) {
        char head[256];
        fd = hc_connect(toy.port);
        snprintf(head, sizeof head, "%.*s", (int)cut, text);
        OK(hc_send_text(fd, toy.port, head));
        hc_sleep(.005);
        OK(hc_send(fd, text + cut, strlen(text) - cut));
        EQ(finish(fd, 5), 200);
    }
    free(big);
}

/* The same bytes in chunks of many sizes, to a call that reads all at once and to one that reads
 * line by line; the sums must be those of the plain body. */
static void chunked(void) {
    static const size_t size[] = {1, 7, 64, 1000, 65536};
    size_t n = 1 << 20;
    char *big = malloc(n), want[64], head[32];
    for (size_t k = 0; k < COUNT(size); k++) {
        size_t all = size[k] == 1 ? 5000 : n;
        unsigned sum = 0, lines = 0;
        for (size_t i = 0; i < all; i++) {
            big[i] = (char)(i % 100 == 99 ? '\n' : 'a' + i % 23);
            sum = sum * 31 + (unsigned char)big[i];
            lines += big[i] == '\n';
        }
        for (int import = 0; import < 2; import++) {
            char t[256];
            int fd = hc_connect(toy.port);
            snprintf(t, sizeof t,
                     "POST /api/%s HTTP/1.1\r\nHost: $H\r\nContent-Type: %s\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n",
                     import ? "import" : "body", import ? "text/csv" : "application/json");
            OK(hc_send_text(fd, toy.port, t));
            for (size_t at = 0; at < all; at += size[k]) {
                size_t part = all - at < size[k] ? all - at : size[k];
                int m = snprintf(head, sizeof head, "%zx\r\n", part);
                OK(hc_send(fd, head, (size_t)m) && hc_send(fd, big + at, part));
                OK(hc_send(fd, "\r\n", 2));
            }
            OK(hc_send(fd, "0\r\n\r\n", 5));
            EQ(finish(fd, 20), 200);
            if (import)
                snprintf(want, sizeof want, "%zu %u", all, lines);
            else
                snprintf(want, sizeof want, "%zu %u %d", all, sum, HTTP_JSON);
            EQ_STR(hc_body(answer), want);
        }
    }
    free(big);
}

/* A client that sends a whole body before it reads gets the refusal, not a broken pipe; one that
 * promises a body and does not send it is let go soon. */
static void sends_all_first(void) {
    enum { BYTES = 20 << 20 };
    char *junk = calloc(1, BYTES);
    static const struct {
        const char *path, *type;
        size_t bytes;
        int code;
    } t[] = {{"/v1/hello", "application/json", BYTES, 413},
             {"/api/body", "text/plain", 6 << 20, 415},
             {"/nothing", "application/json", 6 << 20, 404}};
    for (size_t i = 0; i < COUNT(t); i++) {
        int fd = post(t[i].path, t[i].type, t[i].bytes, "");
        hc_sleep(.05); /* the refusal is there before the body */
        OK(hc_send(fd, junk, t[i].bytes));
        EQ(finish(fd, 5), t[i].code);
    }
    free(junk);
    double from = hc_now();
    EQ(finish(post("/v1/hello", "application/json", BYTES, ""), 5), 413);
    OK(hc_now() - from < 1);
    none_busy();
}

/* A refused upload: the answer must arrive although the body was never read. */
static void refused(void) {
    static char junk[2 << 20];
    memset(junk, 'x', sizeof junk);
    for (int i = 0; i < 12; i++) {
        size_t n = (size_t)1000 << i;
        if (n > sizeof junk) n = sizeof junk;
        int fd = post("/v1/hello", "application/json", n, "");
        (void)hc_send(fd, junk, n);
        EQ(finish(fd, 5), 413);
    }
    ask_ok();
}

static void expects(void) {
    int fd = post("/api/body", "application/json", 4, "Expect: 100-continue\r\n");
    double from = hc_now();
    struct pollfd p = {fd, POLLIN, 0};
    EQ(poll(&p, 1, 2000), 1);
    OK(hc_now() - from < .5);
    ssize_t n = recv(fd, answer, 25, 0);
    EQ(n, 25);
    answer[25] = 0;
    EQ_STR(answer, "HTTP/1.1 100 Continue\r\n\r\n");
    OK(hc_send(fd, "true", 4));
    EQ(finish(fd, 5), 200);
    /* Refused before the body was asked for: no 100. */
    EQ(finish(post("/api/body", "text/plain", 4, "Expect: 100-continue\r\n"), 5), 415);
    OK(strncmp(answer, "HTTP/1.1 415", 12) == 0);
}

static void short_and_slow(void) {
    int before = atomic_load(&toy.bodies);
    int fd = post("/api/body", "application/json", 10, ""); /* stops, then closes its side */
    OK(hc_send(fd, "nul", 3));
    shutdown(fd, SHUT_WR);
    double from = hc_now();
    EQ(finish(fd, 5), 400);
    OK(strstr(answer, "3 of 10 bytes"));
    OK(hc_now() - from < .8);

    fd = post("/api/body", "application/json", 10, ""); /* stops and waits: the silence limit */
    OK(hc_send(fd, "nul", 3));
    from = hc_now();
    EQ(finish(fd, 5), 408);
    OK(hc_now() - from < 2.5);

    fd = post("/api/body", "application/json", 1000, ""); /* drips: the total deadline */
    from = hc_now();
    int code = 0;
    for (int i = 0; i < 100 && !code; i++) {
        (void)hc_send(fd, "x", 1);
        struct pollfd p = {fd, POLLIN, 0};
        if (poll(&p, 1, 50) == 1) code = 1;
    }
    EQ(finish(fd, 5), 408);
    OK(strstr(answer, "too slowly"));
    OK(hc_now() - from > .9 && hc_now() - from < 3.5);

    static const char chunks[] = "POST /api/body HTTP/1.1\r\nHost: $H\r\nContent-Type: "
                                 "application/json\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnu";
    fd = hc_connect(toy.port); /* stops within a chunk */
    OK(hc_send_text(fd, toy.port, chunks));
    from = hc_now();
    EQ(finish(fd, 5), 408);
    OK(hc_now() - from < 2.5);
    fd = hc_connect(toy.port);
    OK(hc_send_text(fd, toy.port, chunks));
    shutdown(fd, SHUT_WR);
    EQ(finish(fd, 5), 400);

    fd = post("/api/body", "application/json", 1000, ""); /* vanishes */
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    none_busy();
    EQ(atomic_load(&toy.bodies), before);
    ask_ok();
}

/* 200 clients that promise a body and drip it: others must hardly notice. */
static void drippers(void) {
    enum { N = 200 };
    int fd[N], busy = 0, late = 0;
    struct http_stats s;
    for (int i = 0; i < N; i++)
        fd[i] = post(i % 2 ? "/api/body" : "/api/import",
                     i % 2 ? "application/json" : "application/x-ndjson", 5000, "");
    hc_sleep(.1);
    double worst = 0;
    int most = 0;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < N; i++) (void)hc_send(fd[i], "x", 1);
        double from = hc_now();
        ask_ok();
        if (hc_now() - from > worst) worst = hc_now() - from;
        http_stats(toy.h, &s);
        if (s.readers > most) most = s.readers;
        hc_sleep(.05);
    }
    printf("worst GET beside %d drippers: %.3f s; readers at most %d\n", N, worst, most);
    OK(most > 0 && most <= HTTP_READERS);
    double until = hc_now() + 12;
    for (int i = 0; i < N; i++) {
        int code = finish(fd[i], until > hc_now() ? until - hc_now() : .01);
        busy += code == 503;
        late += code == 408;
        if (code == 503) EQ_STR(hc_header(answer, "Retry-After"), "1");
    }
    printf("%d were told to come back, %d timed out\n", busy, late);
    OK(busy > 0 && late >= HTTP_READERS);
    EQ(busy + late, N);
    none_busy();
}

/* Clients that connect and say nothing, or half a header: things go back to normal. */
static void idle_flood(void) {
    enum { N = 200 };
    int fd[N];
    for (int i = 0; i < N; i++) {
        fd[i] = hc_connect(toy.port);
        OK(fd[i] >= 0);
        if (i % 2) (void)hc_send(fd[i], "GET /api/he", 11);
    }
    double from = hc_now();
    EQ(hc_ask(toy.port, answer, "GET /api/hello HTTP/1.1\r\nHost: $H\r\n\r\n"), 200);
    printf("first GET behind %d silent clients: %.2f s\n", N, hc_now() - from);
    OK(hc_now() - from < 8); /* N / 64 x the silence limit of 1 s, and twice that for a header */
    ask_ok();
    for (int i = 0; i < N; i++) close(fd[i]);
}

int main(void) {
    toy_start(0, 0, NULL);
    whole();
    chunked();
    sends_all_first();
    refused();
    expects();
    none_busy();
    toy_stop();
    toy_start(1000, 1000, NULL);
    short_and_slow();
    drippers();
    idle_flood();
    toy_stop();
    return t_end();
}
