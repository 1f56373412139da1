/* The scale of a document's relevance: from a raw score, which compares the documents of one query,
 * to a number from 0 to 1 with a threshold, .5, that means the same for every query.
 *
 * A query's raw scores have a place and a width of their own. Both are read from references, short
 * texts about nothing in particular that are scored for the same query by the same prompt: z is how
 * many of their standard deviations a document lies above their mean. So a document's relevance
 * depends on the query, the document and the model, and not on which other documents were asked
 * for. Knows no HTTP. */
#ifndef API_RELEVANCE_H
#define API_RELEVANCE_H

#include <pthread.h>

enum { RELEVANCE_REFERENCES = 8, RELEVANCE_KEPT = 8, RELEVANCE_KEY = 65 };

extern const char *const relevance_reference[RELEVANCE_REFERENCES];

/* The relevance of a raw score, given the references' own: greater than 0, less than 1, and growing
 * with raw. All values finite. */
double relevance_of(double raw, const double reference[RELEVANCE_REFERENCES]);

/* The part of the references' scores that no query changes, kept between requests by a key of all
 * that it depends on; a newer one takes the oldest one's place. Thread-safe. */
struct relevance_memo {
    pthread_mutex_t lock;
    int next;
    struct relevance_prior {
        char key[RELEVANCE_KEY]; /* "" where nothing is kept */
        double value[RELEVANCE_REFERENCES];
    } kept[RELEVANCE_KEPT];
};
void relevance_memo_init(struct relevance_memo *m);
/* 1 and the values, or 0. */
int relevance_recall(struct relevance_memo *m, const char *key, double out[RELEVANCE_REFERENCES]);
void relevance_keep(struct relevance_memo *m, const char *key,
                    const double value[RELEVANCE_REFERENCES]);

#endif
