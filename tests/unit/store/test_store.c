/* links: import */
/* The store: opening, its lock, versions, catalogues, members, runs and surfaces. */
#include "server/store/limits.h"
#include "tests/unit/store/store_help.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char three[] =
    "{\"id\":\"a\",\"title\":\"Alpha\",\"tags\":[\"x\",\"y z\"],\"popularity\":5,\"time\":\"1995\"}\n"
    "{\"id\":\"b\",\"title\":\"Beta\",\"text\":\"second letter\",\"color\":{\"hex\":[1, 2.50]}}\n"
    "{\"id\":\"c\",\"title\":\"Gamma\"}\n";
static const char events[] =
    "{\"member\":\"m1\",\"item\":\"a\",\"rating\":5,\"at\":30}\n"
    "{\"member\":\"m1\",\"item\":\"b\",\"label\":\"dislike\",\"at\":10}\n"
    "{\"member\":\"m1\",\"item\":\"c\",\"rating\":3,\"at\":10}\n"
    "{\"member\":\"m2\",\"item\":\"b\",\"label\":\"like\",\"at\":\"2020-01-01\"}\n";

static void query(const char *folder, const char *sql) {
    char path[100], *why = NULL;
    sqlite3 *h;
    snprintf(path, sizeof path, "%s/taproom.db", folder);
    EQ(sqlite3_open(path, &h), SQLITE_OK);
    EQ(sqlite3_exec(h, sql, NULL, NULL, &why), SQLITE_OK);
    if (why) printf("%s: %s\n", sql, why);
    sqlite3_free(why);
    sqlite3_close(h);
}

static int version(const char *folder) {
    char path[100];
    sqlite3 *h;
    sqlite3_stmt *st;
    snprintf(path, sizeof path, "%s/taproom.db", folder);
    EQ(sqlite3_open(path, &h), SQLITE_OK);
    EQ(sqlite3_prepare_v2(h, "PRAGMA user_version", -1, &st, NULL), SQLITE_OK);
    EQ(sqlite3_step(st), SQLITE_ROW);
    int v = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(h);
    return v;
}

static void names(void) {
    OK(store_name_ok(VIEW("movies-2.0_b")));
    OK(!store_name_ok(VIEW("")));
    OK(!store_name_ok(VIEW("a b")));
    OK(!store_name_ok(VIEW("a/../b")));
    OK(!store_name_ok(VIEW("caf\xc3\xa9")));
    char long_name[65];
    memset(long_name, 'a', 65);
    OK(store_name_ok((struct view){long_name, 64}));
    OK(!store_name_ok((struct view){long_name, 65}));
}

