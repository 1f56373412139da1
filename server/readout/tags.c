/* The tags' part of `query`. An item's tags are few words for which a small model knows what people
 * say, and a catalogue has few of them: so each tag of the catalogue is asked once, not each item.
 * Trees: root -> tag -> clause (how likely the clause is, given the tag) or root -> clause -> tag
 * (how likely the tag is, given the clause), by the surface's tag frames. The mean over the empty
 * wishes is subtracted, what remains is standardised over the tags and averaged over the frames; a
 * tag that the clause names in so many words is put beside the best. An item takes log(sum of
 * exp(SHARPNESS * z)) over its tags, a soft maximum, standardised over the catalogue: no item's
 * value depends on which others are ranked. */
#include "server/readout/tags.h"

#include "server/readout/context/rank_context.h"
#include "server/value/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 5000 };
static const double SHARPNESS = 1.5, CORRELATION = 0.05; /* fixtures/fit/README.md */

static int by_name(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* The catalogue's most used tags. */
static void find_tags(struct tags_readout *t, const struct snapshot *c) {
    for (int i = 0; i < c->n_tags && t->n_tags < TAGS_MAX; i++)
        if (strlen(c->tag[i]) <= TAG_BYTES) t->tag[t->n_tags++] = c->tag[i];
    if (t->n_tags < 2) t->n_tags = 0;
    qsort(t->tag, (size_t)t->n_tags, sizeof *t->tag, by_name);
}

static int skipped(const struct tags_readout *t, int query_text) {
    return query_text < t->n_query_texts && t->skip[query_text];
}

static size_t cell(const struct tags_readout *t, int f, int tag, int query_text) {
    return ((size_t)f * (size_t)t->n_tags + (size_t)tag) * (size_t)(t->n_query_texts + t->n_empty) +
           (size_t)query_text;
}

static enum status take_memory(struct tags_readout *t, struct rank_context *s, struct err *e) {
    size_t n = cell(t, s->surface.n_tag_frames, 0, 0), query_texts = (size_t)t->n_query_texts + 1;
    t->out = ARENA_NEW(s->a, float *, n + 1);
    t->len = ARENA_NEW(s->a, int, n + 1);
    t->logprob = ARENA_NEW(s->a, double, n + 1);
    t->z = ARENA_NEW(s->a, double, query_texts *TAGS_MAX);
    t->weight = ARENA_NEW(s->a, double, query_texts *TAGS_MAX);
    t->mean = ARENA_NEW(s->a, double, query_texts);
    t->sd = ARENA_NEW(s->a, double, query_texts);
    t->trust = ARENA_NEW(s->a, double, query_texts);
    if (t->out && t->len && t->logprob && t->z && t->weight && t->mean && t->sd && t->trust)
        return ST_OK;
    return fail(e, ST_NO_MEMORY, "no memory for %d tags", t->n_tags);
}

/* By what an answer is known to later rankings. */
static enum status tag_key(const struct tags_readout *t, struct rank_context *s, int tag,
                           int query_text, struct view *out, struct err *e) {
    char *key = arena_printf(s->a, "%s\n%.*s", t->tag[tag], (int)t->query_text[query_text].n,
                             t->query_text[query_text].p);
    if (!key) return fail(e, ST_NO_MEMORY, "no memory for a clause");
    *out = view_of(key);
    return ST_OK;
}

static enum status known(const struct tags_readout *t, struct rank_context *s, int f, int tag,
                         int query_text, int *yes, struct err *e) {
    struct view key;
    TRY(tag_key(t, s, tag, query_text, &key, e));
    *yes = prior_find(s, ANSWER_TAG + f, key, &t->logprob[cell(t, f, tag, query_text)]);
    return ST_OK;
}

/* The leaf of a tag and a query text under *node, which is added before its first leaf. */
static enum status add_leaf(struct tags_readout *t, struct rank_context *s, struct prompt *p,
                            int root, int f, int tag, int query_text, int *node, struct err *e) {
    const struct tag_frame *frame = &s->surface.tag_frame[f];
    int by_tag = strstr(frame->first, "{tag}") != NULL, leaf, cut;
    struct view text;
    if (*node < 0) {
        TRY(context_words(s, frame->first, t->query_text[query_text], t->tag[tag], &text, e));
        TRY(prompt_node(p, root, by_tag, node, e));
        TRY(prompt_text(p, text, CLAUSE_TOKENS_MAX, by_tag ? "tag" : "clause", "text", 1, &cut, e));
    }
    TRY(context_words(s, frame->second, t->query_text[query_text], t->tag[tag], &text, e));
    TRY(prompt_node(p, *node, 0, &leaf, e));
    TRY(prompt_text(p, text, CLAUSE_TOKENS_MAX, by_tag ? "clause" : "tag", "text", 1, &cut, e));
    p->recording = 0;
    size_t at = cell(t, f, tag, query_text);
    t->len[at] = prompt_len(p, leaf);
    return prompt_ask_tokens(p, leaf, &t->out[at], e);
}

/* All tags and query texts of a frame, grouped by what comes first. The very first leaf is always
 * there, so that what is shown of the prompt does not depend on what is known. */
static enum status add_frame(struct tags_readout *t, struct rank_context *s, struct prompt *p,
                             int f, struct err *e) {
    const struct tag_frame *frame = &s->surface.tag_frame[f];
    int by_tag = strstr(frame->first, "{tag}") != NULL, query_texts = t->n_query_texts + t->n_empty,
        root;
    int outer = by_tag ? t->n_tags : query_texts, inner = by_tag ? query_texts : t->n_tags;
    struct view text;
    TRY(context_words(s, frame->root, VIEW(""), "", &text, e));
    p->recording = 1;
    TRY(prompt_node(p, -1, 1, &root, e));
    TRY(prompt_text(p, text, 0, "frame", "text", 0, NULL, e));
    for (int i = 0; i < outer; i++) {
        int node = -1;
        for (int j = 0; j < inner; j++) {
            int tag = by_tag ? i : j, query_text = by_tag ? j : i, yes;
            if (skipped(t, query_text)) continue;
            TRY(known(t, s, f, tag, query_text, &yes, e));
            if (!yes || p->recording) TRY(add_leaf(t, s, p, root, f, tag, query_text, &node, e));
        }
    }
    return ST_OK;
}

enum status tags_open(struct tags_readout *t, struct rank_context *s, const struct view *query_text,
                      const unsigned char *skip, int n_query_texts, int n_empty, struct err *e) {
    int any = 0;
    t->query_text = query_text;
    t->skip = skip;
    t->n_query_texts = n_query_texts;
    t->n_empty = n_empty;
    for (int k = 0; k < n_query_texts; k++) any |= !skip[k];
    if (s->surface.n_tag_frames == 0 || s->surface.tag_weight <= 0 || !any) return ST_OK;
    find_tags(t, s->catalog);
    return t->n_tags ? take_memory(t, s, e) : ST_OK;
}

enum status tags_build(struct tags_readout *t, struct rank_context *s, struct prompt *p,
                       struct err *e) {
    p->item = -1;
    for (int f = 0; t->n_tags && f < s->surface.n_tag_frames; f++) TRY(add_frame(t, s, p, f, e));
    return ST_OK;
}

/* --- reading */

/* Mean and standard deviation (1 where all are alike) of the values that are not NAN. */
static void spread_of(const double *v, int n, double *mean, double *sd) {
    double sum = 0, square = 0;
    int m = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(v[i])) sum += v[i], m++;
    *mean = m ? sum / m : 0;
    for (int i = 0; i < n; i++)
        if (!isnan(v[i])) square += (v[i] - *mean) * (v[i] - *mean) / m;
    *sd = square > 1e-12 ? sqrt(square) : 1;
}

