/* A readout: how the language model is asked about items, and how its answers become a score. To
 * add one, write its file and its line of READOUT_LIST (README.md). */
#ifndef READOUT_READOUT_H
#define READOUT_READOUT_H

#include "server/readout/context/rank_context.h"

/* What a readout makes of the n candidates. Arrays are (n), in the arena, and all zero before. */
struct readout_values {
    double *score;
    double *logprob, *prior; /* of what the items were asked, and of the same without a request */
    double *mass;            /* the probability of the answers that were compared */
    double *part;            /* (n, n_clauses): what each clause adds to the score */
    double *whole;           /* what the wish as one text adds */
    double *other;           /* what history, examples and profile add */
    int has_prior;           /* 1: prior is filled */
};

struct readout {
    const char *title; /* in a person's words */
    const char *about; /* what it asks, in a sentence */
    const char *why;   /* why `auto` takes it */
    int alone;         /* 1: a history alone can be read, so likes can be predicted by it */
    int reads_history;
    int has_parts; /* 1: the score is the sum of the clauses' parts and `other` */
    int has_mass;  /* 1: label mass means something */
    int examples_are_clauses;
    const char *weights; /* the surface's `weights` that it reads, or NULL */
    size_t state;        /* bytes of what build keeps for finish */
    /* Whether `auto` may take it; it takes the first of enum readout_id. NULL: only when asked for.
     */
    int (*applies)(const struct rank_context *s);
    /* Adds nodes and asks to the prompt. state is all zero. */
    enum status (*build)(void *state, struct rank_context *s, struct prompt *p, struct err *e);
    /* Reads the answers. */
    void (*finish)(void *state, struct rank_context *s, struct readout_values *v);
};

/* NULL for READOUT_AUTO and READOUT_HYBRID, which take another one. */
const struct readout *readout_of(enum readout_id r);

/* --- for `applies` */
int readout_has_wish(const struct rank_context *s);
int readout_has_taste(const struct rank_context *s); /* a history, examples or a profile */

#endif
