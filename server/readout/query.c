/* `query`: how likely the wish is, given the item (query likelihood: Ponte and Croft 1998; with
 * language models Sachan et al., 2204.07496). Tree: frame -> item -> query text. A query text is a
 * clause, or the wanted clauses together, or a wish that says nothing. An item's prior is the mean
 * over those empty wishes; it is subtracted, what remains is standardised over the catalogue's
 * sample, and the frames are averaged. What the item's tags say of the query text (readout_tags.c)
 * is mixed in. */
#include "server/readout/query_parts.h"

#include "server/readout/readout.h"

#include <stdio.h>

/* Probes' first spans are kept in the engine's cache for so many items; of more, the items
 * themselves would lose their places there. */
enum { SPAN_ITEMS = 256 };

/* The wanted clauses as one text, without what is checked by rule: s->rest. */
static void add_together(struct query_readout *q, const struct rank_context *s) {
    for (int c = 0; c < s->n_wish; c++) q->n_wanted += is_wanted(s, c) && !q->skip[c];
    q->has_together = q->n_wanted > 1;
    if (q->has_together) q->query_text[q->n_query_texts++] = s->rest;
}

/* Probes: what the clauses say beyond their constraints, the wanted ones together, the empty
 * wishes. */
static enum status set_query_texts(struct query_readout *q, struct rank_context *s, struct err *e) {
    for (int c = 0; c < s->n_clauses; c++) {
        const struct clause *k = &s->wish.clause[c];
        q->skip[c] = k->rest.n == 0;
        q->query_text[q->n_query_texts++] = q->skip[c] ? k->text : k->rest;
    }
    add_together(q, s);
    q->whole = s->shares.whole > 0 && s->whole.n ? q->n_query_texts++ : -1;
    if (q->whole >= 0) q->query_text[q->whole] = s->whole;
    for (int k = 0; k < q->n_query_texts; k++)
        q->untagged[k] = q->skip[k] || k == q->whole || !(s->shares.clauses > 0);
    for (int k = 0; k < s->surface.n_empty; k++)
        TRY(context_words(s, s->surface.empty[k], VIEW(""), "",
                          &q->query_text[q->n_query_texts + k], e));
    q->n_empty = s->surface.n_empty;
    return ST_OK;
}

/* Where tags are asked about single clauses, the items are asked about the wanted ones together
 * only, and in a story not about them either. If all is checked by rule, the first clause is asked,
 * so that there is something to show. */
static void set_framed(struct query_readout *q, const struct rank_context *s) {
    int any = 0, story = q->n_wanted > QUERY_STORY, tags = q->tags.n_tags > 0;
    q->has_together &= !story || tags;
    for (int k = 0; k < q->n_query_texts; k++) {
        int one = q->n_wanted > 1 && k < s->n_clauses && is_wanted(s, k);
        q->framed[k] = k == q->whole || (s->shares.clauses > 0 && !q->skip[k] && !(one && tags) &&
                                         !(story && k >= s->n_clauses));
        any |= q->framed[k];
    }
    if (!any && q->n_query_texts) q->framed[0] = 1;
}

/* The item's span: its text cut to ITEM_TOKENS_MAX, then the frame's tail. */
static enum status item_node(struct rank_context *s, struct prompt *p, int root,
                             const struct frame *f, struct view text, int *node, struct err *e) {
    int cut = 0;
    struct view tail;
    TRY(context_words(s, f->tail, VIEW(""), "", &tail, e));
    TRY(prompt_node(p, root, 1, node, e));
    TRY(prompt_text(p, text, ITEM_TOKENS_MAX, "item", "text", 1, &cut, e));
    p->item_cuts += cut > 0;
    return tail.n ? prompt_text(p, tail, 0, "frame", "text", 1, NULL, e) : ST_OK;
}

enum status query_span_key(const struct query_readout *q, struct rank_context *s, int f, int i,
                           int k, int n, struct view *out, struct err *e) {
    const struct view ids = {(const char *)q->words[f][k].id, (size_t)n * sizeof(int32_t)};
    return answer_pair(s, q->text[prior_at(s, f, i)], ids, out, e);
}

/* Of a query text's spans, those from the start whose answers are known. */
static enum status find_spans(struct query_readout *q, struct rank_context *s, int f, int i, int k,
                              struct err *e) {
    const struct query_text *w = &q->words[f][k];
    size_t at = cell(q, s, f, i, k);
    for (int c = i > 0 ? w->n_cuts : 0; c > 0; c--) {
        struct view key;
        TRY(query_span_key(q, s, f, i, k, w->cut[c - 1], &key, e));
        if (!prior_find(s, ANSWER_SPAN + f, key, &q->said[at])) continue;
        q->from[at] = (uint8_t)w->cut[c - 1];
        if (i < s->n) s->found[i] += q->said[at];
        return ST_OK;
    }
    q->said[at] = 0;
    return ST_OK;
}

