/* From a job's forest to sequences: the path of every ask joined into one, in an order that keeps
 * what they share together. */
#ifndef REMOTE_READS_H
#define REMOTE_READS_H

#include "kernels/base/arena.h"
#include "model/job/job.h"

struct remote_read {
    const int32_t *tok; /* (n) */
    int n;
    int from;     /* no labels: log P of each of tok[from..n) is read, and from > 0 */
    int n_labels; /* > 0: log P of each label behind tok */
    const int32_t *labels;
    float *out; /* (n - from), or (n_labels) */
    int ask;
    int done, wide; /* wide: to be asked again for the whole vocabulary */
};

struct reads {
    struct arena arena;
    struct remote_read *at;
    int n, max;
    int *left;        /* (n_asks): reads of it that are not done */
    long long tokens; /* of all sequences */
};

/* What an engine cannot read it may be asked in another form. */
enum {
    READS_TOKENS_AS_LABELS = 1, /* a token is read as the label behind what is before it */
    READS_LABELS_AS_TOKENS = 2, /* a label is read as the last token */
    READS_NO_TOKENS = 4         /* ST_UNSUPPORTED for an ask of tokens */
};

/* The job's arrays are borrowed. ST_INVALID, ST_LIMIT (a path that with one more token is longer
 * than the context), ST_UNSUPPORTED, ST_NO_MEMORY; nothing is owned then. An ask without values
 * (the single token of a root) has no read, and a root's first token is answered with 0 at once. */
enum status reads_open(struct reads *r, const struct job *j, int vocab, int context, unsigned how,
                       struct err *e) MUST_CHECK;
void reads_close(struct reads *r);
/* How many of the reads from i on go into one request: at most `most`, all of one sort, of the same
 * labels where same_labels is set, and together not much longer than one may be. */
int reads_group(const struct reads *r, int i, int most, int same_labels);
/* Tokens that the n reads from i on begin with, all of them. */
int reads_shared(const struct remote_read *x, int n);

#endif
