/* links: store */
/* BM25: scores against an independent computation, hostile texts, one catalogue apart from another.
 */
#include "model/base/buf.h"
#include "tests/unit/store_help.h"

static const char docs[] =
    "{\"id\":\"0\",\"title\":\"Slow river\",\"text\":\"a quiet film about grief and a river\"}\n"
    "{\"id\":\"1\",\"title\":\"Fast cars\",\"text\":\"loud engines, no river\",\"tags\":[\"Action\"]}\n"
    "{\"id\":\"2\",\"title\":\"Caf\\u00e9 Gr\\u00f6\\u00dfe\",\"tags\":[\"Sci-Fi\",\"War\"]}\n"
    "{\"id\":\"3\",\"title\":\"\\u5bc2\\u3057\\u3044 \\u5ddd\",\"text\":\"\\u043c\\u0438\\u0440\"}\n"
    "{\"id\":\"4\",\"title\":\"NEAR OR NOT\",\"text\":\"title\"}\n"
    "{\"id\":\"5\",\"title\":\"The Who\",\"text\":\"x\"}\n";

static int place_of(const struct item *all, int n, long long row) {
    for (int i = 0; i < n; i++)
        if (all[i].row == row) return i;
    CHECK(0);
    return -1;
}

static void hits(struct store *s) {
    /* The ids that must match, by best score first where it is decided. */
    static const struct {
        const char *text, *want;
    } t[] = {
        {"", ""},
        {"   \n", ""},
        {"...!?\"'()*", ""},
        {"grief", "0"},
        {"GRIEF", "0"},
        {"river engines", "1 0"},
        {"cafe", "2"},
        {"caf\xc3\xa9", "2"},
        {"Caf\xc3\xa9\xe2\x80\x94gr\xc3\xb6\xc3\x9f"
         "e",
         "2"},
        {"sci-fi", "2"},
        {"\xd0\x9c\xd0\x98\xd0\xa0", "3"},
        {"\xe5\xb7\x9d", "3"},
        {"\" OR 1", ""},
        {"\" OR \"grief", "0"},
        {"grief\" NOT \"river", "0 1"},
        {"NEAR(grief river, 2)", "0 4 1"},
        {"gri*", ""},
        {"title:grief", "4 0"},
        {"{title text}: grief", "4 0"},
        {"^grief + (river AND", "0 1"},
        {"grief; DROP TABLE item;", "0"},
        {"the who", "5"},
        {"show me something like the river", "0 1"},
        {"\xff\xfe grief \xc3", "0"},
        {"\xf0\x9f\x8d\xba grief", "0"},
        {"don't like war", "2"},
    };
    struct arena a;
    struct item *all;
    long long *top;
    struct err e;
    int n, k;
    long long total;
    arena_init(&a, 4 << 20);
    GOOD(store_items(s, VIEW("d"), VIEW(""), 0, 100, &a, &all, &n, &total, &e));
    EQ(n, 6);
    for (size_t i = 0; i < COUNT(t); i++) {
        char got[64] = "";
        double score[6];
        int failed = t_failed, matches = 0;
        GOOD(store_bm25_top(s, VIEW("d"), view_of(t[i].text), 10, &a, &top, &k, &e));
        GOOD(store_bm25(s, VIEW("d"), view_of(t[i].text), all, n, score, &e));
        for (int j = 0; j < k; j++) {
            size_t at = strlen(got);
            int place = place_of(all, n, top[j]);
            snprintf(got + at, sizeof got - at, "%s%s", j ? " " : "", all[place].id);
            OK(score[place] > 0);
            if (j) OK(score[place] <= score[place_of(all, n, top[j - 1])]);
        }
        for (int j = 0; j < n; j++) matches += score[j] != 0;
        EQ(matches, k);
        EQ_STR(got, t[i].want);
        if (t_failed > failed) printf("  for <%s>\n", t[i].text);
    }
    arena_free(&a);
}

