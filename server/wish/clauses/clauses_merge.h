/* The pieces of a wish before they are text, and the joining of too many. */
#ifndef WISH_CLAUSES_MERGE_H
#define WISH_CLAUSES_MERGE_H

#include "server/wish/clauses/clauses.h"
#include "server/wish/clauses/clauses_lex.h"

/* Words [from, to) of the wish. A joined piece is a chain: its parts by `next`, 0 at the end. */
struct clauses_piece {
    uint32_t from, to, next, last;
    size_t bytes;
    int sign;
    double weight;
};

/* Joins pieces of one sign, the shortest neighbours first, until at most `max` are left; p[0] is
 * not used, the first is p[1]. Fills order[] with the indices of those left, returns their number.
 * order has room for n. */
size_t clauses_merge(struct clauses_piece *p, size_t n, uint32_t *order, size_t max);

/* The text of a piece or chain, in the arena. ST_NO_MEMORY only. */
enum status clauses_merge_text(const struct clauses_text *t, const struct clauses_piece *p,
                               uint32_t i, struct arena *a, struct view *out,
                               struct err *e) MUST_CHECK;

#endif
