/* `query`: how likely the wish's clauses are, given the item (query likelihood; Ponte and Croft
 * 1998, and Sachan et al., 2204.07496 for language models). Tree: frame -> item -> clause. */
#include "server/rank/scene.h"

#include <stdio.h>
#include <string.h>

static enum status root_text(struct scene *s, struct view *out, struct err *e) {
    char *t = arena_printf(s->a, "%s:", s->surface.item_word);
    if (!t) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    if (t[0] >= 'a' && t[0] <= 'z') t[0] = (char)(t[0] - 'a' + 'A');
    *out = view_of(t);
    return ST_OK;
}

static enum status clause_text(struct scene *s, int c, struct view *out, struct err *e) {
    struct word w[] = {{"clause", s->clause[c].text}};
    return prompt_fill(s->surface.query_clause, w, 1, s->a, out, e);
}

/* What follows the item's text in its span. */
static enum status tail_text(struct scene *s, struct view *out, struct err *e) {
    struct word w[] = {{"item_word", view_of(s->surface.item_word)},
                       {"member_word", view_of(s->surface.member_word)}};
    return prompt_fill(s->surface.query_item, w, 2, s->a, out, e);
}

/* The item's span: its text cut to ITEM_TOKENS_MAX, then the frame's tail. */
static enum status item_node(struct scene *s, struct prompt *p, int root, int i, struct view tail,
                             int *node, struct err *e) {
    char *text = arena_printf(s->a, " %.*s", (int)s->text[i].n, s->text[i].p);
    int cut = 0;
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for an item's text");
    TRY(prompt_node(p, root, 1, node, e));
    TRY(prompt_text(p, view_of(text), ITEM_TOKENS_MAX, "item", "text", 1, &cut, e));
    p->item_cuts += cut > 0;
    return prompt_text(p, tail, 0, "frame", "text", 1, NULL, e);
}

enum status query_build(struct query_readout *q, struct scene *s, struct prompt *p, struct err *e) {
    int root, node, need_sample = 0, cut;
    struct view frame, tail, text[CLAUSES_MAX];
    size_t cells = (size_t)s->n_pool * (size_t)s->n_clauses;
    q->out = ARENA_NEW(s->a, float *, cells + 1);
    q->len = ARENA_NEW(s->a, int, CLAUSES_MAX);
    if (!q->out || !q->len) return fail(e, ST_NO_MEMORY, "no memory for %zu answers", cells);
    TRY(root_text(s, &frame, e));
    TRY(tail_text(s, &tail, e));
    for (int c = 0; c < s->n_clauses; c++) {
        TRY(clause_text(s, c, &text[c], e));
        char *key = arena_printf(s->a, "query %.*s", (int)text[c].n, text[c].p);
        if (!key) return fail(e, ST_NO_MEMORY, "no memory for a clause");
        q->key[c] = view_of(key);
        q->known[c] = spread_find(s, q->key[c], &q->spread[c]);
        need_sample |= !q->known[c];
    }
    TRY(prompt_node(p, -1, 1, &root, e));
    TRY(prompt_text(p, frame, 0, "frame", "text", 0, NULL, e));
    for (int i = 0; i < (need_sample ? s->n_pool : s->n); i++) {
        int at;
        TRY(item_node(s, p, root, i, tail, &at, e));
        for (int c = 0; c < s->n_clauses; c++) {
            if (i >= s->n && q->known[c]) continue;
            TRY(prompt_node(p, at, 0, &node, e));
            TRY(prompt_text(p, text[c], CLAUSE_TOKENS_MAX, "clause", "text", 0, &cut, e));
            if (cut && i == 0)
                TRY(prompt_cut(p, "clause", cut, "a clause is cut after 256 tokens", e));
            q->len[c] = prompt_len(p, node);
            TRY(prompt_ask_tokens(p, node, &q->out[(size_t)i * (size_t)s->n_clauses + (size_t)c],
                                  e));
        }
        p->recording = 0;
    }
    return ST_OK;
}

/* Sum of a clause's token log-probabilities under pool item i. */
static double clause_logprob(const struct query_readout *q, const struct scene *s, int i, int c) {
    const float *out = q->out[(size_t)i * (size_t)s->n_clauses + (size_t)c];
    double x = 0;
    for (int t = 0; t < q->len[c]; t++) x += (double)out[t];
    return x;
}

void query_finish(struct query_readout *q, struct scene *s, double *score, double *logprob,
                  double *contribution) {
    memset(score, 0, (size_t)s->n * sizeof *score);
    memset(logprob, 0, (size_t)s->n * sizeof *logprob);
    for (int c = 0; c < s->n_clauses; c++) {
        if (!q->known[c]) {
            double sample[SAMPLE];
            for (int k = 0; k < s->n_sample; k++) sample[k] = clause_logprob(q, s, s->sample[k], c);
            q->spread[c] = spread_make(s, q->key[c], sample);
        }
        for (int i = 0; i < s->n; i++) {
            double x = clause_logprob(q, s, i, c), z = (x - q->spread[c].mean) / q->spread[c].sd;
            double part = s->clause[c].sign * s->clause[c].weight * z;
            logprob[i] += x;
            score[i] += part;
            contribution[(size_t)i * (size_t)s->n_clauses + (size_t)c] = part;
        }
    }
}
