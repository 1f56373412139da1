/* The share of the embedding in `auto`: the meaning of the whole text (meaning.c). */
#ifndef READOUT_MEANING_H
#define READOUT_MEANING_H

#include "server/readout/context/rank_context.h"

/* Adds to score (n), and writes into meaning (n), the share that the ranking gives it; nothing
 * where that is 0. */
enum status meaning_add(struct rank_context *s, double *score, double *meaning,
                        struct err *e) MUST_CHECK;

#endif
