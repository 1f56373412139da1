/* The texts that a catalogue's vectors are made of: its items by its own surface. */
#ifndef RANK_VECTOR_TEXTS_H
#define RANK_VECTOR_TEXTS_H

#include "server/rank/shelf.h"
#include "server/vectors/vectors.h"

/* Of the shelf's catalogues in memory, which must outlive what uses it. */
struct vectors_texts vector_texts(struct shelf *s);

#endif
