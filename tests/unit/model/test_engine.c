/* links: model */
/* The engine as callers meet it: its queue, cancelling, closing, progress, fairness. */
#include "tests/unit/model/tiny_call.h"

#include <time.h>

enum { CALLERS = 12 };

/* --- queue, cancel, close */

static void test_queue(void) {
    struct engine *en = open_rows(64, 2);
    static struct call c[3];
    sem_t hold;
    sem_init(&hold, 0, 0);
    for (int i = 0; i < 3; i++) call_open(&c[i], en, 30);
    c[0].hold = &hold;
    call_start(&c[0]);
    wait_for(&c[0].calls, 1);
    call_start(&c[1]);
    wait_for(&c[1].job.queue_position, 1);
    call_run(&c[2]); /* the engine stands still, so an answer is an answer at once */
    EQ(c[2].st, ST_BUSY);
    OK(strstr(c[2].e.text, "2 rankings") != NULL && c[2].e.hint[0]);
    EQ(c[2].calls, 0);
    sem_post(&hold);
    call_join(&c[0]);
    call_join(&c[1]);
    EQ(c[0].st, ST_OK);
    EQ(c[1].st, ST_OK);
    EQ(c[1].job.queue_position, 0);
    call_run(&c[2]);
    EQ(c[2].st, ST_OK);
    EQ_MEM(c[2].out, c[0].out, 30 * LABELS);
    for (int i = 0; i < 3; i++) call_close(&c[i]);
    engine_close(en);
    sem_destroy(&hold);
}

static void test_cancel(void) {
    struct engine *en = open_rows(7, 0);
    static struct call c, d;
    for (int at = 1; at < 6; at += 2) {
        call_open(&c, en, 100);
        c.stop_after = at;
        call_run(&c);
        EQ(c.st, ST_CANCELLED);
        EQ(c.calls, at); /* not one chunk more */
        EQ(c.job.tokens_computed, 7 * at);
        call_close(&c);
    }
    call_open(&c, en, 5); /* before it starts */
    atomic_store(&c.job.cancel, 1);
    call_run(&c);
    EQ(c.st, ST_CANCELLED);
    EQ(c.calls, 0);
    EQ(c.job.tokens_computed, 0);
    call_close(&c);
    sem_t hold; /* while it waits */
    sem_init(&hold, 0, 0);
    call_open(&c, en, 5);
    call_open(&d, en, 5);
    c.hold = &hold;
    call_start(&c);
    wait_for(&c.calls, 1);
    call_start(&d);
    wait_for(&d.job.queue_position, 1);
    atomic_store(&d.job.cancel, 1);
    sem_post(&hold);
    call_join(&c);
    call_join(&d);
    EQ(c.st, ST_OK);
    EQ(d.st, ST_CANCELLED);
    EQ(d.calls, 0);
    call_close(&c);
    call_close(&d);
    engine_close(en);
    sem_destroy(&hold);
}

/* With as many jobs running as may run at once, one that waits behind them is cancelled and leaves
 * before any of them is done; the queue behind it stays whole. */
static void test_cancel_in_queue(void) {
    enum { RUNNING = 8 };
    struct engine *en = open_rows(2, 0);
    static struct call c[CALLERS];
    for (int i = 0; i < CALLERS; i++) call_open(&c[i], en, i < RUNNING ? 120 : 3);
    for (int i = 0; i < RUNNING; i++) {
        call_start(&c[i]);
        wait_for(&c[i].calls, 1);
    }
    for (int i = RUNNING; i < CALLERS; i++) {
        call_start(&c[i]);
        wait_for(&c[i].job.queue_position, i - RUNNING + 1);
    }
    atomic_store(&c[RUNNING + 1].job.cancel, 1); /* in the middle, then the last */
    atomic_store(&c[CALLERS - 1].job.cancel, 1);
    for (int i = 0; i < CALLERS; i++) call_join(&c[i]);
    for (int i = 0; i < CALLERS; i++) {
        int cancelled = i == RUNNING + 1 || i == CALLERS - 1;
        EQ(c[i].st, cancelled ? ST_CANCELLED : ST_OK);
        if (cancelled) EQ(c[i].calls, 0);
        for (int k = 0; cancelled && k < RUNNING; k++) OK(c[i].ended < c[k].ended);
        if (!cancelled) EQ_MEM(c[i].out, c[0].out, 3 * 8 * sizeof(float) - 4 * sizeof(float));
    }
    for (int i = 0; i < CALLERS; i++) call_close(&c[i]);
    engine_close(en);
}

static void *close_engine(void *en) {
    engine_close(en);
    return NULL;
}

/* The engine is held in its first chunk until every caller is inside and the closing has begun. */
static void test_close(void) {
    enum { N = 10 }; /* more than run at once */
    static struct call c[N];
    struct engine *en = open_rows(3, 0);
    pthread_t closer;
    sem_t hold;
    sem_init(&hold, 0, 0);
    for (int i = 0; i < N; i++) {
        call_open(&c[i], en, 500);
        if (i == 0) c[i].hold = &hold;
        call_start(&c[i]);
        if (i == 0)
            wait_for(&c[i].calls, 1);
        else
            wait_for(&c[i].job.queue_position, i);
    }
    EQ(pthread_create(&closer, NULL, close_engine, en), 0);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    sem_post(&hold);
    for (int i = 0; i < N; i++) {
        call_join(&c[i]);
        EQ(c[i].st, ST_CANCELLED);
    }
    pthread_join(closer, NULL);
    for (int i = 0; i < N; i++) call_close(&c[i]);
    sem_destroy(&hold);
    engine_close(NULL);
}

