/* Building prompt trees from text: nodes, the tokens of their spans, what is asked of them, and the
 * record of parts that people read as "the exact prompt". All memory is the arena's. */
#ifndef READOUT_PROMPT_H
#define READOUT_PROMPT_H

#include "model/engine/engine.h"

/* A stretch of the prompt as it is shown: one name, one role, its text and its tokens. */
struct part {
    const char *name,
        *role; /* name: frame, instruction, profile, history, examples, item, clause, question */
    struct view text;
    int tokens, per_item;
};
struct cut {
    const char *part;
    int dropped; /* tokens, or interactions for history */
    const char *why;
};

struct prompt {
    const struct engine *en;
    struct arena *a;
    int n_nodes, nodes_max, n_asks, asks_max, n_parts, parts_max, n_cuts, cuts_max;
    size_t n_tok, tok_max;
    int32_t *parent, *off, *tok;
    uint8_t *keep;
    struct ask *ask;
    int *ask_item; /* (n_asks): the candidate that an ask is about, or -1 */
    int item;      /* the one that the asks to come are about */
    struct part *part;
    struct cut *cut;
    int recording;    /* 1: parts are recorded */
    int item_cuts;    /* items whose text was cut */
    long long tokens; /* of roots and candidates, as if nothing were known from earlier rankings */
};

void prompt_init(struct prompt *p, const struct engine *en, struct arena *a);

/* Starts a node under parent (-1: a root, which gets the model's BOS); its index comes in *node.
 * Text goes to the node that was started last. ST_NO_MEMORY. */
enum status prompt_node(struct prompt *p, int parent, int keep, int *node,
                        struct err *e) MUST_CHECK;

/* Appends text, at most max_tokens of it (0: all); *cut is the number of tokens left out (may be
 * NULL). */
enum status prompt_text(struct prompt *p, struct view text, int max_tokens, const char *part,
                        const char *role, int per_item, int *cut, struct err *e) MUST_CHECK;
/* Appends tokens. */
enum status prompt_tokens(struct prompt *p, const int32_t *ids, size_t n, struct err *e) MUST_CHECK;
/* Records a part whose tokens are appended by themselves: text of n tokens, the first `keep` of
 * which are in the prompt. */
enum status prompt_part(struct prompt *p, struct view text, const int32_t *ids, size_t n,
                        size_t keep, const char *part, const char *role, int per_item,
                        struct err *e) MUST_CHECK;
/* Counts text as if it were appended, for what need not be asked again. */
enum status prompt_count(struct prompt *p, struct view text, int max_tokens,
                         struct err *e) MUST_CHECK;
/* Appends the control tokens before (tail 0) or after (1) a turn: 0 system, 1 user, 2 assistant. */
enum status prompt_turn(struct prompt *p, int role, int tail, struct err *e) MUST_CHECK;

/* Asks for the log-probabilities of a node's tokens, or of labels after it; *out is where they will
 * stand. */
enum status prompt_ask_tokens(struct prompt *p, int node, float **out, struct err *e) MUST_CHECK;
/* The same into out, which has room for them. */
enum status prompt_ask_into(struct prompt *p, int node, float *out, struct err *e) MUST_CHECK;
enum status prompt_ask_labels(struct prompt *p, int node, const int32_t *labels, int n, float **out,
                              struct err *e) MUST_CHECK;

/* Notes that something was left out. */
enum status prompt_cut(struct prompt *p, const char *part, int dropped, const char *why,
                       struct err *e) MUST_CHECK;

int prompt_len(const struct prompt *p, int node);
struct tree prompt_tree(const struct prompt *p); /* borrows from p */

/* Replaces {key} in a template by its value, for the n pairs given; unknown keys stay. */
struct word {
    const char *key;
    struct view value;
};
enum status prompt_fill(const char *tmpl, const struct word *w, int n, struct arena *a,
                        struct view *out, struct err *e) MUST_CHECK;

#endif
