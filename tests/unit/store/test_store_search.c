/* links: import */
/* BM25: scores against an independent computation, hostile texts, one catalogue apart from another.
 */
#include "kernels/base/buf.h"
#include "tests/unit/store/store_help.h"

#include <sqlite3.h>

static const char docs[] =
    "{\"id\":\"0\",\"title\":\"Slow river\",\"text\":\"a quiet film about grief and a river\"}\n"
    "{\"id\":\"1\",\"title\":\"Fast cars\",\"text\":\"loud engines, no river\",\"tags\":[\"Action\"]}\n"
    "{\"id\":\"2\",\"title\":\"Caf\\u00e9 Gr\\u00f6\\u00dfe\",\"tags\":[\"Sci-Fi\",\"War\"]}\n"
    "{\"id\":\"3\",\"title\":\"\\u5bc2\\u3057\\u3044 \\u5ddd\",\"text\":\"\\u043c\\u0438\\u0440\"}\n"
    "{\"id\":\"4\",\"title\":\"NEAR OR NOT\",\"text\":\"title\"}\n"
    "{\"id\":\"5\",\"title\":\"The Who\",\"text\":\"x\"}\n";

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
    struct item *all, *top;
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
            snprintf(got + at, sizeof got - at, "%s%s", j ? " " : "", top[j].id);
            OK(score[top[j].id[0] - '0'] > 0);
            if (j) OK(score[top[j].id[0] - '0'] <= score[top[j - 1].id[0] - '0']);
        }
        for (int j = 0; j < n; j++) matches += score[j] != 0;
        EQ(matches, k);
        EQ_STR(got, t[i].want);
        if (t_failed > failed) printf("  for <%s>\n", t[i].text);
    }
    arena_free(&a);
}

/* Scripts without spaces, mixed with others: which items match, best first where it is decided. */
static const char scripts[] =
    "{\"id\":\"1\",\"title\":\"シルクの青いタキシード\",\"text\":\"光沢のある青い上着\",\"tags\":[\"紳士服\"]}\n"
    "{\"id\":\"2\",\"title\":\"花柄の白いシャツ\",\"text\":\"花の模様の夏のシャツ\",\"tags\":[\"婦人服\"]}\n"
    "{\"id\":\"3\",\"title\":\"黒い冬のコート\",\"text\":\"寒い日に暖かい厚手のコート\",\"tags\":[\"婦人服\"]}\n"
    "{\"id\":\"4\",\"title\":\"木の椅子\",\"text\":\"小さな台所の椅子\",\"tags\":[\"家具\"]}\n"
    "{\"id\":\"5\",\"title\":\"红色羊毛外套\",\"text\":\"适合冬天的外套，很暖和\"}\n"
    "{\"id\":\"6\",\"title\":\"茶\",\"text\":\"上海的绿茶\"}\n"
    "{\"id\":\"7\",\"title\":\"겨울 코트\",\"text\":\"따뜻한 겨울코트를 찾으세요\"}\n"
    "{\"id\":\"8\",\"title\":\"กาแฟสด\",\"text\":\"ร้านกาแฟใกล้บ้าน\"}\n"
    "{\"id\":\"9\",\"title\":\"iPhone用ケース\",\"text\":\"USB-C ケーブル付き 2024\"}\n";

static void scripts_without_spaces(struct store *s) {
    static const struct {
        const char *text, *want;
    } t[] = {
        {"冬のコート", "3"},
        {"コート", "3"},
        {"ｺｰﾄ", "3"}, /* half width */
        {"青い", "1"},
        {"椅子", "4"},
        {"木", "4"},
        {"茶", "6"},
        {"绿茶", "6"},
        {"外套", "5"},
        {"我想要红色的外套", "5"},
        {"冬天", "5"},
        {"冬", "5 3"}, /* the shorter text first */
        {"겨울코트", "7"},
        {"겨울", "7"},
        {"차", ""},
        {"กาแฟ", "8"},
        {"ร้านกาแฟ", "8"},
        {"iphone", "9"},
        {"iPhoneケース", "9"},
        {"ＩＰＨＯＮＥ", "9"}, /* full width */
        {"usb ケーブル", "9"},
        {"2024", "9"},
        {"\"冬のコート\" NOT", "3"},
        {"宇宙", ""},
        {"、。！", ""},
    };
    struct arena a;
    struct err e;
    arena_init(&a, 4 << 20);
    load(s, IMPORT_ITEMS, "scripts", scripts);
    for (size_t i = 0; i < COUNT(t); i++) {
        struct item *top;
        char got[64] = "";
        int k, failed = t_failed;
        GOOD(store_bm25_top(s, VIEW("scripts"), view_of(t[i].text), 10, &a, &top, &k, &e));
        for (int j = 0; j < k; j++) {
            if (j) strcat(got, " ");
            strcat(got, top[j].id);
        }
        /* the wanted ones come first; others may share a pair */
        if (strncmp(got, t[i].want, strlen(t[i].want)) != 0 || (!*t[i].want && *got))
            T_SAY("got %s, want %s", got, t[i].want);
        if (t_failed > failed) printf("  for <%s>\n", t[i].text);
    }
    arena_free(&a);
}

static int odd(void *arg, long long row) {
    (void)arg;
    return row % 2 == 1;
}

