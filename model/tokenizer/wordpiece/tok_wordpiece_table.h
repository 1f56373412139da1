/* What BERT's tokenizer does with single code points; Hangul syllables, which decompose by
 * arithmetic, are not in it. Sorted, used by tok_wordpiece.c only. */
#ifndef TOKENIZER_TOK_WORDPIECE_TABLE_H
#define TOKENIZER_TOK_WORDPIECE_TABLE_H

#include <stdint.h>

struct wordpiece_range {
    uint32_t lo, hi;
};
extern const struct wordpiece_range wordpiece_drop[], wordpiece_space[], wordpiece_cjk[],
    wordpiece_punct[];
extern const int wordpiece_n_drop, wordpiece_n_space, wordpiece_n_cjk, wordpiece_n_punct;

/* Every step-th code point from lo to hi becomes itself + delta. */
struct wordpiece_move {
    uint32_t lo, hi;
    int32_t step, delta;
};
extern const struct wordpiece_move wordpiece_moves[];
extern const int wordpiece_n_moves;

struct wordpiece_split {
    uint32_t from, to[4]; /* 0 = no more */
};
extern const struct wordpiece_split wordpiece_splits[];
extern const int wordpiece_n_splits;

#endif
