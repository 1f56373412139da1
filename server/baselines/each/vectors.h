/* Vectors of items: kept ones from the store, missing ones made by the embedding model and kept. */
#ifndef BASELINES_VECTORS_H
#define BASELINES_VECTORS_H

#include "server/baselines/candidates.h"

/* Writes the vector of the text of each item at these places to out (n, dim of the model). The
 * embedder must be there. Long work is reported by c->embedding; ST_CANCELLED when that gives up:
 * what was made until then is kept. */
enum status vectors_items(const struct candidates *c, const int *place, int n, float *out,
                          struct err *e) MUST_CHECK;

#endif
