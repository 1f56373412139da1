/* Turns: who asks first goes first. Engines that share the cores take one for each chunk, so that
 * two that compute at once go by turns instead of fighting for the cores. */
#ifndef BASE_CORES_H
#define BASE_CORES_H

#include <pthread.h>

struct cores {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t moved;
    unsigned long long next, now; /* the number that the next one draws; whose turn it is */
};

void cores_init(struct cores *t);
void cores_close(struct cores *t); /* nobody has or awaits a turn */

/* Waits for one's turn, ends it. NULL: there is nobody to share with. */
void cores_take(struct cores *t);
void cores_leave(struct cores *t);

#endif
