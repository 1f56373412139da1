/* BERT's tokenizer: text in lower case without accents, cut at white space, punctuation and CJK
 * characters, each word then cut into the longest pieces of a vocabulary. Text never becomes a
 * control token. */
#ifndef TOKENIZER_TOK_WORDPIECE_H
#define TOKENIZER_TOK_WORDPIECE_H

#include "kernels/base/view.h"

struct wordpiece;

/* vocab is a vocab.txt, one token a line, and is copied; file names it in messages. ST_CORRUPT
 * names the missing token or the line; ST_LIMIT, ST_NO_MEMORY. close(NULL) is fine. */
enum status wordpiece_open(struct wordpiece **out, const char *file, struct view vocab,
                           struct err *e) MUST_CHECK;
void wordpiece_close(struct wordpiece *w);

int wordpiece_count(const struct wordpiece *w); /* tokens of the vocabulary */
/* Writes [CLS], the text's tokens and [SEP] to ids, which has room for max >= 2; what does not fit
 * is left out at the end, and *cut, which may be NULL, tells so. Answers the number of ids. Linear
 * in the text that fits. Any thread. */
int wordpiece_encode(const struct wordpiece *w, struct view text, int max, int32_t *ids, int *cut);

#endif
