/* The texts that a catalogue's vectors are made of: its items by its own surface. */
#ifndef RANK_VECTOR_TEXTS_H
#define RANK_VECTOR_TEXTS_H

#include "server/catalog/snapshot.h"
#include "server/vectors/vectors.h"

struct vector_source {
    struct store *store;         /* of the surfaces */
    struct snapshots *snapshots; /* those that rankings use */
};
/* s must outlive what uses it. */
struct vectors_texts vector_texts(struct vector_source *s);

#endif
