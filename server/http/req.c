/* What a handler asks of its request. */
#include "server/http/edge.h"

void *req_app(const struct req *r) {
    return r->h->c.app;
}

struct arena *req_arena(struct req *r) {
    return r->arena;
}

struct view req_param(const struct req *r, const char *name) {
    return route_param(r->route, &r->path, name);
}

struct view req_query(const struct req *r, const char *name) {
    for (int i = 0; i < r->n_pairs; i++)
        if (view_eq_str(r->pairs[i].key, name)) return r->pairs[i].value;
    return (struct view){NULL, 0};
}

struct view req_header(const struct req *r, const char *name) {
    return check_find(r->header, r->n_headers, name);
}

int req_gone(struct req *r) {
    if (!r->gone) r->gone = gone_look(r);
    return r->gone;
}
