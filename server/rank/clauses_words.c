/* The matcher of the clause splitter's vocabulary. */
#include "server/rank/clauses_words.h"
#include "server/rank/clauses_table.h"

#include <string.h>

enum { PHRASE_WORDS = 7, WORD_BYTES = 16 };

/* The next words, in small letters and without apostrophes; folded once, matched often. */
struct window {
    const struct clauses_text *t;
    size_t at, end, have;
    struct {
        char p[WORD_BYTES];
        size_t n; /* 0: too long to be in any table */
    } w[PHRASE_WORDS];
};

static size_t apostrophe(const char *p, size_t n) {
    if (n && p[0] == '\'') return 1;
    return n >= 3 && (memcmp(p, "\xE2\x80\x99", 3) == 0 || memcmp(p, "\xE2\x80\x98", 3) == 0) ? 3
                                                                                              : 0;
}

static void fold_next(struct window *x) {
    const struct clauses_token *k = &x->t->tok[x->at + x->have];
    const char *p = x->t->wish.p + k->at;
    size_t n = 0;
    for (size_t i = 0, skip; i < k->n; i++) {
        if ((skip = apostrophe(p + i, k->n - i)) != 0) {
            i += skip - 1;
            continue;
        }
        if (n == WORD_BYTES) {
            n = 0;
            break;
        }
        x->w[x->have].p[n++] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] + 32 : p[i]);
    }
    x->w[x->have++].n = n;
}

/* Whether the word is that of the phrase up to '|', ' ' or the end. */
static int same(const char *word, size_t n, const char *alt) {
    size_t i = 0;
    for (; *alt && *alt != '|' && *alt != ' '; alt++) {
        if (*alt == '\'') continue;
        if (i == n || word[i] != *alt) return 0;
        i++;
    }
    return i == n;
}

static int is_number(const char *p, size_t n) {
    static const char *const names[] = {
        "half",  "one",   "two",     "three",  "four",    "five",    "six",     "seven",
        "eight", "nine",  "ten",     "twelve", "fifteen", "twenty",  "thirty",  "forty",
        "fifty", "sixty", "seventy", "eighty", "ninety",  "hundred", "thousand"};
    for (size_t i = 0; i < n && i < 4; i++) /* after a currency sign */
        if (p[i] >= '0' && p[i] <= '9') return 1;
    const char *hyphen = memchr(p, '-', n);
    size_t head = hyphen ? (size_t)(hyphen - p) : n;
    for (size_t i = 0; i < COUNT(names); i++)
        if (same(p, head, names[i])) return 1;
    return 0;
}

static int word_fits(const char *p, size_t n, const char *phrase) {
    if (*phrase == '*') return 1;
    if (n == 0) return 0;
    if (*phrase == '#') return is_number(p, n);
    for (;;) {
        if (same(p, n, phrase)) return 1;
        while (*phrase && *phrase != '|' && *phrase != ' ') phrase++;
        if (*phrase++ != '|') return 0;
    }
}

/* Words of the phrase if it stands at the window, else 0. */
static size_t match(struct window *x, const char *phrase) {
    for (size_t k = 0; k < PHRASE_WORDS; k++) {
        if (x->at + k >= x->end || x->t->tok[x->at + k].kind != CLAUSES_WORD) return 0;
        if (x->have == k) fold_next(x);
        if (!word_fits(x->w[k].p, x->w[k].n, phrase)) return 0;
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

enum clauses_mark clauses_words_mark(const struct clauses_text *t, size_t i, size_t end,
                                     size_t *n) {
    struct window x = {.t = t, .at = i, .end = end};
    enum clauses_mark best = MARK_NONE;
    *n = 0;
    for (size_t r = 0; r < clauses_marks_n; r++) {
        size_t k = match(&x, clauses_marks[r].phrase);
        if (k > *n) *n = k, best = clauses_marks[r].mark;
    }
    return best;
}

size_t clauses_words_front(const struct clauses_text *t, size_t from, size_t end, int unwanted,
                           double *factor) {
    struct window x = {.t = t, .at = from, .end = end};
    size_t best = from < end && t->tok[from].kind == CLAUSES_WORD && t->tok[from].bare;
    int where = FILLER_FRONT | FILLER_ALONE | (unwanted ? FILLER_UNWANTED : 0);
    *factor = 1;
    for (size_t r = 0; r < clauses_fillers_n; r++) {
        size_t k = clauses_fillers[r].where & where ? match(&x, clauses_fillers[r].phrase) : 0;
        if ((clauses_fillers[r].where & FILLER_ALONE) && from + k != end) continue;
        if (k > best) best = k, *factor = clauses_fillers[r].factor;
    }
    return best;
}

size_t clauses_words_back(const struct clauses_text *t, size_t from, size_t end, int cut,
                          double *factor) {
    size_t best = end > from && t->tok[end - 1].bare;
    int where = FILLER_BACK | (cut ? FILLER_CUT : 0);
    *factor = 1;
    for (size_t r = 0; r < clauses_fillers_n; r++) {
        size_t k = words_of(clauses_fillers[r].phrase);
        if (!(clauses_fillers[r].where & where) || k > end - from || k <= best) continue;
        struct window x = {.t = t, .at = end - k, .end = end};
        if (match(&x, clauses_fillers[r].phrase)) best = k, *factor = clauses_fillers[r].factor;
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
