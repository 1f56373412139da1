/* Reranking: documents by how well they fit a query. A document's raw score is how much likelier it
 * makes the query: log P(query | document), less the mean of log P(w | document) over wishes w that
 * say nothing ("anything"), per token of the query. The second term is what the document does to
 * any wish, so long or chatty documents win nothing by it. The question is the first frame of the
 * surface `generic`, whose words people may change.
 *
 * A raw score compares documents of one query, and has no zero that means "unrelated"; relevance.h
 * makes of it a number from 0 to 1 that has one. */
#include "server/api/v1/rerank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most tokens of one document, of a query and of a reference, none of which has as many; a template
 * may hold a document's bytes thrice. */
enum {
    DOCUMENT_TOKENS = 2048,
    QUERY_TOKENS = 256,
    REFERENCE_TOKENS = 64,
    DOCUMENT_BYTES = 64 << 10,
    CUTS_NAMED = 8
};

/* --- the prompt --- */

/* The surface's words for templates of frames. */
static enum status words(struct rerank *x, const char *tmpl, struct view clause, struct view *out,
                         struct err *e) {
    const char *item = x->surface.item_word;
    char *cap = arena_copy(&x->c->s->arena, item, strlen(item));
    if (!cap) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    if (cap[0] >= 'a' && cap[0] <= 'z') cap[0] = (char)(cap[0] - 'a' + 'A');
    const struct word w[] = {{"item_word", view_of(item)},
                             {"Item_word", view_of(cap)},
                             {"member_word", view_of(x->surface.member_word)},
                             {"clause", clause}};
    return prompt_fill(tmpl, w, COUNT(w), &x->c->s->arena, out, e);
}

static enum status count(struct rerank *x, struct view text, int *n, struct err *e) {
    int32_t *ids;
    size_t tokens;
    TRY(engine_tokens(x->c->ranker->engine, text, &x->c->s->arena, &ids, &tokens, e));
    *n = (int)tokens;
    return ST_OK;
}

/* Texts of the frame and of the query texts; what they leave of the context is for the documents.
 */
