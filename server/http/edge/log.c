/* What a request leaves in the logs: a line of how it went, and one of who did what. */
#include "server/http/edge/edge.h"
#include "server/http/escape.h"

#include "kernels/base/os/clock.h"

#include <stdio.h>
#include <string.h>

/* One logfmt line. It names the route's pattern, not what was asked for: that is somebody's text.
 */
void log_request(struct req *r, const char *event) {
    char when[CLOCK_TEXT], line[640], trouble[sizeof r->trouble + 16] = "";
    const char *method = "other", *level = r->code >= 500 || r->trouble[0] ? "error" : "info";
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < COUNT(known); i++)
        if (r->method && !strcmp(r->method, known[i])) method = known[i];
    struct http *h = r->h;
    atomic_fetch_add(&h->requests, 1);
    if (r->code == 503)
        atomic_fetch_add(&h->busy, 1);
    else if (r->code >= 400)
        atomic_fetch_add(r->code < 500 ? &h->refused : &h->failed, 1);
    if (!h->c.log) return;
    clock_format(clock_unix(), when);
    if (r->trouble[0]) {
        memcpy(trouble, " error=", 7);
        escape_json(trouble + 7, sizeof trouble - 7, view_of(r->trouble));
    }
    snprintf(line, sizeof line,
             "time=%s level=%s event=%s method=%s route=%s code=%d ms=%.1f in=%lld out=%lld%s%s",
             when, r->code == 503 ? "warn" : level, event, method,
             r->route  ? r->route->path
             : r->page ? "page"
                       : "-",
             r->code, (clock_s() - r->start_s) * 1000, r->body_read, r->sent,
             r->gone ? " gone=1" : "", trouble);
    h->c.log(h->c.app, line);
}

/* One JSON line of who did what, from where, to what: names of things, never what is in them. */
void log_audit(struct req *r) {
    char when[CLOCK_TEXT], line[1024], what[400], who[200];
    if (!r->audit || !r->h->c.log) return;
    struct view thing = r->route ? req_param(r, "name") : VIEW("");
    if (!thing.n) thing = req_query(r, "name");
    if (!thing.n && r->route) thing = req_param(r, "id");
    clock_format(clock_unix(), when);
    escape_json(what, sizeof what, thing);
    escape_json(who, sizeof who, view_of(r->caller.name));
    snprintf(line, sizeof line,
             "{\"time\":\"%s\",\"event\":\"audit\",\"action\":\"%s\",\"user\":%s,\"role\":\"%s\","
             "\"address\":\"%s\",\"what\":%s,\"code\":%d}",
             when, r->audit, who, caller_role_name(r->caller.role), r->address, what, r->code);
    r->h->c.log(r->h->c.app, line);
}
