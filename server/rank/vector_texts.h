/* The texts that a catalogue's vectors are made of: its items by its own surface. */
#ifndef RANK_VECTOR_TEXTS_H
#define RANK_VECTOR_TEXTS_H

#include "server/vectors/vectors.h"

/* Reads items from the store, some at a time. */
struct vectors_texts vector_texts(struct store *s);

#endif
