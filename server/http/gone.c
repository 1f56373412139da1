/* Noticing that a client has left while nothing is written to it. The library keeps its sockets to
 * itself, so the one of a request is found by its two addresses, which no other socket shares. */
#include "server/http/edge.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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
