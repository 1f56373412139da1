/* Matching of decoded paths against the route table. */
#include "server/http/route.h"

#include <string.h>

static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};

/* The next part of a pattern such as "/api/{name}"; *at moves behind it. */
static struct view next_part(const char **at) {
    const char *from = *at + 1, *to = from;
    while (*to && *to != '/') to++;
    *at = to;
    return (struct view){from, (size_t)(to - from)};
}

static int is_param(struct view part) {
    return part.n > 2 && part.p[0] == '{' && part.p[part.n - 1] == '}';
}

static int fits(const char *pattern, const struct path *p) {
    int i = 0;
    for (const char *at = pattern; *at; i++) {
        struct view part = next_part(&at);
        if (i >= p->n) return 0;
        if (is_param(part) ? p->part[i].n == 0 : !view_eq(part, p->part[i])) return 0;
    }
    return i == p->n;
}

static int serves(const struct route *row, const char *method) {
    return !strcmp(row->method, method) || (!strcmp(row->method, "GET") && !strcmp(method, "HEAD"));
}

const struct route *route_find(const struct route *rows, int n, const char *method,
                               const struct path *p, int *code, char allow[ROUTE_ALLOW]) {
    int found[COUNT(methods)] = {0};
    size_t used = 0;
    *code = 404;
    allow[0] = 0;
    for (int i = 0; i < n; i++) {
        if (!fits(rows[i].path, p)) continue;
        if (serves(&rows[i], method)) {
            *code = 0;
            return &rows[i];
        }
        *code = 405;
        for (size_t m = 0; m < COUNT(methods); m++) found[m] |= !strcmp(rows[i].method, methods[m]);
    }
    for (size_t m = 0; m < COUNT(methods); m++) {
        const char *text = m == 0 ? "GET, HEAD" : methods[m];
        if (!found[m]) continue;
        if (used) memcpy(allow + used, ", ", 2), used += 2;
        memcpy(allow + used, text, strlen(text) + 1);
        used += strlen(text);
    }
    return NULL;
}

struct view route_param(const struct route *row, const struct path *p, const char *name) {
    int i = 0;
    for (const char *at = row->path; *at && i < p->n; i++) {
        struct view part = next_part(&at);
        if (is_param(part) && view_eq_str(view_sub(part, 1, part.n - 2), name)) return p->part[i];
    }
    return VIEW("");
}

int route_valid(const struct route *row) {
    int known = 0, parts = 0, params = 0;
    if (!row->method || !row->path || !row->fn || row->path[0] != '/' || !row->path[1]) return 0;
    for (size_t m = 0; m < COUNT(methods); m++) known |= !strcmp(row->method, methods[m]);
    for (const char *at = row->path; *at; parts++) {
        struct view part = next_part(&at);
        if (part.n == 0) return 0;
        params += is_param(part);
    }
    int ours = !strncmp(row->path, "/api/", 5) || !strncmp(row->path, "/v1/", 4) ||
               !strncmp(row->path, "/v2/", 4) || !strcmp(row->path, "/metrics") ||
               !strcmp(row->path, "/rerank") || !strcmp(row->path, "/reranking");
    return ours && known && parts <= PATH_PARTS && params <= HTTP_PARAMS;
}
