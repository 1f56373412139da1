/* Quoted words, and words that are written together by an apostrophe. */
#ifndef WISH_QUOTES_H
#define WISH_QUOTES_H

#include "kernels/base/view.h"

/* The mark that closes a quotation which `open` opens, 0 when it opens none. */
uint32_t quote_close(uint32_t open);
/* Past the closing mark of a quotation that starts at i, or 0 when none does. Titles are quoted,
 * and what stands in them is neither a break nor a negation. An apostrophe quotes only several
 * words. */
size_t quote_end(struct view wish, size_t i);
/* Bytes of a word's front that are a word of their own ("l'" of "l'horreur", "d'"), or 0. */
size_t elision_end(struct view word);

#endif