static void read_answers(struct tags_readout *t, struct rank_context *s) {
    struct err e;
    struct view key;
    for (int f = 0; f < s->surface.n_tag_frames; f++)
        for (int tag = 0; tag < t->n_tags; tag++)
            for (int k = 0; k < t->n_query_texts + t->n_empty; k++) {
                size_t at = cell(t, f, tag, k);
                if (!t->out[at]) continue;
                double x = 0;
                for (int i = 0; i < t->len[at]; i++) x += (double)t->out[at][i];
                t->logprob[at] = x;
                if (tag_key(t, s, tag, k, &key, &e) == ST_OK) prior_keep(s, ANSWER_TAG + f, key, x);
            }
}

/* One frame's share of z for a query text; *sd over the tags. */
static void add_standard(struct tags_readout *t, int f, int k, double x[TAGS_MAX], double *sd) {
    double mean;
    for (int tag = 0; tag < t->n_tags; tag++) {
        x[tag] = t->logprob[cell(t, f, tag, k)];
        for (int i = 0; i < t->n_empty; i++)
            x[tag] -= t->logprob[cell(t, f, tag, t->n_query_texts + i)] / t->n_empty;
    }
    spread_of(x, t->n_tags, &mean, sd);
    for (int tag = 0; tag < t->n_tags; tag++) {
        x[tag] = (x[tag] - mean) / *sd;
        t->z[k * TAGS_MAX + tag] += x[tag];
    }
}

