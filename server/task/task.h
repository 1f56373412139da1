/* Long work: a task is listed while it goes on, says how far it is, and can be given up by whoever
 * may. It is part of its owner's struct and holds no memory of its own. */
#ifndef TASK_TASK_H
#define TASK_TASK_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

#include <pthread.h>
#include <stdatomic.h>

struct task;

/* All tasks of a process. NULL, where one is taken: nobody lists them. */
struct tasks {
    pthread_mutex_t lock; /* guards what follows, and owner, client and next of each task */
    struct task *first;
    unsigned long long made;
};
void tasks_init(struct tasks *all);

enum { TASK_NAME = 65, TASK_SUBJECT = 128 };

/* Why a task is given up. GONE: nobody waits for it any more. */
enum task_end { TASK_GOES_ON, TASK_GONE, TASK_SUPERSEDED, TASK_CANCELLED };

struct task {
    struct tasks *all;
    struct task *next;
    const char *kind; /* "rank"; static */
    unsigned long long id;
    char owner[TASK_NAME];      /* "": the administrator's, and the house's own */
    char client[TASK_NAME];     /* of the owner; "": has no name */
    char subject[TASK_SUBJECT]; /* of what: a catalogue, a model */
    long long started;          /* Unix seconds */
    double born;                /* clock_s */
    pthread_mutex_t lock;       /* guards what follows; may guard more of its owner's */
    pthread_cond_t changed;
    int ended;
    enum task_end why;
    atomic_int *stop;      /* set when it is given up, for what looks at such a flag only */
    const char *phase;     /* static; NULL: it has none */
    long long done, total; /* of the phase; total 0: not known */
    long long phase_from;  /* done, when the phase began */
    double phase_began;
};

/* Lists it. kind and owner as above; subject may be "". */
void task_open(struct task *t, struct tasks *all, const char *kind, struct view owner,
               struct view subject);
void task_close(struct task *t);
/* Names its client; older tasks of the same kind and client are superseded. */
void task_client(struct task *t, struct view client);

/* --- the working thread's */
/* From now on giving up also sets this flag (NULL: none). */
void task_stop_flag(struct task *t, atomic_int *flag);
int task_given_up(struct task *t);
/* phase NULL: as it was. A new phase's time left is measured from its first call on. */
void task_progress(struct task *t, const char *phase, long long done, long long total);

/* --- any thread's */
void task_give_up(struct task *t, enum task_end why); /* the first reason stays */
enum task_end task_why(struct task *t);
/* ST_CANCELLED with the reason where it was superseded or cancelled by its id; else st. */
enum status task_status(struct task *t, enum status st, struct err *e) MUST_CHECK;

/* Runs fn(arg) on a thread with a large stack and waits for it. tick (may be NULL), called now and
 * then on the caller's thread, answers 0 when nobody waits any more; the wait goes on until fn has
 * ended. ST_BUSY when the system gives no thread, else what fn answered. */
enum status task_run(struct task *t, enum status (*fn)(void *arg, struct err *e),
                     int (*tick)(void *arg), void *arg, struct err *e) MUST_CHECK;

/* --- who looks */
struct task_info {
    unsigned long long id;
    const char *kind, *phase; /* phase NULL: none */
    char owner[TASK_NAME], client[TASK_NAME], subject[TASK_SUBJECT];
    long long started, done, total;
    double seconds, left; /* left: below 0 where it is not known */
    int ending;           /* it was given up and has not ended yet */
};
/* The owner's tasks, NULL: all, the oldest first; of a. ST_NO_MEMORY. */
enum status tasks_list(struct tasks *all, const struct view *owner, struct arena *a,
                       struct task_info **out, int *n, struct err *e) MUST_CHECK;
/* ST_NOT_FOUND, also for another owner's. */
enum status tasks_cancel(struct tasks *all, const struct view *owner, struct view id,
                         struct err *e) MUST_CHECK;

#endif
