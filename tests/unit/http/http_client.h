/* A raw-socket client for tests: sends exactly the bytes it is given, and answers what came back.
 * In requests `$H` stands for 127.0.0.1:PORT and `$P` for the port. */
#ifndef TESTS_HTTP_CLIENT_H
#define TESTS_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HC_BYTES = 256 * 1024 };

static inline double hc_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline void hc_sleep(double s) {
    struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
    nanosleep(&t, NULL);
}

/* A connected socket, or -1. */
static inline int hc_connect(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (fd < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0) return fd;
    close(fd);
    return -1;
}

/* 1 when all bytes were taken by the socket. */
static inline int hc_send(int fd, const char *p, size_t n) {
    while (n) {
        ssize_t got = send(fd, p, n, MSG_NOSIGNAL);
        if (got <= 0) return 0;
        p += got;
        n -= (size_t)got;
    }
    return 1;
}

/* Sends a request whose $H and $P are filled in. */
static inline int hc_send_text(int fd, int port, const char *text) {
    char out[32768];
    size_t n = 0;
    for (; *text && n + 32 < sizeof out; text++) {
        if (text[0] == '$' && text[1] == 'H')
            n += (size_t)snprintf(out + n, 32, "127.0.0.1:%d", port), text++;
        else if (text[0] == '$' && text[1] == 'P')
            n += (size_t)snprintf(out + n, 32, "%d", port), text++;
        else
            out[n++] = *text;
    }
    return hc_send(fd, out, n);
}

/* Reads until the peer closes, the buffer is full or the time is up; NUL-terminated. */
static inline size_t hc_read(int fd, char *buf, size_t cap, double timeout_s) {
    double until = hc_now() + timeout_s;
    size_t n = 0;
    while (n + 1 < cap) {
        struct pollfd p = {fd, POLLIN, 0};
        double left = until - hc_now();
        if (left <= 0 || poll(&p, 1, (int)(left * 1000) + 1) <= 0) break;
        ssize_t got = recv(fd, buf + n, cap - 1 - n, 0);
        if (got <= 0) break;
        n += (size_t)got;
    }
    buf[n] = 0;
    return n;
}

/* Status code of an answer, 0 when it is none. */
static inline int hc_code(const char *answer) {
    int code = 0;
    return sscanf(answer, "HTTP/1.1 %d ", &code) == 1 ? code : 0;
}

/* One request on its own connection; the answer in buf (HC_BYTES). 0 when nothing came. */
static inline int hc_ask(int port, char *buf, const char *request) {
    int fd = hc_connect(port);
    buf[0] = 0;
    if (fd < 0) return 0;
    (void)hc_send_text(fd, port, request);
    (void)hc_read(fd, buf, HC_BYTES, 10);
    close(fd);
    return hc_code(buf);
}

/* Value of a header in an answer, or NULL; valid until the next call in this thread. */
static inline const char *hc_header(const char *answer, const char *name) {
    static _Thread_local char value[1024];
    size_t len = strlen(name);
    for (const char *at = strstr(answer, "\r\n"); at && at[2] != '\r';
         at = strstr(at + 2, "\r\n")) {
        const char *line = at + 2, *end = strstr(line, "\r\n");
        if (!end || strncasecmp(line, name, len) != 0 || line[len] != ':') continue;
        snprintf(value, sizeof value, "%.*s", (int)(end - line - (long)len - 2), line + len + 2);
        return value;
    }
    return NULL;
}

static inline const char *hc_body(const char *answer) {
    const char *at = strstr(answer, "\r\n\r\n");
    return at ? at + 4 : "";
}

/* Undoes the chunks of an answer's body into out; 1 when the last chunk is there. */
static inline int hc_unchunk(const char *answer, char *out, size_t cap) {
    size_t n = 0;
    for (const char *at = hc_body(answer);;) {
        char *end;
        unsigned long size = strtoul(at, &end, 16);
        out[n] = 0;
        if (end == at || end[0] != '\r') return 0;
        if (size == 0) return 1;
        if (strlen(end + 2) < size || n + size >= cap) return 0;
        memcpy(out + n, end + 2, size);
        n += size;
        at = end + 2 + size + 2;
    }
}

#endif
