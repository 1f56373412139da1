/* POST /api/prompt/preview and POST /api/clauses: what would be asked, without ranking. */
#include "server/api/kit/app.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/api/rank/ranking.h"
#include "server/api/kit/served.h"
#include "server/task/worker_thread.h"
#include "server/rank/request/request_names.h"
#include "server/store/sql/depth.h"
#include "server/wish/clauses/clauses.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <string.h>

struct preview {
    struct rank_request request;
    struct rank_result result;
};

static enum status preview(struct served *s, struct err *e) {
    struct preview *p = s->arg;
    const char *unknown;
    request_init(&p->request);
    p->request.owner = view_of(s->task.owner);
    TRY(request_parse(&p->request, s->body, &s->arena, &unknown, e));
    struct ranker *k;
    TRY(served_model(s, p->request.model, &k, e));
    enum status st = ranking_status(rank_preview(k, &p->request, &s->arena, &p->result, e), e);
    registry_give(s->app->registry, k);
    TRY(st);
    if (unknown) rank_warn(&p->result, &s->arena, UNKNOWN_IGNORED, unknown);
    return preview_json(&p->request, &p->result, &s->arena, &s->answer, e);
}

enum status api_prompt_preview(struct req *r, struct err *e) {
    static const struct served_kind kind = {"preview", SERVED_RANKS, preview, NULL};
    struct preview *p = ARENA_NEW(req_arena(r), struct preview, 1);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for a preview");
    return served_call(r, &kind, VIEW(""), p, e);
}

/* --- clauses */

struct split {
    struct app *app;
    struct view body, text, catalog;
    struct arena *arena;
    long long now;
    struct wish wish;
    const char *field[CONSTRAINTS_MAX], *words[CONSTRAINTS_MAX]; /* of its constraints */
};

/* A member's text, "" where there is none. */
static enum status text_member(struct split *s, json_t *top, const char *name, struct view *out,
                               struct err *e) {
    json_t *v = json_object_get(top, name);
    *out = VIEW("");
    if (!v || json_is_null(v)) return ST_OK;
    if (!json_is_string(v)) {
        (void)fail(e, ST_INVALID, "%s must be a text", name);
        err_field(e, "%s", name);
        return ST_INVALID;
    }
    out->n = json_string_length(v);
    out->p = arena_copy(s->arena, json_string_value(v), out->n);
    return out->p ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the wish");
}

/* {"text":"...","catalog":"...","now":"..."}, all but the text optional. */
static enum status read_members(struct split *s, json_t *top, struct err *e) {
    struct view now;
    json_t *text = json_object_get(top, "text"), *clock = json_object_get(top, "now");
    if (!json_is_string(text)) {
        (void)fail(e, ST_INVALID, "text must be given, as a text");
        err_field(e, "text");
        err_hint(e, "send {\"text\":\"a funny film, nothing romantic\"}");
        return ST_INVALID;
    }
    TRY(text_member(s, top, "text", &s->text, e));
    TRY(text_member(s, top, "catalog", &s->catalog, e));
    s->now = clock_unix();
    if (json_is_integer(clock)) {
        s->now = json_integer_value(clock);
        return ST_OK;
    }
    TRY(text_member(s, top, "now", &now, e));
    if (now.n == 0 || clock_parse(now, &s->now)) return ST_OK;
    (void)fail(e, ST_INVALID, "now must be a time, such as 2026-11-30T12:00:00Z");
    err_field(e, "now");
    return ST_INVALID;
}

/* What the answer says of constraints, as texts that outlive the snapshot. */
static enum status tell(struct split *s, const struct snapshot *c, struct err *e) {
    for (int k = 0; k < s->wish.n_constraints; k++) {
        struct constraint *x = &s->wish.constraint[k];
        const char *name = c->field[x->field].name;
        s->field[k] = arena_copy(s->arena, name, strlen(name));
        x->value = x->value ? arena_copy(s->arena, x->value, strlen(x->value)) : "";
        x->unit = x->unit ? arena_copy(s->arena, x->unit, strlen(x->unit)) : "";
        if (!s->field[k] || !x->value || !x->unit)
            return fail(e, ST_NO_MEMORY, "no memory for constraints");
        TRY(constraint_words(x, c, s->arena, &s->words[k], e));
    }
    return ST_OK;
}

static enum status split(void *arg, struct err *e) {
    struct split *s = arg;
    json_t *top;
    TRY(depth_load(s->body, &top, e));
    enum status st = read_members(s, top, e);
    json_decref(top);
    TRY(st);
    const struct snapshot *c = NULL;
    struct snapshots *held = registry_snapshots(s->app->registry);
    if (s->catalog.n) TRY(snapshots_take(held, s->catalog, &c, e));
    st = wish_read(s->text, c, s->now, s->arena, &s->wish, e);
    if (st == ST_OK && c) st = tell(s, c, e);
    if (c) snapshots_give(held, c);
    return st;
}

static void write_constraint(struct buf *b, const struct split *s, int k) {
    const struct constraint *x = &s->wish.constraint[k];
    out_open(b, NULL, '{');
    out_view(b, "text", x->text);
    out_text(b, "field", s->field[k]);
    out_text(b, "op", wish_op_name(x->op));
    out_text(b, "value", x->value);
    out_text(b, "unit", x->unit);
    out_bool(b, "negated", x->negated);
    out_text(b, "words", s->words[k]);
    if (x->clause < 0)
        out_raw(b, "clause", "null");
    else
        out_int(b, "clause", x->clause);
    out_close(b, '}');
}

enum status api_clauses_post(struct req *r, struct err *e) {
    struct split *s = ARENA_NEW(req_arena(r), struct split, 1);
    struct buf b;
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for clauses");
    s->app = req_app(r);
    s->arena = req_arena(r);
    TRY(req_body(r, &s->body, e));
    TRY(worker_call(split, s, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "clauses", '[');
    for (int i = 0; i < s->wish.n_clauses; i++) {
        const struct clause *c = &s->wish.clause[i];
        out_open(&b, NULL, '{');
        out_view(&b, "text", c->text);
        out_int(&b, "sign", c->sign);
        out_num(&b, "weight", c->weight);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_open(&b, "constraints", '[');
    for (int k = 0; k < s->wish.n_constraints; k++) write_constraint(&b, s, k);
    out_close(&b, ']');
    out_text(&b, "language", s->wish.language ? s->wish.language : "");
    out_open(&b, "notes", '[');
    for (int i = 0; i < s->wish.n_notes; i++) out_text(&b, NULL, s->wish.note[i]);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
