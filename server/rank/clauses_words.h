/* The vocabulary of clauses.c (clauses_table.c): what starts or ends a negation, what is polite
 * filler, what tells a want from small talk. */
#ifndef RANK_CLAUSES_WORDS_H
#define RANK_CLAUSES_WORDS_H

#include "server/rank/clauses_lex.h"

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
};

/* The longest phrase of the table that stands at word i, in *n words; the earlier row wins a tie.
 */
enum clauses_mark clauses_words_mark(const struct clauses_text *t, size_t i, size_t end, size_t *n);

/* How many words at the front (at the back) of tokens [from, end) are filler, 0 for none; *factor
 * is what the filler says about the weight. `unwanted` adds what only a negation leaves behind,
 * `cut` what stands idle at the end of a clause because a negation begins there. */
size_t clauses_words_front(const struct clauses_text *t, size_t from, size_t end, int unwanted,
                           double *factor);
size_t clauses_words_back(const struct clauses_text *t, size_t from, size_t end, int cut,
                          double *factor);

/* Whether tokens [from, end) say that something is wanted; whether they talk about people, or about
 * the teller only. */
int clauses_words_want(const struct clauses_text *t, size_t from, size_t end);
int clauses_words_personal(const struct clauses_text *t, size_t from, size_t end, int tellers_only);

/* Whether the phrase (in the notation of clauses_table.c) stands at word i. */
int clauses_words_at(const struct clauses_text *t, size_t i, size_t end, const char *phrase);

#endif
