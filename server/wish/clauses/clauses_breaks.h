/* Where a wish breaks. Private to clauses_lex.c and clauses_breaks.c. */
#ifndef WISH_CLAUSES_BREAKS_H
#define WISH_CLAUSES_BREAKS_H

#include "server/wish/clauses/clauses_lex.h"
#include "server/wish/grammar/points.h"

/* The kind of break that p at i is, CLAUSES_WORD for none; depth: open parentheses. */
int clauses_break_at(struct view w, size_t i, struct point p, int depth);
/* "3. Oktober": the full stop at i makes the number before it an ordinal. */
int clauses_ordinal_stop(struct view w, size_t i);

#endif