static void opening(void) {
    char folder[64], path[100];
    struct store *s, *second;
    struct err e;
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    EQ(store_open(&second, folder, &e), ST_BUSY);
    char pid[32];
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    OK(strstr(e.text, pid) != NULL);
    OK(second == NULL);
    store_close(s);
    store_close(NULL);
    /* A pid left by a crash, and a staging file. */
    snprintf(path, sizeof path, "%s/lock", folder);
    FILE *f = fopen(path, "w");
    fputs("1\n", f);
    fclose(f);
    static const char *const left[] = {"import-3.tmp", "import-12.tmp-journal", "dump-1.tmp",
                                       "restore-2.tmp-wal"},
                             *const others[] = {"import-3.csv", "import-.tmp", "my-import-3.tmp"};
    for (size_t i = 0; i < COUNT(left) + COUNT(others); i++) {
        snprintf(path, sizeof path, "%s/%s", folder,
                 i < COUNT(left) ? left[i] : others[i - COUNT(left)]);
        f = fopen(path, "w");
        fputs("left over", f);
        fclose(f);
    }
    GOOD(store_open(&s, folder, &e));
    for (size_t i = 0; i < COUNT(left) + COUNT(others); i++) {
        snprintf(path, sizeof path, "%s/%s", folder,
                 i < COUNT(left) ? left[i] : others[i - COUNT(left)]);
        EQ(access(path, F_OK) == 0, i >= COUNT(left)); /* a person's own files stay */
        unlink(path);
    }
    struct stat mode;
    snprintf(path, sizeof path, "%s/taproom.db-wal", folder);
    OK(stat(path, &mode) == 0 && (mode.st_mode & 077) == 0); /* for its owner only */
    load(s, IMPORT_ITEMS, "m", three);
    store_close(s);
    /* Another process holds it. */
    int ready[2], stop[2];
    OK(pipe(ready) == 0 && pipe(stop) == 0);
    pid_t child = fork();
    if (child == 0) {
        char b = store_open(&s, folder, &e) == ST_OK ? 'y' : 'n';
        if (write(ready[1], &b, 1) != 1 || read(stop[0], &b, 1) != 1) _exit(2);
        _exit(0);
    }
    char b = 0;
    EQ(read(ready[0], &b, 1), 1);
    EQ(b, 'y');
    EQ(store_open(&s, folder, &e), ST_BUSY);
    snprintf(pid, sizeof pid, "process %ld", (long)child);
    OK(strstr(e.text, pid) != NULL);
    EQ(kill(child, SIGKILL), 0);
    waitpid(child, NULL, 0);
    GOOD(store_open(&s, folder, &e));
    EQ_STR(counts(s, "m"), "3 0 0");
    store_close(s);
    drop_folder(folder);
}

static void refused(void) {
    char folder[64], path[100], back[64];
    struct store *s;
    struct err e;
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    store_close(s);
    snprintf(back, sizeof back, "PRAGMA user_version=%d", version(folder));
    query(folder, "PRAGMA user_version=99");
    EQ(store_open(&s, folder, &e), ST_UNSUPPORTED);
    OK(strstr(e.text, "taproom.db") && strstr(e.text, "99"));
    query(folder, back);
    GOOD(store_open(&s, folder, &e));
    store_close(s);
    query(folder, "PRAGMA application_id=7");
    EQ(store_open(&s, folder, &e), ST_CORRUPT);
    drop_folder(folder);

    new_folder(folder);
    query(folder, "CREATE TABLE someone_elses(x)");
    EQ(store_open(&s, folder, &e), ST_CORRUPT);
    OK(s == NULL);
    drop_folder(folder);

    new_folder(folder);
    snprintf(path, sizeof path, "%s/taproom.db", folder);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 1000; i++) fputs("not a database ", f);
    fclose(f);
    EQ(store_open(&s, folder, &e), ST_CORRUPT);
    EQ(store_open(&s, path, &e) == ST_OK, 0); /* a file, not a folder */
    EQ(store_open(&s, "", &e), ST_INVALID);
    drop_folder(folder);
}

static void one_item(struct store *s) {
    struct arena a;
    struct item *items;
    struct err e;
    int n, has;
    long long total;
    arena_init(&a, 1 << 20);
    GOOD(store_items(s, VIEW("m"), VIEW(""), 0, 10, &a, &items, &n, &total, &e));
    EQ(n, 3);
    EQ(total, 3);
    EQ_STR(items[0].title, "Alpha");
    EQ(items[0].n_tags, 2);
    EQ_STR(items[0].tags[1], "y z");
    EQ(items[0].has_popularity, 1);
    EQ(items[0].has_time, 1);
    EQ(items[0].time, 788918400);
    EQ_STR(items[0].extra, "{}");
    EQ_STR(items[1].extra, "{\"color.hex\":[1, 2.50]}");
    EQ_STR(items[1].text, "second letter");
    EQ(items[1].n_tags + items[1].has_popularity + items[1].has_time, 0);
    double pop[3];
    GOOD(store_popularity(s, VIEW("m"), items, 3, pop, &has, &e));
    EQ(has, 1);
    NEAR(pop[0], 5, 0);
    NEAR(pop[2], 0, 0);
    arena_free(&a);
}

