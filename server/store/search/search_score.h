/* BM25 of the rows of a catalogue's full-text index, a row at a time: for whoever wants some rows
 * only, or the best. Okapi's formula as FTS5's bm25() has it (k1 1.2, b 0.75, over all columns),
 * but a row that nobody wants costs next to nothing. */
#ifndef STORE_SEARCH_SCORE_H
#define STORE_SEARCH_SCORE_H

#include "server/store/sql/private.h"

/* The SQL function of a connection that scores a row. */
enum status search_score_register(struct db *d, struct err *e) MUST_CHECK;

/* Who wants scores, and of which rows. They come in rising order. */
struct search_wants {
    const struct search_filter *filter; /* NULL: all */
    const long long *row;               /* (n_rows): only these, rising; NULL: any */
    int n_rows;
    double floor; /* scores up to it are of no interest; take may raise it */
    void *arg;
    void (*take)(void *arg, long long row, double score);
};

/* Tells the scores of the rows that have any of the text's words. In a large catalogue words that
 * more than half of its items have say nothing (their weight is 0) and are left out, unless there
 * are no others: then the rarest stays. */
enum status search_scores(struct store *s, struct db *d, const struct catalog_row *c,
                          struct view text, struct search_wants *w, struct err *e) MUST_CHECK;

#endif
