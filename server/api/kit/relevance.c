/* A document's relevance from 0 to 1. */
#include "server/api/kit/relevance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Short, so that they cost little, and of several kinds: things, statements, and next to nothing.
 */
const char *const relevance_reference[RELEVANCE_REFERENCES] = {
    "Blue wool socks",
    "The meeting was moved to Tuesday.",
    "Fresh orange juice",
    "A",
    "anything",
    "Salt dissolves in water.",
    "The village has two hundred inhabitants.",
    "Learn Spanish in thirty days"};

/* Slope and threshold of z: a logistic regression, both classes of one weight, on 19 queries with
 * 38 documents about them and 39 that are not (tests/bench/relevance.py, SmolLM2-135M).
 * SPREAD_LEAST: references that happen to agree must not make every difference a great one. BEND
 * keeps the logit within -12 to 12, so that no relevance is printed as 0 or 1. */
#define SLOPE 3.46
#define THRESHOLD 1.42
#define SPREAD_LEAST 0.3
#define BEND 12.0

double relevance_of(double raw, const double reference[RELEVANCE_REFERENCES]) {
    double mean = 0, square = 0;
    for (int i = 0; i < RELEVANCE_REFERENCES; i++) mean += reference[i] / RELEVANCE_REFERENCES;
    for (int i = 0; i < RELEVANCE_REFERENCES; i++)
        square += (reference[i] - mean) * (reference[i] - mean) / RELEVANCE_REFERENCES;
    double z = (raw - mean) / fmax(sqrt(square), SPREAD_LEAST);
    return 1 / (1 + exp(-BEND * tanh(SLOPE * (z - THRESHOLD) / BEND)));
}

void relevance_memo_init(struct relevance_memo *m) {
    memset(m, 0, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
}

int relevance_recall(struct relevance_memo *m, const char *key, double out[RELEVANCE_REFERENCES]) {
    int found = 0;
    pthread_mutex_lock(&m->lock);
    for (int i = 0; i < RELEVANCE_KEPT && !found; i++) {
        found = strcmp(m->kept[i].key, key) == 0;
        if (found) memcpy(out, m->kept[i].value, sizeof m->kept[i].value);
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}

void relevance_keep(struct relevance_memo *m, const char *key,
                    const double value[RELEVANCE_REFERENCES]) {
    pthread_mutex_lock(&m->lock);
    struct relevance_prior *p = &m->kept[m->next];
    m->next = (m->next + 1) % RELEVANCE_KEPT;
    snprintf(p->key, sizeof p->key, "%s", key);
    memcpy(p->value, value, sizeof p->value);
    pthread_mutex_unlock(&m->lock);
}
