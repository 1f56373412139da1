/* Vectors of items: kept ones from the store, missing ones made by the embedding model and kept. */
#ifndef BASELINES_VECTORS_H
#define BASELINES_VECTORS_H

#include "server/rank/scene.h"

/* Writes the vector of each item's text to out (n, dim of the model). The ranker's embedder must be
 * there. Long work is reported by the ranker's and the scene's hook of that name; ST_CANCELLED when
 * the latter gives up: what was made until then is kept. */
enum status vectors_items(struct scene *s, const struct item *const *item, const struct view *text,
                          int n, float *out, struct err *e) MUST_CHECK;

#endif
