/* Another Taproom: /v1/score, which answers how likely labels are behind items that share a query.
 * A token is read as a label behind what is before it. */
#include "model/remote/kind.h"

#include <math.h>
#include <string.h>

/* The labels of all reads without repetition, in the order of their first use. */
static int all_labels(const struct remote_read *x, int n, int32_t *out, int max) {
    int m = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < x[i].n_labels; k++) {
            int at = 0;
            while (at < m && out[at] != x[i].labels[k]) at++;
            if (at == m && m < max) out[m++] = x[i].labels[k];
        }
    return m;
}

enum { MOST = 64, LABELS_MAX = 4096 };

/* What all begin with is the query, but an item must have a token. */
static int query_of(const struct remote_read *x, int n) {
    int shared = reads_shared(x, n);
    for (int i = 0; i < n; i++)
        if (shared >= x[i].n) shared = x[i].n - 1;
    return shared;
}

static void ask(const struct remote *r, const struct remote_read *x, int n, struct buf *b) {
    int32_t label[LABELS_MAX];
    int query = query_of(x, n);
    buf_str(b, "{");
    kind_model(r, b);
    buf_str(b, "\"query\":");
    kind_ids(b, x->tok, query);
    buf_str(b, ",\"items\":[");
    for (int i = 0; i < n; i++) {
        if (i) buf_str(b, ",");
        kind_ids(b, x[i].tok + query, x[i].n - query);
    }
    buf_str(b, "],\"label_token_ids\":");
    kind_ids(b, label, all_labels(x, n, label, LABELS_MAX));
    buf_str(b, "}");
}

static enum status one(const struct remote *r, struct remote_read *x, const json_t *scores,
                       const int32_t *label, int m, struct err *e) {
    if (json_array_size(scores) != (size_t)m)
        return kind_wrong(r, e, "has %zu scores for %d labels", json_array_size(scores), m);
    for (int k = 0; k < x->n_labels; k++) {
        int at = 0;
        while (at < m && label[at] != x->labels[k]) at++;
        const json_t *v = json_array_get(scores, (size_t)at);
        double p = json_number_value(v);
        if (!json_is_number(v) || !(p >= 0 && p <= 1.0001))
            return kind_wrong(r, e, "has no probability of token %d", x->labels[k]);
        x->out[k] = (float)(p > 1 ? 0 : log(p > 0 ? p : 1e-300));
    }
    x->done = 1;
    return ST_OK;
}

static enum status answer(const struct remote *r, struct remote_read *x, int n, const json_t *top,
                          struct err *e) {
    const json_t *scores = json_object_get(top, "scores");
    int32_t label[LABELS_MAX];
    int m = all_labels(x, n, label, LABELS_MAX), query = query_of(x, n);
    long long sent = query;
    if (json_array_size(scores) != (size_t)n)
        return kind_wrong(r, e, "has %zu scores for %d items", json_array_size(scores), n);
    for (int i = 0; i < n; i++) sent += x[i].n - query;
    TRY(kind_count(r, json_object_get(json_object_get(top, "usage"), "prompt_tokens"), sent, e));
    for (int i = 0; i < n; i++) TRY(one(r, &x[i], json_array_get(scores, (size_t)i), label, m, e));
    return ST_OK;
}

static enum status check_vocab(struct remote *r, const json_t *m, struct err *e) {
    json_int_t vocab = json_integer_value(json_object_get(m, "vocab")),
               context = json_integer_value(json_object_get(m, "context"));
    if (vocab > 0 && vocab != r->vocab) {
        (void)fail(e, ST_CONFLICT, "%s has %lld tokens, the vocabulary here %d", r->kind->title,
                   (long long)vocab, r->vocab);
        return ST_CONFLICT;
    }
    if (context > 0 && context < r->context) r->context = (int)context;
    return ST_OK;
}

static enum status facts(struct remote *r, struct err *e) {
    enum status st = ST_OK;
    json_t *top, *m;
    size_t i;
    TRY(kind_models(r, e));
    TRY(kind_get(r, "/api/models", 1, &top, e));
    json_array_foreach(json_object_get(top, "models"), i, m) {
        const char *id = json_string_value(json_object_get(m, "id"));
        if (st == ST_OK && id && strcmp(id, r->model) == 0) st = check_vocab(r, m, e);
    }
    json_decref(top);
    return st;
}

const struct kind kind_taproom = {.name = "taproom",
                                  .title = "Taproom",
                                  .path = "/v1/score",
                                  .most = MOST,
                                  .tokens = CAN_OTHERWISE,
                                  .labels = CAN,
                                  .ask = ask,
                                  .answer = answer,
                                  .facts = facts};
