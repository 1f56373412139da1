/* Where a query text is cut into spans. People edit a wish at its end, so the query texts of one
 * ranking mostly begin as some of the last one did; cut at the same places, what they have in
 * common is found in the engine's cache. Where a path is cut changes no bit of an answer
 * (model/engine/engine.h). */
#ifndef READOUT_PREFIX_SPLITS_H
#define READOUT_PREFIX_SPLITS_H

#include <stddef.h>
#include <stdint.h>

enum { PREFIX_SPLITS = 64, PREFIX_SPLIT_TOKENS = 192, PREFIX_SPLIT_CUTS = 8 };

/* A query text that was asked not long ago. */
struct prefix_split {
    unsigned long long key[2]; /* of model, surface and frame; 0 0: none */
    int32_t id[PREFIX_SPLIT_TOKENS];
    int n, cut[PREFIX_SPLIT_CUTS], n_cuts; /* tokens; ends of spans, rising, all below n */
};
/* The newest PREFIX_SPLITS of them. */
struct prefix_splits {
    struct prefix_split at[PREFIX_SPLITS];
    int next;
};

/* Ends of the spans of a query text of n tokens, at most PREFIX_SPLIT_CUTS, rising and below n:
 * those of the earlier query text of that key with the longest beginning in common, as far as that
 * reaches, the end of that beginning, and n - 1, since nothing is computed for a leaf's last token.
 * The query text takes the place of the oldest one. */
int prefix_splits_cut(struct prefix_splits *t, const unsigned long long key[2], const int32_t *id,
                      int n, int cut[PREFIX_SPLIT_CUTS]);

#endif
