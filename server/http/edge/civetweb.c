/* The one file that knows CivetWeb: everything else here speaks to edge.h, so that another server
 * could take its place. What it lacks and is made up for stands at each place. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "server/http/edge/edge.h"

#include "kernels/base/os/clock.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(CHECK_HEADERS == MG_MAX_HEADERS, "dropped headers must be noticed");

/* It gives its threads 100 KiB, of which the thread-local memory of all libraries is taken, and has
 * no option for more. The program's definition comes before the C library's, and asks for more
 * while it starts its threads. */
static _Thread_local int starting;

int pthread_attr_setstacksize(pthread_attr_t *attr, size_t bytes) {
    enum { LEAST = 512 << 10 };
    int (*real)(pthread_attr_t *, size_t);
    void *found = dlsym(RTLD_NEXT, "pthread_attr_setstacksize");
    memcpy(&real, &found, sizeof real);
    return real(attr, starting && bytes < LEAST ? LEAST : bytes);
}

enum { DRAIN_PIECE = 4096, DRAIN_BYTES = 64 << 20, DRAIN_S = 2, PAUSE_MS = 300 };

static int is_ours(int fd, const struct mg_request_info *info) {
    struct sockaddr_in a, b;
    socklen_t n = sizeof a, m = sizeof b;
    char text[INET_ADDRSTRLEN];
    return getpeername(fd, (struct sockaddr *)&a, &n) == 0 && a.sin_family == AF_INET &&
           ntohs(a.sin_port) == info->remote_port &&
           inet_ntop(AF_INET, &a.sin_addr, text, sizeof text) &&
           strcmp(text, info->remote_addr) == 0 &&
           getsockname(fd, (struct sockaddr *)&b, &m) == 0 && b.sin_family == AF_INET &&
           ntohs(b.sin_port) == info->server_port;
}

/* It keeps its sockets to itself, so that nothing tells when a client has left, or takes no more. A
 * request's is the one of this process with its two addresses, which no other shares. */
static int find_socket(const struct mg_request_info *info) {
    DIR *d = info ? opendir("/proc/self/fd") : NULL;
    int found = -1;
    if (!d) return -1;
    for (struct dirent *f = readdir(d); f && found < 0; f = readdir(d)) {
        char *end;
        long fd = strtol(f->d_name, &end, 10);
        if (*end == '\0' && end != f->d_name && is_ours((int)fd, info)) found = (int)fd;
    }
    closedir(d);
    return found;
}

int gone_socket(struct req *r) {
    if (r->socket == 0) r->socket = find_socket(mg_get_request_info(r->conn));
    return r->socket;
}

int gone_look(struct req *r) {
    char byte;
    if (gone_socket(r) < 0) return 0;
    ssize_t n = recv(r->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void gone_drain(struct req *r) {
    char piece[DRAIN_PIECE];
    if (r->gone || gone_socket(r) < 0 || !budget_take(&r->h->readers, 0)) return;
    struct pollfd p = {r->socket, POLLIN, 0};
    double until = clock_s() + DRAIN_S;
    (void)shutdown(r->socket, SHUT_WR); /* who reads the answer up to its end need not wait */
    for (long long n = 0; n < DRAIN_BYTES && clock_s() < until;) {
        if (poll(&p, 1, PAUSE_MS) != 1) break;
        ssize_t got = recv(r->socket, piece, sizeof piece, MSG_DONTWAIT);
        if (got <= 0) break;
        n += got;
    }
    budget_give(&r->h->readers);
}

long civetweb_read(struct req *r, char *p, size_t n) {
    return mg_read(r->conn, p, n);
}

int civetweb_send(struct req *r, const char *p, size_t n, int chunk) {
    return chunk ? mg_send_chunk(r->conn, p, (unsigned)n) >= 0 : mg_write(r->conn, p, n) == (int)n;
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

/* It serves files and directories of its own where a callback answers 0: never. Nor is it let to
 * read on for a next request, which it would do over a body that was refused. */
static int on_request(struct mg_connection *conn) {
    mg_disable_connection_keep_alive(conn);
    struct req r;
    request_init(&r, conn);
    const struct mg_request_info *info = mg_get_request_info(conn);
    const char *uri = info && info->request_uri ? info->request_uri : "";
    const char *query = info && info->query_string ? info->query_string : "";
    edge_request(&r, uri, query);
    return r.code > 0 ? r.code : 500;
}

/* It refuses some requests by itself, in a text that may quote them: not passed on. */
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

/* It says that an address could not be listened on, and not why. */
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

/* Its listener spins on a failing accept when no file can be opened, so the queue of those that
 * wait for a worker must be full before that. */
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

enum status civetweb_start(struct http *h, struct err *e) {
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
    starting = 1;
    h->ctx = mg_start(&on, h, options);
    starting = 0;
    if (!h->ctx) return why_not(c, h->host, e);
    if (mg_get_server_ports(h->ctx, 1, &port) < 1 || port.port <= 0)
        return fail(e, ST_IO, "the server does not tell its port");
    atomic_store(&h->port, port.port);
    return ST_OK;
}

void civetweb_stop(struct http *h) {
    if (h->ctx) mg_stop(h->ctx);
}
