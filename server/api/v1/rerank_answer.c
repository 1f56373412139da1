/* Answers of a reranking, in the shape that the request's fields ask for. */
#include "server/api/v1/rerank.h"

#include "server/api/kit/out.h"
#include "server/store/sql/json_memory.h"

#include <stdio.h>
#include <stdlib.h>

/* Documents that one search unit pays for, as Cohere counts them. */
enum { UNIT_DOCUMENTS = 100 };

static double score_of(const struct rerank *x, const struct rerank_document *d) {
    return x->raw_scores ? d->raw : d->relevance;
}

/* As it was given: an object with all its fields, and the text that was ranked where it names none.
 */
static enum status put_document(struct buf *b, const struct rerank_document *d, struct err *e) {
    if (json_is_object(d->given)) {
        json_t *whole = json_copy(d->given);
        if (!json_is_string(json_object_get(whole, "text")))
            json_object_set_new(whole, "text", json_stringn(d->text.p, d->text.n));
        char *json = json_dumps(whole, JSON_COMPACT | JSON_REAL_PRECISION(17));
        json_decref(whole);
        if (!json) return fail(e, ST_NO_MEMORY, "no memory for a document");
        out_raw(b, "document", json);
        json_text_free(json);
        return ST_OK;
    }
    out_open(b, "document", '{');
    out_view(b, "text", d->text);
    out_close(b, '}');
    return ST_OK;
}

static enum status put_result(const struct rerank *x, const struct rerank_document *d,
                              struct err *e) {
    struct buf *b = &x->c->out;
    out_open(b, NULL, '{');
    out_int(b, "index", d->index);
    out_num(b, x->shape == RERANK_TEI ? "score" : "relevance_score", score_of(x, d));
    if (x->shape != RERANK_TEI) out_num(b, "raw_score", d->raw);
    if (x->with_text && x->shape == RERANK_TEI) out_view(b, "text", d->text);
    if (x->with_text && x->shape == RERANK_VOYAGE) out_view(b, "document", d->text);
    if (x->with_text && x->shape == RERANK_COHERE) TRY(put_document(b, d, e));
    out_close(b, '}');
    return ST_OK;
}

static enum status put_list(const struct rerank *x, const char *name, struct err *e) {
    out_open(&x->c->out, name, '[');
    for (int i = 0; i < x->top; i++) TRY(put_result(x, &x->doc[i], e));
    out_close(&x->c->out, ']');
    return ST_OK;
}

/* A name made of the request, so that the same request has the same answer: the form of a UUID of
 * version 8, which leaves its bits to the maker. */
static void put_id(struct v1 *c) {
    char h[65], id[40];
    engine_sha256(c->s->body.p, c->s->body.n, h);
    snprintf(id, sizeof id, "%.8s-%.4s-8%.3s-a%.3s-%.12s", h, h + 8, h + 12, h + 15, h + 18);
    out_text(&c->out, "id", id);
}

static void put_meta(const struct rerank *x) {
    struct buf *b = &x->c->out;
    out_open(b, "meta", '{');
    out_open(b, "api_version", '{');
    out_text(b, "version", x->version == 2 ? "2" : "1");
    out_close(b, '}');
    out_open(b, "billed_units", '{');
    out_int(b, "search_units", (x->n + UNIT_DOCUMENTS - 1) / UNIT_DOCUMENTS);
    out_close(b, '}');
    out_open(b, "tokens", '{');
    out_int(b, "input_tokens", x->tokens);
    out_int(b, "output_tokens", 0);
    out_close(b, '}');
    v1_warnings(x->c);
    out_close(b, '}');
}

enum status rerank_answer(struct rerank *x, struct err *e) {
    struct buf *b = &x->c->out;
    if (x->shape == RERANK_TEI) {
        out_open(b, NULL, '[');
        for (int i = 0; i < x->top; i++) TRY(put_result(x, &x->doc[i], e));
        out_close(b, ']');
        return ST_OK;
    }
    out_open(b, NULL, '{');
    if (x->shape == RERANK_COHERE) put_id(x->c);
    out_text(b, "object", "list");
    out_text(b, "model", x->c->model);
    TRY(put_list(x, x->shape == RERANK_VOYAGE ? "data" : "results", e));
    if (x->shape == RERANK_COHERE) put_meta(x);
    v1_end(x->c, x->tokens);
    return ST_OK;
}
