/* A caller of the engine, on the test's thread or on one of its own. */
#ifndef TESTS_UNIT_TINY_CALL_H
#define TESTS_UNIT_TINY_CALL_H

#include "kernels/base/os/clock.h"
#include "tests/unit/model/tiny_model.h"

#include <pthread.h>
#include <semaphore.h>

enum { LABELS = 2 };
static const int32_t labels[LABELS] = {5, 200};

/* A caller on a thread of its own, ranking n items under a trunk of 20 tokens. */
struct call {
    struct engine *en;
    int items, keep, stop_after; /* sets cancel at this callback; 0 = never */
    int with_tokens;             /* asks for every token too */
    struct forest f;
    struct ask *ask;
    float *out;
    struct job job;
    enum status st;
    struct err e;
    double ended;
    pthread_t thread;
    atomic_int calls, answers, in_order;
    struct job_progress last;
    sem_t *hold; /* the first callback waits here, and so does the engine */
};

static inline void on_progress(void *arg, const struct job_progress *p) {
    struct call *c = arg;
    int n = atomic_fetch_add(&c->calls, 1) + 1;
    int ok = p->asks_done >= c->last.asks_done && p->tokens_done >= c->last.tokens_done &&
             p->tokens_done <= p->tokens_total && p->asks_done <= p->asks_total &&
             p->asks_done == atomic_load(&c->answers) &&
             (n == 1 || p->tokens_total <= c->last.tokens_total);
    if (!ok) atomic_store(&c->in_order, 0);
    c->last = *p;
    if (c->stop_after == n) atomic_store(&c->job.cancel, 1);
    if (n == 1 && c->hold) sem_wait(c->hold);
}

static inline void on_answer(void *arg, int ask) {
    struct call *c = arg;
    (void)ask;
    atomic_fetch_add(&c->answers, 1);
}

static inline void call_open(struct call *c, struct engine *en, int items) {
    uint32_t seed = 3;
    int32_t tok[20];
    memset(c, 0, sizeof *c);
    c->en = en;
    c->items = items;
    c->in_order = 1;
    c->with_tokens = 1;
    forest_open(&c->f);
    c->ask = mem_alloc(2 * (size_t)items * sizeof *c->ask);
    c->out = mem_alloc(8 * (size_t)items * sizeof *c->out);
    CHECK(c->ask && c->out);
    memset(c->out, 0, 8 * (size_t)items * sizeof *c->out); /* places that no ask fills */
    for (int i = 0; i <= items; i++) {
        int n = i ? 1 + i % 6 : 20;
        for (int k = 0; k < n; k++) tok[k] = (int32_t)(tiny_random(&seed) % 250);
        forest_add(&c->f, i ? 0 : -1, tok, n, 0);
    }
}

static inline void call_close(struct call *c) {
    forest_close(&c->f);
    mem_free(c->ask);
    mem_free(c->out);
}

static inline void call_run(struct call *c) {
    int asks = 0;
    for (int i = 0; i < c->items; i++) {
        float *out = c->out + 8 * (size_t)i;
        c->ask[asks++] = (struct ask){i + 1, LABELS, labels, out};
        if (c->with_tokens) c->ask[asks++] = (struct ask){i + 1, 0, NULL, out + LABELS};
    }
    for (int i = 0; i < c->f.t.n; i++) c->f.keep[i] = (uint8_t)c->keep;
    c->job.tree = &c->f.t;
    c->job.ask = c->ask;
    c->job.n_asks = asks;
    c->job.arg = c;
    c->job.progress = on_progress;
    c->job.answered = on_answer;
    c->st = engine_score(c->en, &c->job, &c->e);
    c->ended = clock_s();
}

static inline void *call_main(void *arg) {
    call_run(arg);
    return NULL;
}

static inline void call_start(struct call *c) {
    CHECK(pthread_create(&c->thread, NULL, call_main, c) == 0);
}

static inline void call_join(struct call *c) {
    pthread_join(c->thread, NULL);
}

static inline void wait_for(const atomic_int *x, int at_least) {
    for (int i = 0; i < 20000 && atomic_load(x) < at_least; i++) usleep(1000);
    OK(atomic_load(x) >= at_least);
}

static inline struct engine *open_rows(int rows, int queue_max) {
    return tiny_open_with((struct engine_config){.model = TINY("tied"),
                                                 .backend = "cpu",
                                                 .precision = "f32",
                                                 .threads = 1,
                                                 .chunk_rows = rows,
                                                 .queue_max = queue_max});
}

#endif
