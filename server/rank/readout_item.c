/* `item`: how much likelier the item becomes under the context, log P(item | context) - log P(item
 * | empty context): a pointwise mutual information, so that short and famous titles do not win.
 * Tree: context -> item, empty -> item. */
#include "server/rank/context.h"

#include <string.h>

static enum status trunk(struct scene *s, struct prompt *p, int with, int *root, struct err *e) {
    struct engine_info info;
    engine_info(s->k->engine, &info);
    char *last = arena_printf(s->a, "Recommended %s:", s->surface.item_word);
    if (!last) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    TRY(prompt_node(p, -1, 1, root, e));
    if (with) TRY(context_add(s, p, info.context - 2 * ITEM_TOKENS_MAX, "text", e));
    return prompt_text(p, view_of(last), 0, "frame", "text", 0, NULL, e);
}

static enum status leaf(struct scene *s, struct prompt *p, int root, int i, float **out, int *len,
                        struct err *e) {
    int node, cut = 0;
    char *text = arena_printf(s->a, " %.*s", (int)s->text[i].n, s->text[i].p);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for an item's text");
    p->item = i < s->n ? i : -1;
    TRY(prompt_node(p, root, 0, &node, e));
    TRY(prompt_text(p, view_of(text), ITEM_TOKENS_MAX, "item", "text", 1, &cut, e));
    p->item_cuts += cut > 0;
    *len = prompt_len(p, node);
    return prompt_ask_tokens(p, node, out, e);
}

/* Priors are looked up under this number, beside the frames of `query`. */
enum { ITEM_PRIOR = 100 };

enum status item_build(struct item_readout *q, struct scene *s, struct prompt *p, int sample,
                       struct err *e) {
    int root, empty, n = sample ? s->n_pool : s->n, len;
    q->with = ARENA_NEW(s->a, float *, (size_t)n);
    q->without = ARENA_NEW(s->a, float *, (size_t)n);
    q->prior = ARENA_NEW(s->a, double, (size_t)n);
    q->len = ARENA_NEW(s->a, int, (size_t)n);
    if (!q->with || !q->without || !q->len || !q->prior)
        return fail(e, ST_NO_MEMORY, "no memory for %d answers", n);
    q->n = n;
    TRY(trunk(s, p, 1, &root, e));
    for (int i = 0; i < n; i++) {
        TRY(leaf(s, p, root, i, &q->with[i], &q->len[i], e));
        p->recording = 0;
    }
    p->item = -1;
    TRY(trunk(s, p, 0, &empty, e));
    for (int i = 0; i < n; i++) {
        if (prior_find(s, ITEM_PRIOR, s->text[i], &q->prior[i])) {
            p->tokens += i < s->n ? q->len[i] : 0; /* as many as it would have been */
            continue;
        }
        TRY(leaf(s, p, empty, i, &q->without[i], &len, e));
    }
    p->item = -1;
    return ST_OK;
}

static double sum(const float *x, int n) {
    double t = 0;
    for (int i = 0; i < n; i++) t += (double)x[i];
    return t;
}

void item_finish(struct item_readout *q, struct scene *s, int z, double *score, double *logprob,
                 double *prior) {
    struct spread x = {{0}, 0, 1};
    for (int i = 0; i < q->n; i++) {
        if (!q->without[i]) continue;
        q->prior[i] = sum(q->without[i], q->len[i]);
        prior_keep(s, ITEM_PRIOR, s->text[i], q->prior[i]);
    }
    if (z) {
        double v[SAMPLE];
        for (int k = 0; k < s->n_sample; k++) {
            int i = s->sample[k];
            v[k] = sum(q->with[i], q->len[i]) - q->prior[i];
        }
        x = spread_make(s, VIEW("item"), v);
    }
    for (int i = 0; i < s->n; i++) {
        logprob[i] = sum(q->with[i], q->len[i]);
        prior[i] = q->prior[i];
        score[i] = (logprob[i] - prior[i] - x.mean) / x.sd;
    }
}
