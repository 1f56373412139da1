/* Many items of one word, for the tests of faults: all of them are of one import, or none. */
#ifndef TESTS_STORE_BULK_H
#define TESTS_STORE_BULK_H

#include "kernels/base/buf.h"
#include "tests/unit/store/store_help.h"

/* n items whose titles hold `word`. */
static inline void make_items(struct buf *b, const char *word, int n) {
    buf_init(b, 16 << 20);
    for (int i = 0; i < n; i++)
        buf_printf(b, "{\"id\":\"%d\",\"title\":\"%s film %d\",\"text\":\"%064d\",\"x\":[%d]}\n", i,
                   word, i, i, i);
}

static inline enum status put_items(struct store *s, const struct buf *b, struct import_result *r,
                                    struct err *e) {
    struct import_config c = {
        .kind = IMPORT_ITEMS, .format = IMPORT_JSONL, .catalog = VIEW("m"), .replace = 1};
    return import_text(s, &c, buf_text(b), r, e);
}

/* The number of items when all of them, and the index, are of one import; -1 when mixed. */
static inline long long whole(struct store *s, const char *word) {
    struct arena a;
    struct item *it;
    struct err e;
    int n = 0, hits = 0;
    long long total = -1, named = 0;
    arena_init(&a, 64 << 20);
    GOOD(store_items(s, VIEW("m"), view_of(word), 0, 1, &a, &it, &n, &named, &e));
    GOOD(store_items(s, VIEW("m"), VIEW(""), 0, 1, &a, &it, &n, &total, &e));
    GOOD(store_bm25_top(s, VIEW("m"), view_of(word), 5000, &a, &it, &hits, &e));
    arena_free(&a);
    if (named == 0 && hits == 0) return 0;
    return named == total && hits == total ? total : -1;
}

#endif
