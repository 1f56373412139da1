/* Where a probe is cut into spans. People edit a wish at its end, so the probes of one ranking
 * mostly begin as some of the last one did; cut at the same places, what they have in common is
 * found in the engine's cache. Where a path is cut changes no bit of an answer (model/engine.h). */
#ifndef READOUT_PREFIX_SPLITS_H
#define READOUT_PREFIX_SPLITS_H

#include <stddef.h>
#include <stdint.h>

enum { TRAILS = 64, TRAIL_TOKENS = 192, TRAIL_CUTS = 8 };

/* A probe that was asked not long ago. */
struct trail {
    unsigned long long key[2]; /* of model, surface and frame; 0 0: none */
    int32_t id[TRAIL_TOKENS];
    int n, cut[TRAIL_CUTS], n_cuts; /* tokens; ends of spans, rising, all below n */
};
/* The newest TRAILS of them. */
struct trails {
    struct trail at[TRAILS];
    int next;
};

/* Ends of the spans of a probe of n tokens, at most TRAIL_CUTS, rising and below n: those of the
 * earlier probe of that key with the longest beginning in common, as far as that reaches, the end
 * of that beginning, and n - 1, since nothing is computed for a leaf's last token. The probe takes
 * the place of the oldest one. */
int trails_cut(struct trails *t, const unsigned long long key[2], const int32_t *id, int n,
               int cut[TRAIL_CUTS]);

#endif
