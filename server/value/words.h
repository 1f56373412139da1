/* What a word is, for everything that reads text: letters, marks and digits of any script, by
 * utf8proc; case-folded, without compatibility forms (NFKC) and typographic variants. */
#ifndef VALUE_WORDS_H
#define VALUE_WORDS_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

#include <stdint.h>

enum word_class {
    WORD_SPACE,  /* white space and line ends */
    WORD_LETTER, /* letters and the marks on them */
    WORD_DIGIT,  /* 0 to 9 of any script */
    WORD_IDEO,   /* written without spaces: Han, Hiragana, Katakana, Hangul, Thai, ... */
    WORD_MONEY,  /* a currency sign */
    WORD_DASH,   /* hyphens, en and em dashes, minus, wave dashes */
    WORD_QUOTE,  /* single and double quotes, guillemets, apostrophes */
    WORD_OTHER   /* punctuation and symbols */
};

/* Class of the code point at p (n bytes left), and its length in *len (1 for a byte that is no
 * UTF-8, which is WORD_OTHER). */
enum word_class word_class_at(const char *p, size_t n, size_t *len);

/* The next word at or after *at: a run of letters, marks and digits with apostrophes inside
 * ("don't", "l'été"), one digit run with its marks ("1,250.00"), or one ideographic run. *at moves
 * behind it; an empty view at the end. */
struct view word_next(struct view text, size_t *at);

/* Folds v (case, NFKC, typographic quotes and dashes to ASCII) into out[size], NUL-terminated,
 * cut at a whole character where it does not fit. Returns the bytes written. */
size_t word_fold(struct view v, char *out, size_t size);

/* Whether two words are the same but for case and English plural or possessive endings
 * ("comedies", "comedy's", "COMEDY"). */
int word_same(struct view a, struct view b);

/* Whether the words of `name` stand in `text` one after the other, each word_same. *from and *to:
 * the bytes of text that say it (may be NULL). */
int words_named(struct view name, struct view text, size_t *from, size_t *to);

#endif
