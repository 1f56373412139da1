/* What a catalogue's tags have to do with a wish: part of the `query` readout (readout_tags.c). */
#ifndef READOUT_TAGS_H
#define READOUT_TAGS_H

#include "server/readout/prompt/prompt.h"

struct rank_context;
struct item;

enum {
    TAGS_MAX = 64,
    TAG_BYTES = 64
}; /* of a catalogue, the most frequent; longer tags are left out */

struct tags_readout {
    const char *tag[TAGS_MAX];     /* in order of their bytes */
    int n_tags;                    /* 0: nothing is asked */
    const struct view *query_text; /* (n_query_texts + n_empty), the query readout's */
    const unsigned char *skip;     /* (n_query_texts) */
    int n_query_texts, n_empty;
    float **out;     /* (frames, tags, query texts and empty wishes): answers, NULL where known */
    int *len;        /* the same: tokens of each */
    double *logprob; /* the same */
    double *z;       /* (n_query_texts, tags): standardised over the tags, mean over the frames */
    double *weight;  /* (n_query_texts, tags): exp(SHARPNESS * z) */
    double *mean,
        *sd; /* (n_query_texts): of an item's value over the catalogue's items with tags */
    double
        *trust; /* (n_query_texts): how much of the answers is about the query text, tags_finish */
};

/* Finds the catalogue's tags; n_tags stays 0 where the surface asks nothing of them. query text and
 * skip (n_query_texts: 1 = is not asked) must outlive t. */
enum status tags_open(struct tags_readout *t, struct rank_context *s, const struct view *query_text,
                      const unsigned char *skip, int n_query_texts, int n_empty,
                      struct err *e) MUST_CHECK;
/* Adds the nodes and asks for all tags, as far as their answers are not known from earlier
 * rankings. */
enum status tags_build(struct tags_readout *t, struct rank_context *s, struct prompt *p,
                       struct err *e) MUST_CHECK;
void tags_finish(struct tags_readout *t, struct rank_context *s);
/* The item's value for query text k, standardised over the catalogue; 0 when none of its tags is
 * known.
 */
int tags_value(const struct tags_readout *t, const struct item *it, int k, double *value);

#endif
