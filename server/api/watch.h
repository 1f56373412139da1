/* A ranking on a thread of its own, and the worker that waits for it and can have it given up. */
#ifndef API_WATCH_H
#define API_WATCH_H

#include "model/engine.h"

#include <pthread.h>

struct watch {
    pthread_mutex_t lock; /* guards what follows; may guard more of its owner's */
    pthread_cond_t ended;
    int done, cancelled;
    struct job *job;
};

void watch_init(struct watch *w);
void watch_close(struct watch *w);

/* The thread's: the job that a cancelling is for (NULL: it has ended), and the last thing it does.
 */
void watch_job(struct watch *w, struct job *job);
void watch_end(struct watch *w);

/* Any thread's: has the ranking given up; whether that was asked for. The latter takes the lock. */
void watch_cancel(struct watch *w);
int watch_cancelled(struct watch *w);

/* The worker's: waits for watch_end. tick, called now and then without the lock, answers 0 when the
 * ranking should be given up; the wait goes on until it has ended. */
void watch_wait(struct watch *w, int (*tick)(void *arg), void *arg);

#endif
