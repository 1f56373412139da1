/* POST /v1/rerank, in the shape of Jina and Cohere. A document's relevance is how much likelier it
 * makes the query: log P(query | document), less the mean of log P(w | document) over wishes w that
 * say nothing ("anything"), per token of the query. The second term is what the document does to
 * any wish, so long or chatty documents win nothing by it. The question is the first frame of the
 * surface `generic`, whose words people may change.
 *
 * The number is no probability and has no zero that means "unrelated": it compares documents of one
 * request, not requests. */
#include "server/api/out.h"
#include "server/api/v1.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Most tokens of one document and of a query; a template may hold a document's bytes thrice. */
enum { DOCUMENT_TOKENS = 2048, QUERY_TOKENS = 256, DOCUMENT_BYTES = 64 << 10, CUTS_NAMED = 8 };

struct document {
    struct view text;
    int index; /* in the request */
    double score;
    float *out[1 + SURFACE_EMPTY]; /* log-probabilities of the query's tokens, then the wishes' */
};
struct rerank {
    struct v1 *c;
    struct surface surface;
    struct view query, root, tail;
    struct view probe[1 + SURFACE_EMPTY]; /* as they stand in the prompt */
    int n_probes, n_tokens[1 + SURFACE_EMPTY];
    struct document *doc;
    int n, top, with_text, query_max, document_max, n_cut;
    const char *list; /* the documents' field */
    struct prompt prompt;
};

/* --- the request --- */

static enum status read_documents(struct rerank *x, struct err *e) {
    const char *name = "documents";
    json_t *list = json_object_get(x->c->top, name), *texts = json_object_get(x->c->top, "texts");
    json_t *v;
    size_t i;
    if (json_is_null(texts)) texts = NULL;
    if (list && !json_is_null(list) && texts)
        return v1_wrong(e, "is another name of documents: give one of them", "texts");
    if (texts) name = "texts", list = texts;
    if (json_array_size(list) == 0 || json_array_size(list) > V1_ITEMS_MAX)
        return v1_wrong(e, "must be a list of 1 to 5000 texts or {\"text\"} objects", "%s", name);
    x->list = name;
    x->n = (int)json_array_size(list);
    x->doc = ARENA_NEW(&x->c->arena, struct document, (size_t)x->n);
    if (!x->doc) return fail(e, ST_NO_MEMORY, "no memory for %d documents", x->n);
    json_array_foreach(list, i, v) {
        if (json_is_object(v)) v = json_object_get(v, "text");
        if (!json_is_string(v))
            return v1_wrong(e, "must be a text or an object with a text", "%s[%zu]", name, i);
        x->doc[i].text = (struct view){json_string_value(v), json_string_length(v)};
        x->doc[i].index = (int)i;
    }
    return ST_OK;
}

static enum status read_request(struct rerank *x, struct err *e) {
    static const char *const known[] = {
        "model", "query", "documents", "texts", "top_n", "return_documents", NULL};
    static const char *const later[] = {"rank_fields",
                                        "max_chunks_per_doc",
                                        "max_tokens_per_doc",
                                        "truncate_prompt_tokens",
                                        "priority",
                                        "use_activation",
                                        "instruct",
                                        "return_text",
                                        "raw_scores",
                                        "truncate",
                                        NULL};
    TRY(v1_fields(x->c, known, later, e));
    TRY(v1_flag(x->c, "return_documents", &x->with_text, e));
    json_t *query = json_object_get(x->c->top, "query"), *top = json_object_get(x->c->top, "top_n");
    if (json_is_string(query))
        x->query = view_trim((struct view){json_string_value(query), json_string_length(query)});
    if (x->query.n == 0) return v1_wrong(e, "must be a text that is not empty", "query");
    TRY(read_documents(x, e));
    x->top = x->n;
    if (!top || json_is_null(top)) return ST_OK;
    if (!json_is_integer(top) || json_integer_value(top) < 0)
        return v1_wrong(e, "must be a whole number; 0 means all", "top_n");
    if (json_integer_value(top) > 0 && json_integer_value(top) < x->n)
        x->top = (int)json_integer_value(top);
    return ST_OK;
}

