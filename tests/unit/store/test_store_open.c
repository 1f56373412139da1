/* links: import */
/* Opening a store: its lock, what a crash left behind, versions, and folders that hold none. */
#include "tests/unit/store/store_help.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char three[] =
    "{\"id\":\"a\",\"title\":\"Alpha\"}\n{\"id\":\"b\",\"title\":\"Beta\"}\n"
    "{\"id\":\"c\",\"title\":\"Gamma\"}\n";

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

/* A pid left by a crash, and staging files: the latter go, a person's own files stay. */
static void left_behind(const char *folder) {
    static const char *const left[] = {"import-3.tmp", "import-12.tmp-journal", "dump-1.tmp",
                                       "restore-2.tmp-wal"},
                             *const others[] = {"import-3.csv", "import-.tmp", "my-import-3.tmp"};
    char path[100];
    struct store *s;
    struct err e;
    snprintf(path, sizeof path, "%s/lock", folder);
    FILE *f = fopen(path, "w");
    fputs("1\n", f);
    fclose(f);
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
        EQ(access(path, F_OK) == 0, i >= COUNT(left));
        unlink(path);
    }
    struct stat mode;
    snprintf(path, sizeof path, "%s/taproom.db-wal", folder);
    OK(stat(path, &mode) == 0 && (mode.st_mode & 077) == 0); /* for its owner only */
    load(s, IMPORT_ITEMS, "m", three);
    store_close(s);
}

static void opening(void) {
    char folder[64];
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
    left_behind(folder);
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

int main(void) {
    names();
    opening();
    refused();
    return t_end();
}
