/* Chat templates as data: which control tokens surround a system, a user and an assistant turn.
 * Chosen from the GGUF's chat template by recognising its control tokens; a model without one gets
 * the plain form (no control tokens). */
#ifndef MODEL_TEMPLATE_H
#define MODEL_TEMPLATE_H

#include "model/tok.h"

enum turn { TURN_SYSTEM, TURN_USER, TURN_ASSISTANT, TURN_COUNT };

/* Token ids around one turn's text. The assistant turn is left open: its tail is not used when an
 * answer is awaited. */
struct chat_turn {
    int32_t head[8], tail[8];
    int n_head, n_tail;
};

struct chat_template {
    const char *name; /* "chatml", "llama3", "gemma", "plain" */
    struct chat_turn turn[TURN_COUNT];
};

/* Never fails for want of a template: falls back to "plain". ST_NO_MEMORY only. */
enum status template_choose(struct chat_template *out, const struct gguf *g, const struct tok *t,
                            struct err *e) MUST_CHECK;

#endif
