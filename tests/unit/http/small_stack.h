/* Runs tests on a thread as small as a handler's stack. */
#ifndef TESTS_HTTP_SMALL_STACK_H
#define TESTS_HTTP_SMALL_STACK_H

#include "tests/t.h"

#include <pthread.h>

/* What main returns. */
static inline int on_small_stack(void *(*all)(void *)) {
    pthread_attr_t small;
    pthread_t t;
    pthread_attr_init(&small);
    EQ(pthread_attr_setstacksize(&small, 64 * 1024), 0);
    if (pthread_create(&t, &small, all, NULL) != 0) return 1;
    pthread_join(t, NULL);
    pthread_attr_destroy(&small);
    return t_end();
}

#endif
