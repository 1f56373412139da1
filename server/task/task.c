/* Tasks: their list, how far they are, and waiting for one. */
#include "server/task/task.h"

#include "server/task/worker_thread.h"

#include "kernels/base/os/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Two failing writes within .2 s tell that a client has gone; people want news each .1 s. */
enum { TICK_MS = 80 };

void tasks_init(struct tasks *all) {
    *all = (struct tasks){.made = 0};
    pthread_mutex_init(&all->lock, NULL);
}

static void set_name(char *to, size_t size, struct view v) {
    (void)snprintf(to, size, "%.*s", (int)v.n, v.n ? v.p : "");
}

void task_open(struct task *t, struct tasks *all, const char *kind, struct view owner,
               struct view subject) {
    pthread_condattr_t attr;
    *t = (struct task){.all = all, .kind = kind, .started = clock_unix(), .born = clock_s()};
    set_name(t->owner, sizeof t->owner, owner);
    set_name(t->subject, sizeof t->subject, subject);
    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&t->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (!all) return;
    pthread_mutex_lock(&all->lock);
    t->id = ++all->made;
    t->next = all->first;
    all->first = t;
    pthread_mutex_unlock(&all->lock);
}

void task_close(struct task *t) {
    if (t->all) {
        pthread_mutex_lock(&t->all->lock);
        struct task **at = &t->all->first;
        while (*at != t) at = &(*at)->next;
        *at = t->next;
        pthread_mutex_unlock(&t->all->lock);
    }
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
}

void task_client(struct task *t, struct view client) {
    if (!t->all || client.n == 0) return;
    pthread_mutex_lock(&t->all->lock);
    set_name(t->client, sizeof t->client, client);
    for (struct task *o = t->all->first; o; o = o->next)
        if (o != t && o->kind == t->kind && strcmp(o->client, t->client) == 0 &&
            strcmp(o->owner, t->owner) == 0)
            task_give_up(o->id < t->id ? o : t, TASK_SUPERSEDED);
    pthread_mutex_unlock(&t->all->lock);
}

/* --- the working thread's */

void task_stop_flag(struct task *t, atomic_int *flag) {
    pthread_mutex_lock(&t->lock);
    t->stop = flag;
    if (flag && t->why) atomic_store(flag, 1);
    pthread_mutex_unlock(&t->lock);
}

void task_progress(struct task *t, const char *phase, long long done, long long total) {
    pthread_mutex_lock(&t->lock);
    if (t->phase_began == 0 || (phase && phase != t->phase)) {
        t->phase_began = clock_s();
        t->phase_from = done;
    }
    if (phase) t->phase = phase;
    t->done = done;
    t->total = total;
    pthread_mutex_unlock(&t->lock);
}

/* --- giving up */

void task_give_up(struct task *t, enum task_end why) {
    pthread_mutex_lock(&t->lock);
    if (t->why == TASK_GOES_ON) t->why = why;
    if (t->stop) atomic_store(t->stop, 1);
    pthread_mutex_unlock(&t->lock);
}

enum task_end task_why(struct task *t) {
    pthread_mutex_lock(&t->lock);
    enum task_end why = t->why;
    pthread_mutex_unlock(&t->lock);
    return why;
}

int task_given_up(struct task *t) {
    return task_why(t) != TASK_GOES_ON;
}

enum status task_status(struct task *t, enum status st, struct err *e) {
    enum task_end why = task_why(t);
    if (st != ST_CANCELLED || why < TASK_SUPERSEDED) return st;
    return fail(e, ST_CANCELLED, "%s",
                why == TASK_SUPERSEDED
                    ? "superseded: a newer request of the same client took its place"
                    : "it was cancelled by DELETE /api/tasks");
}

/* --- running */

struct call {
    struct task *task;
    enum status (*fn)(void *arg, struct err *e);
    void *arg;
    struct err err;
    enum status st;
};