/* --- the prompt --- */

/* The surface's words for templates of frames. */
static enum status words(struct rerank *x, const char *tmpl, struct view clause, struct view *out,
                         struct err *e) {
    const char *item = x->surface.item_word;
    char *cap = arena_copy(&x->c->arena, item, strlen(item));
    if (!cap) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    if (cap[0] >= 'a' && cap[0] <= 'z') cap[0] = (char)(cap[0] - 'a' + 'A');
    const struct word w[] = {{"item_word", view_of(item)},
                             {"Item_word", view_of(cap)},
                             {"member_word", view_of(x->surface.member_word)},
                             {"clause", clause}};
    return prompt_fill(tmpl, w, COUNT(w), &x->c->arena, out, e);
}

static enum status count(struct rerank *x, struct view text, int *n, struct err *e) {
    int32_t *ids;
    size_t tokens;
    TRY(engine_tokens(x->c->ranker->engine, text, &x->c->arena, &ids, &tokens, e));
    *n = (int)tokens;
    return ST_OK;
}

/* Texts of the frame and of the probes; what they leave of the context is for the documents. */
static enum status set_texts(struct rerank *x, struct err *e) {
    const struct frame *f;
    struct engine_info m;
    struct view wish;
    int root, tail, longest = 0;
    engine_info(x->c->ranker->engine, &m);
    TRY(surface_load(&x->surface, x->c->app->store, VIEW("generic"), &x->c->arena, e));
    f = &x->surface.frame[0];
    TRY(words(x, f->root, VIEW(""), &x->root, e));
    TRY(words(x, f->tail, VIEW(""), &x->tail, e));
    TRY(words(x, f->clause, x->query, &x->probe[0], e));
    for (int k = 0; k < x->surface.n_empty; k++) {
        TRY(words(x, x->surface.empty[k], VIEW(""), &wish, e));
        TRY(words(x, f->clause, wish, &x->probe[1 + k], e));
    }
    x->n_probes = 1 + x->surface.n_empty;
    TRY(count(x, x->root, &root, e));
    TRY(count(x, x->tail, &tail, e));
    x->query_max = m.context / 4 < QUERY_TOKENS ? m.context / 4 : QUERY_TOKENS;
    for (int k = 0; k < x->n_probes; k++) {
        int n;
        TRY(count(x, x->probe[k], &n, e));
        if (n > x->query_max && k == 0)
            v1_warn(x->c, "query has %d tokens and is cut after %d", n, x->query_max);
        if (n > x->query_max) n = x->query_max;
        x->n_tokens[k] = n;
        longest = n > longest ? n : longest;
    }
    x->document_max = m.context - root - tail - longest - 1;
    if (x->document_max > DOCUMENT_TOKENS) x->document_max = DOCUMENT_TOKENS;
    if (x->document_max > 0 && x->n_tokens[0] > 0) return ST_OK;
    return x->n_tokens[0] == 0
               ? v1_wrong(e, "has no tokens in this model's vocabulary", "query")
               : fail(e, ST_UNSUPPORTED, "the model's context of %d tokens is too short for this",
                      m.context);
}

/* At most DOCUMENT_BYTES of the text, cut between characters. */
static struct view shorten(struct view v) {
    if (v.n <= DOCUMENT_BYTES) return v;
    v.n = DOCUMENT_BYTES;
    while (v.n && ((unsigned char)v.p[v.n] & 0xC0) == 0x80) v.n--;
    return v;
}

static void warn_of_cut(struct rerank *x, int index, int by_tokens) {
    if (++x->n_cut > CUTS_NAMED) return;
    v1_warn(x->c, "%s[%d] is cut after %d %s", x->list, index,
            by_tokens ? x->document_max : DOCUMENT_BYTES, by_tokens ? "tokens" : "bytes");
}

