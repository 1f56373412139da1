/* Noticing that a client has left while nothing is written to it. The library keeps its sockets to
 * itself, so the one of a request is found by its two addresses, which no other socket shares. */
#include "server/http/edge.h"

#include "kernels/base/clock.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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
