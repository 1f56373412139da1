/* A clause as the grammar of constraints sees it: words, numbers and signs, each with its place. */
#ifndef WISH_TERMS_H
#define WISH_TERMS_H

#include "kernels/base/arena.h"
#include "server/wish/grammar/grammar.h"

enum term_kind {
    TERM_WORD,
    TERM_NUMBER,
    TERM_MONEY, /* a currency sign */
    TERM_DASH,
    TERM_SIGN,  /* < > <= >= = ~ + % */
    TERM_BREAK, /* , ; : . / and parentheses */
    TERM_QUOTE  /* quoted words: a name, not grammar */
};
enum { TERMS_MAX = 2048, TERM_BYTES = 28, PHRASE_WORDS_MAX = 7 };

struct term {
    uint32_t from, to; /* bytes of the clause */
    uint8_t kind;
    uint8_t space;      /* white space stands before it */
    uint8_t capital;    /* a word that begins with a capital letter */
    uint8_t used;       /* a constraint came from it */
    uint8_t n;          /* of p */
    char p[TERM_BYTES]; /* in plain letters; "" when longer */
    double number;
};

struct terms {
    struct view text;
    const struct grammar *g;
    struct term *t; /* (n) */
    int n;
};

/* The terms of a clause, at most TERMS_MAX, in the arena; text must outlive them. */
enum status terms_read(struct view text, const struct grammar *g, struct arena *a,
                       struct terms *out, struct err *e) MUST_CHECK;

/* Whether term i is a word (or sign) of the alternatives "a|b". Any i. */
int term_is(const struct terms *x, int i, const char *alternatives);
int term_colon(const struct terms *x, int i);
/* Terms of the phrase if it begins at term i, else 0. "#" is a number, "*" any word. */
int term_phrase(const struct terms *x, int i, const char *phrase);
/* Terms of the phrase if it ends before term i, else 0. */
int term_phrase_back(const struct terms *x, int i, const char *phrase);
/* The clause's bytes of terms [from, to). */
struct view terms_text(const struct terms *x, int from, int to);
void terms_use(struct terms *x, int from, int to);

#endif
