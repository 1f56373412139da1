/* What the tests of evaluations share: a catalogue of 60 things, 24 members, two tiny models. */
#ifndef TESTS_EVAL_TOY_H
#define TESTS_EVAL_TOY_H

#include "server/eval/eval.h"
#include "tests/unit/store/store_help.h"

#include <stdlib.h>

static struct ranker *ranker;
static struct registry *registry;
static struct arena arena;
static int steps, stop_at;

static inline void import(struct store *s, enum import_kind kind, const char *rows) {
    struct err e;
    struct import_result r;
    const struct import_config c = {
        .kind = kind, .format = IMPORT_JSONL, .catalog = VIEW("tiny"), .surface = VIEW("generic")};
    GOOD(import_text(s, &c, view_of(rows), &r, &e));
    EQ(r.stored, 1);
}

/* 60 items in four kinds, 12 members who each like items of one kind, one after the other. */
static inline void fill(struct store *s) {
    static const char *const kinds[] = {"red", "blue", "green", "grey"};
    static char rows[1 << 17];
    size_t n = 0;
    for (int i = 0; i < 60; i++)
        n += (size_t)snprintf(rows + n, sizeof rows - n,
                              "{\"id\":\"i%d\",\"title\":\"%s thing %d\",\"tags\":[\"%s\"]}\n", i,
                              kinds[i % 4], i, kinds[i % 4]);
    import(s, IMPORT_ITEMS, rows);
    n = 0;
    for (int m = 0; m < 24; m++)
        for (int k = 0; k < 14; k++)
            n += (size_t)snprintf(
                rows + n, sizeof rows - n,
                "{\"member\":\"m%d\",\"item\":\"i%d\",\"label\":\"like\",\"at\":%d}\n", m,
                (4 * k + m % 4) % 60, 100000 + 10 * k);
    import(s, IMPORT_INTERACTIONS, rows);
}

static const char wishes[] =
    "{\"id\":\"w1\",\"split\":\"dev\",\"kind\":\"plain\",\"text\":\"red\",\"rule\":{\"all\":[\"red\"]}}\n"
    "{\"id\":\"w2\",\"split\":\"dev\",\"kind\":\"negated\",\"text\":\"blue, no green\","
    "\"rule\":{\"any\":[\"blue\",\"green\"],\"none\":[\"green\"],\"avoid\":[\"green\"]}}\n"
    "{\"id\":\"w3\",\"split\":\"test\",\"kind\":\"plain\",\"text\":\"grey\",\"rule\":{\"all\":[\"grey\"]}}\n";

static inline int asset(const char *path, struct view *data, const char **etag) {
    *etag = "";
    *data = view_of(wishes);
    return strcmp(path, "fixtures/tiny/instructions.jsonl") == 0;
}

static inline void on_progress(void *arg, const char *protocol, int done, int total) {
    (void)arg;
    (void)protocol;
    steps++;
    OK(done <= total);
}

static inline int on_stop(void *arg) {
    (void)arg;
    return stop_at && steps >= stop_at;
}

static inline struct eval_config config(void) {
    return (struct eval_config){.catalog = VIEW("tiny"),
                                .methods = METHOD_ALL & ~METHOD_BIT(READOUT_RELEVANCE),
                                .seed = 1,
                                .cases = 3,
                                .command = "the \"command\" <line>",
                                .code = "code",
                                .asset = asset,
                                .progress = on_progress,
                                .stop = on_stop};
}

static inline enum status run(const char *protocol, const struct eval_config *c, struct sheet *s,
                              struct err *e) {
    const struct eval_protocol *p = eval_find(view_of(protocol));
    CHECK(p);
    steps = 0;
    return eval_run(p, ranker, c, &arena, s, e);
}

static inline int contains(struct view v, const char *what) {
    return v.p && strstr(v.p, what) != NULL;
}

/* A store with the catalogue, and the model `tied` in a registry over it. */
static inline struct store *toy_open(char folder[64]) {
    struct err e;
    struct store *s;
    const struct registry_wait w = {NULL, NULL};
    new_folder(folder);
    arena_init(&arena, (size_t)1 << 30);
    GOOD(store_open(&s, folder, &e));
    fill(s);
    GOOD(registry_open(&registry,
                       &(struct registry_config){.store = s,
                                                 .engine = {.threads = 1},
                                                 .folder = "fixtures/tiny",
                                                 .loaded_max = EVAL_LOADED},
                       &e));
    GOOD(registry_switch(registry, VIEW("tied"), &w, &e));
    GOOD(registry_take(registry, VIEW(""), NULL, NULL, &ranker, &e));
    return s;
}

static inline void toy_close(struct store *s, const char *folder) {
    registry_give(registry, ranker);
    registry_close(registry);
    store_close(s);
    arena_free(&arena);
    drop_folder(folder);
}

#endif
