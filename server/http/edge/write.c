/* Writing to clients that may be slow: a reply is waited for only as long as its client takes it at
 * a least rate, and only so many slow ones are waited for at once. */
#include "server/http/edge/edge.h"

#include "kernels/base/os/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

/* PIECE fits into a socket that has room at all. What is below AT_ONCE fits into the system's
 * buffers, whose room need not be asked for. */
enum { PIECE = 16 * 1024, AT_ONCE = 128 * 1024, SLOW_MS = 250, LOOK_MS = 100, SILENCE_MS = 5000 };

static int silence_ms(const struct req *r) {
    return r->h->c.silence_ms ? r->h->c.silence_ms : SILENCE_MS;
}

static int in_time(const struct req *r) {
    return r->write_s <= silence_ms(r) / 1e3 + (double)r->written / HTTP_RATE;
}

/* A slow reply needs a place; without one its client is given up. */
static int become_slow(struct req *r) {
    if (r->slow) return 1;
    r->slow = budget_take(&r->h->slow, 0);
    if (!r->slow) (void)snprintf(r->trouble, sizeof r->trouble, "dropped: too many slow readers");
    return r->slow;
}

void edge_written(struct req *r) {
    if (r->slow) budget_give(&r->h->slow);
    r->slow = 0;
}

/* 1: there is room (or an error, which the write will find); 0: not within ms. */
static int has_room(struct req *r, int ms) {
    struct pollfd p = {.fd = gone_socket(r), .events = POLLOUT};
    if (p.fd < 0) return 1;
    int n = poll(&p, 1, ms);
    return n > 0 || (n < 0 && errno != EINTR);
}

/* Waits until the client has taken enough for the next piece; 0 when it is given up. */
static int await_room(struct req *r) {
    if (has_room(r, 0)) return 1;
    double from = clock_s(), waited = 0;
    int ok = has_room(r, SLOW_MS);
    if (!ok && !become_slow(r)) return 0;
    while (!ok && waited * 1e3 < silence_ms(r) && !atomic_load(&r->h->closing)) {
        ok = has_room(r, LOOK_MS);
        waited = clock_s() - from;
    }
    r->write_s += clock_s() - from;
    return ok && in_time(r);
}

static int send_piece(struct req *r, const char *p, size_t n, int chunk) {
    if (r->written > AT_ONCE && !await_room(r)) return 0;
    double from = clock_s();
    int ok = civetweb_send(r, p, n, chunk);
    double took = clock_s() - from;
    r->write_s += took;
    r->written += (long long)n;
    return ok && in_time(r) && (took * 1e3 < SLOW_MS || become_slow(r));
}

/* The library waits a second for what a client may still send; of one that is given up nothing more
 * is wanted, and its worker is. */
static void give_up(struct req *r) {
    r->gone = 1;
    if (gone_socket(r) >= 0) (void)shutdown(r->socket, SHUT_RDWR);
}

static int send_all(struct req *r, const char *p, size_t n, int chunk) {
    for (size_t at = 0; at < n && !r->gone;) {
        size_t want = n - at < PIECE ? n - at : PIECE;
        if (!send_piece(r, p + at, want, chunk)) give_up(r);
        at += want;
    }
    return !r->gone;
}

int edge_write(struct req *r, const char *p, size_t n) {
    return send_all(r, p, n, 0);
}

int edge_chunk(struct req *r, const char *p, size_t n) {
    if (!r->http1) return edge_write(r, p, n);
    if (n == 0 && !r->gone) r->gone = !civetweb_send(r, "", 0, 1);
    if (send_all(r, p, n, 1)) r->sent += (long long)n;
    return !r->gone;
}
