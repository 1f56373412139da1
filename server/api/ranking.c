/* Ranking, saving, answering. */
#include "server/api/ranking.h"

#include "model/base/buf.h"

#include <stdio.h>
#include <string.h>

enum { RUN_TEXT = 32 << 20 };

/* The object's text with more members in front of its own. */
static enum status prepend(const char *more, struct view object, struct arena *a, struct view *out,
                           struct err *e) {
    struct buf b;
    buf_init(&b, RUN_TEXT);
    buf_str(&b, more);
    buf_add(&b, object.p + 1, object.n - 1);
    out->n = b.n;
    out->p = b.failed ? NULL : arena_copy(a, b.p, b.n);
    buf_free(&b);
    if (out->p) return ST_OK;
    if (object.n + strlen(more) <= RUN_TEXT)
        return fail(e, ST_NO_MEMORY, "no memory for the ranking's text");
    enum status st = fail(e, ST_LIMIT, "the ranking has %zu MiB of text, more than %d",
                          object.n >> 20, RUN_TEXT >> 20);
    err_field(e, "top");
    err_hint(e, "ask for fewer items with top, or shorten the items' texts");
    return st;
}

static enum status save(struct ranker *k, const struct rank_request *r, struct view answer,
                        struct arena *a, char id[24], struct err *e) {
    struct view request, text;
    TRY(request_json(r, a, &request, e));
    const char *more = arena_printf(a, "{\"request\":%s,", request.p);
    if (!more) return fail(e, ST_NO_MEMORY, "no memory for the run's text");
    TRY(prepend(more, answer, a, &text, e));
    return store_run_save(k->store, r->catalog, r->instruction, text, id, e);
}

/* A wish whose clauses all have the weight 0 orders nothing. */
static int weightless(const struct rank_result *x) {
    for (int i = 0; i < x->n_clauses; i++)
        if (x->clause[i].weight != 0) return 0;
    return x->n_clauses > 0;
}

enum status ranking_status(enum status st, const struct err *e) {
    int named = strncmp(e->field, "candidates", 10) == 0 || strncmp(e->field, "examples", 8) == 0;
    return st == ST_NOT_FOUND && named ? ST_INVALID : st;
}

enum status ranking_answer(struct ranker *k, const struct rank_request *r, const char *unknown,
                           const struct rank_hooks *h, struct arena *a, struct rank_result *x,
                           struct view *json, struct err *e) {
    char id[24], more[48] = "{\"run\":null,";
    struct err why = {.line = 0};
    struct view text;
    TRY(ranking_status(rank_run(k, r, h, a, x, e), e));
    if (weightless(x)) rank_warn(x, a, "all clauses have the weight 0, so the wish does not count");
    if (unknown) rank_warn(x, a, "these fields are not known and were ignored: %.200s", unknown);
    TRY(result_json(k, r, x, a, &text, e));
    if (r->unsaved) return prepend(more, text, a, json, e);
    if (save(k, r, text, a, id, &why) == ST_OK) {
        (void)snprintf(more, sizeof more, "{\"run\":\"%s\",", id);
    } else {
        rank_warn(x, a, "the run could not be saved: %s", why.text);
        TRY(result_json(k, r, x, a, &text, e));
    }
    return prepend(more, text, a, json, e);
}
