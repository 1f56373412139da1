/* Work that needs more stack than an HTTP worker has (100 KiB): it runs on a thread of its own. */
#ifndef TASK_WORKER_THREAD_H
#define TASK_WORKER_THREAD_H

#include "kernels/base/status.h"

#include <pthread.h>

/* Starts fn(arg) on a thread with 8 MiB of stack. ST_BUSY when the system gives no thread. The
 * caller joins. */
enum status worker_start(pthread_t *t, void *(*fn)(void *), void *arg, struct err *e) MUST_CHECK;

/* Calls fn(arg, e) on such a thread, waits, and answers what it answered. */
enum status worker_call(enum status (*fn)(void *arg, struct err *e), void *arg,
                        struct err *e) MUST_CHECK;

#endif
