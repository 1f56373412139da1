/* Server-sent events: one chunk per event, sent at once. */
#include "server/http/edge.h"

#include <stdio.h>
#include <string.h>

void sse_begin(struct req *r) {
    if (r->reply != EDGE_NONE) return;
    req_begin(r, 200, "text/event-stream", NULL);
    r->reply = EDGE_EVENTS;
}

static int send(struct req *r, const char *p, size_t n) {
    if (r->reply != EDGE_EVENTS || r->gone) return 0;
    return r->head || n == 0 || edge_chunk(r, p, n);
}

int sse_event(struct req *r, const char *name, struct view json) {
    char head[128];
    int n = snprintf(head, sizeof head, "id: %ld\nevent: %s\n", r->seq + 1, name);
    CHECK(n > 0 && (size_t)n < sizeof head);
    /* A line of data ends at CR or LF; text with either goes out as several lines. */
    size_t lines = 1;
    for (size_t i = 0; i < json.n; i++) lines += json.p[i] == '\n' || json.p[i] == '\r';
    char *t = mem_alloc((size_t)n + json.n + lines * 7 + 2);
    if (!t) return 0;
    memcpy(t, head, (size_t)n);
    char *at = t + n;
    for (size_t from = 0; from <= json.n;) {
        size_t to = from;
        while (to < json.n && json.p[to] != '\n' && json.p[to] != '\r') to++;
        memcpy(at, "data: ", 6);
        if (to > from) memcpy(at + 6, json.p + from, to - from);
        at += 6 + (to - from);
        *at++ = '\n';
        from = to + 1;
    }
    *at++ = '\n';
    int ok = send(r, t, (size_t)(at - t));
    mem_free(t);
    if (ok) r->seq++;
    return ok;
}

int sse_ping(struct req *r) {
    return send(r, ": ping\n\n", 8);
}

void sse_end(struct req *r) {
    if (r->reply != EDGE_EVENTS) return;
    r->reply = EDGE_DONE;
    if (!r->gone && !r->head) (void)edge_chunk(r, "", 0);
}
