/* links: import */
/* MovieLens in RecBole's files: a made-up small one, faults in it, and the real one when it is
 * there.
 */
#include "kernels/base/buf.h"
#include "kernels/base/os/clock.h"
#include "server/import/movielens/titles.h"
#include "tests/unit/store/store_help.h"

#include <sys/stat.h>

static void titles(void) {
    static const struct {
        const char *in, *want;
        long long year;
    } t[] = {
        {"Toy Story", "Toy Story", 0},
        {"Usual Suspects, The", "The Usual Suspects", 0},
        {"Grand Day Out, A", "A Grand Day Out", 0},
        {"American in Paris, An", "An American in Paris", 0},
        {"Postino, Il", "Il Postino", 0},
        {"Boot, Das", "Das Boot", 0},
        {"Mis\xc3\xa9rables, Les", "Les Mis\xc3\xa9rables", 0},
        {"Appartement, L'", "L'Appartement", 0},
        {"Good, The Bad and The Ugly, The", "The Good, The Bad and The Ugly", 0},
        {"Horseman on the Roof, The (Hussard sur le toit, Le)",
         "The Horseman on the Roof (Le Hussard sur le toit)", 0},
        {"Star Maker, The (Uomo delle stelle, L')", "The Star Maker (L'Uomo delle stelle)", 0},
        {"Fille seule, La (A Single Girl)", "La Fille seule (A Single Girl)", 0},
        {"Die xue shuang xiong (Killer, The)", "Die xue shuang xiong (The Killer)", 0},
        {"Convent, The (Convento, O)", "The Convent (O Convento)", 0},
        {"Seven (Se7en)", "Seven (Se7en)", 0},
        {"Paris, Texas", "Paris, Texas", 0},
        {"Cry, the Beloved Country", "Cry, the Beloved Country", 0},
        {"I Love You, I Love You Not", "I Love You, I Love You Not", 0},
        {"Net, The (1995)", "The Net", 1995},
        {"1984 (1984)", "1984", 1984},
        {"(1995)", "", 1995},
        {"Fifth, The (12)", "The Fifth (12)", 0},
        {"Bogus (9999)", "Bogus (9999)", 0},
        {"Mis\xc3\x83\xc2\xa9rables, Les", "Les Mis\xc3\xa9rables", 0},
        {"Mis\xe9rables, Les", "Les Mis\xc3\xa9rables", 0},
        {"\xc3\x81 k\xc3\xb6ldum klaka", "\xc3\x81 k\xc3\xb6ldum klaka", 0},
        {"\xe5\xb7\x9d (x) ", "\xe5\xb7\x9d (x)", 0},
        {"unkonwn", "unknown", 0},
        {", The", ", The", 0},
        {"x, The", "The x", 0},
        {"The", "The", 0},
        {"", "", 0},
        {"((, The)", "((, The)", 0},
    };
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < COUNT(t); i++) {
        long long year = 0;
        buf_clear(&b);
        titles_repair(view_of(t[i].in), &b, &year);
        EQ_STR(buf_text(&b).p, t[i].want);
        EQ(year, t[i].year);
    }
    buf_free(&b);
}

static const char good_items[] = "item_id:token\tmovie_title:token_seq\trelease_year:token\t"
                                 "class:token_seq\n"
                                 "1\tRiver, The\t1951\tDrama Children's\n"
                                 "2\t\"Quoted\" (1990)\tV\tunknown\n";
static const char good_users[] = "user_id:token\tage:token\tgender:token\toccupation:token\n"
                                 "1\t24\tM\ttechnician\n2\t53\tF\tother\n3\tx\tF\tnone\n"
                                 "4\t\tM\twriter\n";
static const char good_events[] = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
                                  "1\t2\t3\t881250949\n1\t1\t5\t881250940.0\n2\t1\t1\t881250949\n";

static void put(const char *folder, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/ml-100k.%s", folder, name);
    FILE *f = fopen(path, "w");
    OK(f != NULL && fputs(text, f) >= 0);
    if (f) fclose(f);
}

