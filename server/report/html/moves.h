/* How a ranking stands to its baselines: their places of each item, and what moved the farthest. */
#ifndef REPORT_HTML_MOVES_H
#define REPORT_HTML_MOVES_H

#include "kernels/base/buf.h"

#include <jansson.h>

/* The baselines that any item has a place in. */
enum { PLACES = 16 };
struct places {
    const char *name[PLACES];
    int n;
};
struct places places_columns(json_t *items);
/* The baseline's rank of an item, 0 where it has none. */
long long places_of(json_t *item, const char *baseline);

/* A sentence for each of those that moved the farthest against the plainest baseline; nothing where
 * there is none. top: the run. */
void html_moves(struct buf *b, json_t *top, json_t *items, const struct places *c);

#endif
