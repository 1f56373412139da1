/* Requests to rerank, by the fields of every client that is known. */
#include "server/api/v1/rerank.h"

#include <string.h>

static struct view text_of(const json_t *v) {
    return (struct view){json_string_value(v), json_string_length(v)};
}

/* A whole number from 1, or 0 where there is none. */
static enum status read_count(struct rerank *x, const char *name, int *out, struct err *e) {
    enum { MOST = 1 << 20 };
    const json_t *v = json_object_get(x->c->top, name);
    *out = 0;
    if (!v || json_is_null(v)) return ST_OK;
    if (!json_is_integer(v) || json_integer_value(v) < 1)
        return v1_wrong(e, "must be a whole number, 1 or more", "%s", name);
    *out = json_integer_value(v) < MOST ? (int)json_integer_value(v) : MOST;
    return ST_OK;
}

/* --- documents --- */

static void append(struct buf *b, const json_t *v) {
    const json_t *part;
    size_t i;
    if (json_is_string(v)) buf_add(b, json_string_value(v), json_string_length(v));
    if (json_is_integer(v)) buf_printf(b, "%lld", (long long)json_integer_value(v));
    if (json_is_real(v)) buf_printf(b, "%.9g", json_real_value(v));
    if (json_is_boolean(v)) buf_str(b, json_is_true(v) ? "true" : "false");
    if (!json_is_array(v)) return;
    json_array_foreach(v, i, part) {
        if (i) buf_str(b, ", ");
        if (!json_is_array(part)) append(b, part);
    }
}

/* The fields that rank_fields names, in its order, a line each. */
static enum status join_fields(struct rerank *x, const json_t *fields, size_t i, struct err *e) {
    struct rerank_document *d = &x->doc[i];
    struct buf b;
    const json_t *name;
    size_t k;
    buf_init(&b, V1_BODY);
    json_array_foreach(fields, k, name) {
        const json_t *v = json_object_get(d->given, json_string_value(name));
        if (!v || json_is_null(v)) continue;
        if (b.n) buf_str(&b, "\n");
        append(&b, v);
    }
    d->text.n = b.n;
    d->text.p = b.failed ? NULL : arena_copy(&x->c->s->arena, buf_text(&b).p, b.n);
    buf_free(&b);
    if (!d->text.p) return fail(e, ST_NO_MEMORY, "no memory for a document");
    if (d->text.n) return ST_OK;
    return v1_wrong(e, "has none of the rank_fields", "%s[%zu]", x->list, i);
}

static enum status read_document(struct rerank *x, const json_t *fields, size_t i, struct err *e) {
    struct rerank_document *d = &x->doc[i];
    const json_t *text = d->given;
    d->index = (int)i;
    if (json_is_object(text) && fields) return join_fields(x, fields, i, e);
    if (json_is_object(text)) text = json_object_get(text, "text");
    d->text = text_of(text);
    if (json_is_string(text)) return ST_OK;
    enum status st = v1_wrong(e, "must be a text or an object with a text", "%s[%zu]", x->list, i);
    if (json_is_object(d->given)) err_hint(e, "rank_fields names the fields that are to be read");
    return st;
}

static enum status read_rank_fields(struct rerank *x, const json_t **out, struct err *e) {
    const json_t *list = json_object_get(x->c->top, "rank_fields"), *v;
    size_t i;
    *out = NULL;
    if (!list || json_is_null(list)) return ST_OK;
    if (json_array_size(list) == 0)
        return v1_wrong(e, "must be a list of names of fields", "rank_fields");
    json_array_foreach(list, i, v) {
        if (!json_is_string(v)) return v1_wrong(e, "must be a text", "rank_fields[%zu]", i);
    }
    *out = list;
    return ST_OK;
}

