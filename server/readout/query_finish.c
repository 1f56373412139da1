/* `query`: from the answers to values. */
#include "server/readout/query_parts.h"

#include <math.h>

/* How much the wanted clauses count one by one, and together as one text, when there are several;
 * and what an unwanted clause's weight is multiplied by (fixtures/fit/README.md). */
static const double SINGLE = 0.25, TOGETHER = 1.0, UNWANTED = 1.4;
static const double CONSTRAINT_VALUE = 2.0;

/* Of a query text's first n tokens, in their order, so that the sum's bits do not depend on which
 * of them were known. */
static double logprob_to(const struct query_readout *q, const struct rank_context *s, int f, int i,
                         int k, int n) {
    size_t at = cell(q, s, f, i, k);
    double x = q->said[at];
    for (int t = q->from[at]; q->out[at] && t < n; t++) x += (double)q->out[at][t];
    return x;
}

static double logprob_of(const struct query_readout *q, const struct rank_context *s, int f, int i,
                         int k) {
    return logprob_to(q, s, f, i, k, q->words[f][k].n);
}

/* Keeps a query text's answer and those of its first spans; without memory for a key it is asked
 * again.
 */
static void keep_answer(const struct query_readout *q, struct rank_context *s, int f, int i,
                        int k) {
    const struct query_text *w = &q->words[f][k];
    size_t at = cell(q, s, f, i, k);
    struct view key;
    struct err e;
    if (query_text_key(q, s, f, i, k, &key, &e) == ST_OK)
        prior_keep(s, ANSWER_QUERY_TEXT + f, key, logprob_of(q, s, f, i, k));
    for (int c = 0; c < w->n_cuts; c++)
        if (w->cut[c] > q->from[at] && query_span_key(q, s, f, i, k, w->cut[c], &key, &e) == ST_OK)
            prior_keep(s, ANSWER_SPAN + f, key, logprob_to(q, s, f, i, k, w->cut[c]));
}

static void keep_answers(const struct query_readout *q, struct rank_context *s, int f) {
    for (int i = 0; i < s->n_pool; i++)
        for (int k = 0; k < q->n_query_texts; k++)
            if (q->out[cell(q, s, f, i, k)]) keep_answer(q, s, f, i, k);
}

/* Mean over the empty wishes, for every item that was asked. */
static void set_priors(struct query_readout *q, struct rank_context *s, int f) {
    for (int i = 0; i < s->n_pool; i++) {
        if (q->n_empty == 0 || !q->out[cell(q, s, f, i, q->n_query_texts)]) continue;
        double x = 0;
        for (int k = 0; k < q->n_empty; k++)
            x += logprob_of(q, s, f, i, q->n_query_texts + k) / q->n_empty;
        q->prior[prior_at(s, f, i)] = x;
        prior_keep(s, ANSWER_PRIOR + f, q->text[prior_at(s, f, i)], x);
    }
}

/* What is standardised: a clause's log-probability beyond the item's prior, or the whole wish's
 * mean over its tokens beyond beta times that of what says nothing. */
static double raw_value(const struct query_readout *q, const struct rank_context *s, int f, int i,
                        int k) {
    double x = logprob_of(q, s, f, i, k), prior = q->prior[prior_at(s, f, i)];
    int tokens = 0;
    if (k != q->whole) return x - prior;
    for (int n = 0; n < q->n_empty; n++) tokens += q->words[f][q->n_query_texts + n].n;
    x /= q->words[f][k].n > 0 ? q->words[f][k].n : 1;
    return tokens ? x - s->shares.beta * prior * q->n_empty / tokens : x;
}

/* The query text's value for candidate i: standardised and averaged over the frames, and of its
 * tags. */
static double value(const struct query_readout *q, const struct rank_context *s, int i, int k) {
    double z = 0, tags, share = s->surface.tag_weight;
    int has_tags = tags_value(&q->tags, s->item[i], k, &tags);
    if (!q->framed[k]) return has_tags ? tags : 0;
    for (int f = 0; f < s->surface.n_frames; f++) {
        double x = raw_value(q, s, f, i, k);
        z += (x - q->zscore[f][k].mean) / q->zscore[f][k].sd / s->surface.n_frames;
    }
    return has_tags ? (1 - share) * z + share * tags : z;
}