static void given_items(struct store *s) {
    struct arena a;
    struct item *all;
    long long *top;
    struct err e;
    int n, k;
    long long total;
    arena_init(&a, 4 << 20);
    GOOD(store_items(s, VIEW("d"), VIEW(""), 0, 100, &a, &all, &n, &total, &e));
    GOOD(store_bm25_top(s, VIEW("d"), VIEW("river"), 1, &a, &top, &k, &e));
    EQ(k, 1);
    EQ(store_bm25_top(s, VIEW("d"), VIEW("river"), -1, &a, &top, &k, &e), ST_INVALID);
    EQ(store_bm25_top(s, VIEW("none"), VIEW("river"), 1, &a, &top, &k, &e), ST_NOT_FOUND);
    double one;
    EQ(store_bm25(s, VIEW("none"), VIEW("river"), all, 1, &one, &e), ST_NOT_FOUND);
    /* In any order, with repetitions, alone: the same scores. */
    struct item mixed[4] = {all[1], all[0], all[5], all[1]};
    double want[6], got[4];
    GOOD(store_bm25(s, VIEW("d"), VIEW("river grief"), all, 6, want, &e));
    GOOD(store_bm25(s, VIEW("d"), VIEW("river grief"), mixed, 4, got, &e));
    OK(got[0] == want[1] && got[1] == want[0] && got[2] == 0 && got[3] == want[1]);
    GOOD(store_bm25(s, VIEW("d"), VIEW("river grief"), mixed, 0, got, &e));
    arena_free(&a);
}

/* Okapi BM25 with k1 = 1.2, b = 0.75 over all columns, worked out here for one word. */
static void formula(struct store *s) {
    static const int words[] = {10, 7, 5, 3, 4, 3}; /* of each document */
    struct arena a;
    struct item *all;
    struct err e;
    int n;
    long long total;
    double score[6], mean = 0;
    arena_init(&a, 1 << 20);
    GOOD(store_items(s, VIEW("d"), VIEW(""), 0, 100, &a, &all, &n, &total, &e));
    for (int i = 0; i < 6; i++) mean += words[i] / 6.0;
    double idf = log((6 - 2 + 0.5) / (2 + 0.5));
    GOOD(store_bm25(s, VIEW("d"), VIEW("river"), all, n, score, &e));
    for (int i = 0; i < 2; i++) {
        double tf = i == 0 ? 2 : 1;
        NEAR(score[i], idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * words[i] / mean)), 1e-9);
    }
    /* Another catalogue full of rivers changes nothing, nor does its going. */
    double again[6];
    load(s, IMPORT_ITEMS, "e", docs);
    load(s, IMPORT_ITEMS, "f", "{\"id\":\"1\",\"title\":\"river river\"}");
    GOOD(store_bm25(s, VIEW("d"), VIEW("river"), all, n, again, &e));
    EQ_MEM(again, score, sizeof score);
    GOOD(store_catalog_delete(s, VIEW("e"), &e));
    GOOD(store_catalog_delete(s, VIEW("f"), &e));
    GOOD(store_bm25(s, VIEW("d"), VIEW("river"), all, n, again, &e));
    EQ_MEM(again, score, sizeof score);
    arena_free(&a);
}

/* Long texts: only so many words count, and none of it is syntax. */
static void long_texts(struct store *s) {
    struct buf b;
    struct arena a;
    long long *top;
    struct err e;
    int k;
    arena_init(&a, 1 << 20);
    buf_init(&b, 2 << 20);
    buf_str(&b, "grief ");
    for (int i = 0; i < 5000; i++) buf_printf(&b, "\"w%d\" OR ( ", i);
    GOOD(store_bm25_top(s, VIEW("d"), buf_text(&b), 10, &a, &top, &k, &e));
    EQ(k, 1);
    buf_clear(&b);
    for (int i = 0; i < 5000; i++) buf_str(&b, "grief ");
    buf_str(&b, "engines");
    GOOD(store_bm25_top(s, VIEW("d"), buf_text(&b), 10, &a, &top, &k, &e));
    EQ(k, 2);
    buf_clear(&b);
    for (int i = 0; i < 1000000; i++) buf_str(&b, "a");
    GOOD(store_bm25_top(s, VIEW("d"), buf_text(&b), 10, &a, &top, &k, &e));
    EQ(k, 0);
    arena_free(&a);
    buf_free(&b);
}

int main(void) {
    char folder[64];
    struct store *s;
    struct err e;
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    load(s, IMPORT_ITEMS, "d", docs);
    hits(s);
    given_items(s);
    formula(s);
    long_texts(s);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