/* The query text's spans below an item, one under the other; all but the last are kept. */
static enum status query_text_node(struct query_readout *q, struct rank_context *s,
                                   struct prompt *p, int item, int f, int i, int k, struct err *e) {
    const struct query_text *w = &q->words[f][k];
    size_t at = cell(q, s, f, i, k);
    TRY(prompt_part(p, w->text, w->id, w->all, (size_t)w->n,
                    k < q->n_query_texts ? "clause" : "empty wish", "text", 0, e));
    TRY(find_spans(q, s, f, i, k, e));
    q->out[at] = ARENA_NEW(s->a, float, (size_t)w->n);
    if (!q->out[at]) return fail(e, ST_NO_MEMORY, "no memory for the answers of a query text");
    for (int c = 0, from = 0; c <= w->n_cuts; c++) {
        int to = c < w->n_cuts ? w->cut[c] : w->n;
        TRY(prompt_node(p, item, c < w->n_cuts, &item, e));
        TRY(prompt_tokens(p, w->id + from, (size_t)(to - from), e));
        if (from >= q->from[at]) TRY(prompt_ask_into(p, item, q->out[at] + from, e));
        from = to;
    }
    return ST_OK;
}

enum status query_text_key(const struct query_readout *q, struct rank_context *s, int f, int i,
                           int k, struct view *out, struct err *e) {
    return answer_pair(s, q->text[prior_at(s, f, i)], q->query_text[k], out, e);
}

/* Which query texts must be asked about item i: those that are wanted and not known from an earlier
 * ranking. The first item is always asked everything, so that what is shown of the prompt does not
 * depend on what is known. */
static enum status find_answers(struct query_readout *q, struct rank_context *s, int f, int i,
                                uint8_t ask[QUERY_TEXTS_MAX], int *asks, struct err *e) {
    *asks = 0;
    for (int k = 0; k < q->n_query_texts; k++) {
        struct view key;
        double *said = &q->said[cell(q, s, f, i, k)];
        ask[k] = q->framed[k] && (i < s->n || !q->known[f][k]);
        if (!ask[k]) continue;
        TRY(query_text_key(q, s, f, i, k, &key, e));
        if (i > 0 && prior_find(s, ANSWER_QUERY_TEXT + f, key, said)) {
            ask[k] = 0;
            if (i < s->n) s->found[i] += *said;
        }
        *asks += ask[k];
    }
    return ST_OK;
}

/* Counts the item and the query texts that need not be asked as if they were. */
static enum status count_known(struct query_readout *q, struct rank_context *s, struct prompt *p,
                               const struct frame *frame, int f, int i, const uint8_t *ask,
                               int whole, struct err *e) {
    struct view tail;
    if (i >= s->n) return ST_OK;
    for (int k = 0; k < q->n_query_texts; k++)
        if (q->framed[k] && !ask[k]) p->tokens += q->words[f][k].n;
    if (!whole) return ST_OK;
    TRY(context_words(s, frame->tail, VIEW(""), "", &tail, e));
    TRY(prompt_count(p, q->text[prior_at(s, f, i)], ITEM_TOKENS_MAX, e));
    return prompt_count(p, tail, 0, e);
}

/* One item under one frame: the query texts that are wanted of it, and the empty wishes unless its
 * prior is known. */
static enum status add_item(struct query_readout *q, struct rank_context *s, struct prompt *p,
                            int root, int f, int i, struct err *e) {
    int node, want = 0, asks;
    uint8_t ask[QUERY_TEXTS_MAX];
    struct view text;
    const struct frame *frame = &s->surface.frame[f];
    TRY(context_text(s, frame->item, s->place[i], &text, e));
    int known = prior_find(s, ANSWER_PRIOR + f, text, &q->prior[prior_at(s, f, i)]);
    for (int k = 0; k < q->n_query_texts; k++)
        want |= q->framed[k] && (i < s->n || !q->known[f][k]);
    if (!want) return ST_OK;
    p->item = i < s->n ? i : -1;
    q->text[prior_at(s, f, i)] = text;
    TRY(find_answers(q, s, f, i, ask, &asks, e));
    int empties = known && i > 0 ? 0 : q->n_empty;
    TRY(count_known(q, s, p, frame, f, i, ask, asks + empties == 0, e));
    if (known && i > 0) /* as many tokens as it would have been */
        for (int k = q->n_query_texts; i < s->n && k < q->n_query_texts + q->n_empty; k++)
            p->tokens += q->words[f][k].n;
    if (asks + empties == 0) return ST_OK;
    TRY(item_node(s, p, root, frame, text, &node, e));
    for (int k = 0; k < q->n_query_texts + empties; k++)
        if (k >= q->n_query_texts || ask[k]) TRY(query_text_node(q, s, p, node, f, i, k, e));
    return ST_OK;
}

