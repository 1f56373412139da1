/* `query`: how likely the wish is, given the item (query likelihood: Ponte and Croft 1998; with
 * language models Sachan et al., 2204.07496). Tree: frame -> item -> probe. A probe is a clause, or
 * the wanted clauses together, or a wish that says nothing. An item's prior is the mean over those
 * empty wishes; it is subtracted, what remains is standardised over the catalogue's sample, and the
 * frames are averaged. What the item's tags say of the probe (readout_tags.c) is mixed in. */
#include "server/rank/scene.h"

#include <string.h>

/* How much the wanted clauses count one by one, and together as one text, when there are several
 * (README, Quality). */
static const double SINGLE = 0.5, TOGETHER = 1.0;

static enum status set_probes(struct query_readout *q, struct scene *s, struct err *e) {
    struct view all;
    for (int c = 0; c < s->n_clauses; c++) q->probe[q->n_probes++] = s->clause[c].text;
    int wanted;
    TRY(scene_wanted(s, &all, &wanted, e));
    q->has_together = wanted > 1;
    if (wanted > 1) q->probe[q->n_probes++] = all;
    for (int k = 0; k < s->surface.n_empty; k++)
        TRY(scene_words(s, s->surface.empty[k], VIEW(""), "", &q->probe[q->n_probes + k], e));
    q->n_empty = s->surface.n_empty;
    return ST_OK;
}

/* The place of a frame's, pool item's and probe's answer; empty wishes come after the probes. */
static size_t cell(const struct query_readout *q, const struct scene *s, int f, int i, int p) {
    return ((size_t)f * (size_t)s->n_pool + (size_t)i) * (size_t)(q->n_probes + q->n_empty) +
           (size_t)p;
}

static size_t prior_at(const struct scene *s, int f, int i) {
    return (size_t)f * (size_t)s->n_pool + (size_t)i;
}

/* The item's span: its text cut to ITEM_TOKENS_MAX, then the frame's tail. */
static enum status item_node(struct scene *s, struct prompt *p, int root, const struct frame *f,
                             struct view text, int *node, struct err *e) {
    int cut = 0;
    struct view tail;
    TRY(scene_words(s, f->tail, VIEW(""), "", &tail, e));
    TRY(prompt_node(p, root, 1, node, e));
    TRY(prompt_text(p, text, ITEM_TOKENS_MAX, "item", "text", 1, &cut, e));
    p->item_cuts += cut > 0;
    return tail.n ? prompt_text(p, tail, 0, "frame", "text", 1, NULL, e) : ST_OK;
}

static enum status probe_node(struct query_readout *q, struct scene *s, struct prompt *p, int item,
                              int f, int i, int k, struct err *e) {
    int node, cut = 0;
    struct view text;
    TRY(scene_words(s, s->surface.frame[f].clause, q->probe[k], "", &text, e));
    TRY(prompt_node(p, item, 0, &node, e));
    TRY(prompt_text(p, text, CLAUSE_TOKENS_MAX, k < q->n_probes ? "clause" : "empty wish", "text",
                    0, &cut, e));
    if (cut && f == 0 && i == 0)
        TRY(prompt_cut(p, "clause", cut, "a clause is cut after 192 tokens", e));
    q->len[f][k] = prompt_len(p, node);
    return prompt_ask_tokens(p, node, &q->out[cell(q, s, f, i, k)], e);
}

/* One item under one frame: the probes that are wanted of it, and the empty wishes unless its prior
 * is known. */
static enum status add_item(struct query_readout *q, struct scene *s, struct prompt *p, int root,
                            int f, int i, struct err *e) {
    int node, want = 0;
    struct view text;
    const struct frame *frame = &s->surface.frame[f];
    TRY(surface_render(frame->item, s->item[i], s->a, &text, e));
    int known = prior_find(s, f, text, &q->prior[prior_at(s, f, i)]);
    for (int k = 0; k < q->n_probes; k++) want |= i < s->n || !q->known[f][k];
    if (!want) return ST_OK;
    p->item = i < s->n ? i : -1;
    q->text[prior_at(s, f, i)] = text;
    TRY(item_node(s, p, root, frame, text, &node, e));
    if (known && i > 0) /* as many tokens as it would have been */
        for (int k = q->n_probes; i < s->n && k < q->n_probes + q->n_empty; k++)
            p->tokens += q->len[f][k];
    for (int k = 0; k < q->n_probes + (known && i > 0 ? 0 : q->n_empty); k++)
        if (i < s->n || k >= q->n_probes || !q->known[f][k])
            TRY(probe_node(q, s, p, node, f, i, k, e));
    return ST_OK;
}

static enum status take_memory(struct query_readout *q, struct scene *s, struct err *e) {
    size_t items = (size_t)s->surface.n_frames * (size_t)s->n_pool;
    q->out = ARENA_NEW(s->a, float *, cell(q, s, s->surface.n_frames, 0, 0) + 1);
    q->prior = ARENA_NEW(s->a, double, items);
    q->text = ARENA_NEW(s->a, struct view, items);
    return q->out && q->prior && q->text ? ST_OK
                                         : fail(e, ST_NO_MEMORY, "no memory for %zu items", items);
}