static void *call_main(void *arg) {
    struct call *c = arg;
    c->st = c->fn(c->arg, &c->err);
    pthread_mutex_lock(&c->task->lock);
    c->task->ended = 1;
    pthread_cond_signal(&c->task->changed);
    pthread_mutex_unlock(&c->task->lock);
    return NULL;
}

static struct timespec next_tick(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += TICK_MS * 1000000L;
    if (t.tv_nsec >= 1000000000L) t.tv_sec++, t.tv_nsec -= 1000000000L;
    return t;
}

static void await(struct task *t, int (*tick)(void *arg), void *arg) {
    struct timespec next = next_tick();
    pthread_mutex_lock(&t->lock);
    while (!t->ended) {
        if (pthread_cond_timedwait(&t->changed, &t->lock, &next) == 0 || t->ended) continue;
        pthread_mutex_unlock(&t->lock);
        if (tick && !tick(arg)) task_give_up(t, TASK_GONE);
        next = next_tick();
        pthread_mutex_lock(&t->lock);
    }
    pthread_mutex_unlock(&t->lock);
}

enum status task_run(struct task *t, enum status (*fn)(void *arg, struct err *e),
                     int (*tick)(void *arg), void *arg, struct err *e) {
    struct call c = {t, fn, arg, {.line = 0}, ST_INTERNAL};
    pthread_t thread;
    TRY(worker_start(&thread, call_main, &c, e));
    await(t, tick, arg);
    pthread_join(thread, NULL);
    if (c.st != ST_OK) *e = c.err;
    return c.st;
}

/* --- who looks */

static void look(struct task *t, struct task_info *x) {
    double now = clock_s();
    *x = (struct task_info){.id = t->id, .kind = t->kind, .started = t->started, .left = -1};
    memcpy(x->owner, t->owner, sizeof x->owner);
    memcpy(x->client, t->client, sizeof x->client);
    memcpy(x->subject, t->subject, sizeof x->subject);
    x->seconds = now - t->born;
    pthread_mutex_lock(&t->lock);
    x->phase = t->phase;
    x->done = t->done;
    x->total = t->total;
    x->ending = t->why != TASK_GOES_ON;
    long long made = t->done - t->phase_from;
    if (made > 0 && t->total >= t->done)
        x->left = (now - t->phase_began) * (double)(t->total - t->done) / (double)made;
    pthread_mutex_unlock(&t->lock);
}

static int owned(const struct task *t, const struct view *owner) {
    return !owner || view_eq_str(*owner, t->owner);
}

enum status tasks_list(struct tasks *all, const struct view *owner, struct arena *a,
                       struct task_info **out, int *n, struct err *e) {
    int most = 0;
    pthread_mutex_lock(&all->lock);
    for (struct task *t = all->first; t; t = t->next) most += owned(t, owner);
    struct task_info *x = *out = ARENA_NEW(a, struct task_info, (size_t)most + 1);
    *n = x ? most : 0;
    for (struct task *t = all->first; x && t; t = t->next)
        if (owned(t, owner)) look(t, &x[--most]);
    pthread_mutex_unlock(&all->lock);
    return x ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a list of tasks");
}

enum status tasks_cancel(struct tasks *all, const struct view *owner, struct view id,
                         struct err *e) {
    char text[24];
    int found = 0;
    pthread_mutex_lock(&all->lock);
    for (struct task *t = all->first; t && !found; t = t->next) {
        (void)snprintf(text, sizeof text, "%llu", t->id);
        found = owned(t, owner) && view_eq_str(id, text);
        if (found) task_give_up(t, TASK_CANCELLED);
    }
    pthread_mutex_unlock(&all->lock);
    if (found) return ST_OK;
    enum status st = fail(e, ST_NOT_FOUND, "no such task goes on: '%.*s'",
                          (int)(id.n < 24 ? id.n : 24), id.p ? id.p : "");
    err_hint(e, "GET /api/tasks lists them; what has ended is in no list");
    return st;
}