/* What two frames have in common is about the clause, the rest is each frame's own noise: the
 * square root of their covariance over the tags, with a correlation of at least CORRELATION. With
 * one frame its standard deviation; of more than two the first and the last. */
static void add_frames(struct tags_readout *t, int n_frames, int k) {
    double first[TAGS_MAX], x[TAGS_MAX], first_sd = 1, sd = 1, r = 0;
    add_standard(t, 0, k, first, &first_sd);
    memcpy(x, first, sizeof x);
    sd = first_sd;
    for (int f = 1; f < n_frames; f++) add_standard(t, f, k, x, &sd);
    for (int tag = 0; tag < t->n_tags; tag++) r += first[tag] * x[tag] / t->n_tags;
    t->trust[k] = sqrt(first_sd * sd * (r > CORRELATION ? r : CORRELATION));
}

/* A tag that the query text itself names fits it as well as the best one, whatever the model says.
 */
static void raise_named(struct tags_readout *t, int k) {
    double *z = t->z + k * TAGS_MAX, best = z[0];
    for (int tag = 1; tag < t->n_tags; tag++) best = z[tag] > best ? z[tag] : best;
    for (int tag = 0; tag < t->n_tags; tag++)
        if (words_named(view_of(t->tag[tag]), t->query_text[k], NULL, NULL)) z[tag] = best;
}

/* Place of a tag among the asked ones, or -1. */
static int tag_at(const struct tags_readout *t, const char *name) {
    const char **at = bsearch(&name, t->tag, (size_t)t->n_tags, sizeof *t->tag, by_name);
    return at ? (int)(at - t->tag) : -1;
}

/* Over n of those places. */
static double soft_max(const struct tags_readout *t, const int *at, int n, int k) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        if (at[i] >= 0) sum += t->weight[k * TAGS_MAX + at[i]];
    return sum > 0 ? log(sum) : (double)NAN;
}

/* The catalogue's tags as places, of every item or, of a large one, of ITEMS_MAX that lie evenly in
 * it: item i's are at[off[i] .. off[i + 1]). */
struct tagged {
    int n, *off, *at;
};

static int find_tagged(const struct tags_readout *t, struct rank_context *s, struct tagged *x) {
    const struct snapshot *c = s->catalog;
    int step = (c->n + ITEMS_MAX - 1) / ITEMS_MAX;
    size_t total = 0;
    x->n = 0;
    for (int i = 0; i < c->n; i += step) total += (size_t)c->item[i].n_tags;
    x->off = ARENA_NEW(s->a, int, (size_t)ITEMS_MAX + 1);
    x->at = ARENA_NEW(s->a, int, total);
    if (!x->off || !x->at) return 0;
    for (int i = 0; i < c->n; i += step) {
        int at = x->off[x->n];
        for (int k = 0; k < c->item[i].n_tags; k++) x->at[at++] = tag_at(t, c->item[i].tags[k]);
        x->off[++x->n] = at;
    }
    return 1;
}

void tags_finish(struct tags_readout *t, struct rank_context *s) {
    double mean, sd;
    struct tagged x;
    if (t->n_tags == 0) return;
    read_answers(t, s);
    double *v = ARENA_NEW(s->a, double, ITEMS_MAX);
    if (!v || !find_tagged(t, s, &x)) {
        t->n_tags = 0;
        return;
    }
    for (int k = 0; k < t->n_query_texts; k++) {
        double *z = t->z + k * TAGS_MAX;
        if (skipped(t, k)) continue;
        add_frames(t, s->surface.n_tag_frames, k);
        spread_of(z, t->n_tags, &mean, &sd);
        for (int tag = 0; tag < t->n_tags; tag++) z[tag] = (z[tag] - mean) / sd;
        raise_named(t, k);
        for (int tag = 0; tag < t->n_tags; tag++)
            t->weight[k * TAGS_MAX + tag] = exp(SHARPNESS * z[tag]);
        for (int i = 0; i < x.n; i++)
            v[i] = soft_max(t, x.at + x.off[i], x.off[i + 1] - x.off[i], k);
        spread_of(v, x.n, &t->mean[k], &t->sd[k]);
    }
}

int tags_value(const struct tags_readout *t, const struct item *it, int k, double *value) {
    int at[TAGS_MAX], n = 0;
    if (t->n_tags == 0 || skipped(t, k)) return 0;
    for (int i = 0; i < it->n_tags && n < TAGS_MAX; i++)
        if ((at[n] = tag_at(t, it->tags[i])) >= 0) n++;
    double x = soft_max(t, at, n, k);
    if (isnan(x)) return 0;
    *value = (x - t->mean[k]) / t->sd[k];
    return 1;
}
