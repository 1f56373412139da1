/* Words and breaks of a wish: the first step of clauses.c. */
#ifndef WISH_CLAUSES_LEX_H
#define WISH_CLAUSES_LEX_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"
#include "server/wish/grammar/grammar.h"

/* Breaks, weakest first: neighbours collapse into the strongest. */
enum clauses_token_kind {
    CLAUSES_WORD,
    CLAUSES_COMMA,
    CLAUSES_STOP, /* ; : dash, parenthesis: a new clause of the same sentence */
    CLAUSES_END,  /* . ! ? line end, bullet: a new sentence */
};

struct clauses_token {
    uint32_t at, n; /* bytes of the wish */
    uint8_t kind;
    uint8_t bare;             /* a word without letter or digit: emoji, "&" */
    uint8_t number, compared; /* a number; that or a date: by clauses_words_prepare */
    char sign;                /* of a break: '?', ':' or, for the dash of "-horror", '-'; else 0 */
};

/* A word in plain letters; n 0: too long to be in any table. */
struct clauses_plain {
    char p[20];
    uint8_t n;
};

struct clauses_text {
    struct view wish;
    struct clauses_token *tok;   /* [n], the last one is CLAUSES_END */
    struct clauses_plain *plain; /* [n], by clauses_words_prepare */
    size_t n, words;
    const struct grammar_letters *letters; /* likewise */
    const struct grammar *grammar; /* of the language it is in, English when that is not known */
};

/* wish must be valid UTF-8 and outlive out; the tokens lie in the arena. A quoted title is one
 * word. ST_NO_MEMORY only. */
enum status clauses_lex(struct view wish, struct arena *a, struct clauses_text *out,
                        struct err *e) MUST_CHECK;

#endif
