/* `relevance`: log P(yes) - log P(no) as the answer to "will the member like this item?", minus the
 * same under an empty context: 360Brew's form. Tree: chat turn with the context -> question about
 * one item. */
#include "server/rank/context.h"

#include <math.h>
#include <string.h>

/* The label must be one token; which one depends on whether a template or plain text stands before
 * it. */
static enum status label_id(struct scene *s, const char *label, int32_t *id, struct err *e) {
    int32_t *ids;
    const int32_t *head;
    size_t n;
    int n_head;
    engine_turn(s->k->engine, 2, 0, &head, &n_head);
    char *text = arena_printf(s->a, "%s%s", n_head ? "" : " ", label);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for a label");
    TRY(engine_tokens(s->k->engine, view_of(text), s->a, &ids, &n, e));
    if (n != 1)
        return fail(e, ST_INVALID, "the answer '%s' is %zu tokens for this model; it must be one",
                    label, n);
    *id = ids[0];
    return ST_OK;
}

static enum status trunk(struct scene *s, struct prompt *p, int with, int *root, struct err *e) {
    struct engine_info info;
    engine_info(s->k->engine, &info);
    TRY(prompt_node(p, -1, 1, root, e));
    TRY(prompt_turn(p, 1, 0, e));
    if (with && context_any(s))
        return context_add(s, p, info.context - 2 * ITEM_TOKENS_MAX, "user", e);
    char *text = arena_printf(s->a, "The %s asked for: anything\n", s->surface.member_word);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    return prompt_text(p, view_of(text), 0, "instruction", "user", 0, NULL, e);
}

static enum status leaf(struct scene *s, struct relevance_readout *q, struct prompt *p, int root,
                        int i, float **out, struct err *e) {
    int node, cut = 0;
    const struct surface *f = &s->surface;
    char *text = arena_printf(s->a, "%s: %.*s", f->item_word, (int)s->text[i].n, s->text[i].p);
    char *ask = arena_printf(s->a, "\nWill the %s like this %s? Answer %s or %s.", f->member_word,
                             f->item_word, f->answer_yes, f->answer_no);
    if (!text || !ask) return fail(e, ST_NO_MEMORY, "no memory for an item's text");
    p->item = i;
    TRY(prompt_node(p, root, 0, &node, e));
    TRY(prompt_text(p, view_of(text), ITEM_TOKENS_MAX, "item", "user", 1, &cut, e));
    p->item_cuts += cut > 0;
    TRY(prompt_text(p, view_of(ask), 0, "question", "user", 1, NULL, e));
    TRY(prompt_turn(p, 1, 1, e));
    TRY(prompt_turn(p, 2, 0, e));
    return prompt_ask_labels(p, node, q->label, 2, out, e);
}

enum status relevance_build(struct relevance_readout *q, struct scene *s, struct prompt *p,
                            struct err *e) {
    size_t n = (size_t)s->n;
    int root;
    q->with = ARENA_NEW(s->a, float *, n);
    q->without = ARENA_NEW(s->a, float *, n);
    if (!q->with || !q->without) return fail(e, ST_NO_MEMORY, "no memory for %zu answers", n);
    TRY(label_id(s, s->surface.answer_yes, &q->label[0], e));
    TRY(label_id(s, s->surface.answer_no, &q->label[1], e));
    if (q->label[0] == q->label[1]) return fail(e, ST_INVALID, "both answers are the same token");
    for (int with = 1; with >= 0; with--) {
        TRY(trunk(s, p, with, &root, e));
        for (int i = 0; i < s->n; i++) {
            TRY(leaf(s, q, p, root, i, with ? &q->with[i] : &q->without[i], e));
            p->recording = 0;
        }
    }
    return ST_OK;
}

void relevance_finish(struct relevance_readout *q, struct scene *s, double *score, double *logprob,
                      double *prior, double *mass) {
    for (int i = 0; i < s->n; i++) {
        logprob[i] = (double)q->with[i][0] - (double)q->with[i][1];
        prior[i] = (double)q->without[i][0] - (double)q->without[i][1];
        score[i] = logprob[i] - prior[i];
        mass[i] = exp((double)q->with[i][0]) + exp((double)q->with[i][1]);
    }
}
