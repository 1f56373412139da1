/* Several orders of items as one. */
#ifndef VECTORS_RRF_H
#define VECTORS_RRF_H

#include "kernels/base/arena.h"
#include "kernels/base/status.h"

enum { RRF_K = 60 };

/* An order, best first: n different places. */
struct rrf_list {
    const int *place;
    int n;
    double weight; /* above 0; 1 where all count alike */
};
struct rrf_hit {
    int place;
    double score;
};

/* Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009): a place's score is the sum of
 * weight / (RRF_K + rank) over the lists that have it, ranks from 1. All places of the lists, best
 * first, equal ones by place. */
enum status rrf_fuse(const struct rrf_list *list, int n_lists, struct arena *a,
                     struct rrf_hit **out, int *n, struct err *e) MUST_CHECK;

#endif