static enum status add_document(struct rerank *x, int root, struct document *d, struct err *e) {
    struct prompt *p = &x->prompt;
    struct view text, part = shorten(d->text);
    int node, probe, cut = 0;
    const char *title = arena_copy(&x->c->arena, part.p, part.n);
    if (!title) return fail(e, ST_NO_MEMORY, "no memory for a document");
    const struct item item = {.id = "", .title = title, .text = "", .extra = "{}"};
    TRY(surface_render_item(x->surface.frame[0].item, &item, &x->c->arena, &text, e));
    TRY(prompt_node(p, root, 1, &node, e));
    TRY(prompt_text(p, text, x->document_max, "item", "text", 1, &cut, e));
    TRY(prompt_text(p, x->tail, 0, "frame", "text", 1, NULL, e));
    if (prompt_len(p, node) == 0)
        return v1_wrong(e, "has no tokens in this model's vocabulary", "%s[%d]", x->list, d->index);
    if (cut || part.n < d->text.n) warn_of_cut(x, d->index, cut);
    for (int k = 0; k < x->n_probes; k++) {
        if (x->n_tokens[k] == 0) continue;
        TRY(prompt_node(p, node, 0, &probe, e));
        TRY(prompt_text(p, x->probe[k], x->query_max, "clause", "text", 1, NULL, e));
        TRY(prompt_ask_tokens(p, probe, &d->out[k], e));
    }
    return ST_OK;
}

static enum status build(struct rerank *x, struct err *e) {
    int root = -1;
    TRY(set_texts(x, e));
    prompt_init(&x->prompt, x->c->ranker->engine, &x->c->arena);
    if (x->root.n) {
        TRY(prompt_node(&x->prompt, -1, 1, &root, e));
        TRY(prompt_text(&x->prompt, x->root, 0, "frame", "text", 0, NULL, e));
    }
    for (int i = 0; i < x->n; i++) TRY(add_document(x, root, &x->doc[i], e));
    if (x->n_cut > CUTS_NAMED) v1_warn(x->c, "%d documents are cut, these among them", x->n_cut);
    return ST_OK;
}

/* --- the answer --- */

static double logprob(const struct rerank *x, const struct document *d, int k) {
    double sum = 0;
    for (int t = 0; t < x->n_tokens[k]; t++) sum += (double)d->out[k][t];
    return sum;
}

static int by_score(const void *p, const void *q) {
    const struct document *a = p, *b = q;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

static enum status order(struct rerank *x, struct err *e) {
    for (int i = 0; i < x->n; i++) {
        struct document *d = &x->doc[i];
        double prior = 0;
        for (int k = 1; k < x->n_probes; k++) prior += logprob(x, d, k) / (x->n_probes - 1);
        d->score = (logprob(x, d, 0) - prior) / x->n_tokens[0];
        if (!isfinite(d->score))
            return fail(e, ST_CORRUPT, "the score of %s[%d] is not a finite number", x->list, i);
    }
    qsort(x->doc, (size_t)x->n, sizeof *x->doc, by_score);
    return ST_OK;
}

static void put_results(const struct rerank *x, struct buf *b) {
    out_open(b, "results", '[');
    for (int i = 0; i < x->top; i++) {
        out_open(b, NULL, '{');
        out_int(b, "index", x->doc[i].index);
        out_num(b, "relevance_score", x->doc[i].score);
        if (x->with_text) {
            out_open(b, "document", '{');
            out_view(b, "text", x->doc[i].text);
            out_close(b, '}');
        }
        out_close(b, '}');
    }
    out_close(b, ']');
}

static enum status rerank(struct v1 *c, struct err *e) {
    struct rerank *x = ARENA_NEW(&c->arena, struct rerank, 1);
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a request");
    x->c = c;
    TRY(read_request(x, e));
    TRY(build(x, e));
    struct tree t = prompt_tree(&x->prompt);
    struct job j = {.tree = &t, .ask = x->prompt.ask, .n_asks = x->prompt.n_asks};
    TRY(v1_run(c, &j, e));
    TRY(order(x, e));
    out_open(&c->out, NULL, '{');
    out_text(&c->out, "object", "list");
    out_text(&c->out, "model", c->model);
    put_results(x, &c->out);
    v1_end(c, (long long)x->prompt.n_tok);
    return ST_OK;
}

enum status api_rerank_post(struct req *r, struct err *e) {
    return v1_call(r, rerank, e);
}
