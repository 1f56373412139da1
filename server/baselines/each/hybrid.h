/* The readout `hybrid`: the language model's score and a baseline that learns, where it has learnt
 * something. */
#ifndef BASELINES_HYBRID_H
#define BASELINES_HYBRID_H

#include "server/baselines/candidates.h"

/* Adds to score (c->n, on the scale of standard deviations) what was learnt, and tells it in learnt
 * (c->n): weight x EASE's score (item-kNN's where EASE has no matrix), standardised over all items
 * that have interactions, so that an item's part does not depend on the other candidates. An item
 * without interactions counts as average. wish: there is a wish beside what is liked. *why says
 * what was done, in place of the text that it held (arena). */
enum status hybrid_add(const struct candidates *c, int wish, double *score, double *learnt,
                       const char **why, struct err *e) MUST_CHECK;

#endif