static void paging(struct store *s) {
    struct arena a;
    struct item *items;
    struct err e;
    int n;
    long long total;
    arena_init(&a, 1 << 20);
    GOOD(store_items(s, VIEW("m"), VIEW(""), 1, 1, &a, &items, &n, &total, &e));
    EQ(n, 1);
    EQ(total, 3);
    EQ_STR(items[0].id, "b");
    GOOD(store_items(s, VIEW("m"), VIEW(""), 5, 10, &a, &items, &n, &total, &e));
    EQ(n, 0);
    EQ(store_items(s, VIEW("m"), VIEW(""), -1, 10, &a, &items, &n, &total, &e), ST_INVALID);
    EQ_STR(e.field, "offset");
    EQ(store_items(s, VIEW("m"), VIEW(""), 0, 5001, &a, &items, &n, &total, &e), ST_INVALID);
    EQ(store_items(s, VIEW("x"), VIEW(""), 0, 1, &a, &items, &n, &total, &e), ST_NOT_FOUND);
    static const struct {
        const char *query;
        int n;
    } hits[] = {{"ALPHA", 1}, {"Y Z", 1}, {"b", 1}, {"mm", 1},  {"a", 3},
                {"%", 0},     {"_", 0},   {"'", 0}, {"zzz", 0}, {"' OR 1=1 --", 0}};
    for (size_t i = 0; i < COUNT(hits); i++) {
        GOOD(store_items(s, VIEW("m"), view_of(hits[i].query), 0, 10, &a, &items, &n, &total, &e));
        EQ(n, hits[i].n);
        EQ(total, hits[i].n);
    }
    arena_free(&a);
}

static void by_id(struct store *s) {
    struct arena a;
    struct item *items;
    struct err e;
    arena_init(&a, 1 << 20);
    struct view ids[] = {VIEW("c"), VIEW("a"), VIEW("c"), VIEW("q\xff")};
    GOOD(store_items_by_id(s, VIEW("m"), ids, 3, "candidates", &a, &items, &e));
    EQ_STR(items[0].id, "c");
    EQ_STR(items[1].id, "a");
    EQ_STR(items[2].id, "c");
    EQ(store_items_by_id(s, VIEW("m"), ids, 4, "candidates", &a, &items, &e), ST_NOT_FOUND);
    EQ_STR(e.field, "candidates[3]");
    OK(utf8_valid(view_of(e.text)));
    struct arena tiny;
    arena_init(&tiny, 64);
    EQ(store_items_by_id(s, VIEW("m"), ids, 3, "x", &tiny, &items, &e), ST_NO_MEMORY);
    arena_free(&tiny);
    arena_free(&a);
}

static void catalogs(struct store *s) {
    struct arena a;
    struct catalog *list, one;
    struct err e;
    int n;
    arena_init(&a, 1 << 20);
    GOOD(store_catalogs(s, &a, &list, &n, &e));
    EQ(n, 0);
    EQ(store_catalog(s, VIEW("m"), &a, &one, &e), ST_NOT_FOUND);
    load(s, IMPORT_ITEMS, "m", three);
    load(s, IMPORT_ITEMS, "a", three);
    GOOD(store_catalogs(s, &a, &list, &n, &e));
    EQ(n, 2);
    EQ_STR(list[0].name, "a");
    EQ_STR(list[1].name, "m");
    EQ_STR(list[1].surface, "demo");
    EQ(list[1].items, 3);
    OK(list[1].created > 1600000000);
    OK(list[0].version != list[1].version);
    GOOD(store_catalog_surface(s, VIEW("m"), VIEW("other"), &e));
    EQ(store_catalog_surface(s, VIEW("nope"), VIEW("other"), &e), ST_NOT_FOUND);
    EQ(store_catalog_surface(s, VIEW("m"), VIEW("a b"), &e), ST_INVALID);
    GOOD(store_catalog(s, VIEW("m"), &a, &one, &e));
    EQ_STR(one.surface, "other");

    one_item(s);
    paging(s);
    by_id(s);
    GOOD(store_catalog_delete(s, VIEW("a"), &e));
    EQ(store_catalog_delete(s, VIEW("a"), &e), ST_NOT_FOUND);
    EQ_STR(counts(s, "a"), "not_found");
    EQ_STR(counts(s, "m"), "3 0 0");
    arena_free(&a);
}

