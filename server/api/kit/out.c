/* Writing JSON text. */
#include "server/api/kit/out.h"

#include "server/http/escape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes from the start that stand in JSON as they are. */
static size_t plain(struct view v) {
    size_t n = 0;
    while (n < v.n) {
        unsigned char c = (unsigned char)v.p[n];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) break;
        size_t len = c < 0x80 ? 1 : utf8_len(v.p + n, v.n - n);
        if (len == 0) break;
        n += len;
    }
    return n;
}

/* Plain stretches go in whole, others character by character. */
static void quoted(struct buf *b, struct view v) {
    char t[16];
    buf_add(b, "\"", 1);
    while (v.n) {
        size_t n = plain(v);
        buf_add(b, v.p, n);
        v = view_sub(v, n, v.n - n);
        if (v.n == 0) break;
        size_t wrote = escape_json(t, sizeof t, (struct view){v.p, 1});
        buf_add(b, t + 1, wrote - 2);
        v = view_sub(v, 1, v.n - 1);
    }
    buf_add(b, "\"", 1);
}

static void before(struct buf *b, const char *name) {
    char last = b->n ? b->p[b->n - 1] : '{';
    if (last != '{' && last != '[') buf_add(b, ",", 1);
    if (!name) return;
    quoted(b, view_of(name));
    buf_add(b, ":", 1);
}

void out_open(struct buf *b, const char *name, char bracket) {
    if (b->n) before(b, name);
    buf_add(b, &bracket, 1);
}

void out_close(struct buf *b, char bracket) {
    buf_add(b, &bracket, 1);
}

void out_view(struct buf *b, const char *name, struct view v) {
    before(b, name);
    quoted(b, v);
}

void out_text(struct buf *b, const char *name, const char *text) {
    if (text)
        out_view(b, name, view_of(text));
    else
        out_raw(b, name, "null");
}

void out_int(struct buf *b, const char *name, long long x) {
    before(b, name);
    buf_printf(b, "%lld", x);
}

void out_num(struct buf *b, const char *name, double x) {
    if (!isfinite(x)) {
        b->failed = b->wrong = 1;
        return;
    }
    before(b, name);
    buf_printf(b, "%.9g", x);
}

void out_bool(struct buf *b, const char *name, int x) {
    out_raw(b, name, x ? "true" : "false");
}

void out_raw(struct buf *b, const char *name, const char *json) {
    before(b, name);
    buf_str(b, json);
}

enum status out_failed(const struct buf *b, struct err *e) {
    if (b->wrong) return fail(e, ST_INTERNAL, "a number of the answer is not finite");
    if (b->failed == 2) return fail(e, ST_NO_MEMORY, "no memory for the answer");
    enum status st = fail(e, ST_LIMIT, "the answer would be too large");
    err_hint(e, "ask for fewer rows with limit");
    return st;
}

enum status out_reply(struct req *r, struct buf *b, struct err *e) {
    enum status st = ST_OK;
    if (b->failed)
        st = out_failed(b, e);
    else
        req_reply(r, 200, "application/json", buf_text(b), NULL);
    buf_free(b);
    return st;
}

void out_done(struct req *r, long seq, struct view result) {
    char head[48];
    int n = snprintf(head, sizeof head, "{\"seq\":%ld,\"result\":", seq);
    const struct view part[] = {{head, (size_t)n}, result, VIEW("}")};
    sse_begin(r);
    (void)sse_event_of(r, "done", part, COUNT(part));
    sse_end(r);
}

static enum status send_but(struct req *r, struct buf *b, size_t keep, struct err *e) {
    if (b->failed) {
        enum status st = out_failed(b, e);
        buf_free(b);
        return st;
    }
    if (b->n <= keep) return ST_OK;
    if (!req_write(r, b->p, b->n - keep)) {
        buf_free(b);
        return fail(e, ST_CANCELLED, "the client has left");
    }
    char last = b->p[b->n - 1];
    buf_clear(b);
    if (keep) buf_add(b, &last, 1);
    return ST_OK;
}

enum status out_some(struct req *r, struct buf *b, struct err *e) {
    return send_but(r, b, 1, e);
}

enum status out_end(struct req *r, struct buf *b, struct err *e) {
    TRY(send_but(r, b, 0, e));
    buf_free(b);
    req_end(r);
    return ST_OK;
}
