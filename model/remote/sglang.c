/* SGLang: /generate with token ids. logprob_start_len leaves what comes before it to its radix
 * cache; the entry at that place has no value, so it lies one before the first that is read. */
#include "model/remote/kind.h"

#include <string.h>

static void ask(const struct remote *r, const struct remote_read *x, int n, struct buf *b) {
    (void)r;
    buf_str(b, "{\"input_ids\":[");
    for (int i = 0; i < n; i++) {
        if (i) buf_str(b, ",");
        kind_ids(b, x[i].tok, x[i].n);
    }
    buf_str(b, "],\"logprob_start_len\":[");
    for (int i = 0; i < n; i++)
        buf_printf(b, "%s%d", i ? "," : "", x[i].n_labels ? -1 : x[i].from - 1);
    buf_str(b, "],");
    if (x->n_labels) {
        buf_str(b, "\"token_ids_logprob\":[");
        for (int i = 0; i < n; i++) {
            if (i) buf_str(b, ",");
            kind_ids(b, x[i].labels, x[i].n_labels);
        }
        buf_str(b, "],");
    }
    buf_str(b, "\"return_logprob\":true,\"return_text_in_logprobs\":false,\"stream\":false,"
               "\"sampling_params\":{\"max_new_tokens\":1,\"temperature\":0}}");
}

static int is_of(const json_t *entry, int32_t token) {
    const json_t *id = json_array_get(entry, 1);
    return json_is_integer(id) && json_integer_value(id) == token;
}

static enum status tokens(const struct remote *r, struct remote_read *x, const json_t *meta,
                          struct err *e) {
    const json_t *list = json_object_get(meta, "input_token_logprobs");
    size_t want = (size_t)(x->n - x->from), got = json_array_size(list);
    if (got < want)
        return kind_wrong(r, e, "has log-probabilities of %zu tokens where %zu are asked for", got,
                          want);
    for (size_t k = 0; k < want; k++) {
        const json_t *entry = json_array_get(list, got - want + k);
        int32_t token = x->tok[(size_t)x->from + k];
        if (!is_of(entry, token))
            return kind_wrong(r, e, "is of other tokens than were sent, not of %d", token);
        TRY(kind_logprob(r, json_array_get(entry, 0), token, x->out + k, e));
    }
    x->done = 1;
    return ST_OK;
}

static enum status labels(const struct remote *r, struct remote_read *x, const json_t *meta,
                          struct err *e) {
    const json_t *list = json_array_get(json_object_get(meta, "output_token_ids_logprobs"), 0);
    for (int k = 0; k < x->n_labels; k++) {
        const json_t *value = NULL;
        for (size_t i = 0; i < json_array_size(list); i++)
            if (is_of(json_array_get(list, i), x->labels[k]))
                value = json_array_get(json_array_get(list, i), 0);
        TRY(kind_logprob(r, value, x->labels[k], x->out + k, e));
    }
    x->done = 1;
    return ST_OK;
}

static enum status answer(const struct remote *r, struct remote_read *x, int n, const json_t *top,
                          struct err *e) {
    int one = n == 1 && json_is_object(top);
    if (!one && json_array_size(top) != (size_t)n)
        return kind_wrong(r, e, "has %zu results for %d prompts", json_array_size(top), n);
    for (int i = 0; i < n; i++) {
        const json_t *result = one ? top : json_array_get(top, (size_t)i),
                     *meta = json_object_get(result, "meta_info");
        TRY(kind_count(r, json_object_get(meta, "prompt_tokens"), x[i].n, e));
        TRY((x[i].n_labels ? labels : tokens)(r, &x[i], meta, e));
    }
    return ST_OK;
}

static void tokenize(const struct remote *r, const char *text, struct buf *b) {
    buf_str(b, "{");
    kind_model(r, b);
    buf_str(b, "\"add_special_tokens\":false,\"prompt\":");
    kind_text(b, text);
    buf_str(b, "}");
}

const struct kind kind_sglang = {.name = "sglang",
                                 .title = "SGLang",
                                 .path = "/generate",
                                 .most = 16,
                                 .tokens = CAN,
                                 .labels = CAN,
                                 .ask = ask,
                                 .answer = answer,
                                 .facts = kind_models,
                                 .tokenize = tokenize};
