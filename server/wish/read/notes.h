/* Contradictions in a wish. */
#ifndef WISH_NOTES_H
#define WISH_NOTES_H

#include "server/wish/limits/finder.h"

/* Names what contradicts itself in f->out's notes: a word that is wanted and unwanted, limits that
 * nothing can keep. Constraints that take part are taken out: each item would fail one of them. */
void notes_contradictions(struct finder *f, const struct grammar *g);

#endif
