/* Contradictions: by words between clauses, by bounds between constraints. */
#include "server/wish/read/notes.h"
#include "server/value/words.h"

#include <math.h>
#include <string.h>

/* The clause's text without idle words at both ends. */
static struct view core_of(const struct grammar *g, struct view text) {
    size_t at = 0, from = SIZE_MAX, to = 0;
    struct view w;
    while ((w = word_next(text, &at)).n) {
        char plain[32];
        size_t n = plain_word(w, plain, sizeof plain);
        if (n && plain_is(plain, n, g->idle)) continue;
        if (from == SIZE_MAX) from = (size_t)(w.p - text.p);
        to = at;
    }
    return from == SIZE_MAX ? (struct view){text.p, 0} : view_sub(text, from, to - from);
}

static int says_limit(const struct wish *w, int clause) {
    for (int i = 0; i < w->n_constraints; i++)
        if (w->constraint[i].clause == clause && w->constraint[i].op != WISH_HAS) return 1;
    return 0;
}

static void words_against(struct finder *f, const struct grammar *g, unsigned char *out) {
    struct wish *w = f->out;
    for (int u = 0; u < w->n_clauses; u++) {
        if (w->clause[u].sign > 0 || says_limit(w, u)) continue;
        struct view core = core_of(g, w->clause[u].text);
        for (int k = 0; core.n && k < w->n_clauses; k++) {
            if (w->clause[k].sign < 0 || !words_named(core, w->clause[k].text, NULL, NULL))
                continue;
            finder_note(f, "the wish contradicts itself: \"%.*s\" is wanted and unwanted",
                        (int)(core.n < 80 ? core.n : 80), core.p);
            for (int i = 0; i < w->n_constraints; i++)
                out[i] |= w->constraint[i].clause == u ||
                          (w->constraint[i].clause == k && w->constraint[i].op == WISH_HAS &&
                           words_named(core, w->constraint[i].text, NULL, NULL));
        }
    }
}

/* The values that a constraint allows, as one stretch; 0 when it is none. */
static int stretch_of(const struct constraint *c, double *lo, double *hi) {
    *lo = -INFINITY, *hi = INFINITY;
    if (c->op == WISH_HAS || c->op == WISH_MONTH || c->op == WISH_WEEKDAY) return 0;
    int above = c->op == WISH_GT || c->op == WISH_GE, below = c->op == WISH_LT || c->op == WISH_LE;
    if (c->negated && !above && !below) return 0;
    double step = c->op == WISH_LT || c->op == WISH_GT ? 1e-9 : 0;
    if (c->negated) {
        if (above) *hi = c->lo + (c->op == WISH_GE ? -1e-9 : 0);
        if (below) *lo = c->hi + (c->op == WISH_LE ? 1e-9 : 0);
        return 1;
    }
    if (!below) *lo = c->lo + step * (1 + fabs(c->lo));
    if (!above) *hi = c->hi - step * (1 + fabs(c->hi));
    return 1;
}

static int same_measure(const struct constraint *a, const struct constraint *b) {
    return a->field == b->field && (a->op == WISH_CLOCK) == (b->op == WISH_CLOCK);
}

static void bounds_against(struct finder *f, unsigned char *out) {
    struct wish *w = f->out;
    for (int i = 0; i < w->n_constraints; i++) {
        double lo, hi, l, h;
        const struct constraint *a = &w->constraint[i];
        if (!stretch_of(a, &lo, &hi)) continue;
        for (int k = 0; k < w->n_constraints; k++)
            if (k != i && same_measure(a, &w->constraint[k]) &&
                stretch_of(&w->constraint[k], &l, &h))
                lo = fmax(lo, l), hi = fmin(hi, h);
        if (lo <= hi) continue;
        finder_note(f, "the wish contradicts itself: no %s can keep all of its limits",
                    f->s->field[a->field].words);
        for (int k = 0; k < w->n_constraints; k++)
            out[k] |= same_measure(a, &w->constraint[k]) && stretch_of(&w->constraint[k], &l, &h);
    }
}

static void names_against(struct finder *f, unsigned char *out) {
    struct wish *w = f->out;
    for (int i = 0; i < w->n_constraints; i++)
        for (int k = 0; k < w->n_constraints; k++) {
            const struct constraint *a = &w->constraint[i], *b = &w->constraint[k];
            if (a->op != WISH_HAS || b->op != WISH_HAS || a->field != b->field) continue;
            if (a->negated || !b->negated || strcmp(a->value, b->value) != 0) continue;
            out[i] = out[k] = 1;
            finder_note(f, "the wish contradicts itself: \"%s\" is wanted and unwanted", a->value);
        }
}

void notes_contradictions(struct finder *f, const struct grammar *g) {
    unsigned char out[CONSTRAINTS_MAX] = {0};
    struct wish *w = f->out;
    words_against(f, g, out);
    if (f->s) {
        bounds_against(f, out);
        names_against(f, out);
    }
    int kept = 0;
    for (int i = 0; i < w->n_constraints; i++) {
        if (out[i]) continue;
        w->constraint[kept++] = w->constraint[i];
    }
    w->n_constraints = kept;
}