static void small(struct store *s, const char *folder) {
    struct arena a;
    struct item *it;
    struct member m;
    struct interaction *h;
    struct catalog c;
    struct err e;
    int n;
    long long total;
    static const char *const profiles[] = {"24-year-old technician", "53-year-old", "", "writer"};
    arena_init(&a, 1 << 20);
    EQ(import_movielens(s, folder, &e), ST_NOT_FOUND);
    put(folder, "item", good_items);
    put(folder, "user", good_users);
    EQ(import_movielens(s, folder, &e), ST_NOT_FOUND);
    EQ_STR(counts(s, "movies"), "not_found");
    static const struct {
        const char *text, *word;
    } bad[] = {
        {"user_id:token\titem_id:token\trating:float\n", "timestamp"},
        {"user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t1\n", "line 2"},
        {"user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t9\t3\t1\n",
         "no item '9'"},
        {"user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t1\t7\t1\n", "rating"},
        {"", "no column"}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        put(folder, "inter", bad[i].text);
        EQ(import_movielens(s, folder, &e), ST_CORRUPT);
        OK(strstr(e.text, bad[i].word) != NULL);
        EQ_STR(counts(s, "movies"), "not_found");
    }
    put(folder, "inter", good_events);
    GOOD(import_movielens(s, folder, &e));
    EQ_STR(counts(s, "movies"), "2 4 3");
    GOOD(store_catalog(s, VIEW("movies"), &a, &c, &e));
    EQ_STR(c.surface, "movies");
    GOOD(store_items(s, VIEW("movies"), VIEW(""), 0, 9, &a, &it, &n, &total, &e));
    EQ_STR(it[0].title, "The River");
    EQ_STR(it[0].text, "");
    EQ(it[0].n_tags, 2);
    EQ_STR(it[0].tags[1], "Children's");
    EQ(clock_year(it[0].time), 1951);
    EQ_STR(it[1].title, "\"Quoted\"");
    EQ(it[1].n_tags, 0);
    EQ(clock_year(it[1].time), 1990);
    for (int i = 0; i < 4; i++) {
        char id[2] = {(char)('1' + i), 0};
        GOOD(store_member(s, VIEW("movies"), view_of(id), &a, &m, &e));
        EQ_STR(m.profile, profiles[i]);
    }
    GOOD(store_history(s, VIEW("movies"), VIEW("1"), &a, &h, &n, &e));
    EQ(n, 2);
    EQ_STR(h[0].title, "The River");
    EQ(h[0].label, 1);
    EQ(h[1].label, 0);
    /* Does nothing when it is there, even without files. */
    GOOD(import_movielens(s, "/nowhere", &e));
    EQ_STR(counts(s, "movies"), "2 4 3");
    GOOD(store_catalog_delete(s, VIEW("movies"), &e));
    arena_free(&a);
}

static void real(struct store *s) {
    char folder[512];
    struct err e;
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache)
        snprintf(folder, sizeof folder, "%s/taproom/data/ml-100k", cache);
    else
        snprintf(folder, sizeof folder, "%s/.cache/taproom/data/ml-100k", home ? home : "");
    if (access(folder, R_OK) != 0) {
        printf("MovieLens-100K is not there: that part is left out\n");
        return;
    }
    double start = clock_s();
    GOOD(import_movielens(s, folder, &e));
    printf("MovieLens-100K took %.2f s\n", clock_s() - start);
    EQ_STR(counts(s, "movies"), "1682 943 100000");
    struct arena a;
    struct item *it;
    struct event *ev;
    double *score;
    int n, k;
    long long total;
    arena_init(&a, 64 << 20);
    GOOD(store_items(s, VIEW("movies"), VIEW(""), 0, 5000, &a, &it, &n, &total, &e));
    EQ(n, 1682);
    int years = 0, behind = 0;
    for (int i = 0; i < n; i++) {
        size_t len = strlen(it[i].title);
        years += it[i].has_time;
        behind += len > 5 && strcmp(it[i].title + len - 5, ", The") == 0;
    }
    EQ(years, 1681);
    EQ(behind, 0);
    start = clock_s();
    GOOD(store_events(s, VIEW("movies"), 1 << 20, &a, &ev, &k, &e));
    printf("100,000 events took %.3f s\n", clock_s() - start);
    EQ(k, 100000);
    score = arena_array(&a, (size_t)n, sizeof *score);
    start = clock_s();
    GOOD(store_bm25(s, VIEW("movies"), VIEW("a slow drama about the war and love, no comedy"), it,
                    n, score, &e));
    printf("BM25 of 1,682 items took %.4f s\n", clock_s() - start);
    start = clock_s();
    GOOD(store_popularity(s, VIEW("movies"), it, n, score, &k, &e));
    printf("popularity of 1,682 items took %.4f s\n", clock_s() - start);
    NEAR(score[49], 583, 0); /* Star Wars */
    start = clock_s();
    GOOD(store_catalog_delete(s, VIEW("movies"), &e));
    printf("deleting took %.2f s\n", clock_s() - start);
    arena_free(&a);
}

int main(void) {
    char folder[64], data[64];
    struct store *s;
    struct err e;
    titles();
    new_folder(folder);
    new_folder(data);
    GOOD(store_open(&s, folder, &e));
    small(s, data);
    real(s);
    store_close(s);
    drop_folder(folder);
    drop_folder(data);
    return t_end();
}
