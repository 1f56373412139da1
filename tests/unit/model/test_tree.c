/* links: model */
/* Prompt trees on small random models. On the CPU, equality of bits: an item alone, among others,
 * in any order, in a tree of any depth or as a plain sequence. Chunks, caches and threads:
 * test_tree_cache.c. test_tree_mask.c asks judges from outside. */
#include "tests/unit/model/tree_items.h"

/* --- the order and number of items */

static void test_crowd(struct engine *en, int n) {
    static struct score got[POOL];
    int list[POOL] = {0}, equal = 0;
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
    int n = items_for(backend);
    struct engine *en = tiny_open(model, backend, precision, 2, 0);
    if (!en) return;
    fill_alone(en, n);
    test_crowd(en, n);
    test_depth(en);
    test_wrong(en);
    test_questions(en);
    engine_close(en);
    if (strcmp(backend, "ref") != 0) test_lengths(model, backend, precision);
}

/* The most that one ranking has. */
static void test_five_hundred(void) {
    static struct score got[POOL];
    int list[POOL] = {0};
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
    make_items();
    forest_open(&forest);
    every_way(test_model);
    test_five_hundred();
    forest_close(&forest);
    return t_end();
}
