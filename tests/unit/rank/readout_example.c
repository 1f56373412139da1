/* The example of server/readout/README.md: how likely the item's text is after the wish, each token
 * as much as the other. Tree: wish -> item. */
#include "server/readout/context/prompt_sections.h"
#include "server/readout/readout.h"

struct answer_readout {
    float **out; /* (n): log P of each of the item's tokens */
    int *tokens; /* (n) */
};

static enum status build(void *state, struct rank_context *s, struct prompt *p, struct err *e) {
    struct answer_readout *q = state;
    int root, node;
    char *wish = arena_printf(s->a, "Somebody asked for %.*s. They were shown:", (int)s->wanted.n,
                              s->wanted.p);
    q->out = ARENA_NEW(s->a, float *, (size_t)s->n);
    q->tokens = ARENA_NEW(s->a, int, (size_t)s->n);
    if (!wish || !q->out || !q->tokens) return fail(e, ST_NO_MEMORY, "no memory for a readout");
    TRY(prompt_node(p, -1, 1, &root, e));
    TRY(prompt_text(p, view_of(wish), 0, "instruction", "text", 0, NULL, e));
    for (int i = 0; i < s->n; i++) {
        char *text = arena_printf(s->a, " %.*s", (int)s->text[i].n, s->text[i].p);
        if (!text) return fail(e, ST_NO_MEMORY, "no memory for an item");
        p->item = i; /* the asks to come are about this candidate */
        TRY(prompt_node(p, root, 0, &node, e));
        TRY(prompt_text(p, view_of(text), ITEM_TOKENS_MAX, "item", "text", 1, NULL, e));
        q->tokens[i] = prompt_len(p, node);
        TRY(prompt_ask_tokens(p, node, &q->out[i], e));
        p->recording = 0; /* one item's prompt is enough to be shown */
    }
    p->item = -1;
    return ST_OK;
}

static void finish(void *state, struct rank_context *s, struct readout_values *v) {
    const struct answer_readout *q = state;
    for (int i = 0; i < s->n; i++) {
        for (int t = 0; t < q->tokens[i]; t++) v->logprob[i] += (double)q->out[i][t];
        v->score[i] = v->logprob[i] / q->tokens[i];
    }
}

extern const struct readout readout_answer;
const struct readout readout_answer = {.title = "the item as an answer",
                                       .about = "asks how likely the item's text is after the wish",
                                       .why = "asked for",
                                       .state = sizeof(struct answer_readout),
                                       .build = build,
                                       .finish = finish};
