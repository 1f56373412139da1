/* What the tests of prompt trees share: a pool of random items under a trunk, ways to rank them,
 * and what each item scores by itself, which everything must equal. */
#ifndef TESTS_TREE_ITEMS_H
#define TESTS_TREE_ITEMS_H

#include "tests/unit/model/tiny_model.h"

enum { POOL = 500, ITEM_MAX = 41, TRUNK = 23, LABELS = 3 };

/* Item 7 is made of control tokens, 10 and 20 are equal, 3 is longer than small chunks. */
static int32_t item[POOL][ITEM_MAX], trunk[TINY_CONTEXT];
static int item_len[POOL];
static const int32_t labels[LABELS] = {5, 200, 17};

static inline void make_items(void) {
    uint32_t seed = 11;
    for (int i = 0; i < TINY_CONTEXT; i++) trunk[i] = (int32_t)(tiny_random(&seed) % TINY_VOCAB);
    for (int i = 0; i < POOL; i++) {
        item_len[i] = i == 3 ? ITEM_MAX : i == 7 ? 3 : i == 20 ? item_len[10] : 1 + i * 7 % 9;
        for (int k = 0; k < item_len[i]; k++)
            item[i][k] = i == 7    ? k
                         : i == 20 ? item[10][k]
                                   : (int32_t)(tiny_random(&seed) % TINY_VOCAB);
    }
}

/* What was read of one item: label asks give LABELS values, token asks one per token. */
struct score {
    float label[LABELS], token[ITEM_MAX];
};

/* How a ranking is run. */
struct way {
    int trunk; /* tokens of it */
    int keep_trunk, keep_items;
    int no_labels, no_tokens;
    struct job job; /* callbacks in, numbers out */
};

static struct forest forest;

/* Scores the n items of list (indices into the pool) under the trunk. */
static inline enum status rank_in(struct engine *en, struct forest *f, struct way *w,
                                  const int *list, int n, struct score *out, struct err *e) {
    static _Thread_local struct ask ask[2 * POOL];
    int asks = 0;
    forest_clear(f);
    int root = forest_add(f, -1, trunk, w->trunk, w->keep_trunk);
    for (int i = 0; i < n; i++) {
        int node = forest_add(f, root, item[list[i]], item_len[list[i]], w->keep_items);
        memset(&out[i], 0, sizeof out[i]);
        if (!w->no_labels) ask[asks++] = (struct ask){node, LABELS, labels, out[i].label};
        if (!w->no_tokens) ask[asks++] = (struct ask){node, 0, NULL, out[i].token};
    }
    w->job.tree = &f->t;
    w->job.ask = ask;
    w->job.n_asks = asks;
    return engine_score(en, &w->job, e);
}

static inline void rank(struct engine *en, struct way *w, const int *list, int n,
                        struct score *out) {
    struct err e;
    GOOD(rank_in(en, &forest, w, list, n, out, &e));
}

static struct score alone[POOL]; /* each item by itself, cold: what everything must equal */

/* How many of the n scores differ from the items' own. */
static inline int differing(const struct score *got, const int *list, int n) {
    int bad = 0;
    for (int i = 0; i < n; i++) bad += memcmp(&got[i], &alone[list[i]], sizeof *got) != 0;
    return bad;
}

static inline void count_to(int *list, int n) {
    for (int i = 0; i < n; i++) list[i] = i;
}

static inline void shuffle(int *list, int n, uint32_t seed) {
    for (int i = n - 1; i > 0; i--) {
        int k = (int)(tiny_random(&seed) % (uint32_t)(i + 1)), x = list[i];
        list[i] = list[k], list[k] = x;
    }
}

static inline void fill_alone(struct engine *en, int n) {
    for (int i = 0; i < n; i++) {
        struct way w = {.trunk = TRUNK};
        rank(en, &w, &i, 1, &alone[i]);
        EQ(w.job.tokens_computed, TRUNK + item_len[i]);
        EQ(w.job.tokens_cached, 0);
    }
}

/* A test of one model on one backend, for each of them. */
static inline void every_way(void (*test)(const char *model, const char *backend,
                                          const char *precision)) {
    static const char *const way[][2] = {
        {"cpu", "f32"}, {"cpu", "bf16"}, {"cpu", "int8"}, {"ref", "f32"}};
    static const char *const model[] = {TINY("tied"), TINY("blocks"), TINY("wide"),
                                        TINY("gemma3")}; /* with windows of 12 tokens */
    for (size_t i = 0; i < COUNT(way); i++)
        for (size_t k = 0; k < COUNT(model); k++) {
            printf("%s %s %s\n", model[k], way[i][0], way[i][1]);
            test(model[k], way[i][0], way[i][1]);
        }
}

/* How many items a backend is tried with. */
static inline int items_for(const char *backend) {
    return strcmp(backend, "ref") == 0 ? 24 : 100;
}

#endif
