/* How the language model is read, and what adds up to a score. */
#include "server/rank/choose.h"

#include "kernels/base/buf.h"
#include "server/readout/readout.h"

#include <string.h>

/* Shares beside the clauses where the surface has none of its own: of a model as it is, and of one
 * with an adapter that was trained on whole wishes (server/readout/README.md). */
static const double PLAIN_MEANING = 1.5, INTERACTIONS_MEANING = 3, TRAINED_CLAUSES = 0.5,
                    TRAINED_WHOLE = 1, TRAINED_MEANING = 0.5;

/* The wish as it was written. Clauses of the person's own and preferences are joined. */
static enum status join_all(struct rank_context *s, int written, struct view *out, struct err *e) {
    struct buf b;
    int n = 0;
    *out = view_trim(s->r->instruction);
    if (written) return ST_OK;
    buf_init(&b, 1 << 20);
    for (int c = 0; c < s->n_wish; c++) {
        const struct clause *x = &s->wish.clause[c];
        if (!(x->weight > 0) || x->text.n == 0) continue;
        buf_str(&b, n++ ? ", " : "");
        if (x->sign < 0) buf_str(&b, "no ");
        buf_view(&b, x->text);
    }
    return context_keep(s, &b, out, e);
}

static enum readout_id choose(const struct rank_context *s, const char **why) {
    int anything = readout_has_wish(s) || readout_has_taste(s);
    if (s->r->readout != READOUT_AUTO && s->r->readout != READOUT_HYBRID) {
        *why = "asked for";
        return s->r->readout;
    }
    if (strcmp(s->surface.readout, "auto") != 0 && anything) {
        *why = "the surface's default";
        return readout_named(s->surface.readout); /* its reader knows the names */
    }
    for (enum readout_id r = READOUT_AUTO; r < READOUTS; r++) {
        const struct readout *x = readout_of(r);
        if (!x || !x->applies || !x->applies(s)) continue;
        *why = x->why;
        return r;
    }
    *why = "nothing was asked for: every item scores 0";
    return READOUT_ITEM;
}

/* What adds up to the score. An adapter that was trained on whole wishes is asked about them, where
 * the surface has no shares of its own. */
static struct shares choose_shares(const struct rank_context *s) {
    struct engine_info m;
    struct shares x = {.clauses = 1, .beta = 1};
    if (s->model == READOUT_RELEVANCE ||
        (s->r->readout != READOUT_AUTO && s->r->readout != READOUT_HYBRID))
        return x;
    engine_info(s->k->engine, &m);
    x.whole = s->surface.whole;
    x.meaning = s->surface.has_shares ? s->surface.meaning : PLAIN_MEANING;
    if (!s->surface.has_shares && m.trained_for && strcmp(m.trained_for, "query") == 0) {
        x.clauses = s->r->has_clauses || s->n_preferences ? 1 : TRAINED_CLAUSES;
        x.whole = TRAINED_WHOLE;
        x.beta = (double)m.trained_beta;
        x.meaning = TRAINED_MEANING;
    }
    if (!s->n_wish) {
        x.whole = 0;
        if (!s->surface.has_shares) x.meaning = INTERACTIONS_MEANING;
    }
    if (s->r->has_meaning) x.meaning = s->r->meaning;
    if (!s->k->embedder || (!s->n_wish && (!s->n_marks || s->r->readout == READOUT_HYBRID)))
        x.meaning = 0;
    return x;
}

/* Says in `why` what counts beside the clauses. */
static enum status tell_shares(struct rank_context *s, struct err *e) {
    if (!(s->shares.whole > 0) && !(s->shares.meaning > 0)) return ST_OK;
    s->why =
        arena_printf(s->a, "%s%s%s", s->why,
                     s->shares.whole > 0 ? "; the whole wish as one text counts beside them" : "",
                     s->shares.meaning > 0 && s->shares.whole > 0
                         ? ", and so does its meaning by the embedding model"
                     : s->shares.meaning > 0
                         ? "; the model alone is no better than the embedding on a surface that "
                           "nobody prepared, so both are added"
                         : "");
    return s->why ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
}

enum status context_choose(struct rank_context *s, struct err *e) {
    int written = !s->r->has_clauses && !s->r->without_clause && !s->n_preferences;
    s->model = choose(s, &s->why);
    s->shares = choose_shares(s);
    TRY(join_all(s, written, &s->whole, e));
    TRY(tell_shares(s, e));
    s->used = s->r->readout == READOUT_HYBRID ? READOUT_HYBRID : s->model;
    return ST_OK;
}
