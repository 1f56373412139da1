/* POST /v1/score, with SGLang's fields and meaning: how likely each label token is after each of
 * many items that share one query. Prompt tree: query -> items, so items do not see each other and
 * each scores what it would score alone. Without a query the items are whole prompts; with
 * item_first each item stands before a query of its own. */
#include "server/api/kit/out.h"
#include "server/api/v1/v1.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* SCORES_MAX bounds the answer: about 15 MB of text. */
enum { SCORES_MAX = 1000000 };

enum kind { NOTHING, TEXTS, IDS };
struct span {
    int32_t *ids;
    size_t n;
};
struct score {
    struct v1 *c;
    const struct engine *en;
    struct engine_info m;
    enum kind kind; /* of the items */
    struct span query, *item;
    int n_items, n_labels, softmax, item_first;
    int32_t *label;
    /* The prompt tree, and what is asked after each item. */
    struct tree tree;
    int32_t *parent, *off, *tok;
    uint8_t *keep;
    struct ask *ask;
    size_t n_tok;
};

/* --- the request --- */

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for the request's tokens");
}

static enum status read_ids(struct score *s, json_t *list, const char *field, struct span *out,
                            struct err *e) {
    json_t *v;
    size_t i;
    out->n = json_array_size(list);
    out->ids = ARENA_NEW(&s->c->s->arena, int32_t, out->n + 1);
    if (!out->ids) return no_memory(e);
    json_array_foreach(list, i, v) {
        json_int_t id = json_integer_value(v);
        if (!json_is_integer(v) || id < 0 || id >= s->m.vocab) {
            (void)v1_wrong(e, "must be a token id", "%s[%zu]", field, i);
            err_hint(e, "the model's ids go from 0 to %d", s->m.vocab - 1);
            return ST_INVALID;
        }
        out->ids[i] = (int32_t)id;
    }
    return ST_OK;
}

/* A text or a list of ids; *kind is NOTHING for anything else. */
static enum status read_span(struct score *s, json_t *v, const char *field, enum kind *kind,
                             struct span *out, struct err *e) {
    *kind = json_is_string(v) ? TEXTS : json_is_array(v) ? IDS : NOTHING;
    if (*kind == IDS) return read_ids(s, v, field, out, e);
    if (*kind == NOTHING) return v1_wrong(e, "must be a text or a list of token ids", "%s", field);
    struct view text = {json_string_value(v), json_string_length(v)};
    return engine_tokens(s->en, text, &s->c->s->arena, &out->ids, &out->n, e);
}

static enum status read_item(struct score *s, json_t *v, size_t i, struct err *e) {
    char field[32];
    enum kind kind;
    snprintf(field, sizeof field, "items[%zu]", i);
    TRY(read_span(s, v, field, &kind, &s->item[i], e));
    if (i == 0) s->kind = kind;
    if (kind != s->kind)
        return v1_wrong(e, "must be of the items' one kind: all texts, or all lists of token ids",
                        "%s", field);
    if (s->item[i].n > 0) return ST_OK;
    return v1_wrong(e, "has no tokens, so there is no place to read a score from", "%s", field);
}

static enum status read_items(struct score *s, struct err *e) {
    json_t *items = json_object_get(s->c->top, "items"), *v;
    size_t i, n = json_is_string(items) ? 1 : json_array_size(items);
    if (n == 0 || n > V1_ITEMS_MAX)
        return v1_wrong(
            e, "must be a text, or a list of 1 to 5000 texts or of 1 to 5000 lists of token ids",
            "items");
    s->item = ARENA_NEW(&s->c->s->arena, struct span, n);
    if (!s->item) return no_memory(e);
    s->n_items = (int)n;
    if (json_is_string(items)) return read_item(s, items, 0, e);
    json_array_foreach(items, i, v) TRY(read_item(s, v, i, e));
    return ST_OK;
}

static enum status read_query(struct score *s, struct err *e) {
    enum kind kind;
    json_t *v = json_object_get(s->c->top, "query");
    if (!v || json_is_null(v)) return ST_OK;
    TRY(read_span(s, v, "query", &kind, &s->query, e));
    /* An empty one says nothing, so it may be of either kind. */
    if (kind == s->kind || s->query.n == 0) return ST_OK;
    return v1_wrong(e, "and items must be of one kind: both text, or both token ids", "query");
}

static enum status read_labels(struct score *s, struct err *e) {
    json_t *v = json_object_get(s->c->top, "label_token_ids");
    struct span label;
    if (json_array_size(v) == 0)
        return v1_wrong(e, "must be a list of at least one token id", "label_token_ids");
    if (json_array_size(v) > SCORES_MAX / (size_t)s->n_items)
        return v1_wrong(e, "times items must not be more than 1000000 scores", "label_token_ids");
    TRY(read_ids(s, v, "label_token_ids", &label, e));
    s->label = label.ids;
    s->n_labels = (int)label.n;
    return ST_OK;
}

static enum status read_request(struct score *s, struct err *e) {
    static const char *const known[] = {"model",         "query",      "items", "label_token_ids",
                                        "apply_softmax", "item_first", NULL};
    static const char *const later[] = {
        "temperature",        "return_token_logprobs",     "return_pooled_hidden_states",
        "embed_override",     "query_embed_overrides",     "item_embed_overrides",
        "embed_overrides",    "score_extraction_token",    "embed_override_token_id",
        "add_special_tokens", "score_extraction_token_id", NULL};
    TRY(v1_fields(s->c, known, later, e));
    TRY(v1_flag(s->c, "apply_softmax", &s->softmax, e));
    TRY(v1_flag(s->c, "item_first", &s->item_first, e));
    TRY(read_items(s, e));
    TRY(read_query(s, e));
    return read_labels(s, e);
}

