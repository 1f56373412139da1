/* POST /api/prompt/preview and POST /api/clauses: what would be asked, without ranking. */
#include "server/api/app.h"
#include "server/api/out.h"
#include "server/api/query.h"
#include "server/api/ranking.h"
#include "server/api/stack.h"
#include "server/store/depth.h"
#include "server/wish/clauses.h"

#include <jansson.h>
#include <string.h>

struct preview {
    struct app *app;
    struct view body, json;
    struct arena arena;
    struct rank_request request;
    struct rank_result result;
};

static enum status preview(void *arg, struct err *e) {
    struct preview *p = arg;
    const char *unknown;
    request_init(&p->request);
    TRY(request_parse(&p->request, p->body, &p->arena, &unknown, e));
    struct ranker *k;
    TRY(app_model(p->app, NULL, p->request.model, &k, e));
    enum status st = ranking_status(rank_preview(k, &p->request, &p->arena, &p->result, e), e);
    shelf_give(p->app->shelf, k);
    TRY(st);
    if (unknown)
        rank_warn(&p->result, &p->arena, "these fields are not known and were ignored: %.200s",
                  unknown);
    return preview_json(&p->request, &p->result, &p->arena, &p->json, e);
}

enum status api_prompt_preview(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view body;
    TRY(app_ready(app, e));
    TRY(req_body(r, &body, e));
    struct preview *p = ARENA_NEW(req_arena(r), struct preview, 1);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for a preview");
    p->app = app;
    p->body = body;
    arena_init(&p->arena, (size_t)1 << 30);
    enum status st = stack_call(preview, p, e);
    if (st == ST_OK) req_reply(r, 200, "application/json", p->json, NULL);
    arena_free(&p->arena);
    return st;
}

/* --- clauses */

struct split {
    struct view body, wish;
    struct arena *arena;
    struct clause clause[CLAUSES_MAX];
    int n;
};

/* The text of {"text":"..."}. */
static enum status read_wish(struct split *s, struct err *e) {
    json_t *top;
    TRY(depth_load(s->body, &top, e));
    json_t *text = json_object_get(top, "text");
    enum status st = ST_OK;
    if (json_is_string(text)) {
        s->wish.n = json_string_length(text);
        s->wish.p = arena_copy(s->arena, json_string_value(text), s->wish.n);
        if (!s->wish.p) st = fail(e, ST_NO_MEMORY, "no memory for the wish");
    } else {
        st = fail(e, ST_INVALID, "text must be given, as a text");
        err_field(e, "text");
        err_hint(e, "send {\"text\":\"a funny film, nothing romantic\"}");
    }
    json_decref(top);
    return st;
}

static enum status split(void *arg, struct err *e) {
    struct split *s = arg;
    TRY(read_wish(s, e));
    return clauses_split(s->wish, s->arena, s->clause, &s->n, e);
}

enum status api_clauses_post(struct req *r, struct err *e) {
    struct split *s = ARENA_NEW(req_arena(r), struct split, 1);
    struct buf b;
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for clauses");
    s->arena = req_arena(r);
    TRY(req_body(r, &s->body, e));
    TRY(stack_call(split, s, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "clauses", '[');
    for (int i = 0; i < s->n; i++) {
        out_open(&b, NULL, '{');
        out_view(&b, "text", s->clause[i].text);
        out_int(&b, "sign", s->clause[i].sign);
        out_num(&b, "weight", s->clause[i].weight);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
