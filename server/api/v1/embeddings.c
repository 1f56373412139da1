/* POST /v1/embeddings, in OpenAI's shape: the vectors of texts by the encoder, each of length 1. A
 * text's vector is the same alone or among others. */
#include "server/api/kit/out.h"
#include "server/api/v1/v1.h"

#include "model/embed/embed.h"

#include <stdio.h>
#include <string.h>

enum { INPUTS_MAX = 2048 };

struct embeddings {
    struct v1 *c;
    struct embedder *em;
    struct embedder_info m;
    struct view *text;
    float *vector; /* (n, m.dim) */
    int n, base64;
    long long tokens;
};

/* --- the request --- */

static enum status read_text(struct embeddings *x, const json_t *v, int i, const char *field,
                             struct err *e) {
    int cut = 0;
    if (json_is_integer(v) || json_is_array(v)) {
        enum status st = v1_wrong(e, "must be a text, not token ids", "%s", field);
        err_hint(e, "ids belong to one model's vocabulary; send the text that they stand for");
        return st;
    }
    if (!json_is_string(v) || json_string_length(v) == 0)
        return v1_wrong(e, "must be a text that is not empty", "%s", field);
    x->text[i] = (struct view){json_string_value(v), json_string_length(v)};
    x->tokens += embedder_tokens(x->em, x->text[i], &cut);
    if (cut) v1_warn(x->c, "%s is cut after %d tokens", field, EMBED_TOKENS);
    return ST_OK;
}

static enum status read_input(struct embeddings *x, struct err *e) {
    const json_t *input = json_object_get(x->c->top, "input");
    size_t n = json_is_array(input) ? json_array_size(input) : input && !json_is_null(input);
    char field[32] = "input";
    if (n == 0 || n > INPUTS_MAX)
        return v1_wrong(e, "must be a text or a list of 1 to 2048 texts", "input");
    x->n = (int)n;
    x->text = ARENA_NEW(&x->c->s->arena, struct view, n);
    x->vector = ARENA_NEW(&x->c->s->arena, float, n *(size_t)x->m.dim);
    if (!x->text || !x->vector) return fail(e, ST_NO_MEMORY, "no memory for %zu vectors", n);
    if (!json_is_array(input)) return read_text(x, input, 0, field, e);
    for (size_t i = 0; i < n; i++) {
        snprintf(field, sizeof field, "input[%zu]", i);
        TRY(read_text(x, json_array_get(input, i), (int)i, field, e));
    }
    return ST_OK;
}

static enum status read_form(struct embeddings *x, struct err *e) {
    const json_t *form = json_object_get(x->c->top, "encoding_format");
    const json_t *dim = json_object_get(x->c->top, "dimensions");
    const char *name = json_string_value(form);
    if (form && !json_is_null(form) &&
        (!name || (strcmp(name, "float") != 0 && strcmp(name, "base64") != 0)))
        return v1_wrong(e, "must be float or base64", "encoding_format");
    x->base64 = name && strcmp(name, "base64") == 0;
    if (!dim || json_is_null(dim)) return ST_OK;
    if (json_is_integer(dim) && json_integer_value(dim) == x->m.dim) return ST_OK;
    char what[64];
    snprintf(what, sizeof what, "must be %d, as many as the encoder has", x->m.dim);
    return v1_wrong(e, what, "dimensions");
}

static enum status read_request(struct embeddings *x, struct err *e) {
    static const char *const known[] = {"model",      "input", "encoding_format",
                                        "dimensions", "user",  NULL};
    static const char *const later[] = {NULL};
    TRY(v1_fields(x->c, known, later, e));
    if (!json_is_string(json_object_get(x->c->top, "model"))) x->c->model = x->m.name;
    TRY(read_form(x, e));
    return read_input(x, e);
}

/* --- the answer --- */

static int gave_up(void *arg, int done, int total) {
    struct v1 *c = arg;
    (void)done, (void)total;
    return task_given_up(&c->s->task);
}

/* The bytes of n floats, little-endian, as OpenAI sends them. */
static enum status put_base64(struct v1 *c, const float *v, size_t n, struct err *e) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)v;
    size_t bytes = n * sizeof *v, at = 0;
    char *text = arena_alloc(&c->s->arena, bytes / 3 * 4 + 8);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for a vector's text");
    for (size_t i = 0; i < bytes; i += 3) {
        unsigned b = (unsigned)p[i] << 16;
        if (i + 1 < bytes) b |= (unsigned)p[i + 1] << 8;
        if (i + 2 < bytes) b |= p[i + 2];
        text[at++] = digit[b >> 18];
        text[at++] = digit[b >> 12 & 63];
        text[at++] = digit[b >> 6 & 63];
        text[at++] = digit[b & 63];
        if (i + 1 >= bytes) text[at - 2] = '=';
        if (i + 2 >= bytes) text[at - 1] = '=';
    }
    out_view(&c->out, "embedding", (struct view){text, at});
    return ST_OK;
}

static enum status put_vector(struct embeddings *x, int i, struct err *e) {
    struct buf *b = &x->c->out;
    const float *v = x->vector + (size_t)i * (size_t)x->m.dim;
    out_open(b, NULL, '{');
    out_text(b, "object", "embedding");
    out_int(b, "index", i);
    if (x->base64) {
        TRY(put_base64(x->c, v, (size_t)x->m.dim, e));
    } else {
        out_open(b, "embedding", '[');
        for (int k = 0; k < x->m.dim; k++) buf_printf(b, "%s%.9g", k ? "," : "", (double)v[k]);
        out_close(b, ']');
    }
    out_close(b, '}');
    return ST_OK;
}

static enum status embed(struct v1 *c, struct err *e) {
    struct embeddings x = {.c = c, .em = c->ranker->embedder};
    if (!x.em) {
        (void)fail(e, ST_NOT_FOUND, "there is no embedding model here");
        err_hint(e, "./taproom setup fetches it");
        return ST_NOT_FOUND;
    }
    embedder_info(x.em, &x.m);
    TRY(read_request(&x, e));
    TRY(embedder_run(x.em, x.text, x.n, x.vector, c, gave_up, e));
    out_open(&c->out, NULL, '{');
    out_text(&c->out, "object", "list");
    out_text(&c->out, "model", c->model);
    out_open(&c->out, "data", '[');
    for (int i = 0; i < x.n; i++) TRY(put_vector(&x, i, e));
    out_close(&c->out, ']');
    v1_end(c, x.tokens);
    return ST_OK;
}

enum status api_embeddings_post(struct req *r, struct err *e) {
    return v1_call(r, "embeddings", embed, e);
}