static void histories(struct store *s) {
    struct arena a;
    struct interaction *h;
    struct event *ev;
    struct item *items;
    struct err e;
    int n, has;
    long long total;
    arena_init(&a, 1 << 20);
    GOOD(store_history(s, VIEW("m"), VIEW("m1"), &a, &h, &n, &e));
    EQ(n, 3);
    EQ_STR(h[0].item, "b");
    EQ(h[0].label, -1);
    EQ(h[0].has_rating, 0);
    EQ_STR(h[1].item, "c");
    EQ(h[1].label, 0);
    EQ_STR(h[2].title, "Alpha");
    EQ(h[2].label, 1);
    NEAR(h[2].rating, 5, 0);
    EQ(h[2].at, 30);
    GOOD(store_history(s, VIEW("m"), VIEW("m3"), &a, &h, &n, &e));
    EQ(n, 0);
    EQ(store_history(s, VIEW("m"), VIEW("zz"), &a, &h, &n, &e), ST_NOT_FOUND);
    GOOD(store_events(s, VIEW("m"), 1000, &a, &ev, &n, &e));
    EQ(n, 4);
    OK(ev[0].member == ev[2].member && ev[3].member != ev[0].member);
    EQ(ev[3].label, 1);
    GOOD(store_items(s, VIEW("m"), VIEW(""), 0, 10, &a, &items, &n, &total, &e));
    EQ(ev[0].item, items[1].row);
    double pop[3];
    GOOD(store_popularity(s, VIEW("m"), items, 3, pop, &has, &e));
    NEAR(pop[0], 5, 0); /* its own */
    NEAR(pop[1], 2, 0); /* counted */
    NEAR(pop[2], 1, 0);
    arena_free(&a);
}

static void members(struct store *s) {
    struct arena a;
    struct member *list, one;
    struct interaction *h;
    struct err e;
    int n;
    arena_init(&a, 1 << 20);
    load(s, IMPORT_MEMBERS, "m",
         "{\"id\":\"m1\",\"name\":\"Ada\",\"profile\":\"likes tea\"}\n{\"id\":\"m3\"}\n");
    load(s, IMPORT_INTERACTIONS, "m", events);
    EQ_STR(counts(s, "m"), "3 3 4");
    load(s, IMPORT_INTERACTIONS, "m", events); /* the same log again changes nothing */
    EQ_STR(counts(s, "m"), "3 3 4");
    load(s, IMPORT_MEMBERS, "m", "{\"id\":\"m1\",\"profile\":\"likes mate\"}\n");
    GOOD(store_member(s, VIEW("m"), VIEW("m1"), &a, &one, &e));
    EQ_STR(one.name, "Ada");
    EQ_STR(one.profile, "likes mate");
    EQ(one.interactions, 3);
    EQ(store_member(s, VIEW("m"), VIEW("zz"), &a, &one, &e), ST_NOT_FOUND);
    EQ_STR(e.field, "member");
    GOOD(store_members(s, VIEW("m"), VIEW(""), 10, &a, &list, &n, &e));
    EQ(n, 3);
    EQ_STR(list[2].id, "m2");
    EQ_STR(list[2].profile, "");
    GOOD(store_members(s, VIEW("m"), VIEW("MATE"), 10, &a, &list, &n, &e));
    EQ(n, 1);
    GOOD(store_members(s, VIEW("m"), VIEW(""), 2, &a, &list, &n, &e));
    EQ(n, 2);
    EQ(store_members(s, VIEW("m"), VIEW(""), -2, &a, &list, &n, &e), ST_INVALID);

    histories(s);
    /* Replacing keeps members and the interactions of items that are there again. */
    struct import_config c = {.kind = IMPORT_ITEMS, .catalog = VIEW("m"), .replace = 1};
    struct import_result r;
    GOOD(import_text(s, &c, VIEW("{\"id\":\"b\",\"title\":\"New\"}"), &r, &e));
    EQ_STR(counts(s, "m"), "1 3 2");
    GOOD(store_history(s, VIEW("m"), VIEW("m1"), &a, &h, &n, &e));
    EQ(n, 1);
    EQ_STR(h[0].title, "New");
    GOOD(store_catalog_delete(s, VIEW("m"), &e));
    EQ(store_member(s, VIEW("m"), VIEW("m1"), &a, &one, &e), ST_NOT_FOUND);
    arena_free(&a);
}

