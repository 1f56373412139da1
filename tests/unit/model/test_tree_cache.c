/* links: model */
/* Prompt trees on small random models: an item's bits with any chunking, cache state and number of
 * threads, after a job that was cancelled, beside others. */
#include "tests/unit/model/tree_items.h"

#include <pthread.h>

/* --- chunks, threads */

static void test_chunks(const char *model, const char *backend, const char *precision, int n) {
    static const int rows[] = {1, 2, 3, 5, 16, 17, 64, 256};
    static struct score got[POOL];
    int list[POOL];
    count_to(list, n);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct engine *en = tiny_open(model, backend, precision, 1 + (int)i % 2, rows[i]);
        if (!en) return;
        struct engine_info info;
        engine_info(en, &info);
        if (strcmp(backend, "cpu") == 0) EQ(info.threads, 1 + (int)i % 2);
        struct way w = {.trunk = TRUNK, .keep_trunk = 1};
        for (int cached = 0; cached < 2; cached++) {
            w.job.tokens_computed = 99; /* must be set anew */
            rank(en, &w, list, n, got);
            EQ(differing(got, list, n), 0);
            EQ(w.job.tokens_cached, cached ? TRUNK : 0);
        }
        engine_close(en);
    }
}

/* --- caches */

/* cold = cached = partly cached. */
static void test_cached(struct engine *en, int n) {
    static struct score got[POOL];
    struct engine_cache before, after;
    int list[POOL], tokens = 0;
    count_to(list, n);
    for (int i = 0; i < n; i++) tokens += item_len[i];
    struct way w = {.trunk = TRUNK, .keep_trunk = 1, .keep_items = 1, .no_tokens = 1};
    for (int round = 0; round < 4; round++) {
        int part = round == 0 ? n / 2 : n; /* first half, all, all again, all */
        engine_cache_stats(en, &before);
        rank(en, &w, list, part, got);
        engine_cache_stats(en, &after);
        for (int i = 0; i < part; i++) EQ_MEM(got[i].label, alone[i].label, sizeof got[i].label);
        OK(after.hits >= before.hits && after.bytes <= after.max_bytes);
        if (round == 0) OK(w.job.tokens_cached <= item_len[20]); /* 10, if it was ready by then */
        if (round == 1) OK(w.job.tokens_cached > TRUNK && w.job.tokens_computed > 0);
        if (round >= 2) EQ(w.job.tokens_computed, 0);
        if (round >= 2) EQ(w.job.tokens_cached, TRUNK + tokens);
    }
    w.no_tokens = 0; /* every token is asked for: items are computed, the trunk is not */
    rank(en, &w, list, n, got);
    EQ(differing(got, list, n), 0);
    EQ(w.job.tokens_cached, TRUNK);
    EQ(w.job.tokens_computed, tokens);
}

static void test_pressure(const char *model, const char *backend, const char *precision, int n) {
    static struct score got[POOL];
    struct engine_cache c;
    int list[POOL];
    for (size_t cap = 1; cap <= 1 << 17; cap <<= 8) {
        struct engine *en = tiny_open_with((struct engine_config){
            .model = model, .backend = backend, .precision = precision, .cache_bytes = cap});
        if (!en) return;
        struct way w = {.trunk = TRUNK, .keep_trunk = 1, .keep_items = 1};
        for (uint32_t round = 0; round < 3; round++) {
            count_to(list, n);
            shuffle(list, n, round);
            w.no_tokens = round == 2;
            rank(en, &w, list, n, got);
            for (int i = 0; i < n; i++)
                EQ_MEM(got[i].label, alone[list[i]].label, sizeof got[i].label);
            engine_cache_stats(en, &c);
            OK(c.bytes <= c.max_bytes && c.max_bytes == (long long)cap);
        }
        OK(c.evicted > 0);
        engine_close(en);
    }
}

static void cancel_third(void *arg, const struct job_progress *p) {
    struct way *w = arg;
    (void)p;
    if (--w->no_labels == -3) atomic_store(&w->job.cancel, 1);
}

