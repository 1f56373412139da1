/* The grammar of wishes as data, a table for each language. In a phrase "a|b" is either word, "#" a
 * number in digits or letters, "*" any word. Words are written plain: small letters without accents
 * and apostrophes ("nicht uber" is also what "nicht über" is read as). The longest phrase wins, of
 * two equals the earlier row. To add a language: a file like grammar_de.c and its line in
 * grammar.c. */
#ifndef WISH_GRAMMAR_H
#define WISH_GRAMMAR_H

#include "kernels/base/view.h"

/* What a phrase does to the clauses. */
enum clauses_mark {
    MARK_NONE,
    MARK_KEEP,   /* looks like a negation, is none: part of the clause */
    MARK_NOT,    /* what follows is unwanted */
    MARK_FIRST,  /* the same, but only where a clause begins */
    MARK_REFUSE, /* the same, in words that only a wish would use ("spare me") */
    MARK_LIST,   /* MARK_REFUSE whose list may end in "and" ("without A, B and C") */
    MARK_WANTED, /* two negations or "nothing but": what follows is wanted */
    MARK_AFTER,  /* what went before is unwanted ("romance, no thanks") */
    MARK_CUT,    /* a new clause begins here */
    MARK_TURN,   /* the same, but only inside a negation */
    MARK_IDLE,   /* what follows may be so, but need not: it is left out */
    MARK_REASON, /* inside a negation: what follows is why, and is left out */
    MARK_LIMIT,  /* a comparison with a number: a new clause inside a negation */
    MARK_FREE,   /* its first word is unwanted ("nut free") */
    MARK_SPARE,  /* what stands inside is unwanted ("keep my Saturdays clear") */
};
struct clauses_mark_row {
    enum clauses_mark mark;
    const char *phrase;
};

/* Where a phrase is filler; several may be added. */
enum {
    FILLER_FRONT = 1,    /* at the front of a clause */
    FILLER_BACK = 2,     /* at its back */
    FILLER_ALONE = 4,    /* where it is all of the clause */
    FILLER_UNWANTED = 8, /* at the front of what is unwanted */
    FILLER_CUT = 16,     /* at the back, where a negation follows */
};
struct clauses_filler_row {
    int where;
    const char *phrase;
    double factor; /* for the weight */
};

/* What a phrase says about the number or date beside it. */
enum side {
    SIDE_NONE,
    SIDE_BELOW, /* less, or before */
    SIDE_UP_TO,
    SIDE_FROM,
    SIDE_ABOVE,
    SIDE_BETWEEN,
    SIDE_ABOUT,
    SIDE_EQ
};
enum {
    BOUND_BEFORE = 1,  /* the phrase stands before the number */
    BOUND_AFTER = 2,   /* or behind it */
    BOUND_DATES = 4,   /* says so of dates only */
    BOUND_NUMBERS = 8, /* of other numbers only */
    BOUND_MONEY = 16   /* and the number is money: "cheaper than" */
};
struct bound_row {
    int where;
    enum side side;
    const char *phrase;
};

struct grammar {
    const char *code;  /* "de" */
    const char *name;  /* "German" */
    const char *words; /* frequent words by which the language is noticed, with accents */
    const struct clauses_mark_row *mark; /* ended by one without a phrase */
    const struct clauses_filler_row *filler;
    const struct bound_row *bound;
    size_t n_fillers, n_bounds;
    const char *negations; /* words that turn the comparison behind them round */
    const char *between;   /* what may stand between a comparison and its number */
    const char *joins;     /* "and" of "between 5 and 10", "to" of "5 to 10" */
    const char *ends;      /* words behind a number that are not what it counts */
    const char *idle;      /* words that say nothing where only a limit is left */
    const char *free;      /* words for "costs nothing" */
    const char *numbers;   /* one half, one to twenty, thirty to ninety, hundred, thousand, million,
                            * with spaces between them */
};

extern const struct grammar grammar_en, grammar_de, grammar_fr, grammar_es, grammar_it, grammar_nl,
    grammar_pt;
extern const struct clauses_mark_row grammar_en_marks[];
enum { GRAMMARS = 7 };
extern const struct grammar *const grammars[GRAMMARS]; /* English first */

/* The grammar in which most of the wish's frequent words stand, NULL when none does. */
const struct grammar *grammar_of(struct view wish);

/* Letters with which the first word of each row's phrase can begin: bit 1 for a to bit 26 for z,
 * bit 0 for all else. Most rows can be passed over by that. Any thread. */
enum { GRAMMAR_ROWS = 600 };
struct grammar_letters {
    unsigned mark[GRAMMAR_ROWS], filler[GRAMMAR_ROWS], bound[GRAMMAR_ROWS];
};
const struct grammar_letters *grammar_letters(const struct grammar *g);
/* The bit of a plain word's first letter. */
unsigned letter_bit(const char *word);

/* The word in plain letters into out[size], NUL-terminated; its bytes, 0 when it does not fit. */
size_t plain_word(struct view word, char *out, size_t size);
/* Whether a plain word is one of the alternatives ("a|b", up to a space or the end). */
int plain_is(const char *word, size_t n, const char *alternatives);
/* The value of a plain number word of the language ("two", "fifty"), 0 when it is none; half is
 * 0.5. */
double plain_number(const struct grammar *g, const char *word, size_t n);

#endif
