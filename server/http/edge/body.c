/* Reading of request bodies: in small pieces under a total deadline, by few workers at a time. */
#include "server/http/edge/edge.h"

#include "kernels/base/os/clock.h"

/* The library waits for the whole piece and restarts its clock at each byte, so a piece is the
 * least that is waited for: 64 bytes still take 10 MiB in a third of a second. Pieces begin with
 * one byte and go back to it after a slow one, so that who drips is seen within a few bytes. */
enum { PIECE = 64, QUEUE_MS = 100, BODY_MS = 10000, SILENCE_MS = 5000 };

static int is_over(const struct req *r) {
    return r->body_ended || (!r->check.chunked && r->body_read >= r->check.length);
}

/* A body may take as long as it keeps the least rate: what came so far buys time, what was only
 * announced does not. */
static double deadline_s(const struct req *r) {
    double base = r->h->c.body_ms ? r->h->c.body_ms : BODY_MS;
    return base / 1000 + (double)r->body_read / HTTP_RATE;
}

static enum status begin(struct req *r, struct err *e) {
    if (r->reading || is_over(r)) return ST_OK;
    if (!budget_take(&r->h->readers, QUEUE_MS)) {
        enum status st = fail(e, ST_BUSY, "too many uploads at once");
        err_hint(e, "try again in a second");
        return st;
    }
    r->reading = 1;
    r->piece = 1;
    if (r->check.expects && r->http1) {
        r->continued = 1;
        (void)edge_write(r, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    return ST_OK;
}

void body_done(struct req *r) {
    if (!r->reading) return;
    r->reading = 0;
    budget_give(&r->h->readers);
}

static enum status ended_early(const struct req *r, struct err *e) {
    if (r->check.chunked)
        return fail(e, ST_BAD_INPUT, "the body's chunks are malformed or ended after %lld bytes",
                    r->body_read);
    return fail(e, ST_BAD_INPUT, "the body ended after %lld of %lld bytes", r->body_read,
                r->check.length);
}

static enum status too_slow(const struct req *r, struct err *e) {
    if (r->check.chunked)
        return fail(e, ST_TIMEOUT, "the body came too slowly: %lld bytes in %.1f s", r->body_read,
                    r->waited_s);
    return fail(e, ST_TIMEOUT, "the body came too slowly: %lld of %lld bytes in %.1f s",
                r->body_read, r->check.length, r->waited_s);
}

/* One piece; *n is 0 only at the end of the body. */
static enum status read_piece(struct req *r, char *p, size_t cap, size_t *n, struct err *e) {
    size_t want = (size_t)r->piece < cap ? (size_t)r->piece : cap;
    if (atomic_load(&r->h->closing)) return fail(e, ST_BUSY, "the server is stopping");
    long long left = r->check.length - r->body_read;
    if (!r->check.chunked && (long long)want > left) want = (size_t)left;
    double from = clock_s();
    long got = civetweb_read(r, p, want);
    double took = clock_s() - from;
    int silence = r->h->c.silence_ms ? r->h->c.silence_ms : SILENCE_MS;
    *n = got > 0 ? (size_t)got : 0;
    r->waited_s += took;
    r->body_read += (long long)*n;
    r->piece = took > .01 ? 1 : r->piece < PIECE ? r->piece * 2 : PIECE;
    int missing = r->check.chunked ? got < 0 : *n < want;
    if (missing || (r->check.chunked && *n < want)) r->body_ended = 1;
    if (missing && took * 1000 < silence * .9) return ended_early(r, e);
    if (missing || (r->waited_s > deadline_s(r) && !is_over(r))) {
        r->body_ended = 1;
        return too_slow(r, e);
    }
    if ((unsigned long long)r->body_read <= r->route->body_max) return ST_OK;
    return fail(e, ST_LIMIT, "the body has more than the %zu bytes that this call takes",
                r->route->body_max);
}

enum status req_read(struct req *r, char *p, size_t cap, size_t *n, struct err *e) {
    *n = 0;
    TRY(begin(r, e));
    while (*n < cap && !is_over(r)) {
        size_t got = 0;
        enum status st = read_piece(r, p + *n, cap - *n, &got, e);
        if (st != ST_OK) {
            body_done(r);
            return st;
        }
        *n += got;
    }
    if (is_over(r)) body_done(r);
    return ST_OK;
}

enum status req_body(struct req *r, struct view *out, struct err *e) {
    size_t n = r->check.chunked      ? r->route->body_max + 1
               : r->check.length > 0 ? (size_t)r->check.length
                                     : 0,
           got;
    *out = (struct view){"", 0};
    if (n == 0) return ST_OK;
    /* The place comes first: who waits for one holds no memory. */
    TRY(begin(r, e));
    char *p = arena_alloc(r->arena, n + 1);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for a body of %zu bytes", n);
    TRY(req_read(r, p, n, &got, e));
    p[got] = 0;
    *out = (struct view){p, got};
    return ST_OK;
}

int body_left(const struct req *r) {
    struct view length = check_find(r->header, r->n_headers, "Content-Length");
    struct view coding = check_find(r->header, r->n_headers, "Transfer-Encoding");
    struct view expect = check_find(r->header, r->n_headers, "Expect");
    if ((!length.p || view_eq_str(length, "0")) && !coding.p) return 0;
    if (expect.p && !r->continued) return 0;
    return !r->body_ended && !(r->route && is_over(r));
}

int req_body_type(const struct req *r) {
    return r->check.type;
}

struct view req_charset(const struct req *r) {
    return r->check.charset;
}
