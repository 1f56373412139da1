/* Reading and answering the calls that other programs know. */
#include "server/api/v1/v1.h"

#include "server/api/kit/out.h"
#include "server/store/sql/depth.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 200 };

enum status v1_wrong(struct err *e, const char *what, const char *field, ...) {
    char name[sizeof e->field];
    va_list ap;
    va_start(ap, field);
    vsnprintf(name, sizeof name, field, ap);
    va_end(ap);
    (void)fail(e, ST_INVALID, "%s %s", name, what);
    err_field(e, "%s", name);
    return ST_INVALID;
}

void v1_warn(struct v1 *c, const char *fmt, ...) {
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *copy =
        c->n_warnings < V1_WARNINGS_MAX ? arena_copy(&c->s->arena, text, strlen(text)) : NULL;
    if (copy)
        c->warning[c->n_warnings++] = copy;
    else
        c->n_unsaid++;
}

static int among(const char *const *names, const char *key) {
    for (; *names; names++)
        if (strcmp(*names, key) == 0) return 1;
    return 0;
}

enum status v1_fields(struct v1 *c, const char *const *known, const char *const *later,
                      struct err *e) {
    struct engine_info m;
    const char *key;
    json_t *v;
    json_object_foreach(c->top, key, v) {
        if (among(known, key)) continue;
        if (among(later, key))
            v1_warn(c, "%s is not supported by this server and was ignored", key);
        else
            v1_warn(c, "the field %.64s is not known and was ignored", key);
    }
    engine_info(c->ranker->engine, &m);
    c->model = m.name;
    json_t *name = json_object_get(c->top, "model");
    if (!name || json_is_null(name)) return ST_OK;
    if (!json_is_string(name) || json_string_length(name) > NAME_MAX_BYTES)
        return v1_wrong(e, "must be a text of at most 200 bytes", "model");
    c->model = json_string_value(name);
    return ST_OK;
}

enum status v1_flag(struct v1 *c, const char *name, int *out, struct err *e) {
    json_t *v = json_object_get(c->top, name);
    *out = json_is_true(v);
    if (!v || json_is_null(v) || json_is_boolean(v)) return ST_OK;
    return v1_wrong(e, "must be true or false", "%s", name);
}

/* --- running --- */

enum status v1_run(struct v1 *c, struct job *j, struct err *e) {
    struct app *app = c->s->app;
    j->user = app_user(c->s->req, VIEW(""));
    task_stop_flag(&c->s->task, &j->cancel);
    enum status st = engine_score(c->ranker->engine, j, e);
    task_stop_flag(&c->s->task, NULL);
    app_count(app, st, j->tokens_computed, j->tokens_cached);
    return st;
}

void v1_warnings(struct v1 *c) {
    struct buf *b = &c->out;
    out_open(b, "warnings", '[');
    for (int i = 0; i < c->n_warnings; i++) out_text(b, NULL, c->warning[i]);
    if (c->n_unsaid) {
        char text[64];
        snprintf(text, sizeof text, "and %d more", c->n_unsaid);
        out_text(b, NULL, text);
    }
    out_close(b, ']');
}

void v1_end(struct v1 *c, long long tokens) {
    struct buf *b = &c->out;
    out_open(b, "usage", '{');
    out_int(b, "prompt_tokens", tokens);
    out_int(b, "total_tokens", tokens);
    out_close(b, '}');
    v1_warnings(c);
    out_close(b, '}');
}

static enum status parse(struct v1 *c, struct err *e) {
    TRY(depth_load(c->s->body, &c->top, e));
    if (json_is_object(c->top)) return ST_OK;
    return fail(e, ST_BAD_INPUT, "the body must be a JSON object");
}

/* Other servers' clients name models that are not here: then the default one answers. */
static enum status take_model(struct v1 *c, struct err *e) {
    json_t *name = json_object_get(c->top, "model");
    struct view v = {json_string_value(name), json_string_length(name)};
    enum status st =
        v.n && v.n <= NAME_MAX_BYTES ? served_model(c->s, v, &c->ranker, e) : ST_NOT_FOUND;
    return st == ST_NOT_FOUND ? served_model(c->s, VIEW(""), &c->ranker, e) : st;
}

static enum status work(struct served *s, struct err *e) {
    struct v1 *c = s->arg;
    c->s = s;
    enum status st = parse(c, e);
    if (st == ST_OK) st = take_model(c, e);
    if (st == ST_OK) st = c->fn(c, e);
    registry_give(s->app->registry, c->ranker);
    if (st == ST_OK && c->out.failed) st = out_failed(&c->out, e);
    s->answer = buf_text(&c->out);
    json_decref(c->top);
    return st;
}

enum status v1_call(struct req *r, const char *name, enum status (*fn)(struct v1 *c, struct err *e),
                    struct err *e) {
    const struct served_kind kind = {name, SERVED_RANKS, work, NULL};
    struct v1 *c = ARENA_NEW(req_arena(r), struct v1, 1);
    if (!c) return fail(e, ST_NO_MEMORY, "no memory for a request");
    c->fn = fn;
    buf_init(&c->out, OUT_MAX);
    enum status st = served_call(r, &kind, VIEW(""), c, e);
    buf_free(&c->out);
    if (st == ST_INVALID || st == ST_UNSUPPORTED) {
        req_fail(r, 400, st, e);
        st = ST_OK;
    }
    return st;
}