static enum status take_memory(struct query_readout *q, struct rank_context *s, struct err *e) {
    size_t items = (size_t)s->surface.n_frames * (size_t)s->n_pool;
    q->out = ARENA_NEW(s->a, float *, cell(q, s, s->surface.n_frames, 0, 0) + 1);
    q->said = ARENA_NEW(s->a, double, cell(q, s, s->surface.n_frames, 0, 0) + 1);
    q->from = ARENA_NEW(s->a, uint8_t, cell(q, s, s->surface.n_frames, 0, 0) + 1);
    q->prior = ARENA_NEW(s->a, double, items);
    q->text = ARENA_NEW(s->a, struct view, items);
    return q->out && q->said && q->from && q->prior && q->text
               ? ST_OK
               : fail(e, ST_NO_MEMORY, "no memory for %zu items", items);
}

static enum status find_zscores(struct query_readout *q, struct rank_context *s, int f,
                                struct err *e) {
    for (int k = 0; k < q->n_query_texts; k++) {
        char *key = k == q->whole ? arena_printf(s->a, "whole %d %.4f %.*s", f, s->shares.beta,
                                                 (int)q->query_text[k].n, q->query_text[k].p)
                                  : arena_printf(s->a, "query %d %.*s", f, (int)q->query_text[k].n,
                                                 q->query_text[k].p);
        if (!key) return fail(e, ST_NO_MEMORY, "no memory for a clause");
        q->key[f][k] = view_of(key);
        q->known[f][k] = zscore_find(s, q->key[f][k], &q->zscore[f][k]);
    }
    return ST_OK;
}

/* Tokens and spans of the frame's query texts. */
static enum status set_words(struct query_readout *q, struct rank_context *s, struct prompt *p,
                             int f, struct err *e) {
    char name[24];
    unsigned long long key[2];
    answer_key(s, (struct view){name, (size_t)snprintf(name, sizeof name, "prefix %d", f)}, key);
    for (int k = 0; k < q->n_query_texts + q->n_empty; k++) {
        struct query_text *w = &q->words[f][k];
        int32_t *id;
        TRY(context_words(s, s->surface.frame[f].clause, q->query_text[k], "", &w->text, e));
        TRY(engine_tokens(s->engine, w->text, s->a, &id, &w->all, e));
        w->id = id;
        w->n = w->all > CLAUSE_TOKENS_MAX ? CLAUSE_TOKENS_MAX : (int)w->all;
        if (k >= q->n_query_texts || !q->framed[k]) continue;
        if ((size_t)w->n < w->all && f == 0)
            TRY(prompt_cut(p, "clause", (int)w->all - w->n, "a clause is cut after 192 tokens", e));
        if (s->n_pool > SPAN_ITEMS) continue;
        pthread_mutex_lock(&s->cache->lock);
        w->n_cuts = prefix_splits_cut(&s->cache->splits, key, id, w->n, w->cut);
        pthread_mutex_unlock(&s->cache->lock);
    }
    return ST_OK;
}

enum status query_build(struct query_readout *q, struct rank_context *s, struct prompt *p,
                        struct err *e) {
    TRY(set_query_texts(q, s, e));
    TRY(tags_open(&q->tags, s, q->query_text, q->untagged, q->n_query_texts, q->n_empty, e));
    set_framed(q, s);
    TRY(take_memory(q, s, e));
    for (int f = 0; f < s->surface.n_frames; f++) {
        int root;
        struct view text;
        TRY(find_zscores(q, s, f, e));
        TRY(set_words(q, s, p, f, e));
        TRY(context_root(s, &s->surface.frame[f], &text, e));
        p->recording = 1;
        TRY(prompt_node(p, -1, 1, &root, e));
        TRY(prompt_text(p, text, 0, "frame", "text", 0, NULL, e));
        for (int i = 0; i < s->n_pool; i++) {
            TRY(add_item(q, s, p, root, f, i, e));
            p->recording = 0;
        }
    }
    p->item = -1;
    return tags_build(&q->tags, s, p, e);
}

static enum status build(void *state, struct rank_context *s, struct prompt *p, struct err *e) {
    return query_build(state, s, p, e);
}

static void finish(void *state, struct rank_context *s, struct readout_values *v) {
    query_finish(state, s, v->score, v->logprob, v->prior, v->part, v->whole);
    v->has_prior = s->n_clauses > 0;
}

static int applies(const struct rank_context *s) {
    return readout_has_wish(s) && !readout_has_taste(s);
}

const struct readout readout_query = {
    .title = "the wish, given the item",
    .about = "asks how well each item explains each part of the wish; likes and dislikes count as "
             "parts",
    .why = "a wish in words: how likely each clause is, given the item",
    .has_parts = 1,
    .examples_are_clauses = 1,
    .weights = "whole, meaning",
    .state = sizeof(struct query_readout),
    .applies = applies,
    .build = build,
    .finish = finish};
