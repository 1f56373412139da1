/* What the kinds share. */
#include "model/remote/kind.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void kind_ids(struct buf *b, const int32_t *ids, int n) {
    buf_str(b, "[");
    for (int i = 0; i < n; i++) buf_printf(b, "%s%d", i ? "," : "", ids[i]);
    buf_str(b, "]");
}

void kind_text(struct buf *b, const char *s) {
    buf_str(b, "\"");
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20)
            buf_printf(b, "\\u%04x", (unsigned)*s);
        else
            buf_printf(b, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    }
    buf_str(b, "\"");
}

void kind_model(const struct remote *r, struct buf *b) {
    if (!r->spec.model) return;
    buf_str(b, "\"model\":");
    kind_text(b, r->spec.model);
    buf_str(b, ",");
}

enum status kind_wrong(const struct remote *r, struct err *e, const char *fmt, ...) {
    char what[200];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return fail(e, ST_CORRUPT, "%s: its answer %s", r->kind->title, what);
}

/* What rounding puts above 0 is 0. */
enum status kind_logprob(const struct remote *r, const json_t *v, int32_t token, float *out,
                         struct err *e) {
    if (!json_is_number(v)) return kind_wrong(r, e, "has no log-probability of token %d", token);
    double x = json_number_value(v);
    if (!isfinite(x) || x > .01)
        return kind_wrong(r, e, "has %g as the log-probability of token %d", x, token);
    *out = x > 0 ? 0 : (float)(x < -1e30 ? -1e30 : x);
    return ST_OK;
}

enum status kind_count(const struct remote *r, const json_t *v, long long sent, struct err *e) {
    if (!v || json_is_null(v)) return ST_OK;
    if (json_is_integer(v) && json_integer_value(v) == sent) return ST_OK;
    enum status st = kind_wrong(r, e, "is of %lld tokens where %lld were sent",
                                (long long)json_integer_value(v), sent);
    err_hint(e, "it must take token ids as they are, without one of its own before them");
    return st;
}

/* --- facts --- */

struct get {
    const struct remote *r;
    const char *path;
    json_t *top;
    int may_lack, sent;
};

static enum status get_next(void *arg, struct wire_call *c, int *more, struct err *e) {
    struct get *g = arg;
    (void)e;
    *more = !g->sent++;
    c->path = g->path;
    c->any_code = g->may_lack;
    return ST_OK;
}

static enum status get_done(void *arg, struct wire_call *c, struct err *e) {
    struct get *g = arg;
    if (c->code >= 400) return ST_OK;
    g->top = json_loadb(c->answer.p ? c->answer.p : "", c->answer.n, 0, NULL);
    return g->top ? ST_OK : kind_wrong(g->r, e, "to %s is not JSON", g->path);
}

enum status kind_get(const struct remote *r, const char *path, int may_lack, json_t **out,
                     struct err *e) {
    struct get g = {.r = r, .path = path, .may_lack = may_lack};
    const struct waiting who = {.r = r};
    const struct wire_work x = {
        .arg = &g, .next = get_next, .done = get_done, .most = 1, .gone = remote_gone, .who = &who};
    TRY(wire_run(&r->wire, &x, e));
    *out = g.top;
    return ST_OK;
}

static enum status take_model(struct remote *r, const json_t *top, struct err *e) {
    const json_t *data = json_object_get(top, "data"), *m = json_array_get(data, 0);
    for (size_t i = 0; r->spec.model && i < json_array_size(data); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(data, i), "id"));
        if (id && strcmp(id, r->spec.model) == 0) m = json_array_get(data, i);
    }
    const char *id = json_string_value(json_object_get(m, "id"));
    if (!id) return kind_wrong(r, e, "to /v1/models names no model");
    if (r->spec.model && strcmp(id, r->spec.model) != 0)
        return fail(e, ST_NOT_FOUND, "%s has no model %.100s; it has %.100s", r->kind->title,
                    r->spec.model, id);
    r->spec.model = r->model = arena_copy(&r->arena, id, strlen(id));
    json_int_t most = json_integer_value(json_object_get(m, "max_model_len"));
    if (most > 0 && most < r->context) r->context = (int)most;
    return r->model ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a name");
}

enum status kind_models(struct remote *r, struct err *e) {
    json_t *top;
    TRY(kind_get(r, "/v1/models", 0, &top, e));
    enum status st = take_model(r, top, e);
    json_decref(top);
    return st;
}