static void set_zscores(struct query_readout *q, struct rank_context *s, int f) {
    for (int k = 0; k < q->n_query_texts; k++) {
        double v[SNAPSHOT_SAMPLE];
        if (q->known[f][k] || !q->framed[k]) continue;
        for (int j = 0; j < s->n_sample; j++) {
            int i = s->sample[j];
            v[j] = raw_value(q, s, f, i, k);
        }
        q->zscore[f][k] = zscore_make(s, q->key[f][k], v);
    }
}

/* In a story most clauses say little: each counts by how much of its tags' answers is about it, and
 * their sum as one clause does. */
static double story_trust(const struct query_readout *q, const struct rank_context *s) {
    double sum = 0;
    if (q->n_wanted <= QUERY_STORY || q->tags.n_tags == 0) return 0;
    for (int c = 0; c < s->n_wish; c++) {
        double x = is_wanted(s, c) && !q->skip[c] ? s->wish.clause[c].weight * q->tags.trust[c] : 0;
        sum += x * x;
    }
    return sqrt(sum);
}

static double story_share(const struct query_readout *q, int c) {
    return q->trust > 0 ? q->tags.trust[c] / q->trust : 1 / sqrt(q->n_wanted);
}

double query_share(const struct rank_context *s, int i, int k) {
    const struct constraint *c = &s->wish.constraint[k];
    int o = s->outcome[i * s->wish.n_constraints + k];
    if (!s->soft_constraints || c->clause < 0) return 0;
    return s->wish.clause[c->clause].weight * (o == OUTCOME_HOLDS   ? CONSTRAINT_VALUE
                                               : o == OUTCOME_FAILS ? -CONSTRAINT_VALUE
                                                                    : 0);
}

/* What clause c adds for candidate i. An unwanted clause takes away what the item has of it; not to
 * have it is no merit. all: the value of the wanted clauses together, wanted: their weights' sum.
 */
static double part_of(const struct query_readout *q, const struct rank_context *s, int i, int c,
                      double all, double wanted) {
    const struct clause *k = &s->wish.clause[c];
    int joint = q->has_together && is_wanted(s, c) && !q->skip[c];
    double single = q->n_wanted > QUERY_STORY ? story_share(q, c) : joint ? SINGLE : 1;
    double x = q->skip[c] ? 0 : value(q, s, i, c) * (is_wanted(s, c) ? single : 1);
    if (joint) x += TOGETHER * all / wanted;
    x *= s->shares.clauses;
    double sum = k->weight * (k->sign > 0 ? x : x > 0 ? -UNWANTED * x : 0);
    for (int n = 0; n < s->wish.n_constraints; n++)
        if (s->wish.constraint[n].clause == c) sum += query_share(s, i, n);
    return sum;
}

static double logprob_shown(const struct query_readout *q, const struct rank_context *s, int i) {
    double x = 0;
    for (int k = 0; k < q->n_query_texts; k++)
        if (q->framed[k] &&
            (k == q->whole ? !(s->shares.clauses > 0) : k < s->n_clauses || q->tags.n_tags > 0))
            x += logprob_of(q, s, 0, i, k);
    return x;
}

void query_finish(struct query_readout *q, struct rank_context *s, double *score, double *logprob,
                  double *prior, double *part, double *whole) {
    double wanted = 0;
    for (int f = 0; f < s->surface.n_frames; f++) {
        set_priors(q, s, f);
        set_zscores(q, s, f);
        keep_answers(q, s, f);
    }
    tags_finish(&q->tags, s);
    q->trust = story_trust(q, s);
    for (int c = 0; c < s->n_wish; c++)
        if (is_wanted(s, c) && !q->skip[c]) wanted += s->wish.clause[c].weight;
    for (int i = 0; i < s->n; i++) {
        double all = q->has_together ? value(q, s, i, s->n_clauses) : 0;
        whole[i] = q->whole >= 0 ? s->shares.whole * value(q, s, i, q->whole) : 0;
        score[i] = whole[i];
        logprob[i] = logprob_shown(q, s, i);
        prior[i] = q->prior[prior_at(s, 0, i)];
        for (int c = 0; c < s->n_clauses; c++) {
            double x = part_of(q, s, i, c, all, wanted);
            part[(size_t)i * (size_t)s->n_clauses + (size_t)c] = x;
            score[i] += x;
        }
    }
}
