/* The readout `relevance`: yes or no to "will the member like this item?" (readout_relevance.c). */
#ifndef READOUT_RELEVANCE_H
#define READOUT_RELEVANCE_H

#include "server/readout/rank_context.h"

struct relevance_readout {
    float **with, **without;           /* (n): log P of the answers, with and without the context */
    int32_t label[2 * SURFACE_LABELS]; /* all first answers, then all second ones */
    int n_labels;
};

enum status relevance_build(struct relevance_readout *q, struct rank_context *s, struct prompt *p,
                            struct err *e) MUST_CHECK;
void relevance_finish(struct relevance_readout *q, struct rank_context *s, double *score,
                      double *logprob, double *prior, double *mass);

#endif