static enum status find_spreads(struct query_readout *q, struct scene *s, int f, struct err *e) {
    for (int k = 0; k < q->n_probes; k++) {
        char *key = arena_printf(s->a, "query %d %.*s", f, (int)q->probe[k].n, q->probe[k].p);
        if (!key) return fail(e, ST_NO_MEMORY, "no memory for a clause");
        q->key[f][k] = view_of(key);
        q->known[f][k] = spread_find(s, q->key[f][k], &q->spread[f][k]);
    }
    return ST_OK;
}

enum status query_build(struct query_readout *q, struct scene *s, struct prompt *p, struct err *e) {
    TRY(set_probes(q, s, e));
    TRY(take_memory(q, s, e));
    for (int f = 0; f < s->surface.n_frames; f++) {
        int root;
        struct view text;
        TRY(find_spreads(q, s, f, e));
        TRY(scene_words(s, s->surface.frame[f].root, VIEW(""), "", &text, e));
        p->recording = 1;
        TRY(prompt_node(p, -1, 1, &root, e));
        TRY(prompt_text(p, text, 0, "frame", "text", 0, NULL, e));
        for (int i = 0; i < s->n_pool; i++) {
            TRY(add_item(q, s, p, root, f, i, e));
            p->recording = 0;
        }
    }
    p->item = -1;
    return tags_build(&q->tags, s, q->probe, q->n_probes, q->n_empty, p, e);
}

/* --- reading
 * -------------------------------------------------------------------------------------------------------
 */

static double logprob_of(const struct query_readout *q, const struct scene *s, int f, int i,
                         int k) {
    const float *out = q->out[cell(q, s, f, i, k)];
    double x = 0;
    for (int t = 0; t < q->len[f][k]; t++) x += (double)out[t];
    return x;
}

/* Mean over the empty wishes, for every item that was asked. */
static void set_priors(struct query_readout *q, struct scene *s, int f) {
    for (int i = 0; i < s->n_pool; i++) {
        if (q->n_empty == 0 || !q->out[cell(q, s, f, i, q->n_probes)]) continue;
        double x = 0;
        for (int k = 0; k < q->n_empty; k++)
            x += logprob_of(q, s, f, i, q->n_probes + k) / q->n_empty;
        q->prior[prior_at(s, f, i)] = x;
        prior_keep(s, f, q->text[prior_at(s, f, i)], x);
    }
}

/* The probe's value for candidate i, standardised and averaged over the frames; then the tags'
 * value takes its share, where the item has tags. */
static double standard(const struct query_readout *q, const struct scene *s, int i, int k) {
    double z = 0;
    for (int f = 0; f < s->surface.n_frames; f++) {
        double x = logprob_of(q, s, f, i, k) - q->prior[prior_at(s, f, i)];
        z += (x - q->spread[f][k].mean) / q->spread[f][k].sd / s->surface.n_frames;
    }
    double tags, share = s->surface.tag_weight;
    if (tags_value(&q->tags, s->item[i], k, &tags)) z = (1 - share) * z + share * tags;
    return z;
}

static void set_spreads(struct query_readout *q, struct scene *s, int f) {
    for (int k = 0; k < q->n_probes; k++) {
        double v[SAMPLE];
        if (q->known[f][k]) continue;
        for (int j = 0; j < s->n_sample; j++) {
            int i = s->sample[j];
            v[j] = logprob_of(q, s, f, i, k) - q->prior[prior_at(s, f, i)];
        }
        q->spread[f][k] = spread_make(s, q->key[f][k], v);
    }
}

void query_finish(struct query_readout *q, struct scene *s, double *score, double *logprob,
                  double *prior, double *part) {
    double wanted = 0;
    for (int f = 0; f < s->surface.n_frames; f++) {
        set_priors(q, s, f);
        set_spreads(q, s, f);
    }
    tags_finish(&q->tags, s);
    for (int c = 0; c < s->n_wish; c++)
        if (s->clause[c].sign > 0) wanted += s->clause[c].weight;
    for (int i = 0; i < s->n; i++) {
        double all = q->has_together ? standard(q, s, i, s->n_clauses) : 0;
        score[i] = logprob[i] = 0;
        prior[i] = q->prior[prior_at(s, 0, i)];
        for (int c = 0; c < s->n_clauses; c++) {
            const struct clause *k = &s->clause[c];
            int joint = q->has_together && k->sign > 0 && c < s->n_wish;
            double x = k->sign * k->weight * standard(q, s, i, c) * (joint ? SINGLE : 1);
            if (joint) x += TOGETHER * all * k->weight / wanted;
            part[(size_t)i * (size_t)s->n_clauses + (size_t)c] = x;
            score[i] += x;
            logprob[i] += logprob_of(q, s, 0, i, c);
        }
    }
}
