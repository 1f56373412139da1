/* Fuzz target of the clause splitter: the input is a wish. */
#include "server/wish/clauses/clauses.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Letters only: "1." may be the number of a list. */
static int has_word(struct view v) {
    for (size_t i = 0; i < v.n; i++)
        if ((v.p[i] | 0x20) >= 'a' && (v.p[i] | 0x20) <= 'z') return 1;
    return 0;
}

static void promises(struct view wish, const struct clause *c, int n) {
    CHECK(n >= 0 && n <= CLAUSES_MAX);
    CHECK(n > 0 || !has_word(wish));
    for (int i = 0; i < n; i++) {
        struct view t = c[i].text;
        CHECK(t.n > 0 && view_trim(t).n == t.n && utf8_valid(t));
        CHECK(c[i].sign == 1 || c[i].sign == -1);
        CHECK(c[i].weight > 0.1 && c[i].weight < 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct view wish = {(const char *)data, n};
    struct clause c[CLAUSES_MAX], again[CLAUSES_MAX];
    struct arena a;
    struct err e;
    int k, k2;
    arena_init(&a, 256 << 20);
    enum status st = clauses_split(wish, &a, c, &k, &e);
    CHECK((st == ST_OK) == (n <= CLAUSES_MAX_BYTES && utf8_valid(wish)));
    if (st == ST_OK) {
        promises(wish, c, k);
        CHECK(clauses_split(wish, &a, again, &k2, &e) == ST_OK && k2 == k);
        for (int i = 0; i < k; i++)
            CHECK(view_eq(c[i].text, again[i].text) && c[i].sign == again[i].sign &&
                  memcmp(&c[i].weight, &again[i].weight, sizeof(double)) == 0);
    }
    arena_free(&a);
    return 0;
}
