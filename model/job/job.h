/* What an engine is asked: a forest of token spans, and what is read of it. An engine that computes
 * here (model/engine) and one elsewhere (model/remote) take the same. */
#ifndef MODEL_JOB_H
#define MODEL_JOB_H

#include "kernels/base/status.h"

#include <stdatomic.h>
#include <stdint.h>

struct tree {
    int n;
    const int32_t *parent; /* (n): -1 for a root, else smaller than the node's own index */
    const int32_t *off; /* (n + 1): node i's tokens are tok[off[i] .. off[i+1]); no node is empty */
    const int32_t *tok;
    const uint8_t *keep; /* (n): 1 = keep keys and values for later requests; NULL = none */
};

/* What to read. Answers are natural logarithms of probabilities over the full vocabulary. */
struct ask {
    int node;
    int n_labels; /* > 0: log P(label) after the node's last token, for each label: out has n_labels
                     values */
    const int32_t *labels; /* n_labels == 0: log P(token | path before it) for each token of the
                            * node: out has as many values as the node has tokens; a root's first
                            * token has no past and gets 0 */
    float *out;
};

struct job_progress {
    int asks_done, asks_total;
    long long tokens_done, tokens_total; /* tokens that must be computed */
};

struct job {
    const struct tree *tree;
    const struct ask *ask;
    int n_asks;
    /* Called on the engine thread after every chunk, and for every answered ask; may be NULL. Must
     * be quick. */
    void *arg;
    void (*progress)(void *arg, const struct job_progress *p);
    void (*answered)(void *arg, int ask);
    atomic_int
        cancel; /* set to 1 from any thread: the job ends with ST_CANCELLED within one chunk */
    atomic_int queue_position; /* 0 while running, else jobs ahead */
    /* Who asks, 0 = nobody in particular. Users take turns: of those that wait the next one is of
     * the user of whom the fewest run. One user has at most three quarters of all places, and of
     * those that run. */
    unsigned long long user;
    /* Filled when engine_score returns. */
    long long tokens_computed, tokens_cached, roots_cached; /* the last: tokens of roots */
    double queue_s, score_s;
};

/* Parents before children, no empty node, tokens and labels inside the vocabulary, asks of nodes
 * that there are; else ST_INVALID. */
enum status job_check(const struct tree *t, const struct ask *ask, int n_asks, int vocab,
                      struct err *e) MUST_CHECK;

#endif
