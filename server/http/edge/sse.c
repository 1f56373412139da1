/* Server-sent events: each is sent at once, in as many chunks as it needs, and takes no memory. */
#include "server/http/edge/edge.h"

#include <stdio.h>
#include <string.h>

void sse_begin(struct req *r) {
    if (r->reply != EDGE_NONE) return;
    req_begin(r, 200, "text/event-stream", NULL);
    r->reply = EDGE_EVENTS;
}

/* The text of a view behind "data: "; a line of data ends at CR or LF, so text with either goes out
 * as several lines. */
static int add_lines(struct req *r, struct view v) {
    int ok = 1;
    for (size_t from = 0; ok && from < v.n;) {
        size_t to = from;
        while (to < v.n && v.p[to] != '\n' && v.p[to] != '\r') to++;
        ok = edge_gather(r, v.p + from, to - from);
        if (ok && to < v.n) ok = edge_gather(r, "\ndata: ", 7);
        from = to + 1;
    }
    return ok;
}

int sse_event_of(struct req *r, const char *name, const struct view *part, int n_parts) {
    char head[128];
    if (r->reply != EDGE_EVENTS || r->gone) return 0;
    int n = snprintf(head, sizeof head, "id: %ld\nevent: %s\ndata: ", r->seq + 1, name);
    CHECK(n > 0 && (size_t)n < sizeof head);
    int ok = edge_gather(r, head, (size_t)n);
    for (int i = 0; ok && i < n_parts; i++) ok = add_lines(r, part[i]);
    ok = ok && edge_gather(r, "\n\n", 2) && edge_flush(r);
    if (ok) r->seq++;
    return ok;
}

int sse_event(struct req *r, const char *name, struct view json) {
    return sse_event_of(r, name, &json, 1);
}

int sse_ping(struct req *r) {
    return r->reply == EDGE_EVENTS && !r->gone && edge_gather(r, ": ping\n\n", 8) && edge_flush(r);
}

void sse_end(struct req *r) {
    if (r->reply != EDGE_EVENTS) return;
    r->reply = EDGE_DONE;
    if (!r->gone && !r->head) (void)edge_chunk(r, "", 0);
}