/* A name, a note and a pin: what is not said stays, pinned ones come first, words are found. */
static void marked_runs(struct store *s, const char *first, const char *second) {
    struct arena a;
    struct run_row *list;
    struct err e;
    struct view name = VIEW("For Thursday"), note = VIEW("too many \xc3\xa9toiles"), json;
    struct run_marks m = {&name, &note, 1, -1};
    struct run_row row;
    int n;
    long long total;
    arena_init(&a, 1 << 20);
    GOOD(store_run_mark(s, view_of(first), &m, &e));
    GOOD(store_run_mark(s, view_of(first), &(struct run_marks){NULL, NULL, -1, 1}, &e));
    GOOD(store_run(s, view_of(first), &a, &row, &json, &e));
    EQ_STR(row.name, "For Thursday");
    EQ_STR(row.comment, "too many \xc3\xa9toiles");
    EQ(row.pinned == 1 && row.shared == 1, 1);
    GOOD(store_runs(s, &(struct run_filter){0}, 0, 10, &a, &list, &n, &total, &e));
    EQ_STR(list[0].id, first);
    EQ_STR(list[1].id, second);
    GOOD(store_runs(s, &(struct run_filter){.q = VIEW("thursday")}, 0, 10, &a, &list, &n, &total,
                    &e));
    EQ(n == 1 && total == 1, 1);
    GOOD(store_runs(s, &(struct run_filter){.catalog = VIEW("other")}, 0, 10, &a, &list, &n, &total,
                    &e));
    EQ(total, 0);
    GOOD(store_runs(s, &(struct run_filter){.pinned = 1}, 0, 10, &a, &list, &n, &total, &e));
    EQ(total, 1);
    static char long_name[STORE_RUN_NAME_MAX + 1];
    memset(long_name, 'x', sizeof long_name);
    name = (struct view){long_name, sizeof long_name};
    EQ(store_run_mark(s, view_of(first), &m, &e), ST_INVALID);
    EQ_STR(e.field, "name");
    EQ(store_run_mark(s, VIEW("r-0"), &(struct run_marks){NULL, NULL, 0, -1}, &e), ST_NOT_FOUND);
    GOOD(store_run_mark(s, view_of(first), &(struct run_marks){NULL, NULL, 0, 0}, &e));
    arena_free(&a);
}

static void renamed(struct store *s) {
    struct arena a;
    struct catalog c;
    struct err e;
    struct import_result r;
    arena_init(&a, 1 << 20);
    struct import_config to = {.kind = IMPORT_ITEMS, .catalog = VIEW("r")};
    GOOD(import_text(s, &to, VIEW("{\"id\":\"b\",\"title\":\"One\"}"), &r, &e));
    to.catalog = VIEW("taken");
    GOOD(import_text(s, &to, VIEW("{\"id\":\"b\",\"title\":\"One\"}"), &r, &e));
    GOOD(store_catalog_rename(s, VIEW("r"), VIEW("r"), &e));
    GOOD(store_catalog_rename(s, VIEW("r"), VIEW("r2"), &e));
    EQ(store_catalog(s, VIEW("r"), &a, &c, &e), ST_NOT_FOUND);
    GOOD(store_catalog(s, VIEW("r2"), &a, &c, &e));
    EQ(c.items, 1);
    EQ(store_catalog_rename(s, VIEW("r2"), VIEW("taken"), &e), ST_CONFLICT);
    EQ(store_catalog_rename(s, VIEW("r2"), VIEW("no/slash"), &e), ST_INVALID);
    EQ_STR(e.field, "name");
    EQ(store_catalog_rename(s, VIEW("r"), VIEW("r3"), &e), ST_NOT_FOUND);
    GOOD(store_catalog_delete(s, VIEW("r2"), &e));
    GOOD(store_catalog_delete(s, VIEW("taken"), &e));
    arena_free(&a);
}

