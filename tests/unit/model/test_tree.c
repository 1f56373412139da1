/* links: model */
/* Prompt trees on small random models. On the CPU, equality of bits: an item alone, among others,
 * in any order, with any chunking, cache state and number of threads. test_tree_mask.c asks judges
 * from outside. */
#include "tests/unit/model/tiny_model.h"

#include <pthread.h>

enum { POOL = 500, ITEM_MAX = 41, TRUNK = 23, LABELS = 3 };

/* Item 7 is made of control tokens, 10 and 20 are equal, 3 is longer than small chunks. */
static int32_t item[POOL][ITEM_MAX], trunk[TINY_CONTEXT];
static int item_len[POOL];
static const int32_t labels[LABELS] = {5, 200, 17};

static void make_items(void) {
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
static enum status rank_in(struct engine *en, struct forest *f, struct way *w, const int *list,
                           int n, struct score *out, struct err *e) {
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

static void rank(struct engine *en, struct way *w, const int *list, int n, struct score *out) {
    struct err e;
    GOOD(rank_in(en, &forest, w, list, n, out, &e));
}

static struct score alone[POOL]; /* each item by itself, cold: what everything must equal */

/* How many of the n scores differ from the items' own. */
static int differing(const struct score *got, const int *list, int n) {
    int bad = 0;
    for (int i = 0; i < n; i++) bad += memcmp(&got[i], &alone[list[i]], sizeof *got) != 0;
    return bad;
}

static void count_to(int *list, int n) {
    for (int i = 0; i < n; i++) list[i] = i;
}

static void shuffle(int *list, int n, uint32_t seed) {
    for (int i = n - 1; i > 0; i--) {
        int k = (int)(tiny_random(&seed) % (uint32_t)(i + 1)), x = list[i];
        list[i] = list[k], list[k] = x;
    }
}

/* --- the order and number of items */

static void fill_alone(struct engine *en, int n) {
    for (int i = 0; i < n; i++) {
        struct way w = {.trunk = TRUNK};
        rank(en, &w, &i, 1, &alone[i]);
        EQ(w.job.tokens_computed, TRUNK + item_len[i]);
        EQ(w.job.tokens_cached, 0);
    }
}

static void test_crowd(struct engine *en, int n) {
    static struct score got[POOL];
    int list[POOL], equal = 0;
    struct way w = {.trunk = TRUNK};
    count_to(list, n);
    rank(en, &w, list, n, got);
    EQ(differing(got, list, n), 0);
    for (uint32_t seed = 1; seed < 4; seed++) {
        shuffle(list, n, seed);
        rank(en, &w, list, n, got);
        EQ(differing(got, list, n), 0);
    }
    rank(en, &w, list, n - 1, got); /* the last dropped, then the first */
    EQ(differing(got, list, n - 1), 0);
    rank(en, &w, list + 1, n - 1, got);
    EQ(differing(got, list + 1, n - 1), 0);
    int twice[] = {4, 10, 4, 20, 7, 10, 4};
    rank(en, &w, twice, (int)COUNT(twice), got);
    EQ(differing(got, twice, (int)COUNT(twice)), 0);
    w.no_tokens = 1; /* one kind of question does not disturb the other */
    rank(en, &w, list, n, got);
    for (int i = 0; i < n; i++) EQ_MEM(got[i].label, alone[list[i]].label, sizeof got[i].label);
    w = (struct way){.trunk = TRUNK, .no_labels = 1};
    rank(en, &w, list, n, got);
    for (int i = 0; i < n; i++) EQ_MEM(got[i].token, alone[list[i]].token, sizeof got[i].token);
    OK(memcmp(&alone[10], &alone[20], sizeof *alone) == 0);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            equal += memcmp(alone[i].label, alone[k].label, sizeof alone[i].label) == 0;
    EQ(equal, n > 20); /* only the pair that is equal */
}

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

/* --- trees and plain sequences */

static int join(int32_t *to, int n, const int32_t *from, int more) {
    memcpy(to + n, from, (size_t)more * sizeof *to);
    return n + more;
}

/* Log-probabilities of every token of one plain sequence, and of the labels after it. */
static void plain(struct engine *en, const int32_t *tok, int n, float *token, float *label) {
    struct err e;
    forest_clear(&forest);
    int root = forest_add(&forest, -1, tok, n, 0);
    struct ask ask[] = {{root, 0, NULL, token}, {root, LABELS, labels, label}};
    struct job j = {.tree = &forest.t, .ask = ask, .n_asks = 2};
    GOOD(engine_score(en, &j, &e));
}

static void test_depth(struct engine *en) {
    enum { ITEMS = 9, CLAUSES = 2 };
    static float token[TINY_CONTEXT], got[ITEMS][CLAUSES][ITEM_MAX],
        got_label[ITEMS][CLAUSES][LABELS];
    int32_t seq[TINY_CONTEXT];
    float label[LABELS];
    struct err e;
    for (int i = 0; i < 21; i++) { /* depth 2 is a plain sequence */
        int n = join(seq, 0, trunk, TRUNK);
        n = join(seq, n, item[i], item_len[i]);
        plain(en, seq, n, token, label);
        EQ_MEM(label, alone[i].label, sizeof label);
        EQ_MEM(token + TRUNK, alone[i].token, (size_t)item_len[i] * sizeof *token);
        OK(token[0] == 0);
    }
    for (int order = 0; order < 2; order++) { /* clauses beside their item, or after all items */
        struct ask ask[2 * ITEMS * CLAUSES];
        int at[ITEMS], asks = 0;
        forest_clear(&forest);
        int root = forest_add(&forest, -1, trunk, TRUNK, 0);
        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < ITEMS; i++) {
                if (pass == 0) at[i] = forest_add(&forest, root, item[i], item_len[i], 0);
                for (int c = 0; pass == order && c < CLAUSES; c++) {
                    int k = 30 + i % 3 + c,
                        node = forest_add(&forest, at[i], item[k], item_len[k], 0);
                    ask[asks++] = (struct ask){node, 0, NULL, got[i][c]};
                    ask[asks++] = (struct ask){node, LABELS, labels, got_label[i][c]};
                }
            }
        struct job j = {.tree = &forest.t, .ask = ask, .n_asks = asks};
        GOOD(engine_score(en, &j, &e));
        for (int i = 0; i < ITEMS; i++)
            for (int c = 0; c < CLAUSES; c++) {
                int k = 30 + i % 3 + c, n = join(seq, 0, trunk, TRUNK);
                int before = n = join(seq, n, item[i], item_len[i]);
                n = join(seq, n, item[k], item_len[k]);
                plain(en, seq, n, token, label);
                EQ_MEM(label, got_label[i][c], sizeof label);
                EQ_MEM(token + before, got[i][c], (size_t)item_len[k] * sizeof *token);
            }
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

/* --- lengths that matter */

static void test_lengths(const char *model, const char *backend, const char *precision) {
    static float a[LABELS], b[LABELS], t[TINY_CONTEXT], u[TINY_CONTEXT];
    static const int lengths[] = {1, 15, 16, 17, 31, 32, 33, 48, 64};
    struct err e;
    int32_t seq[TINY_CONTEXT + 1];
    struct engine *en = tiny_open(model, backend, precision, 2, 16),
                  *big = tiny_open(model, backend, precision, 1, 512);
    if (!en || !big) {
        engine_close(en);
        engine_close(big);
        return;
    }
    for (size_t i = 0; i < COUNT(lengths);
         i++) { /* trunks that end at a chunk's border, or beside it */
        int32_t one = 42;
        forest_clear(&forest);
        int root = forest_add(&forest, -1, trunk, lengths[i], 0),
            leaf = forest_add(&forest, root, &one, 1, 0);
        struct ask ask[] = {{leaf, LABELS, labels, a}, {leaf, 0, NULL, t}};
        struct job j = {.tree = &forest.t, .ask = ask, .n_asks = 2};
        GOOD(engine_score(en, &j, &e));
        int n = join(seq, join(seq, 0, trunk, lengths[i]), &one, 1);
        plain(big, seq, n, u, b);
        EQ_MEM(a, b, sizeof a);
        EQ_MEM(t, u + lengths[i], sizeof *t);
    }
    forest_clear(&forest); /* exactly the context, then one more */
    int root = forest_add(&forest, -1, trunk, TINY_CONTEXT - 5, 0),
        leaf = forest_add(&forest, root, item[5], 5, 0);
    struct ask ask = {leaf, LABELS, labels, a};
    struct job j = {.tree = &forest.t, .ask = &ask, .n_asks = 1};
    GOOD(engine_score(en, &j, &e));
    plain(big, seq, join(seq, join(seq, 0, trunk, TINY_CONTEXT - 5), item[5], 5), u, b);
    EQ_MEM(a, b, sizeof a);
    forest_clear(&forest);
    root = forest_add(&forest, -1, trunk, TINY_CONTEXT - 5, 0);
    forest_add(&forest, root, trunk, 6, 0);
    EQ(engine_score(en, &j, &e), ST_LIMIT);
    OK(strstr(e.text, "513") && strstr(e.text, "512"));
    for (int n = 65535; n <= 65537; n++) { /* where a 16-bit length would wrap */
        forest_clear(&forest);
        leaf = forest_add(&forest, -1, trunk, 1, 0);
        ask.node = leaf = forest_add(&forest, leaf, NULL, 0, 0);
        for (int k = 0; k < n; k++) forest.tok[1 + k] = k % TINY_VOCAB;
        forest.off[leaf + 1] = 1 + n;
        char number[16];
        snprintf(number, sizeof number, "%d", n + 1);
        EQ(engine_score(en, &j, &e), ST_LIMIT);
        OK(strstr(e.text, number) != NULL);
    }
    engine_close(en);
    engine_close(big);
}

/* --- wrong input, and unusual questions */

static enum status ask_of(struct engine *en, const struct ask *ask, int n, struct err *e) {
    struct job j = {.tree = &forest.t, .ask = ask, .n_asks = n};
    return engine_score(en, &j, e);
}

static void two_nodes(void) {
    forest_clear(&forest);
    int root = forest_add(&forest, -1, trunk, 4, 0);
    forest_add(&forest, root, item[1], item_len[1], 0);
}

static void test_wrong(struct engine *en) {
    static float out[ITEM_MAX];
    struct err e = {0};
    struct ask ask = {1, LABELS, labels, out};
    static const int32_t bad_ids[] = {-1, TINY_VOCAB, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < COUNT(bad_ids); i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", bad_ids[i]);
        two_nodes();
        forest.tok[forest.off[1]] = bad_ids[i];
        EQ(ask_of(en, &ask, 1, &e), ST_INVALID);
        OK(strstr(e.text, number) && strstr(e.text, "node 1"));
        two_nodes();
        int32_t some[] = {4, bad_ids[i]};
        struct ask bad = {1, 2, some, out};
        EQ(ask_of(en, &bad, 1, &e), ST_INVALID);
        OK(strstr(e.text, number) && strstr(e.text, "ask 0"));
    }
    static const int nodes[] = {-1, 2, INT32_MAX};
    for (size_t i = 0; i < COUNT(nodes); i++) {
        two_nodes();
        struct ask bad = {nodes[i], LABELS, labels, out};
        EQ(ask_of(en, &bad, 1, &e), ST_INVALID);
    }
    static const int parents[] = {1, 2, -2};
    for (size_t i = 0; i < COUNT(parents); i++) {
        two_nodes();
        forest.parent[1] = parents[i];
        EQ(ask_of(en, &ask, 1, &e), ST_INVALID);
        OK(strstr(e.text, "node 1") != NULL);
    }
    two_nodes();
    forest.off[2] = forest.off[1]; /* an empty node */
    EQ(ask_of(en, &ask, 1, &e), ST_INVALID);
    OK(strstr(e.text, "node 1") != NULL);
    forest.off[2] = forest.off[1] - 1;
    EQ(ask_of(en, &ask, 1, &e), ST_INVALID);
    two_nodes();
    forest.t.n = 0;
    EQ(ask_of(en, &ask, 1, &e), ST_INVALID);
    two_nodes();
    EQ(ask_of(en, &(struct ask){1, -1, labels, out}, 1, &e), ST_INVALID);
    forest_clear(&forest); /* deeper than is supported, and the deepest that is */
    for (int i = 0; i < 40; i++) forest_add(&forest, i - 1, trunk + i, 1, 0);
    EQ(ask_of(en, &ask, 1, &e), ST_LIMIT);
    forest.t.n = 32;
    ask.node = 31;
    GOOD(ask_of(en, &ask, 1, &e));
    float token[TINY_CONTEXT], label[LABELS];
    plain(en, trunk, 32, token, label);
    EQ_MEM(out, label, sizeof label);
}

static void test_questions(struct engine *en) {
    enum { N = 6 };
    static float root[2][LABELS], token[2][4], same[2][5], kid[ITEM_MAX];
    static const int32_t twice[] = {9, 9, 5, 200, 9};
    struct err e;
    two_nodes();
    EQ(ask_of(en, NULL, 0, &e), ST_OK); /* only to warm a cache */
    two_nodes();
    struct ask ask[N] = {
        {0, LABELS, labels, root[0]}, {1, 5, twice, same[0]}, {0, 0, NULL, token[0]},
        {1, 5, twice, same[1]},       {1, 0, NULL, kid},      {0, 0, NULL, token[1]}};
    GOOD(ask_of(en, ask, N, &e));
    EQ_MEM(same[0], same[1], sizeof same[0]);
    OK(same[0][0] == same[0][1] && same[0][1] == same[0][4] && same[0][0] != same[0][2]);
    OK(token[0][0] == 0 && token[0][1] < 0);
    EQ_MEM(token[0], token[1], sizeof token[0]);
    plain(en, trunk, 4, token[1], root[1]);
    EQ_MEM(root[0], root[1], sizeof root[0]);
    EQ_MEM(token[0], token[1], sizeof token[0]);
    forest_clear(&forest); /* a root of one token: nothing to compute for its own ask */
    forest_add(&forest, -1, trunk, 1, 0);
    token[0][0] = 5;
    GOOD(ask_of(en, &(struct ask){0, 0, NULL, token[0]}, 1, &e));
    OK(token[0][0] == 0);
    int32_t every[TINY_VOCAB]; /* all probabilities together are 1 */
    float all[TINY_VOCAB];
    double sum = 0;
    for (int i = 0; i < TINY_VOCAB; i++) every[i] = i;
    GOOD(ask_of(en, &(struct ask){0, TINY_VOCAB, every, all}, 1, &e));
    for (int i = 0; i < TINY_VOCAB; i++) sum += exp((double)all[i]);
    NEAR(sum, 1, 1e-5);
}

/* --- */

static void test_model(const char *model, const char *backend, const char *precision) {
    int ref = strcmp(backend, "ref") == 0, n = ref ? 24 : 100;
    printf("%s %s %s\n", model, backend, precision);
    struct engine *en = tiny_open(model, backend, precision, 2, 0);
    if (!en) return;
    fill_alone(en, n);
    test_crowd(en, n);
    test_depth(en);
    test_cached(en, n);
    test_wrong(en);
    test_questions(en);
    engine_close(en);
    if (ref) return;
    test_chunks(model, backend, precision, n);
    test_pressure(model, backend, precision, 60);
    test_after_cancel(model, backend, precision);
    test_idle_rows(model, backend, precision);
    test_at_once(model, backend, precision);
    test_lengths(model, backend, precision);
}

/* The most that one ranking has. */
static void test_five_hundred(void) {
    static struct score got[POOL];
    int list[POOL];
    struct engine *en = tiny_open(TINY("tied"), "cpu", "auto", 2, 0);
    if (!en) return;
    count_to(list, POOL);
    fill_alone(en, POOL);
    shuffle(list, POOL, 5);
    struct way w = {.trunk = TRUNK};
    rank(en, &w, list, POOL, got);
    EQ(differing(got, list, POOL), 0);
    engine_close(en);
}

int main(int argc, char **argv) {
    (void)argc;
    tiny_start(argv);
    static const char *const way[][2] = {
        {"cpu", "f32"}, {"cpu", "bf16"}, {"cpu", "int8"}, {"ref", "f32"}};
    make_items();
    forest_open(&forest);
    for (size_t i = 0; i < COUNT(way); i++) {
        test_model(TINY("tied"), way[i][0], way[i][1]);
        test_model(TINY("blocks"), way[i][0], way[i][1]);
        test_model(TINY("wide"), way[i][0], way[i][1]);
        test_model(TINY("gemma3"), way[i][0], way[i][1]); /* windows of 12 tokens */
    }
    test_five_hundred();
    forest_close(&forest);
    return t_end();
}
