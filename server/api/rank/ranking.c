/* Ranking, saving, answering. */
#include "server/api/rank/ranking.h"

#include "server/rank/request/request_names.h"

#include <stdio.h>
#include <string.h>

/* The object's text with more members in front of its own. */
static enum status prepend(const char *more, struct view object, struct arena *a, struct view *out,
                           struct err *e) {
    size_t n = strlen(more);
    char *text = arena_alloc(a, n + object.n);
    if (text) {
        memcpy(text, more, n);
        memcpy(text + n, object.p + 1, object.n - 1);
        text[n + object.n - 1] = 0;
    }
    *out = (struct view){text, n + object.n - 1};
    return text ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the ranking's text");
}

static enum status save(struct ranker *k, const struct rank_request *r, struct view answer,
                        struct arena *a, char id[24], struct err *e) {
    struct view request, text;
    TRY(request_json(r, a, &request, e));
    const char *more = arena_printf(a, "{\"request\":%s,", request.p);
    if (!more) return fail(e, ST_NO_MEMORY, "no memory for the run's text");
    TRY(prepend(more, answer, a, &text, e));
    return store_run_save(k->store, r->owner, r->catalog, r->instruction, text, id, e);
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
    for (int i = 0; i < x->top; i++)
        if (result_text_cut(x, i)) {
            rank_warn(x, a, "texts are long: the answer has the beginning of each only");
            break;
        }
    if (unknown) rank_warn(x, a, UNKNOWN_IGNORED, unknown);
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
