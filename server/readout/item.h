/* The readout `item`: how much likelier the item becomes in the list of what was liked
 * (readout_item.c). */
#ifndef READOUT_ITEM_H
#define READOUT_ITEM_H

#include "server/readout/context/rank_context.h"

struct item_readout {
    int n, n_lists; /* items asked: the candidates, or the whole pool; lists that say nothing */
    struct item_answer {
        float *out;             /* log P per token; NULL where the value was known */
        int end[SURFACE_PARTS]; /* tokens of the item's parts up to here */
        double value;           /* under a list that says nothing: what is taken away */
        struct view key;        /* by which that is kept */
    } * answer;                 /* (1 + n_lists, n): under the context, then under those lists */
};

/* Adds nodes and asks; sample: also for the catalogue's sample, which standardising needs. */
enum status item_build(struct item_readout *q, struct rank_context *s, struct prompt *p, int sample,
                       struct err *e) MUST_CHECK;
/* logprob (n): weighted sum over the item's parts; score (n) = logprob - prior, standardised over
 * the sample when z is set. */
void item_finish(struct item_readout *q, struct rank_context *s, int z, double *score,
                 double *logprob, double *prior);

#endif
