/* Turns a wish in plain words into signed clauses: "A funny film, nothing romantic, from before
 * 1980" is + funny film, - romantic, + from before 1980. Rules and tables only (grammar_*.c), no
 * model; the person corrects sign and weight on the page. */
#ifndef WISH_CLAUSES_H
#define WISH_CLAUSES_H

#include "model/base/arena.h"
#include "server/wish/wish.h"

/* An unwanted trait counts less than a wanted one: 0.7 was measured on wishes of the form "A, but
 * no B", where it beat the whole wish as one text (AUC .775 against .588 with SmolLM2, .785 against
 * .578 with MiniLM embeddings). */
#define CLAUSES_WEIGHT_WANTED 1.0
#define CLAUSES_WEIGHT_UNWANTED 0.7

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