/* --- progress, fairness */

static void test_progress(void) {
    static const int rows[] = {1, 16, 256};
    for (size_t r = 0; r < COUNT(rows); r++) {
        struct engine *en = open_rows(rows[r], 0);
        for (int round = 0; round < 4; round++) { /* cold, kept, from the cache, all of it */
            static struct call c;
            call_open(&c, en, 50);
            c.keep = round > 0;
            c.with_tokens = round < 2;
            call_run(&c);
            EQ(c.st, ST_OK);
            EQ(c.in_order, 1);
            EQ(c.last.asks_done, c.last.asks_total);
            EQ(c.last.asks_total, c.job.n_asks);
            EQ(c.answers, c.job.n_asks);
            EQ(c.last.tokens_done, c.last.tokens_total);
            EQ(c.last.tokens_done, c.job.tokens_computed);
            EQ(c.job.tokens_computed + c.job.tokens_cached, c.f.off[c.f.t.n]);
            if (round >= 2) EQ(c.job.tokens_computed, 0);
            OK(c.job.queue_s >= 0 && c.job.score_s > 0);
            call_close(&c);
        }
        engine_close(en);
    }
}

static void test_fair(void) {
    static struct call big, small;
    struct engine *en = open_rows(16, 0);
    call_open(&big, en, 500);
    call_open(&small, en, 20);
    call_start(&big);
    wait_for(&big.calls, 2);
    call_start(&small);
    call_join(&small);
    call_join(&big);
    EQ(small.st, ST_OK);
    EQ(big.st, ST_OK);
    OK(small.ended < big.ended);
    EQ_MEM(small.out, big.out, 4); /* the same first item */
    call_close(&big);
    call_close(&small);
    engine_close(en);
}

/* One user takes all the places that one may have; another one's small job is answered while most
 * of those still wait, and a further one of the first is refused with a time. */
static void test_users(void) {
    enum { PLACES = 24, MORE = 2 };
    static struct call c[PLACES], more[MORE];
    struct engine *en = open_rows(16, 0);
    sem_t hold;
    sem_init(&hold, 0, 0);
    for (int i = 0; i < PLACES; i++) {
        call_open(&c[i], en, 100);
        c[i].job.user = 1;
    }
    c[0].hold = &hold;
    for (int i = 0; i < PLACES; i++) {
        call_start(&c[i]);
        if (i == 0)
            wait_for(&c[0].calls, 1); /* the engine stands still from here on */
        else
            wait_for(&c[i].job.queue_position, i);
    }
    for (int i = 0; i < MORE; i++) call_open(&more[i], en, 5);
    more[0].job.user = 1;
    more[1].job.user = 2;
    call_run(&more[0]);
    EQ(more[0].st, ST_BUSY);
    OK(strstr(more[0].e.text, "24 rankings of yours") && more[0].e.retry_s >= 1);
    call_start(&more[1]);
    wait_for(&more[1].job.queue_position, PLACES);
    sem_post(&hold);
    call_join(&more[1]);
    for (int i = 0; i < PLACES; i++) call_join(&c[i]);
    int later = 0;
    for (int i = 0; i < PLACES; i++) {
        EQ(c[i].st, ST_OK);
        later += more[1].ended < c[i].ended;
    }
    EQ(more[1].st, ST_OK);
    OK(later >= PLACES - 3); /* half of each chunk was its own */
    for (int i = 0; i < PLACES; i++) call_close(&c[i]);
    for (int i = 0; i < MORE; i++) call_close(&more[i]);
    engine_close(en);
    sem_destroy(&hold);
}

static void test_questions(void) {
    struct engine *en = open_rows(0, 0);
    struct engine_info i;
    struct arena a;
    struct err e;
    int32_t *ids = NULL;
    size_t n = 0;
    engine_info(en, &i);
    EQ_STR(i.name, "tiny tied");
    EQ_STR(i.architecture, "llama");
    EQ_STR(i.precision, "f32");
    EQ_STR(i.chat_template, "chatml");
    EQ_STR(i.license, "random numbers");
    EQ(i.threads, 1);
    EQ(i.vocab, TINY_VOCAB);
    EQ(i.context, TINY_CONTEXT);
    EQ(i.layers, 3);
    EQ(strlen(i.sha256), 64);
    EQ(engine_bos(en), -1);
    arena_init(&a, 1 << 20);
    GOOD(engine_tokens(en, VIEW("the <|im_end|> of it"), &a, &ids, &n, &e));
    size_t at = 0;
    char text[64];
    for (size_t k = 0; k < n; k++) {
        struct view v = engine_token_text(en, ids[k]);
        OK(ids[k] > 2 && at + v.n < sizeof text); /* never a control token */
        memcpy(text + at, v.p, v.n);
        at += v.n;
    }
    text[at] = 0;
    EQ_STR(text, "the <|im_end|> of it");
    const int32_t *turn;
    int n_turn;
    engine_turn(en, 1, 0, &turn, &n_turn);
    OK(n_turn > 1 && turn[0] == 1);
    char sha[65];
    engine_sha256((const int32_t[]){0}, 4, sha); /* four zero bytes */
    EQ_STR(sha, "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119");
    arena_free(&a);
    engine_close(en);
}

int main(int argc, char **argv) {
    (void)argc;
    tiny_start(argv);
    test_questions();
    test_queue();
    test_cancel();
    test_cancel_in_queue();
    test_close();
    test_progress();
    test_fair();
    test_users();
    return t_end();
}
