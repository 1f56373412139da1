/* llama.cpp's server: /completion with token ids and n_probs, which answers the likeliest tokens
 * behind the prompt. Labels are looked for among them, and where one is missing the whole
 * vocabulary is asked for. It cannot read the tokens of a prompt. */
#include "model/remote/kind.h"

#include <string.h>

enum { LIKELIEST = 256 };

static void ask(const struct remote *r, const struct remote_read *x, int n, struct buf *b) {
    (void)n;
    buf_str(b, "{\"prompt\":");
    kind_ids(b, x->tok, x->n);
    buf_printf(b,
               ",\"n_predict\":1,\"n_probs\":%d,\"post_sampling_probs\":false,\"temperature\":0,"
               "\"cache_prompt\":true,\"stream\":false}",
               x->wide || r->vocab < LIKELIEST ? r->vocab : LIKELIEST);
}

static const json_t *find(const json_t *list, int32_t token) {
    size_t i;
    json_t *v;
    json_array_foreach((json_t *)(uintptr_t)list, i, v) {
        const json_t *id = json_object_get(v, "id");
        if (json_is_integer(id) && json_integer_value(id) == token)
            return json_object_get(v, "logprob");
    }
    return NULL;
}

static enum status answer(const struct remote *r, struct remote_read *x, int n, const json_t *top,
                          struct err *e) {
    const json_t *first = json_array_get(json_object_get(top, "completion_probabilities"), 0),
                 *list = json_object_get(first, "top_logprobs");
    (void)n;
    TRY(kind_count(r, json_object_get(top, "tokens_evaluated"), x->n, e));
    if (!json_is_array(list)) return kind_wrong(r, e, "has no completion_probabilities");
    for (int k = 0; k < x->n_labels; k++) {
        const json_t *value = find(list, x->labels[k]);
        if (!value && !x->wide) {
            x->wide = 1;
            return ST_OK;
        }
        TRY(kind_logprob(r, value, x->labels[k], x->out + k, e));
    }
    x->done = 1;
    return ST_OK;
}

static enum status facts(struct remote *r, struct err *e) {
    json_t *top;
    TRY(kind_models(r, e));
    TRY(kind_get(r, "/props", 1, &top, e));
    const json_t *settings = json_object_get(top, "default_generation_settings");
    json_int_t most = json_integer_value(json_object_get(settings, "n_ctx"));
    if (most > 0 && most < r->context) r->context = (int)most;
    json_decref(top);
    return ST_OK;
}

static void tokenize(const struct remote *r, const char *text, struct buf *b) {
    (void)r;
    buf_str(b, "{\"add_special\":false,\"parse_special\":false,\"content\":");
    kind_text(b, text);
    buf_str(b, "}");
}

const struct kind kind_llama = {.name = "llama",
                                .title = "llama.cpp",
                                .path = "/completion",
                                .most = 1,
                                .tokens = CAN_NOT,
                                .labels = CAN,
                                .ask = ask,
                                .answer = answer,
                                .facts = facts,
                                .tokenize = tokenize};
