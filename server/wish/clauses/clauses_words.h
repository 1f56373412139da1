/* Where the phrases of a grammar stand among the words of a wish: what starts or ends a negation,
 * what is polite filler, what tells a want from small talk. */
#ifndef WISH_CLAUSES_WORDS_H
#define WISH_CLAUSES_WORDS_H

#include "server/wish/clauses/clauses_lex.h"
#include "server/wish/grammar/grammar.h"

/* Writes the words in plain letters and marks numbers and dates; to be called once before the
 * others. ST_NO_MEMORY only. */
enum status clauses_words_prepare(struct clauses_text *t, struct arena *a,
                                  struct err *e) MUST_CHECK;

/* The longest phrase of the grammar that stands at word i, in *n words; the earlier row wins a tie.
 * A comparison that is turned round by a negation ("nothing over 500") is MARK_LIMIT. */
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

/* Whether the phrase (in the notation of grammar.h) stands at word i. */
int clauses_words_at(const struct clauses_text *t, size_t i, size_t end, const char *phrase);

enum { CLAUSES_LIST_WORDS = 3 }; /* of a part of a list with commas */

/* A negation goes on over the comma at i if what follows is the rest of its list: short parts, the
 * last with "or" (with and_list: or "and"). The end of that list, 0 if there is none. */
size_t clauses_list_end(const struct clauses_text *t, int and_list, size_t i, size_t end);

/* The phrases of clauses_talk.c; each list ends with NULL. */
extern const char *const clauses_wants[], *const clauses_personal[], *const clauses_tellers[];

#endif