/* The best as rowids: the same as items, all of them or those that may come. */
static void rows(struct store *s) {
    struct arena a;
    struct item *top;
    struct search_row *row;
    struct err e;
    int k, n;
    const struct search_filter f = {NULL, odd};
    arena_init(&a, 4 << 20);
    GOOD(store_bm25_top(s, VIEW("d"), VIEW("river grief engines who"), 10, &a, &top, &k, &e));
    GOOD(
        store_bm25_rows(s, VIEW("d"), VIEW("river grief engines who"), 10, NULL, &a, &row, &n, &e));
    EQ(n, k);
    for (int i = 0; i < n; i++) EQ(row[i].row, top[i].row);
    GOOD(store_bm25_rows(s, VIEW("d"), VIEW("river grief engines who"), 1, &f, &a, &row, &n, &e));
    EQ(n, 1);
    EQ(row[0].row % 2, 1);
    GOOD(store_bm25_rows(s, VIEW("d"), VIEW("river grief engines who"), 0, NULL, &a, &row, &n, &e));
    EQ(n, 0);
    EQ(store_bm25_rows(s, VIEW("none"), VIEW("river"), 1, NULL, &a, &row, &n, &e), ST_NOT_FOUND);
    EQ(store_bm25_rows(s, VIEW("d"), VIEW("river"), -1, NULL, &a, &row, &n, &e), ST_INVALID);
    arena_free(&a);
}

/* A large catalogue: a word that most items have is left out beside others, and alone still finds
 * items; few of many items are scored as all are. */
static void common_words(struct store *s) {
    enum { N = 20001 };
    struct buf b;
    struct arena a;
    struct item *all;
    struct search_row *row;
    struct err e;
    int n;
    long long total;
    double few[2], every[100];
    arena_init(&a, 64 << 20);
    buf_init(&b, 8 << 20);
    for (int i = 0; i < N; i++)
        buf_printf(&b, "{\"id\":\"%d\",\"title\":\"%s%s\"}\n", i, i % 3 ? "usual" : "other",
                   i % 1000 == 7 ? " rare" : "");
    char *text = arena_copy(&a, buf_text(&b).p, buf_text(&b).n);
    CHECK(text);
    load(s, IMPORT_ITEMS, "many", text);
    GOOD(store_bm25_rows(s, VIEW("many"), VIEW("usual rare"), N, NULL, &a, &row, &n, &e));
    EQ(n, 20);
    for (int i = 1; i < n; i++) OK(row[i - 1].score >= row[i].score);
    GOOD(store_bm25_rows(s, VIEW("many"), VIEW("usual"), N, NULL, &a, &row, &n, &e));
    EQ(n, N - N / 3);
    GOOD(store_bm25_rows(s, VIEW("many"), VIEW("usual absent"), 5, NULL, &a, &row, &n, &e));
    EQ(n, 5);
    GOOD(store_items(s, VIEW("many"), VIEW(""), 0, 100, &a, &all, &n, &total, &e));
    GOOD(store_bm25(s, VIEW("many"), VIEW("other rare"), all, 100, every, &e));
    const struct item two[2] = {all[9], all[7]};
    GOOD(store_bm25(s, VIEW("many"), VIEW("other rare"), two, 2, few, &e));
    OK(few[0] == every[9] && few[1] == every[7] && few[1] > few[0] && few[0] > 0);
    arena_free(&a);
    buf_free(&b);
}

static void given_items(struct store *s) {
    struct arena a;
    struct item *all, *top;
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
    /* Of each document; the fourth has three signs alone, their two pairs, one more sign, a word.
     */
    static const int words[] = {10, 7, 5, 7, 4, 3};
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
    struct item *top;
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

/* An index as earlier versions made it is made anew at opening. */
static void old_index(const char *folder) {
    char path[100];
    sqlite3 *d;
    struct store *s;
    struct arena a;
    struct item *top;
    struct err e;
    int k = 0;
    (void)snprintf(path, sizeof path, "%s/taproom.db", folder);
    EQ(sqlite3_open(path, &d), SQLITE_OK);
    EQ(sqlite3_exec(d,
                    "DROP TABLE fts_2_1; CREATE VIRTUAL TABLE fts_1 USING fts5(title, text, tags,"
                    " content=''); INSERT INTO fts_1(rowid, title, text, tags)"
                    " SELECT row, title, text, tags FROM item WHERE catalog = 1",
                    NULL, NULL, NULL),
       SQLITE_OK);
    sqlite3_close(d);
    arena_init(&a, 1 << 20);
    GOOD(store_open(&s, folder, &e));
    GOOD(store_bm25_top(s, VIEW("d"), VIEW("grief"), 10, &a, &top, &k, &e));
    EQ(k, 1);
    store_close(s);
    arena_free(&a);
    EQ(sqlite3_open(path, &d), SQLITE_OK);
    EQ(sqlite3_exec(d, "SELECT * FROM fts_1", NULL, NULL, NULL), SQLITE_ERROR); /* gone */
    sqlite3_close(d);
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
    rows(s);
    common_words(s);
    formula(s);
    long_texts(s);
    scripts_without_spaces(s);
    store_close(s);
    old_index(folder);
    drop_folder(folder);
    return t_end();
}
