/* Turns a wish in plain words into signed clauses: "A funny film, nothing romantic, from before
 * 1980" is + funny film, - romantic, + from before 1980. Rules and tables only (grammar_*.c), no
 * model; the person corrects sign and weight on the page. */
#ifndef WISH_CLAUSES_H
#define WISH_CLAUSES_H

#include "kernels/base/arena.h"
#include "server/wish/wish.h"

/* Fills out[CLAUSES_MAX] and *n in the order of the wish. sign is +1 (more of this) or -1 (less);
 * weight is positive. text is not empty, has no white space at its ends, and lies in the arena; it
 * is a piece of the wish as it was written, except where clauses that do not touch had to be
 * joined, by ", "; rest is the text. A wish of more clauses has the shortest neighbours of one sign
 * joined. *n is 0 only for a wish without any word. Takes time linear in the wish. ST_BAD_INPUT for
 * text that is not UTF-8 (or has a NUL), ST_LIMIT beyond CLAUSES_MAX_BYTES, ST_NO_MEMORY; then *n
 * is 0. */
enum status clauses_split(struct view wish, struct arena *a, struct clause *out, int *n,
                          struct err *e) MUST_CHECK;

#endif
