/* The matcher of the grammar's phrases. */
#include "server/wish/clauses/clauses_words.h"

#include "server/value/value.h"

#include <string.h>

enum { PHRASE_WORDS = 7, BETWEEN_WORDS = 2 };

static int is_number(const struct grammar *g, const char *p, size_t n) {
    for (size_t i = 0; i < n && i < 5; i++) /* after a currency sign */
        if (p[i] >= '0' && p[i] <= '9') return 1;
    const char *hyphen = memchr(p, '-', n);
    size_t head = hyphen ? (size_t)(hyphen - p) : n;
    double x = plain_number(g, p, head);
    return x > 1 || (x > 0 && g == &grammar_en);
}

static int word_fits(const struct clauses_text *t, size_t i, const char *phrase) {
    const struct clauses_plain *w = &t->plain[i];
    if (*phrase == '*') return 1;
    if (*phrase == '#') return t->tok[i].number;
    return plain_is(w->p, w->n, phrase);
}

/* Words of the phrase if it stands at word i, else 0. */
static size_t match(const struct clauses_text *t, size_t i, size_t end, const char *phrase) {
    for (size_t k = 0; k < PHRASE_WORDS; k++, i++) {
        if (i >= end || t->tok[i].kind != CLAUSES_WORD || !word_fits(t, i, phrase)) return 0;
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

/* Whether a word is the beginning of a date. */
static int is_date(struct view w) {
    static const char dates[] =
        "noon|midnight|today|tonight|tomorrow|yesterday|nineties|eighties|"
        "seventies|sixties|fifties|forties|thirties|twenties|next|christmas";
    return plain_is(w.p, w.n, dates) || (w.n > 2 && month_named(w)) ||
           (w.n > 4 && weekday_named(w));
}

enum status clauses_words_prepare(struct clauses_text *t, struct arena *a, struct err *e) {
    t->letters = grammar_letters(t->grammar);
    t->plain = ARENA_NEW(a, struct clauses_plain, t->n);
    if (!t->plain) return fail(e, ST_NO_MEMORY, "no memory for the words of the wish");
    for (size_t i = 0; i < t->n; i++) {
        struct clauses_token *k = &t->tok[i];
        struct clauses_plain *w = &t->plain[i];
        if (k->kind != CLAUSES_WORD) continue;
        w->n = (uint8_t)plain_word(view_sub(t->wish, k->at, k->n), w->p, sizeof w->p);
        k->number = (uint8_t)is_number(t->grammar, w->p, w->n);
        k->compared = (uint8_t)(k->number || is_date((struct view){w->p, w->n}));
    }
    return ST_OK;
}

/* Whether a number or date stands near enough behind word i to be what a comparison there is of. */
static int number_near(const struct clauses_text *t, size_t i, size_t end) {
    for (size_t k = i; k < end && k <= i + PHRASE_WORDS + BETWEEN_WORDS; k++)
        if (t->tok[k].compared) return 1;
    return 0;
}

/* Words of a comparison with a number or date behind it that stands at word i; 0 for none. *turned:
 * a negation turns it round. */
static size_t limit_at(const struct clauses_text *t, size_t i, size_t end, int *turned) {
    const struct grammar *g = t->grammar;
    *turned = 0;
    if (!number_near(t, i, end)) return 0;
    size_t best = 0, neg = match(t, i, end, g->negations);
    size_t at = i + neg;
    *turned = neg > 0;
    unsigned letter = at < end ? letter_bit(t->plain[at].p) : 0;
    for (size_t r = 0; r < g->n_bounds; r++) {
        if (!(t->letters->bound[r] & letter)) continue;
        size_t k = g->bound[r].where & BOUND_BEFORE ? match(t, at, end, g->bound[r].phrase) : 0;
        if (k > best) best = k;
    }
    if (!best) return 0;
    for (size_t k = at + best; k <= at + best + BETWEEN_WORDS; k++) {
        if (k < end && t->tok[k].compared) return neg + best;
        if (!clauses_words_at(t, k, end, g->between)) break;
    }
    return 0;
}

enum clauses_mark clauses_words_mark(const struct clauses_text *t, size_t i, size_t end,
                                     size_t *n) {
    const struct grammar *g = t->grammar;
    enum clauses_mark best = MARK_NONE;
    *n = 0;
    unsigned letter = letter_bit(t->plain[i].p);
    for (size_t r = 0; g->mark[r].phrase; r++) {
        if (!(t->letters->mark[r] & letter)) continue;
        size_t k = match(t, i, end, g->mark[r].phrase);
        if (k > *n) *n = k, best = g->mark[r].mark;
    }
    int turned, and = clauses_words_at(t, i, end, "and|und|et|y|e|en");
    size_t k = limit_at(t, i + (and > 0), end, &turned);
    if (k && and) return *n = 1, MARK_TURN;
    if (k && k >= *n) *n = k, best = turned ? MARK_LIMIT : MARK_KEEP;
    return best;
}

size_t clauses_words_front(const struct clauses_text *t, size_t from, size_t end, int unwanted,
                           double *factor) {
    const struct grammar *g = t->grammar;
    size_t best = from < end && t->tok[from].kind == CLAUSES_WORD && t->tok[from].bare;
    int where = FILLER_FRONT | FILLER_ALONE | (unwanted ? FILLER_UNWANTED : 0);
    *factor = 1;
    unsigned letter = from < end ? letter_bit(t->plain[from].p) : 0;
    for (size_t r = 0; r < g->n_fillers; r++) {
        if (!(t->letters->filler[r] & letter)) continue;
        size_t k = g->filler[r].where & where ? match(t, from, end, g->filler[r].phrase) : 0;
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
        if (!(g->filler[r].where & where)) continue;
        size_t k = words_of(g->filler[r].phrase);
        if (k > end - from || k <= best) continue;
        if (match(t, end - k, end, g->filler[r].phrase)) best = k, *factor = g->filler[r].factor;
    }
    return best;
}

/* Whether one of the phrases (up to NULL) stands in [from, end). */
static int any(const struct clauses_text *t, size_t from, size_t end, const char *const *phrases) {
    for (size_t i = from; i < end; i++) {
        for (size_t k = 0; phrases[k]; k++)
            if (match(t, i, end, phrases[k])) return 1;
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
    return match(t, i, end, phrase) > 0;
}
