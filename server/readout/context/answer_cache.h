/* What the model answered before, kept between rankings: by hash, where a newer entry takes an
 * older one's place. Nothing here changes a score: what is found has the bits of what would be
 * computed. Any thread. */
#ifndef READOUT_ANSWER_CACHE_H
#define READOUT_ANSWER_CACHE_H

#include "server/readout/prompt/prefix_splits.h"

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

#include <pthread.h>

struct rank_context;

enum { ZSCORES = 1024, PRIORS = 1 << 17 };

/* What a kept value is: spaces of keys, so that no two kinds meet. Those of frames add the frame's
 * number. */
enum answer_space {
    ANSWER_PRIOR = 0,        /* an item's prior under a frame of `query` */
    ANSWER_TAG = 64,         /* a tag and a query text under a tag frame */
    ANSWER_LIST = 100,       /* an item's value under a list that says nothing (`item`) */
    ANSWER_QUERY_TEXT = 300, /* a whole query text under an item and a frame */
    ANSWER_SPAN = 400        /* the first tokens of one */
};

/* Mean and standard deviation of a readout over the catalogue's fixed sample. */
struct zscore {
    unsigned long long key[2];
    double mean, sd;
};
struct prior {
    unsigned long long key[2];
    double value;
};
struct answer_cache {
    pthread_mutex_t lock; /* guards what follows */
    struct zscore zscore[ZSCORES];
    struct prior prior[PRIORS];
    struct prefix_splits splits;
};
void answer_cache_init(struct answer_cache *c); /* c is all zero */
void answer_cache_close(struct answer_cache *c);

/* Two hashes of what a ranking's values depend on (model, precision, surface), and `what`. */
void answer_key(struct rank_context *s, struct view what, unsigned long long key[2]);
/* Two texts as one to find it by, in the ranking's arena; no other two make the same. */
enum status answer_pair(struct rank_context *s, struct view a, struct view b, struct view *out,
                        struct err *e) MUST_CHECK;

/* The spread of a value over the catalogue's sample. `what` names the readout and its text. find
 * answers 0 when it is not known yet; make computes it from one value per sample item. */
int zscore_find(struct rank_context *s, struct view what, struct zscore *out);
struct zscore zscore_make(struct rank_context *s, struct view what, const double *values);

/* A kept value. find answers 0 when it is not known, and leaves *out as it is. space: one of enum
 * answer_space, plus the frame. */
int prior_find(struct rank_context *s, int space, struct view text, double *out);
void prior_keep(struct rank_context *s, int space, struct view text, double value);

#endif
