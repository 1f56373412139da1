/* A lock that is handed on in the order of asking, which a mutex does not promise. */
#include "kernels/base/os/ticket_lock.h"

void ticket_lock_init(struct ticket_lock *t) {
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->moved, NULL);
    t->next = t->now = 0;
}

void ticket_lock_close(struct ticket_lock *t) {
    pthread_cond_destroy(&t->moved);
    pthread_mutex_destroy(&t->lock);
}

void ticket_lock_take(struct ticket_lock *t) {
    if (!t) return;
    pthread_mutex_lock(&t->lock);
    unsigned long long own = t->next++;
    while (t->now != own) pthread_cond_wait(&t->moved, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

void ticket_lock_leave(struct ticket_lock *t) {
    if (!t) return;
    pthread_mutex_lock(&t->lock);
    t->now++;
    pthread_cond_broadcast(&t->moved);
    pthread_mutex_unlock(&t->lock);
}
