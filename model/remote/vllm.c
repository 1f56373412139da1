/* vLLM: /v1/completions with token ids. Tokens of the prompt are read by prompt_logprobs, which
 * makes it compute the whole prompt anew; labels by logprob_token_ids, behind a prompt that its
 * prefix cache may know, where it is new enough, else as last tokens. */
#include "model/remote/kind.h"

#include <stdio.h>
#include <string.h>

static void ask(const struct remote *r, const struct remote_read *x, int n, struct buf *b) {
    buf_str(b, "{");
    kind_model(r, b);
    buf_str(b, "\"prompt\":[");
    for (int i = 0; i < n; i++) {
        if (i) buf_str(b, ",");
        kind_ids(b, x[i].tok, x[i].n);
    }
    buf_str(b, "],\"max_tokens\":1,\"temperature\":0,\"add_special_tokens\":false,");
    if (x->n_labels) {
        buf_printf(b, "\"logprobs\":%d,\"return_tokens_as_token_ids\":true,\"logprob_token_ids\":",
                   x->n_labels);
        kind_ids(b, x->labels, x->n_labels);
        buf_str(b, "}");
    } else {
        buf_str(b, "\"prompt_logprobs\":0}");
    }
}

static enum status tokens(const struct remote *r, struct remote_read *x, const json_t *choice,
                          struct err *e) {
    const json_t *list = json_object_get(choice, "prompt_logprobs");
    if (json_array_size(list) != (size_t)x->n)
        return kind_wrong(r, e, "has log-probabilities of %zu tokens where %d were sent",
                          json_array_size(list), x->n);
    for (int k = x->from; k < x->n; k++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%d", x->tok[k]);
        const json_t *one = json_object_get(json_array_get(list, (size_t)k), id);
        TRY(kind_logprob(r, json_object_get(one, "logprob"), x->tok[k], x->out + k - x->from, e));
    }
    x->done = 1;
    return ST_OK;
}

static enum status labels(const struct remote *r, struct remote_read *x, const json_t *choice,
                          struct err *e) {
    const json_t *list = json_object_get(json_object_get(choice, "logprobs"), "top_logprobs");
    const json_t *top = json_array_get(list, 0);
    for (int k = 0; k < x->n_labels; k++) {
        char id[32];
        (void)snprintf(id, sizeof id, "token_id:%d", x->labels[k]);
        TRY(kind_logprob(r, json_object_get(top, id), x->labels[k], x->out + k, e));
    }
    x->done = 1;
    return ST_OK;
}

static enum status answer(const struct remote *r, struct remote_read *x, int n, const json_t *top,
                          struct err *e) {
    const json_t *choices = json_object_get(top, "choices");
    long long sent = 0;
    if (json_array_size(choices) != (size_t)n)
        return kind_wrong(r, e, "has %zu choices for %d prompts", json_array_size(choices), n);
    for (int i = 0; i < n; i++) sent += x[i].n;
    TRY(kind_count(r, json_object_get(json_object_get(top, "usage"), "prompt_tokens"), sent, e));
    for (int i = 0; i < n; i++) {
        const json_t *choice = json_array_get(choices, (size_t)i),
                     *index = json_object_get(choice, "index");
        json_int_t at = json_is_integer(index) ? json_integer_value(index) : i;
        if (at < 0 || at >= n || x[at].done)
            return kind_wrong(r, e, "has a choice with the index %lld", (long long)at);
        TRY((x[at].n_labels ? labels : tokens)(r, &x[at], choice, e));
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

const struct kind kind_vllm = {.name = "vllm",
                               .title = "vLLM",
                               .path = "/v1/completions",
                               .most = 16,
                               .same_labels = 1,
                               .tokens = CAN,
                               .labels = CAN,
                               .ask = ask,
                               .answer = answer,
                               .facts = kind_models,
                               .tokenize = tokenize};
