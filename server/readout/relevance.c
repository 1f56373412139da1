/* `relevance`: log P(yes) - log P(no) as the answer to "will the member like this item?", minus the
 * same under an empty context: 360Brew's form. Tree: chat turn with the context -> question about
 * one item. */
#include "server/readout/context/prompt_sections.h"
#include "server/readout/readout.h"

#include <math.h>
#include <string.h>

struct relevance_readout {
    float **with, **without;           /* (n): log P of the answers, with and without the context */
    int32_t label[2 * SURFACE_LABELS]; /* all first answers, then all second ones */
    int n_labels;
};

/* The label must be one token; which one depends on whether a template or plain text stands before
 * it. */
static enum status label_id(struct rank_context *s, const char *label, int32_t *id, struct err *e) {
    int32_t *ids;
    const int32_t *head;
    size_t n;
    int n_head;
    engine_turn(s->engine, 2, 0, &head, &n_head);
    char *text = arena_printf(s->a, "%s%s", n_head ? "" : " ", label);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for a label");
    TRY(engine_tokens(s->engine, view_of(text), s->a, &ids, &n, e));
    if (n != 1)
        return fail(e, ST_INVALID, "the answer '%s' is %zu tokens for this model; it must be one",
                    label, n);
    *id = ids[0];
    return ST_OK;
}

/* The pairs' tokens, the first answers in front: no token may stand twice. */
static enum status label_ids(struct relevance_readout *q, struct rank_context *s, struct err *e) {
    int n = s->surface.n_labels;
    q->n_labels = n;
    for (int k = 0; k < 2 * n; k++) {
        TRY(label_id(s, s->surface.label[k % n][k / n], &q->label[k], e));
        for (int i = 0; i < k; i++)
            if (q->label[i] == q->label[k])
                return fail(e, ST_INVALID, "two answers are the same token");
    }
    return ST_OK;
}

static enum status trunk(struct rank_context *s, struct prompt *p, int with, int *root,
                         struct err *e) {
    struct engine_info info;
    engine_info(s->engine, &info);
    TRY(prompt_node(p, -1, 1, root, e));
    TRY(prompt_turn(p, 1, 0, e));
    if (with && sections_any(s))
        return sections_add(s, p, info.context - 2 * ITEM_TOKENS_MAX, "user", e);
    char *text = arena_printf(s->a, "The %s asked for: anything\n", s->surface.member_word);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    return prompt_text(p, view_of(text), 0, "instruction", "user", 0, NULL, e);
}

static enum status leaf(struct rank_context *s, struct relevance_readout *q, struct prompt *p,
                        int root, int i, float **out, struct err *e) {
    int node, cut = 0;
    const struct surface *f = &s->surface;
    char *text = arena_printf(s->a, "%s: %.*s", f->item_word, (int)s->text[i].n, s->text[i].p);
    const struct word w[] = {{"item_word", view_of(f->item_word)},
                             {"member_word", view_of(f->member_word)},
                             {"yes", view_of(f->answer_yes)},
                             {"no", view_of(f->answer_no)}};
    struct view question;
    TRY(prompt_fill(f->question, w, COUNT(w), s->a, &question, e));
    char *ask = arena_printf(s->a, "\n%.*s", (int)question.n, question.p);
    if (!text || !ask) return fail(e, ST_NO_MEMORY, "no memory for an item's text");
    p->item = i;
    TRY(prompt_node(p, root, 0, &node, e));
    TRY(prompt_text(p, view_of(text), ITEM_TOKENS_MAX, "item", "user", 1, &cut, e));
    p->item_cuts += cut > 0;
    TRY(prompt_text(p, view_of(ask), 0, "question", "user", 1, NULL, e));
    TRY(prompt_turn(p, 1, 1, e));
    TRY(prompt_turn(p, 2, 0, e));
    return prompt_ask_labels(p, node, q->label, 2 * q->n_labels, out, e);
}

static enum status build(void *state, struct rank_context *s, struct prompt *p, struct err *e) {
    struct relevance_readout *q = state;
    size_t n = (size_t)s->n;
    int root;
    q->with = ARENA_NEW(s->a, float *, n);
    q->without = ARENA_NEW(s->a, float *, n);
    if (!q->with || !q->without) return fail(e, ST_NO_MEMORY, "no memory for %zu answers", n);
    TRY(label_ids(q, s, e));
    for (int with = 1; with >= 0; with--) {
        TRY(trunk(s, p, with, &root, e));
        for (int i = 0; i < s->n; i++) {
            TRY(leaf(s, q, p, root, i, with ? &q->with[i] : &q->without[i], e));
            p->recording = 0;
        }
    }
    return ST_OK;
}

/* The logarithm of the probabilities' sum. */
static double together(const float *logprob, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += exp((double)logprob[i] - (double)logprob[0]);
    return (double)logprob[0] + log(sum);
}

static void finish(void *state, struct rank_context *s, struct readout_values *v) {
    const struct relevance_readout *q = state;
    v->has_prior = 1;
    for (int i = 0; i < s->n; i++) {
        int n = q->n_labels;
        double yes = together(q->with[i], n), no = together(q->with[i] + n, n);
        v->logprob[i] = yes - no;
        v->prior[i] = together(q->without[i], n) - together(q->without[i] + n, n);
        v->score[i] = v->logprob[i] - v->prior[i];
        v->mass[i] = exp(yes) + exp(no);
    }
}

const struct readout readout_relevance = {
    .title = "yes or no",
    .about = "asks of each item whether the member would like it: how far yes outweighs no, minus "
             "what the model says without the request",
    .why = "asked for",
    .alone = 1,
    .has_mass = 1,
    .reads_history = 1,
    .state = sizeof(struct relevance_readout),
    .build = build,
    .finish = finish};
