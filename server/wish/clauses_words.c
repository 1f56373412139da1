/* The matcher of the grammar's phrases. */
#include "server/wish/clauses_words.h"

#include "server/value/value.h"

#include <string.h>

enum { PHRASE_WORDS = 7, WORD_BYTES = 20, BETWEEN_WORDS = 2 };

/* The next words in plain letters; made plain once, matched often. */
struct window {
    const struct clauses_text *t;
    size_t at, end, have;
    struct {
        char p[WORD_BYTES];
        size_t n; /* 0: too long to be in any table */
    } w[PHRASE_WORDS];
};

static void fold_next(struct window *x) {
    const struct clauses_token *k = &x->t->tok[x->at + x->have];
    x->w[x->have].n = plain_word(view_sub(x->t->wish, k->at, k->n), x->w[x->have].p, WORD_BYTES);
    x->have++;
}

static int is_number(const struct grammar *g, const char *p, size_t n) {
    for (size_t i = 0; i < n && i < 5; i++) /* after a currency sign */
        if (p[i] >= '0' && p[i] <= '9') return 1;
    const char *hyphen = memchr(p, '-', n);
    size_t head = hyphen ? (size_t)(hyphen - p) : n;
    double x = plain_number(g, p, head);
    return x > 1 || (x > 0 && g == &grammar_en);
}

static int word_fits(const struct grammar *g, const char *p, size_t n, const char *phrase) {
    if (*phrase == '*') return 1;
    if (*phrase == '#') return is_number(g, p, n);
    return plain_is(p, n, phrase);
}

/* Words of the phrase if it stands at the window, else 0. */
static size_t match(struct window *x, const char *phrase) {
    for (size_t k = 0; k < PHRASE_WORDS; k++) {
        if (x->at + k >= x->end || x->t->tok[x->at + k].kind != CLAUSES_WORD) return 0;
        if (x->have == k) fold_next(x);
        if (!word_fits(x->t->grammar, x->w[k].p, x->w[k].n, phrase)) return 0;
        const char *space = strchr(phrase, ' ');
        if (!space) return k + 1;
        phrase = space + 1;
    }
    return 0;
}

static size_t words_of(const char *phrase) {
    size_t n = 1;
    for (; *phrase; phrase++) n += *phrase == ' ';
    return n;
}

/* Whether the word at i is what a comparison compares with: a number or a date. */
static int is_compared(const struct clauses_text *t, size_t i, size_t end) {
    static const char dates[] =
        "noon|midnight|today|tonight|tomorrow|yesterday|nineties|eighties|"
        "seventies|sixties|fifties|forties|thirties|twenties|next|christmas";
    struct window x = {.t = t, .at = i, .end = end};
    if (i >= end || t->tok[i].kind != CLAUSES_WORD) return 0;
    fold_next(&x);
    struct view w = {x.w[0].p, x.w[0].n};
    return is_number(t->grammar, w.p, w.n) || plain_is(w.p, w.n, dates) ||
           (w.n > 2 && month_named(w)) || (w.n > 4 && weekday_named(w));
}

/* Words of a comparison with a number or date behind it that stands at word i; 0 for none. *turned:
 * a negation turns it round. */
static size_t limit_at(const struct clauses_text *t, size_t i, size_t end, int *turned) {
    const struct grammar *g = t->grammar;
    struct window x = {.t = t, .at = i, .end = end};
    size_t best = 0, neg = i < end ? match(&x, g->negations) : 0;
    *turned = neg > 0;
    struct window y = {.t = t, .at = i + neg, .end = end};
    for (size_t r = 0; r < g->n_bounds && y.at < end; r++) {
        size_t k = g->bound[r].where & BOUND_BEFORE ? match(&y, g->bound[r].phrase) : 0;
        if (k > best) best = k;
    }
    if (!best) return 0;
    for (size_t k = y.at + best; k <= y.at + best + BETWEEN_WORDS; k++) {
        if (is_compared(t, k, end)) return neg + best;
        if (!clauses_words_at(t, k, end, g->between)) break;
    }
    return 0;
}

enum clauses_mark clauses_words_mark(const struct clauses_text *t, size_t i, size_t end,
                                     size_t *n) {
    const struct grammar *g = t->grammar;
    struct window x = {.t = t, .at = i, .end = end};
    enum clauses_mark best = MARK_NONE;
    *n = 0;
    for (size_t r = 0; r < g->n_marks; r++) {
        size_t k = match(&x, g->mark[r].phrase);
        if (k > *n) *n = k, best = g->mark[r].mark;
    }
    int turned, and = clauses_words_at(t, i, end, "and|und|et|y|e|en");
    size_t k = limit_at(t, i + (size_t) and, end, &turned);
    if (k && and) return *n = 1, MARK_TURN;
    if (k && k >= *n) *n = k, best = turned ? MARK_LIMIT : MARK_KEEP;
    return best;
}

size_t clauses_words_front(const struct clauses_text *t, size_t from, size_t end, int unwanted,
                           double *factor) {
    const struct grammar *g = t->grammar;
    struct window x = {.t = t, .at = from, .end = end};
    size_t best = from < end && t->tok[from].kind == CLAUSES_WORD && t->tok[from].bare;
    int where = FILLER_FRONT | FILLER_ALONE | (unwanted ? FILLER_UNWANTED : 0);
    *factor = 1;
    for (size_t r = 0; r < g->n_fillers; r++) {
        size_t k = g->filler[r].where & where ? match(&x, g->filler[r].phrase) : 0;
        if ((g->filler[r].where & FILLER_ALONE) && from + k != end) continue;
        if (k > best) best = k, *factor = g->filler[r].factor;
    }
    return best;
}

size_t clauses_words_back(const struct clauses_text *t, size_t from, size_t end, int cut,
                          double *factor) {
    const struct grammar *g = t->grammar;
    size_t best = end > from && t->tok[end - 1].bare;
    int where = FILLER_BACK | (cut ? FILLER_CUT : 0);
    *factor = 1;
    for (size_t r = 0; r < g->n_fillers; r++) {
        size_t k = words_of(g->filler[r].phrase);
        if (!(g->filler[r].where & where) || k > end - from || k <= best) continue;
        struct window x = {.t = t, .at = end - k, .end = end};
        if (match(&x, g->filler[r].phrase)) best = k, *factor = g->filler[r].factor;
    }
    return best;
}

/* Whether one of the phrases (up to NULL) stands in [from, end). */
static int any(const struct clauses_text *t, size_t from, size_t end, const char *const *phrases) {
    for (size_t i = from; i < end; i++) {
        struct window x = {.t = t, .at = i, .end = end};
        for (size_t k = 0; phrases[k]; k++)
            if (match(&x, phrases[k])) return 1;
    }
    return 0;
}

int clauses_words_want(const struct clauses_text *t, size_t from, size_t end) {
    return any(t, from, end, clauses_wants);
}

int clauses_words_personal(const struct clauses_text *t, size_t from, size_t end,
                           int tellers_only) {
    return any(t, from, end, tellers_only ? clauses_tellers : clauses_personal);
}

int clauses_words_at(const struct clauses_text *t, size_t i, size_t end, const char *phrase) {
    struct window x = {.t = t, .at = i, .end = end};
    return match(&x, phrase) > 0;
}
