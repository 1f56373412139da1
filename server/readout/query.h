/* The readout `query`: how likely the wish is, given the item (readout_query.c). */
#ifndef READOUT_QUERY_H
#define READOUT_QUERY_H

#include "server/readout/context/rank_context.h"
#include "server/readout/tags.h"

enum { QUERY_TEXTS_MAX = CLAUSES_MAX + 2 };

/* A query text under one frame: its tokens, and the ends of the spans that its node is cut into. */
struct query_text {
    struct view text;
    const int32_t *id;
    size_t all; /* tokens, of which the first n are asked */
    int n, cut[PREFIX_SPLIT_CUTS], n_cuts;
};

struct query_readout {
    /* Clauses in their order, then the wanted ones together (if there are several), then the whole
     * wish (if it has a share), then the empty wishes. */
    struct view query_text[QUERY_TEXTS_MAX + SURFACE_EMPTY];
    int n_query_texts, n_empty, has_together;
    int whole;    /* the whole wish's query text, -1: it is not asked */
    int n_wanted; /* wanted clauses of the wish that say something beyond their constraints */
    double trust; /* of a story's clauses together, 0: they count alike */
    unsigned char skip[QUERY_TEXTS_MAX];     /* 1: says nothing that is not checked */
    unsigned char framed[QUERY_TEXTS_MAX];   /* 1: asked of the items, by the frames */
    unsigned char untagged[QUERY_TEXTS_MAX]; /* 1: not asked of the tags */
    float **out; /* (frames, n_pool, query texts and empty wishes): answers, NULL where not asked */
    double *said;  /* the same shape: log-probabilities known from earlier rankings, of the whole
                    * query text or, where it is asked, of its first spans */
    uint8_t *from; /* the same shape: tokens of those spans */
    double *prior; /* (frames, n_pool) */
    struct view *text; /* (frames, n_pool): the item's text, where it was asked */
    struct query_text words[SURFACE_FRAMES][QUERY_TEXTS_MAX + SURFACE_EMPTY];
    int known[SURFACE_FRAMES][QUERY_TEXTS_MAX];
    struct zscore zscore[SURFACE_FRAMES][QUERY_TEXTS_MAX];
    struct view key[SURFACE_FRAMES][QUERY_TEXTS_MAX];
    struct tags_readout tags;
};

/* Adds nodes and asks to the prompt for all pool items. */
enum status query_build(struct query_readout *q, struct rank_context *s, struct prompt *p,
                        struct err *e) MUST_CHECK;
/* Turns the answers into values: score (n), logprob (n) of what the items were asked and prior (n)
 * under the first frame, part (n, n_clauses): what each clause adds, whole (n): what the whole wish
 * does. */
void query_finish(struct query_readout *q, struct rank_context *s, double *score, double *logprob,
                  double *prior, double *part, double *whole);
/* What constraint k adds to candidate i's score, and to its clause's part: 0 unless constraints
 * count by score. */
double query_share(const struct rank_context *s, int i, int k);

#endif
