/* What each part of a request contributes to an item's score, measured by leaving it out and
 * ranking again. */
#ifndef RANK_EXPLAIN_H
#define RANK_EXPLAIN_H

#include "server/rank/rank.h"

enum {
    EXPLAIN_ITEMS = 20,
    EXPLAIN_PARTS = CLAUSES_MAX + CONSTRAINTS_MAX + EXAMPLES_MAX + 2,
    EXPLAIN_ORDERS = 3
};

struct explain_part {
    const char *kind; /* "clause", "preference", "constraint", "example", "profile", "history" */
    int index;        /* among the clauses, constraints or examples; else 0 */
    struct view text; /* of the clause, or the example's title; of a constraint what it says */
    int sign;
    double *without; /* (n): each item's score when this part is left out */
};
struct explanation {
    struct rank_result whole; /* the items with everything, in their order of rank */
    const char *why;          /* its readout, in words */
    int n;
    struct explain_part part[EXPLAIN_PARTS];
    int n_parts;
    int orders;     /* in how many other orders the items were scored again; 0: not asked for */
    double tau;     /* the worst agreement of such an order's ranking with the first */
    int changed;    /* items whose score changed by it */
    int rankings;   /* how many rankings it took */
    double score_s; /* and their time */
};

/* What the explanation tells while it runs, on its caller's thread. */
struct explain_hooks {
    struct rank_hooks rank;                       /* of each ranking; its arg is step's, too */
    void (*step)(void *arg, int done, int total); /* rankings done, and how many there will be */
};

/* A constraint is a rule: nothing is ranked again without it. Where constraints count by score,
 * what it adds is known; else it moves items behind the others and adds nothing to their scores.
 *
 * items (n, at most EXPLAIN_ITEMS) take the place of the request's candidates: a score does not
 * depend on which other items are ranked. The readout that the whole request gets is used
 * throughout. stability: also ranks in other orders. */
enum status explain_run(struct ranker *k, const struct rank_request *r, struct view *items, int n,
                        int stability, const struct explain_hooks *h, struct arena *a,
                        struct explanation *out, struct err *e) MUST_CHECK;

#endif
