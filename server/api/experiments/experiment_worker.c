/* Experiments in the background. */
#include "server/api/experiments/experiment_worker.h"

#include "server/assets/assets.h"
#include "server/task/worker_thread.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { WAIT_MS = 50, NICE = 10 };

struct experiment_worker {
    struct app *app;
    struct experiment_host host;
    pthread_t thread;
    struct rank_hooks hooks;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    int stop, more, dropped;
    struct task task; /* of the cell that is being measured; the thread's */
    int listed;       /* it is */
    struct job *job;  /* the ranking that is being computed */
    struct experiment_news news;
};

static int flag(struct experiment_worker *l, int *what) {
    pthread_mutex_lock(&l->lock);
    int yes = *what;
    pthread_mutex_unlock(&l->lock);
    return yes;
}

static int should_end(struct experiment_worker *l) {
    return flag(l, &l->stop) || flag(l, &l->dropped) || atomic_load(&l->app->closing) ||
           (l->listed && task_given_up(&l->task));
}

/* Before each case: people's rankings go first. */
static int on_stop(void *arg) {
    struct experiment_worker *l = arg;
    while (!should_end(l) && atomic_load(&l->app->queued) > 0)
        nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000L}, NULL);
    return should_end(l);
}

/* On the engine thread: a person's ranking that comes meanwhile need not wait for this one, which
 * is computed again later. */
static void on_chunk(void *arg, int items_done, int items_total, long long tokens_done,
                     long long tokens_total) {
    struct experiment_worker *l = arg;
    (void)items_done;
    (void)items_total;
    (void)tokens_done;
    (void)tokens_total;
    if (!should_end(l) && atomic_load(&l->app->queued) == 0) return;
    pthread_mutex_lock(&l->lock);
    if (l->job) atomic_store(&l->job->cancel, 1);
    pthread_mutex_unlock(&l->lock);
}

static int on_embedding(void *arg, int done, int total) {
    struct experiment_worker *l = arg;
    (void)done;
    (void)total;
    return should_end(l) || atomic_load(&l->app->queued) > 0;
}

static void on_started(void *arg, struct job *job) {
    struct experiment_worker *l = arg;
    pthread_mutex_lock(&l->lock);
    l->job = job;
    pthread_mutex_unlock(&l->lock);
}

static void on_progress(void *arg, const char *protocol, int done, int total) {
    struct experiment_worker *l = arg;
    pthread_mutex_lock(&l->lock);
    l->news.done = done;
    l->news.total = total;
    pthread_mutex_unlock(&l->lock);
    task_progress(&l->task, protocol, done, total);
}

/* The task of a cell has the experiment's owner. */
static void list(struct experiment_worker *l, const char *id) {
    struct experiment_row *x;
    struct arena a;
    struct err none;
    int n;
    arena_init(&a, 4 << 20);
    enum status st = store_experiments(l->app->store, view_of(id), &a, &x, &n, &none);
    task_open(&l->task, &l->app->tasks, "experiment", view_of(st == ST_OK ? x[0].owner : ""),
              view_of(id));
    l->listed = 1;
    arena_free(&a);
}

static void unlist(struct experiment_worker *l) {
    if (l->listed) task_close(&l->task);
    l->listed = 0;
}

/* What is left of an experiment whose task was cancelled has failed; POST it again to go on. */
static void fail_rest(struct experiment_worker *l, const char *id) {
    struct experiment_cell cell;
    struct err e = {.line = 0};
    enum status st = ST_OK;
    for (int there = 1; st == ST_OK && there;) {
        struct arena a;
        arena_init(&a, 4 << 20);
        st = store_experiment_next(l->app->store, view_of(id), &a, &cell, &there, &e);
        cell.state = "failed", cell.result = "", cell.error = "it was cancelled", cell.code = "";
        if (st == ST_OK && there) st = store_experiment_finish(l->app->store, &cell, &e);
        arena_free(&a);
    }
}

static void on_cell(void *arg, const struct experiment_cell *cell, int finished) {
    struct experiment_worker *l = arg;
    if (finished)
        unlist(l);
    else
        list(l, cell->experiment);
    pthread_mutex_lock(&l->lock);
    l->news = (struct experiment_news){.cell = cell->n};
    if (!finished) (void)snprintf(l->news.id, sizeof l->news.id, "%s", cell->experiment);
    pthread_mutex_unlock(&l->lock);
}

/* Waits until there is something to run; 0 when the thread should end. */
static int await(struct experiment_worker *l) {
    pthread_mutex_lock(&l->lock);
    while (!l->stop && !l->more) pthread_cond_wait(&l->changed, &l->lock);
    int go = !l->stop;
    l->more = l->dropped = 0;
    pthread_mutex_unlock(&l->lock);
    return go;
}

static void *experiment_worker_main(void *arg) {
    struct experiment_worker *l = arg;
    struct err e;
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* on Linux: this thread only */
    while (await(l)) {
        enum status st = experiment_run(&l->host, VIEW(""), &e);
        if (l->listed && task_given_up(&l->task)) fail_rest(l, l->task.subject);
        unlist(l);
        pthread_mutex_lock(&l->lock);
        l->news = (struct experiment_news){.id = ""};
        l->more |= (l->dropped || st == ST_CANCELLED) && !atomic_load(&l->app->closing);
        pthread_mutex_unlock(&l->lock);
        if (st != ST_OK && st != ST_CANCELLED)
            fprintf(stderr, "event=experiment level=error status=%s message=\"%s\"\n",
                    status_name(st), e.text);
    }
    return NULL;
}

enum status experiment_worker_open(struct experiment_worker **out, struct app *app,
                                   const char *code, struct err *e) {
    struct experiment_worker *l = mem_alloc(sizeof *l);
    if (!l) return fail(e, ST_NO_MEMORY, "no memory for experiments");
    memset(l, 0, sizeof *l);
    l->app = app;
    l->more = 1;
    l->hooks = (struct rank_hooks){
        .arg = l, .progress = on_chunk, .embedding = on_embedding, .started = on_started};
    l->host = (struct experiment_host){.store = app->store,
                                       .registry = app->registry,
                                       .base = {.command = "POST /api/experiments",
                                                .code = code,
                                                .asset = assets_find,
                                                .arg = l,
                                                .progress = on_progress,
                                                .stop = on_stop,
                                                .hooks = &l->hooks},
                                       .cell = on_cell,
                                       .arg = l};
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    enum status st = worker_start(&l->thread, experiment_worker_main, l, e);
    if (st == ST_OK) {
        *out = l;
        return ST_OK;
    }
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
    return st;
}

void experiment_worker_close(struct experiment_worker *l) {
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->stop = 1;
    if (l->job) atomic_store(&l->job->cancel, 1);
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

void experiment_worker_wake(struct experiment_worker *l) {
    pthread_mutex_lock(&l->lock);
    l->more = 1;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

void experiment_worker_drop(struct experiment_worker *l, struct view id) {
    pthread_mutex_lock(&l->lock);
    l->dropped |= view_eq_str(id, l->news.id);
    pthread_mutex_unlock(&l->lock);
}

void experiment_news(struct experiment_worker *l, struct experiment_news *out) {
    pthread_mutex_lock(&l->lock);
    *out = l->news;
    pthread_mutex_unlock(&l->lock);
}
