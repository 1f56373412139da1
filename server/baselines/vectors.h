/* Vectors of items: kept ones from the store, missing ones made by the embedding model and kept. */
#ifndef BASELINES_VECTORS_H
#define BASELINES_VECTORS_H

#include "server/rank/rank.h"

/* Writes the vector of each item's text to out (n, dim of the model). k->embedder must be there.
 * Long work is reported by k->embedding. */
enum status vectors_items(struct ranker *k, struct arena *a, const struct item *const *item,
                          const struct view *text, int n, float *out, struct err *e) MUST_CHECK;

#endif
