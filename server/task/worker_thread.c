/* Threads with a large stack. */
#include "server/task/worker_thread.h"

#include <string.h>

enum { STACK_BYTES = 8 << 20 };

enum status worker_start(pthread_t *t, void *(*fn)(void *), void *arg, struct err *e) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    int why = pthread_create(t, &attr, fn, arg);
    pthread_attr_destroy(&attr);
    if (why == 0) return ST_OK;
    enum status st = fail(e, ST_BUSY, "no thread could be started: %s", strerror(why));
    err_hint(e, "try again in a second");
    return st;
}

struct call {
    enum status (*fn)(void *arg, struct err *e);
    void *arg;
    struct err *e;
    enum status st;
};

static void *call_main(void *arg) {
    struct call *c = arg;
    c->st = c->fn(c->arg, c->e);
    return NULL;
}

enum status worker_call(enum status (*fn)(void *arg, struct err *e), void *arg, struct err *e) {
    struct call c = {fn, arg, e, ST_INTERNAL};
    pthread_t t;
    TRY(worker_start(&t, call_main, &c, e));
    pthread_join(t, NULL);
    return c.st;
}