static enum status read_documents(struct rerank *x, struct err *e) {
    json_t *list = json_object_get(x->c->top, "documents");
    json_t *texts = json_object_get(x->c->top, "texts"), *v;
    const json_t *fields;
    size_t i;
    if (json_is_null(texts)) texts = NULL;
    if (list && !json_is_null(list) && texts)
        return v1_wrong(e, "is another name of documents: give one of them", "texts");
    x->list = texts ? "texts" : "documents";
    if (texts) list = texts;
    if (json_array_size(list) == 0 || json_array_size(list) > V1_ITEMS_MAX)
        return v1_wrong(e, "must be a list of 1 to 5000 texts or {\"text\"} objects", "%s",
                        x->list);
    x->n = (int)json_array_size(list);
    x->doc = ARENA_NEW(&x->c->s->arena, struct rerank_document, (size_t)x->n);
    if (!x->doc) return fail(e, ST_NO_MEMORY, "no memory for %d documents", x->n);
    TRY(read_rank_fields(x, &fields, e));
    json_array_foreach(list, i, v) {
        x->doc[i].given = v;
        TRY(read_document(x, fields, i, e));
    }
    return ST_OK;
}

/* --- the rest --- */

static int has(const struct rerank *x, const char *name) {
    return json_object_get(x->c->top, name) != NULL;
}

/* Whether a flag is there and false. */
static enum status read_off(struct rerank *x, const char *name, int *out, struct err *e) {
    int on;
    TRY(v1_flag(x->c, name, &on, e));
    if (json_is_false(json_object_get(x->c->top, name))) *out = 1;
    return ST_OK;
}

static enum status read_flags(struct rerank *x, struct err *e) {
    int with_documents, with_text;
    TRY(v1_flag(x->c, "return_documents", &with_documents, e));
    TRY(v1_flag(x->c, "return_text", &with_text, e));
    TRY(v1_flag(x->c, "raw_scores", &x->raw_scores, e));
    TRY(read_off(x, "truncate", &x->refuse_cut, e));
    TRY(read_off(x, "truncation", &x->refuse_cut, e));
    x->with_text = with_documents || with_text;
    return ST_OK;
}

static enum status read_top(struct rerank *x, struct err *e) {
    const json_t *n = json_object_get(x->c->top, "top_n"), *k = json_object_get(x->c->top, "top_k");
    const char *name = "top_n";
    x->top = x->n;
    if (json_is_null(k)) k = NULL;
    if (n && !json_is_null(n) && k)
        return v1_wrong(e, "is another name of top_n: give one of them", "top_k");
    if (k) name = "top_k", n = k;
    if (!n || json_is_null(n)) return ST_OK;
    if (!json_is_integer(n) || json_integer_value(n) < 0)
        return v1_wrong(e, "must be a whole number; 0 means all", "%s", name);
    if (json_integer_value(n) > 0 && json_integer_value(n) < x->n)
        x->top = (int)json_integer_value(n);
    return ST_OK;
}

enum status rerank_read(struct rerank *x, struct err *e) {
    static const char *const known[] = {"model",
                                        "query",
                                        "documents",
                                        "texts",
                                        "top_n",
                                        "top_k",
                                        "return_documents",
                                        "return_text",
                                        "rank_fields",
                                        "raw_scores",
                                        "truncate",
                                        "truncation",
                                        "truncation_direction",
                                        "max_tokens_per_doc",
                                        "max_chunks_per_doc",
                                        NULL};
    static const char *const later[] = {"truncate_prompt_tokens", "priority", "use_activation",
                                        "instruct", NULL};
    const json_t *query = json_object_get(x->c->top, "query");
    int chunks; /* a document is one chunk here, however many are allowed */
    TRY(v1_fields(x->c, known, later, e));
    TRY(read_flags(x, e));
    TRY(read_count(x, "max_tokens_per_doc", &x->document_cap, e));
    TRY(read_count(x, "max_chunks_per_doc", &chunks, e));
    if (json_is_string(query)) x->query = view_trim(text_of(query));
    if (x->query.n == 0) return v1_wrong(e, "must be a text that is not empty", "query");
    TRY(read_documents(x, e));
    TRY(read_top(x, e));
    x->shape = strcmp(x->list, "texts") == 0             ? RERANK_TEI
               : has(x, "top_k") || has(x, "truncation") ? RERANK_VOYAGE
                                                         : RERANK_COHERE;
    return ST_OK;
}
