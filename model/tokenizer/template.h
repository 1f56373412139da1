/* Chat templates as data: which control tokens surround a system, a user and an assistant turn.
 * Chosen from the GGUF's chat template by recognising its control tokens; a model without one gets
 * the plain form (no control tokens). */
#ifndef TOKENIZER_TEMPLATE_H
#define TOKENIZER_TEMPLATE_H

#include "model/tokenizer/tok.h"

enum turn { TURN_SYSTEM, TURN_USER, TURN_ASSISTANT, TURN_COUNT };

enum { TEMPLATE_MAX_IDS = 16 }; /* a role word spelled byte by byte still fits */

/* Token ids around one turn's text. The assistant turn is left open: its tail is not used when an
 * answer is awaited. Line ends and role words in them are ordinary text tokens. */
struct chat_turn {
    int32_t head[TEMPLATE_MAX_IDS], tail[TEMPLATE_MAX_IDS];
    int n_head, n_tail;
};

/* The BOS (tok_bos) comes before the first turn and is not part of it. A model's default system
 * text is not added: what stands in the prompt is what the caller wrote. Gemma knows no system
 * turn; there it takes the form of a user turn. */
struct chat_template {
    const char *name; /* "chatml", "llama3", "gemma", "plain" */
    struct chat_turn turn[TURN_COUNT];
};

/* Never fails for want of a template: falls back to "plain", also when the vocabulary lacks one of
 * the control tokens. Plain turns end with a line end. ST_NO_MEMORY only. */
enum status template_choose(struct chat_template *out, const struct gguf *g, const struct tok *t,
                            struct err *e) MUST_CHECK;

#endif