static enum status set_texts(struct rerank *x, struct err *e) {
    const struct frame *f;
    struct engine_info m;
    struct view wish;
    int root, tail, longest = 0;
    engine_info(x->c->ranker->engine, &m);
    TRY(surface_load(&x->surface, x->c->s->app->store, VIEW("generic"), &x->c->s->arena, e));
    f = &x->surface.frame[0];
    TRY(words(x, f->root, VIEW(""), &x->root, e));
    TRY(words(x, f->tail, VIEW(""), &x->tail, e));
    TRY(words(x, f->clause, x->query, &x->query_text[0], e));
    for (int k = 0; k < x->surface.n_empty; k++) {
        TRY(words(x, x->surface.empty[k], VIEW(""), &wish, e));
        TRY(words(x, f->clause, wish, &x->query_text[1 + k], e));
    }
    x->n_query_texts = 1 + x->surface.n_empty;
    TRY(count(x, x->root, &root, e));
    TRY(count(x, x->tail, &tail, e));
    x->query_max = m.context / 4 < QUERY_TOKENS ? m.context / 4 : QUERY_TOKENS;
    for (int k = 0; k < x->n_query_texts; k++) {
        int n;
        TRY(count(x, x->query_text[k], &n, e));
        if (n > x->query_max && k == 0)
            v1_warn(x->c, "query has %d tokens and is cut after %d", n, x->query_max);
        if (n > x->query_max) n = x->query_max;
        x->n_tokens[k] = n;
        longest = n > longest ? n : longest;
    }
    x->document_max = m.context - root - tail - longest - 1;
    if (x->document_max > DOCUMENT_TOKENS) x->document_max = DOCUMENT_TOKENS;
    x->reference_max = x->document_max < REFERENCE_TOKENS ? x->document_max : REFERENCE_TOKENS;
    if (x->document_cap && x->document_cap < x->document_max) x->document_max = x->document_cap;
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

/* Where the client set the length itself, or has a reference cut, there is nothing to tell it. */
static enum status tell_of_cut(struct rerank *x, const struct rerank_document *d, int by_tokens,
                               struct err *e) {
    int most = by_tokens ? x->document_max : DOCUMENT_BYTES;
    const char *unit = by_tokens ? "tokens" : "bytes";
    if (!d->given || (by_tokens && x->document_cap == x->document_max)) return ST_OK;
    if (x->refuse_cut) {
        char what[64];
        snprintf(what, sizeof what, "is longer than %d %s", most, unit);
        enum status st = v1_wrong(e, what, "%s[%d]", x->list, d->index);
        err_hint(e, "it is cut there unless the request forbids that");
        return st;
    }
    if (++x->n_cut <= CUTS_NAMED)
        v1_warn(x->c, "%s[%d] is cut after %d %s", x->list, d->index, most, unit);
    return ST_OK;
}

static enum status add_document(struct rerank *x, int root, struct rerank_document *d,
                                struct err *e) {
    struct prompt *p = &x->prompt;
    struct view text, part = shorten(d->text);
    int node, query_text, cut = 0;
    const char *title = arena_copy(&x->c->s->arena, part.p, part.n);
    if (!title) return fail(e, ST_NO_MEMORY, "no memory for a document");
    const struct item item = {.id = "", .title = title, .text = "", .extra = "{}"};
    TRY(surface_render_item(x->surface.frame[0].item, &item, &x->c->s->arena, &text, e));
    TRY(prompt_node(p, root, 1, &node, e));
    TRY(prompt_text(p, text, d->given ? x->document_max : x->reference_max, "item", "text", 1, &cut,
                    e));
    TRY(prompt_text(p, x->tail, 0, "frame", "text", 1, NULL, e));
    if (prompt_len(p, node) == 0)
        return v1_wrong(e, "has no tokens in this model's vocabulary", "%s[%d]", x->list, d->index);
    if (cut || part.n < d->text.n) TRY(tell_of_cut(x, d, cut, e));
    for (int k = 0; k < x->n_query_texts; k++) {
        if (x->n_tokens[k] == 0 || (k > 0 && !d->given && x->has_prior)) continue;
        TRY(prompt_node(p, node, 0, &query_text, e));
        TRY(prompt_text(p, x->query_text[k], x->query_max, "clause", "text", 1, NULL, e));
        TRY(prompt_ask_tokens(p, query_text, &d->out[k], e));
    }
    return ST_OK;
}

/* All that the references' priors depend on: the model, how it is computed, the words. */
static enum status recall_priors(struct rerank *x, struct err *e) {
    struct engine_info m;
    engine_info(x->c->ranker->engine, &m);
    const char *all = arena_printf(&x->c->s->arena, "%s\n%s\n%s\n%d\n%d\n%s", m.sha256, m.precision,
                                   m.backend, x->query_max, x->reference_max, x->surface.json);
    if (!all) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    engine_sha256(all, strlen(all), x->prior_key);
    x->has_prior = relevance_recall(&x->c->s->app->relevance, x->prior_key, x->prior);
    return ST_OK;
}

static enum status build(struct rerank *x, struct err *e) {
    int root = -1;
    TRY(set_texts(x, e));
    prompt_init(&x->prompt, x->c->ranker->engine, &x->c->s->arena);
    if (x->root.n) {
        TRY(prompt_node(&x->prompt, -1, 1, &root, e));
        TRY(prompt_text(&x->prompt, x->root, 0, "frame", "text", 0, NULL, e));
    }
    for (int i = 0; i < x->n; i++) TRY(add_document(x, root, &x->doc[i], e));
    if (x->n_cut > CUTS_NAMED) v1_warn(x->c, "%d documents are cut, these among them", x->n_cut);
    x->tokens = (long long)x->prompt.n_tok;
    TRY(recall_priors(x, e));
    for (int i = 0; i < RELEVANCE_REFERENCES; i++) {
        x->reference[i].text = view_of(relevance_reference[i]);
        TRY(add_document(x, root, &x->reference[i], e));
    }
    return ST_OK;
}

/* --- the scores --- */

static double logprob(const struct rerank *x, const struct rerank_document *d, int k) {
    double sum = 0;
    for (int t = 0; t < x->n_tokens[k]; t++) sum += (double)d->out[k][t];
    return sum;
}

static double prior_of(const struct rerank *x, const struct rerank_document *d) {
    double prior = 0;
    for (int k = 1; k < x->n_query_texts; k++) prior += logprob(x, d, k) / (x->n_query_texts - 1);
    return prior;
}

static double raw_score(const struct rerank *x, const struct rerank_document *d, double prior) {
    return (logprob(x, d, 0) - prior) / x->n_tokens[0];
}

static int by_score(const void *p, const void *q) {
    const struct rerank_document *a = p, *b = q;
    if (a->raw != b->raw) return a->raw < b->raw ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

static enum status score_references(struct rerank *x, double raw[RELEVANCE_REFERENCES],
                                    struct err *e) {
    for (int i = 0; i < RELEVANCE_REFERENCES; i++) {
        if (!x->has_prior) x->prior[i] = prior_of(x, &x->reference[i]);
        raw[i] = raw_score(x, &x->reference[i], x->prior[i]);
        if (!isfinite(raw[i]))
            return fail(e, ST_CORRUPT, "the score of a reference is not a finite number");
    }
    if (!x->has_prior) relevance_keep(&x->c->s->app->relevance, x->prior_key, x->prior);
    return ST_OK;
}

static enum status order(struct rerank *x, struct err *e) {
    double reference[RELEVANCE_REFERENCES];
    TRY(score_references(x, reference, e));
    for (int i = 0; i < x->n; i++) {
        struct rerank_document *d = &x->doc[i];
        d->raw = raw_score(x, d, prior_of(x, d));
        if (!isfinite(d->raw))
            return fail(e, ST_CORRUPT, "the score of %s[%d] is not a finite number", x->list, i);
        d->relevance = relevance_of(d->raw, reference);
    }
    qsort(x->doc, (size_t)x->n, sizeof *x->doc, by_score);
    return ST_OK;
}

static enum status rerank(struct v1 *c, int version, struct err *e) {
    struct rerank *x = ARENA_NEW(&c->s->arena, struct rerank, 1);
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a request");
    x->c = c;
    x->version = version;
    TRY(rerank_read(x, e));
    TRY(build(x, e));
    struct tree t = prompt_tree(&x->prompt);
    struct job j = {.tree = &t, .ask = x->prompt.ask, .n_asks = x->prompt.n_asks};
    TRY(v1_run(c, &j, e));
    TRY(order(x, e));
    return rerank_answer(x, e);
}

static enum status version_1(struct v1 *c, struct err *e) {
    return rerank(c, 1, e);
}

static enum status version_2(struct v1 *c, struct err *e) {
    return rerank(c, 2, e);
}

enum status api_rerank_post(struct req *r, struct err *e) {
    return v1_call(r, "rerank", version_1, e);
}

enum status api_rerank_2_post(struct req *r, struct err *e) {
    return v1_call(r, "rerank", version_2, e);
}
