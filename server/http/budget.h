/* A count of workers that may do one kind of slow work at a time. Thread-safe. */
#ifndef HTTP_BUDGET_H
#define HTTP_BUDGET_H

#include <pthread.h>

struct budget {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int used, max;
};

void budget_init(struct budget *b, int max);
/* Waits at most that long for a place: 1 when it got one, 0 otherwise. */
int budget_take(struct budget *b, long wait_ms);
void budget_give(struct budget *b);
int budget_used(struct budget *b);
void budget_destroy(struct budget *b);

#endif
