/* /api/catalogs/N/preferences: wishes that stay, as people keep and change them. */
#include "server/store/kept/preference.h"

#include "server/api/kit/app.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/task/worker_thread.h"
#include "server/wish/clauses/clauses.h"
#include "server/store/sql/depth.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <string.h>

static void write_one(struct buf *b, const char *name, const struct preference *p) {
    out_open(b, name, '{');
    out_int(b, "id", p->id);
    out_text(b, "owner", p->owner);
    out_text(b, "member", p->member);
    out_text(b, "text", p->text);
    out_int(b, "sign", p->sign);
    out_num(b, "weight", p->weight);
    out_bool(b, "active", p->active);
    out_int(b, "position", p->position);
    out_int(b, "created", p->created);
    if (p->has_end)
        out_int(b, "expires", p->expires);
    else
        out_raw(b, "expires", "null");
    out_bool(b, "expired", p->has_end && p->expires <= clock_unix());
    out_close(b, '}');
}

/* All of the caller's in a catalogue, or with `member` those that count for that member now; with
 * `everybody=1` an administrator sees those of all users. */
enum status api_preferences_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view member = req_query(r, "member");
    struct preference *p;
    struct buf b;
    int n, everybody = 0;
    struct view owner = view_of(req_caller(r)->name);
    TRY(query_flag(r, "everybody", &everybody, e));
    everybody = everybody && req_caller(r)->role == ROLE_ADMIN;
    TRY(preference_list(app->store, everybody ? NULL : &owner, req_param(r, "name"),
                        member.p ? member : VIEW(""), !member.p, clock_unix(), req_arena(r), &p, &n,
                        e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "preferences", '[');
    for (int i = 0; i < n; i++) write_one(&b, NULL, &p[i]);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

/* --- changes */

struct change {
    struct view body;
    struct arena *arena;
    struct preference *p; /* has the values before, and then after */
};

static enum status wrong(struct err *e, const char *field, const char *what) {
    (void)fail(e, ST_INVALID, "%s %s", field, what);
    err_field(e, "%s", field);
    return ST_INVALID;
}

static enum status get_text(struct change *c, json_t *v, const char *field, size_t max,
                            const char **out, struct err *e) {
    if (!json_is_string(v) || json_string_length(v) > max)
        return wrong(e, field,
                     max > 200 ? "must be a text of at most 2000 bytes"
                               : "must be a text of at most 200 bytes");
    struct view text = view_trim((struct view){json_string_value(v), json_string_length(v)});
    *out = arena_copy(c->arena, text.p, text.n);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a preference");
}

static enum status get_int(json_t *v, const char *field, long long lo, long long hi, long long *out,
                           struct err *e) {
    if (!json_is_integer(v) || json_integer_value(v) < lo || json_integer_value(v) > hi)
        return wrong(e, field, "is not a whole number in its range");
    *out = json_integer_value(v);
    return ST_OK;
}

static enum status get_field(struct change *c, const char *key, json_t *v, struct err *e) {
    struct preference *p = c->p;
    long long n = 0;
    if (strcmp(key, "text") == 0) {
        TRY(get_text(c, v, key, PREFERENCE_TEXT_MAX, &p->text, e));
        return p->text[0] ? ST_OK : wrong(e, key, "is empty");
    }
    if (strcmp(key, "member") == 0) return get_text(c, v, key, 200, &p->member, e);
    if (strcmp(key, "sign") == 0) {
        TRY(get_int(v, key, -1, 1, &n, e));
        p->sign = (int)n;
        return n ? ST_OK : wrong(e, key, "must be 1 or -1");
    }
    if (strcmp(key, "weight") == 0) {
        p->weight = json_number_value(v);
        return json_is_number(v) && p->weight >= 0 && p->weight <= 10
                   ? ST_OK
                   : wrong(e, key, "must be a number from 0 to 10");
    }
    if (strcmp(key, "active") == 0) {
        p->active = json_is_true(v);
        return json_is_boolean(v) ? ST_OK : wrong(e, key, "must be true or false");
    }
    if (strcmp(key, "position") == 0) {
        TRY(get_int(v, key, 0, 1000000, &n, e));
        p->position = (int)n;
        return ST_OK;
    }
    if (strcmp(key, "expires") == 0) {
        p->has_end = !json_is_null(v);
        return p->has_end ? get_int(v, key, 0, 1ll << 40, &p->expires, e) : ST_OK;
    }
    return wrong(e, key, "is not a field of a preference");
}

static enum status read_change(void *arg, struct err *e) {
    struct change *c = arg;
    json_error_t je;
    const char *key;
    json_t *v;
    enum status st = ST_OK;
    TRY(depth_check(c->body, e));
    TRY(depth_admit(e));
    json_t *top = json_loadb(c->body.p, c->body.n, JSON_REJECT_DUPLICATES, &je);
    if (!json_is_object(top)) {
        json_decref(top);
        (void)fail(e, ST_BAD_INPUT, "the body must be a JSON object: %.120s",
                   top ? "it is none" : je.text);
        err_line(e, je.line > 0 ? je.line : 1);
        return ST_BAD_INPUT;
    }
    int weighed = json_object_get(top, "weight") != NULL;
    json_object_foreach(top, key, v) if (st == ST_OK) st = get_field(c, key, v, e);
    json_decref(top);
    TRY(st);
    if (!c->p->text) return wrong(e, "text", "is missing");
    if (!weighed && c->p->id == 0)
        c->p->weight = c->p->sign > 0 ? CLAUSES_WEIGHT_WANTED : CLAUSES_WEIGHT_UNWANTED;
    return ST_OK;
}

/* Reads the body into p, stores it and answers with it. */
static enum status change(struct req *r, struct preference *p, struct err *e) {
    struct app *app = req_app(r);
    struct change c = {.arena = req_arena(r), .p = p};
    struct buf b;
    TRY(req_body(r, &c.body, e));
    TRY(worker_call(read_change, &c, e));
    TRY(preference_put(app->store, req_param(r, "name"), p, e));
    buf_init(&b, OUT_MAX);
    write_one(&b, NULL, p);
    return out_reply(r, &b, e);
}

enum status api_preferences_add(struct req *r, struct err *e) {
    struct preference p = {.owner = req_caller(r)->name, .member = "", .sign = 1, .active = 1};
    return change(r, &p, e);
}

static enum status find(struct req *r, struct preference *p, struct err *e) {
    struct app *app = req_app(r);
    struct view id = req_param(r, "id");
    long long n;
    if (!view_int(id, &n)) return fail(e, ST_NOT_FOUND, "a preference's id is a number");
    TRY(preference_get(app->store, req_param(r, "name"), n, req_arena(r), p, e));
    return app_sees(r, p->owner)
               ? ST_OK
               : fail(e, ST_NOT_FOUND, "there is no preference %lld in this catalogue", n);
}

enum status api_preferences_change(struct req *r, struct err *e) {
    struct preference p;
    TRY(find(r, &p, e));
    return change(r, &p, e);
}

enum status api_preferences_delete(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct preference p;
    struct buf b;
    TRY(find(r, &p, e));
    TRY(preference_delete(app->store, req_param(r, "name"), p.id, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_int(&b, "deleted", p.id);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
