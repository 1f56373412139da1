/* Turns: who asks first goes first. Engines that share the cores take one for each chunk, so that
 * two that compute at once go by turns instead of fighting for the cores. */
#ifndef BASE_TICKET_LOCK_H
#define BASE_TICKET_LOCK_H

#include <pthread.h>

struct ticket_lock {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t moved;
    unsigned long long next, now; /* the number that the next one draws; whose turn it is */
};

void ticket_lock_init(struct ticket_lock *t);
void ticket_lock_close(struct ticket_lock *t); /* nobody has or awaits a turn */

/* Waits for one's turn, ends it. NULL: there is nobody to share with. */
void ticket_lock_take(struct ticket_lock *t);
void ticket_lock_leave(struct ticket_lock *t);

#endif
