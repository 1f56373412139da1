/* How near the item's text is to the wish, or without one to what was liked, for the embedding
 * model, standardised over the catalogue's sample as the language model's values are, so that no
 * item's part depends on which others are ranked. */
#include "server/readout/meaning.h"

#include "server/baselines/each/embedding.h"

#include <math.h>

static void sample_spread(const struct rank_context *s, const double *v, double *mean, double *sd) {
    double square = 0;
    *mean = 0;
    for (int k = 0; k < s->n_sample; k++) *mean += v[s->sample[k]] / s->n_sample;
    for (int k = 0; k < s->n_sample; k++) {
        double d = v[s->sample[k]] - *mean;
        square += d * d / s->n_sample;
    }
    *sd = square > 1e-8 ? sqrt(square) : 1;
}

enum status meaning_add(struct rank_context *s, double *score, double *meaning, struct err *e) {
    struct candidates c;
    const char *why;
    double mean, sd, *v;
    if (!(s->shares.meaning > 0)) return ST_OK;
    context_candidates(s, s->place, s->n_pool, &c);
    if (s->n_wish) c.n_marks = 0; /* beside a wish, what was liked has a part of its own */
    v = ARENA_NEW(s->a, double, (size_t)s->n_pool);
    if (!v) return fail(e, ST_NO_MEMORY, "no memory for meanings");
    TRY(embedding_score(&c, s->place, s->n_pool, v, &why, e));
    if (why) return ST_OK;
    sample_spread(s, v, &mean, &sd);
    for (int i = 0; i < s->n; i++) {
        meaning[i] = s->shares.meaning * (v[i] - mean) / sd;
        score[i] += meaning[i];
    }
    return ST_OK;
}