/* --- the prompt tree --- */

/* Begin-of-sequence stands in front of texts only: lists of ids are what their sender wants. */
static int has_bos(const struct score *s) {
    return s->kind == TEXTS && engine_bos(s->en) >= 0;
}

static enum status check_lengths(struct score *s, struct err *e) {
    long long total = 0, bos = has_bos(s), query = (long long)s->query.n, context = s->m.context;
    for (int i = 0; i < s->n_items; i++) {
        long long item = (long long)s->item[i].n;
        total += bos + query + item; /* more than there will be, unless item_first is set */
        if (bos + query + item <= context) continue;
        (void)fail(e, ST_INVALID,
                   "items[%d] has %lld tokens and the query %lld, but the model reads %lld at most",
                   i, item, query, context - bos);
        err_field(e, query >= context - bos ? "query" : "items[%d]", i);
        return ST_INVALID;
    }
    int shared = !s->item_first && query > 0;
    if (shared) total -= (bos + query) * (s->n_items - 1);
    if (total <= INT32_MAX / 2) return ST_OK;
    return v1_wrong(e, "are too many tokens together", "items");
}

static int add_node(struct score *s, int parent, int keep, struct span text) {
    int i = s->tree.n++;
    s->parent[i] = parent;
    s->keep[i] = keep != 0;
    if (parent < 0 && has_bos(s)) s->tok[s->n_tok++] = engine_bos(s->en);
    memcpy(s->tok + s->n_tok, text.ids, text.n * sizeof *text.ids);
    s->n_tok += text.n;
    s->off[i + 1] = (int32_t)s->n_tok;
    return i;
}

static enum status take_memory(struct score *s, struct err *e) {
    struct arena *a = &s->c->s->arena;
    size_t n = (size_t)s->n_items, nodes = 2 * n + 1, tok = nodes;
    size_t queries = s->item_first ? n : 1;
    for (size_t i = 0; i < n; i++) tok += s->item[i].n;
    tok += queries * s->query.n;
    s->parent = ARENA_NEW(a, int32_t, nodes);
    s->off = ARENA_NEW(a, int32_t, nodes + 1);
    s->keep = ARENA_NEW(a, uint8_t, nodes);
    s->tok = ARENA_NEW(a, int32_t, tok);
    s->ask = ARENA_NEW(a, struct ask, n);
    float *out = ARENA_NEW(a, float, n *(size_t)s->n_labels);
    if (!s->parent || !s->off || !s->keep || !s->tok || !s->ask || !out) return no_memory(e);
    for (size_t i = 0; i < n; i++)
        s->ask[i] = (struct ask){
            .n_labels = s->n_labels, .labels = s->label, .out = out + i * (size_t)s->n_labels};
    return ST_OK;
}

/* What may come again with another request is kept: the query before new items, or the items before
 * a new query. */
static enum status build(struct score *s, struct err *e) {
    TRY(check_lengths(s, e));
    TRY(take_memory(s, e));
    int trunk = -1, query = s->query.n > 0;
    if (query && !s->item_first) trunk = add_node(s, -1, 1, s->query);
    for (int i = 0; i < s->n_items; i++) {
        int node = add_node(s, trunk, query && s->item_first, s->item[i]);
        if (query && s->item_first) node = add_node(s, node, 0, s->query);
        s->ask[i].node = node;
    }
    s->tree.parent = s->parent;
    s->tree.off = s->off;
    s->tree.keep = s->keep;
    s->tree.tok = s->tok;
    return ST_OK;
}

/* --- the answer --- */

/* Probabilities over the full vocabulary, or over the labels of this one item. */
static void put_scores(struct score *s, const float *logprob) {
    double top = -INFINITY, sum = 0;
    for (int k = 0; k < s->n_labels; k++) top = fmax(top, (double)logprob[k]);
    for (int k = 0; k < s->n_labels; k++) sum += exp((double)logprob[k] - top);
    out_open(&s->c->out, NULL, '[');
    for (int k = 0; k < s->n_labels; k++) {
        double x = (double)logprob[k];
        out_num(&s->c->out, NULL, s->softmax ? exp(x - top) / sum : exp(x));
    }
    out_close(&s->c->out, ']');
}

static enum status score(struct v1 *c, struct err *e) {
    struct score *s = ARENA_NEW(&c->s->arena, struct score, 1);
    if (!s) return no_memory(e);
    s->c = c;
    s->en = c->ranker->engine;
    engine_info(s->en, &s->m);
    TRY(read_request(s, e));
    TRY(build(s, e));
    struct job j = {.tree = &s->tree, .ask = s->ask, .n_asks = s->n_items};
    TRY(v1_run(c, &j, e));
    out_open(&c->out, NULL, '{');
    out_text(&c->out, "object", "scoring");
    out_text(&c->out, "model", c->model);
    out_open(&c->out, "scores", '[');
    for (int i = 0; i < s->n_items; i++) put_scores(s, s->ask[i].out);
    out_close(&c->out, ']');
    v1_end(c, (long long)s->n_tok);
    return ST_OK;
}

enum status api_score_post(struct req *r, struct err *e) {
    return v1_call(r, "score", score, e);
}
