/* What a word is to the full-text index: the same for the items' texts and for what people ask.
 * Words are those of server/value/words.h, folded. Scripts without spaces (Han, Kana, Hangul, Thai)
 * are indexed by every character and every two neighbours, since where their words end is not
 * written; a query goes by neighbours, and by the character where one stands alone. */
#ifndef STORE_SEARCH_WORDS_H
#define STORE_SEARCH_WORDS_H

#include "server/store/sql/db.h"

#include "kernels/base/buf.h"

/* The SQL function search_words(text) of a connection, for building an index: text with words in
 * the index' form. */
enum status search_words_register(struct db *d, struct err *e) MUST_CHECK;

/* A person's text as an FTS5 query: its different words, at most SEARCH_WORDS_MAX, OR-ed, each
 * quoted, so that nothing in it is syntax. Function words are left out unless there are no others.
 * Empty when there is no word. */
enum { SEARCH_WORDS_MAX = 64, SEARCH_WORD_BYTES = 100 };
struct search_words {
    char text[SEARCH_WORDS_MAX][SEARCH_WORD_BYTES];
    size_t len[SEARCH_WORDS_MAX];
    int n, keep_stop_words;
};
static inline struct view search_word(const struct search_words *w, int i) {
    return (struct view){w->text[i], w->len[i]};
}
/* Those words. They hold no quote. */
enum status search_split(struct view text, struct search_words *out, struct err *e) MUST_CHECK;
enum status search_query(struct view text, struct buf *q, struct err *e) MUST_CHECK;

#endif
