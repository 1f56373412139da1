/* Counting places for slow work. */
#include "server/http/budget.h"

#include "kernels/base/status.h"

#include <time.h>

void budget_init(struct budget *b, int max) {
    pthread_condattr_t attr;
    CHECK(pthread_condattr_init(&attr) == 0);
    /* The wall clock may jump by a day; a wait must not. */
    CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_mutex_init(&b->lock, NULL) == 0);
    CHECK(pthread_cond_init(&b->freed, &attr) == 0);
    pthread_condattr_destroy(&attr);
    b->used = 0;
    b->max = max;
}

int budget_take(struct budget *b, long wait_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += wait_ms % 1000 * 1000000;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&b->lock);
    int late = 0;
    while (b->used >= b->max && !late)
        late = pthread_cond_timedwait(&b->freed, &b->lock, &until) != 0;
    int got = b->used < b->max;
    b->used += got;
    pthread_mutex_unlock(&b->lock);
    return got;
}

void budget_give(struct budget *b) {
    pthread_mutex_lock(&b->lock);
    CHECK(b->used > 0);
    b->used--;
    pthread_cond_signal(&b->freed);
    pthread_mutex_unlock(&b->lock);
}

int budget_used(struct budget *b) {
    pthread_mutex_lock(&b->lock);
    int used = b->used;
    pthread_mutex_unlock(&b->lock);
    return used;
}

void budget_destroy(struct budget *b) {
    pthread_cond_destroy(&b->freed);
    pthread_mutex_destroy(&b->lock);
}
