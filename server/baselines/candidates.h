/* What baselines score: some items of a catalogue, for somebody of whom a little is known. They
 * know nothing of how a language model ranks. */
#ifndef BASELINES_CANDIDATES_H
#define BASELINES_CANDIDATES_H

#include "server/baselines/interactions/interactions.h"
#include "server/wish/wish.h"

struct embedder;

enum { TEXT_MARKS_MAX = 50 }; /* marks that are free text */

/* An item, or free text (place -1), that somebody likes (label 1), dislikes (-1) or neither (0). */
struct mark {
    int place;
    const char *title;
    int label;
};

/* Places are those of the catalogue's snapshot. Everything is borrowed; a takes what is made. */
struct candidates {
    struct arena *a;
    struct store *store;
    const struct snapshot *catalog;
    const int *place; /* (n) */
    int n;
    /* The wish. Its wanted clauses together, as they were written, and without the words that only
     * state a constraint; "" where there are none. */
    const struct clause *clause;
    int n_clauses;
    struct view wanted, wanted_rest;
    const struct mark *mark; /* (n_marks): the history that is used, oldest first, then examples */
    int n_marks;
    /* Whose interactions must not have been seen; row 0 and n_unseen 0 when there is none. */
    long long unseen_member;
    const int *unseen; /* (n_unseen) */
    int n_unseen;
    unsigned long long seed;
    const struct interactions
        *interactions; /* what was learnt of the interactions; NULL: nobody asked for it */
    /* The embedding model, NULL where there is none, and an item's text for it. */
    struct embedder *embedder;
    void *arg; /* of the two functions */
    enum status (*text)(void *arg, int place, struct view *out, struct err *e);
    double *embed_s; /* seconds that the embedding model took, added to; may be NULL */
    /* Many items are embedded; 1 gives up: ST_CANCELLED. May be NULL. */
    int (*embedding)(void *arg, int done, int total);
};

/* How many marks have that label. */
static inline int candidates_marks(const struct candidates *c, int label) {
    int n = 0;
    for (int i = 0; i < c->n_marks; i++) n += c->mark[i].label == label;
    return n;
}

#endif
