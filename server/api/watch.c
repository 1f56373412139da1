/* Waiting for a ranking, with a look around now and then. */
#include "server/api/watch.h"

#include <time.h>

/* Two failing writes within .2 s tell that a client has gone; people want news each .1 s. */
enum { TICK_MS = 80 };

void watch_init(struct watch *w) {
    pthread_condattr_t attr;
    *w = (struct watch){.done = 0};
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->ended, &attr);
    pthread_condattr_destroy(&attr);
}

void watch_close(struct watch *w) {
    pthread_cond_destroy(&w->ended);
    pthread_mutex_destroy(&w->lock);
}

void watch_job(struct watch *w, struct job *job) {
    pthread_mutex_lock(&w->lock);
    w->job = job;
    if (job && w->cancelled) atomic_store(&job->cancel, 1);
    pthread_mutex_unlock(&w->lock);
}

void watch_end(struct watch *w) {
    pthread_mutex_lock(&w->lock);
    w->done = 1;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
}

void watch_cancel(struct watch *w) {
    pthread_mutex_lock(&w->lock);
    w->cancelled = 1;
    if (w->job) atomic_store(&w->job->cancel, 1);
    pthread_mutex_unlock(&w->lock);
}

static struct timespec next_tick(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += TICK_MS * 1000000L;
    if (t.tv_nsec >= 1000000000L) t.tv_sec++, t.tv_nsec -= 1000000000L;
    return t;
}

int watch_cancelled(struct watch *w) {
    pthread_mutex_lock(&w->lock);
    int gone = w->cancelled;
    pthread_mutex_unlock(&w->lock);
    return gone;
}

void watch_wait(struct watch *w, int (*tick)(void *arg), void *arg) {
    struct timespec next = next_tick();
    pthread_mutex_lock(&w->lock);
    while (!w->done) {
        if (pthread_cond_timedwait(&w->ended, &w->lock, &next) == 0) continue;
        if (w->done) break;
        pthread_mutex_unlock(&w->lock);
        int go_on = tick(arg);
        next = next_tick();
        if (!go_on) watch_cancel(w);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
}