static void runs(struct store *s) {
    struct arena a;
    const struct run_filter all = {0};
    struct run_row row, *list;
    struct view json;
    struct err e;
    char id[24], second[24];
    int n;
    long long total;
    arena_init(&a, 64 << 20);
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), VIEW("slow films"),
                        VIEW("{\"x\":\"\xf0\x9f\x8d\xba\"}"), id, &e));
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), VIEW("o'clock\"; DROP TABLE run;--"), VIEW("{}"),
                        second, &e));
    EQ(strlen(id), 18);
    EQ_MEM(id, "r-", 2);
    OK(strcmp(id, second) != 0);
    GOOD(store_run(s, view_of(id), &a, &row, &json, &e));
    EQ_STR(json.p, "{\"x\":\"\xf0\x9f\x8d\xba\"}");
    EQ(json.n, strlen(json.p));
    EQ_STR(row.catalog, "m");
    EQ_STR(row.title, "slow films");
    EQ(store_run(s, VIEW("r-0"), &a, &row, &json, &e), ST_NOT_FOUND);
    GOOD(store_runs(s, &all, 0, 10, &a, &list, &n, &total, &e));
    EQ(n, 2);
    EQ(total, 2);
    EQ_STR(list[0].id, second);
    EQ_STR(list[0].title, "o'clock\"; DROP TABLE run;--");
    GOOD(store_runs(s, &all, 1, 10, &a, &list, &n, &total, &e));
    EQ(n, 1);
    EQ(store_runs(s, &all, 0, -1, &a, &list, &n, &total, &e), ST_INVALID);
    marked_runs(s, id, second);
    size_t max = 16 << 20;
    char *big = arena_alloc(&a, max + 1);
    memset(big, 'x', max + 1);
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), VIEW(""), (struct view){big, max}, id, &e));
    EQ(store_run_save(s, VIEW(""), VIEW("m"), VIEW(""), (struct view){big, max + 1}, id, &e),
       ST_LIMIT);
    EQ_STR(id, "");
    /* A long title is cut between characters. */
    for (size_t i = 0; i + 3 <= 999; i += 3) memcpy(big + i, "\xe2\x82\xac", 3);
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), (struct view){big, 999}, VIEW("{}"), id, &e));
    GOOD(store_run(s, view_of(id), &a, &row, &json, &e));
    EQ(strlen(row.title), 300);
    OK(utf8_valid(view_of(row.title)));

    EQ(store_surface(s, VIEW("s"), &a, &json, &e), ST_NOT_FOUND);
    GOOD(store_surface_put(s, VIEW("s"), VIEW("{\"a\":1}"), &e));
    GOOD(store_surface_put(s, VIEW("s"), VIEW("{\"a\":2}"), &e));
    GOOD(store_surface(s, VIEW("s"), &a, &json, &e));
    EQ_STR(json.p, "{\"a\":2}");
    EQ(store_surface_put(s, VIEW("no/slash"), VIEW("{}"), &e), ST_INVALID);
    GOOD(store_surface_delete(s, VIEW("s"), &e));
    EQ(store_surface_delete(s, VIEW("s"), &e), ST_NOT_FOUND);
    arena_free(&a);
}

int main(void) {
    char folder[64];
    struct store *s;
    struct err e;
    names();
    opening();
    refused();
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    catalogs(s);
    members(s);
    runs(s);
    renamed(s);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