/* What a cancelled job left behind is right. */
static void test_after_cancel(const char *model, const char *backend, const char *precision) {
    enum { N = 40 };
    static struct score got[POOL];
    struct err e;
    int list[POOL];
    struct engine *en = tiny_open(model, backend, precision, 0, 17);
    if (!en) return;
    count_to(list, N);
    struct way w = {.trunk = TRUNK, .keep_trunk = 1, .keep_items = 1}, seen = {0};
    w.job.progress = cancel_third;
    w.job.arg = &w;
    EQ(rank_in(en, &forest, &w, list, N, got, &e), ST_CANCELLED);
    EQ(w.job.tokens_computed, 3 * 17);
    seen = (struct way){.trunk = TRUNK, .keep_trunk = 1, .keep_items = 1, .no_tokens = 1};
    rank(en, &seen, list, N, got);
    OK(seen.job.tokens_cached >= TRUNK); /* finished spans are worth keeping */
    for (int i = 0; i < N; i++) EQ_MEM(got[i].label, alone[i].label, sizeof got[i].label);
    engine_close(en);
}

/* Where only tokens are asked for, a leaf's last row is not computed, and no answer changes by it;
 * with an item's keys and values kept, or a child below it, it is. */
static void test_idle_rows(const char *model, const char *backend, const char *precision) {
    enum { N = 40 };
    static struct score got[POOL];
    int list[POOL], tokens = 0, bad = 0, n = N;
    struct engine *en = tiny_open(model, backend, precision, 0, 17);
    if (!en) return;
    struct way w = {.trunk = TRUNK, .no_labels = 1}, kept = {.trunk = TRUNK, .no_labels = 1};
    kept.keep_items = 1;
    count_to(list, n);
    for (int i = 0; i < n; i++) tokens += item_len[i];
    for (int round = 0; round < 2; round++) {
        rank(en, round ? &kept : &w, list, n, got);
        for (int i = 0; i < n; i++)
            bad += memcmp(got[i].token, alone[i].token, sizeof got[i].token) != 0;
        EQ(bad, 0);
    }
    EQ(w.job.tokens_computed, TRUNK + tokens - n);
    EQ(kept.job.tokens_computed, TRUNK + tokens);
    struct way labels_too = {.trunk = TRUNK}; /* of what was kept, everything is there */
    rank(en, &labels_too, list, n, got);
    EQ(differing(got, list, n), 0);
    engine_close(en);
}

struct caller {
    struct engine *en;
    int from, n, bad;
};

static void *call_often(void *arg) {
    struct caller *c = arg;
    struct forest f;
    struct score *got = mem_alloc(POOL * sizeof *got);
    int list[POOL];
    struct err e;
    CHECK(got);
    forest_open(&f);
    for (int round = 0; round < 4; round++) {
        struct way w = {.trunk = TRUNK, .keep_trunk = round % 2, .keep_items = round > 1};
        for (int i = 0; i < c->n; i++) list[i] = c->from + i;
        c->bad +=
            rank_in(c->en, &f, &w, list, c->n, got, &e) != ST_OK || differing(got, list, c->n);
    }
    forest_close(&f);
    mem_free(got);
    return NULL;
}

static void test_at_once(const char *model, const char *backend, const char *precision) {
    struct engine *en = tiny_open(model, backend, precision, 0, 31);
    if (!en) return;
    struct caller c[] = {{en, 0, 30, 0}, {en, 10, 40, 0}, {en, 0, 1, 0}};
    pthread_t t[COUNT(c)];
    for (size_t i = 0; i < COUNT(c); i++) CHECK(!pthread_create(&t[i], NULL, call_often, &c[i]));
    for (size_t i = 0; i < COUNT(c); i++) pthread_join(t[i], NULL);
    for (size_t i = 0; i < COUNT(c); i++) EQ(c[i].bad, 0);
    engine_close(en);
}

/* --- */

static void test_model(const char *model, const char *backend, const char *precision) {
    int n = items_for(backend);
    struct engine *en = tiny_open(model, backend, precision, 2, 0);
    if (!en) return;
    fill_alone(en, n);
    test_cached(en, n);
    engine_close(en);
    if (strcmp(backend, "ref") == 0) return;
    test_chunks(model, backend, precision, n);
    test_pressure(model, backend, precision, 60);
    test_after_cancel(model, backend, precision);
    test_idle_rows(model, backend, precision);
    test_at_once(model, backend, precision);
}

int main(int argc, char **argv) {
    (void)argc;
    tiny_start(argv);
    make_items();
    forest_open(&forest);
    every_way(test_model);
    forest_close(&forest);
    return t_end();
}
