/* links: import */
/* wraps: read write pread64 pwrite64 open64 fsync ftruncate64 rename */
/* Imports, saved runs, restored dumps and backups while every n-th call of the operating system,
 * and every n-th allocation, fails: each ends with an error or is done, what is stored is never
 * half, and the store goes on. TAPROOM_EVERY_FAULT=1: really every one, not a growing distance
 * apart. */
#include "tests/unit/store/fault_calls.h"
#include "tests/unit/store/store_help.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/file.h"
#include "server/store/dump/backup.h"
#include "server/store/sql/json_memory.h"

#include <dirent.h>

enum { OLD = 12, NEW = 40 };

static char folder[64];
static struct store *store;
static struct buf aged, fresh, dump;
static struct err e;
static long every = 10;

static void make_items(struct buf *b, const char *word, int n) {
    buf_init(b, 1 << 20);
    for (int i = 0; i < n; i++)
        buf_printf(
            b,
            "{\"id\":\"%d\",\"title\":\"%s film %d\",\"text\":\"%0200d\",\"more\":{\"a\":[%d]}}\n",
            i, word, i, i, i);
}

static enum status put_items(const struct buf *b, struct err *why) {
    struct import_result r = {0};
    struct import_config c = {
        .kind = IMPORT_ITEMS, .format = IMPORT_JSONL, .catalog = VIEW("m"), .replace = 1};
    enum status st = import_text(store, &c, buf_text(b), &r, why);
    OK(r.stored == (st == ST_OK));
    return st;
}

static long long named(const char *word, long long *all) {
    struct arena a;
    struct item *it;
    int n = 0;
    long long total = -1;
    arena_init(&a, 16 << 20);
    GOOD(store_items(store, VIEW("m"), view_of(word), 0, 1, &a, &it, &n, &total, &e));
    GOOD(store_items(store, VIEW("m"), VIEW(""), 0, 1, &a, &it, &n, all, &e));
    arena_free(&a);
    return total;
}

/* What the catalogue holds, whole: 0 the aged items, 1 the fresh ones; -1: neither. */
static int holds(void) {
    long long all = -1, olds = named("aged", &all), news = named("fresh", &all);
    return olds == OLD && news == 0 && all == OLD   ? 0
           : news == NEW && olds == 0 && all == NEW ? 1
                                                    : -1;
}

/* --- what is done under faults; each is followed by a look at what came of it */

static char run[24];
static enum status save(struct err *why) {
    run[0] = 0;
    return store_run_save(store, VIEW(""), VIEW("m"), VIEW("t"), VIEW("{\"a\":1}"), run, why);
}
static void saved(enum status st) {
    struct arena a;
    struct run_row row;
    struct view json;
    arena_init(&a, 1 << 20);
    if (st == ST_OK) GOOD(store_run(store, view_of(run), &a, &row, &json, &e));
    if (st == ST_OK) OK(view_eq_str(json, "{\"a\":1}"));
    arena_free(&a);
}

static enum status import(struct err *why) {
    return put_items(&fresh, why);
}
static void imported(enum status st) {
    int what = holds();
    OK(st == ST_OK ? what == 1 : what >= 0);
    GOOD(put_items(&aged, &e));
}

static enum status restore(struct err *why) {
    struct dump_counts counts;
    struct text_reader from = {buf_text(&dump), 0, 4096};
    return dump_restore(store, 1, NULL, read_text, &from, &counts, why);
}

/* Files whose names end so, in the store's folder or one in it. */
static int files(const char *in, const char *end) {
    char path[128];
    snprintf(path, sizeof path, "%s%s", folder, in);
    DIR *d = opendir(path);
    int n = 0;
    if (!d) return 0;
    for (struct dirent *f; (f = readdir(d));) {
        size_t len = strlen(f->d_name), k = strlen(end);
        n += len > k && strcmp(f->d_name + len - k, end) == 0;
    }
    closedir(d);
    return n;
}

static int backups;
static enum status backup(struct err *why) {
    char path[BACKUP_PATH];
    int removed;
    backups = files("/backups", ".db");
    return backup_make(folder, 3, NULL, path, &removed, why);
}
static void backed_up(enum status st) {
    int now = files("/backups", ".db");
    OK(now >= (backups < 3 ? backups : 3) || st != ST_OK);
    if (st == ST_OK) OK(now >= 1 && now <= 3);
    OK(holds() == 0);
}

static const struct act {
    const char *name;
    enum status (*act)(struct err *why);
    void (*look)(enum status st);
} acts[] = {{"save", save, saved},
            {"import", import, imported},
            {"restore", restore, imported},
            {"backup", backup, backed_up}};

/* --- the faults */

enum { CALLS, FULL, MEMORY, SQLITE_MEMORY, KINDS };
static const char *const kinds[KINDS] = {"calls", "calls, disk full", "allocations",
                                         "SQLite's allocations"};

static sqlite3_mem_methods plain;
static long sqlite_left;
static int sqlite_forever, sqlite_fired;

static int sqlite_fails(void) {
    if (sqlite_left == 0) return 0;
    if (sqlite_left > 1) {
        sqlite_left--;
        return 0;
    }
    if (!sqlite_forever) sqlite_left = 0;
    sqlite_fired++;
    return 1;
}
static void *failing_malloc(int n) {
    return sqlite_fails() ? NULL : plain.xMalloc(n);
}
static void *failing_realloc(void *p, int n) {
    return sqlite_fails() ? NULL : plain.xRealloc(p, n);
}

static void arm(int kind, long n, int forever) {
    fault_at(kind <= FULL ? n : 0, forever, kind == FULL ? ENOSPC : EIO);
    mem_fail_at(kind == MEMORY ? n : 0, forever);
    sqlite_left = kind == SQLITE_MEMORY ? n : 0;
    sqlite_forever = forever;
    sqlite_fired = 0;
}

/* A page of a dump's copy that cannot be read is told as damage of the dump. */
static int may_be(int kind, enum status st) {
    switch (kind) {
    case CALLS:
        return st == ST_IO || st == ST_DISK_FULL || st == ST_BUSY || st == ST_CORRUPT ||
               st == ST_NOT_FOUND || st == ST_INVALID;
    case FULL: return may_be(CALLS, st);
    default: return st == ST_NO_MEMORY;
    }
}

/* One act under the fault; 1 when it came to it. */
static int once(const struct act *x, int kind, long n, int forever, int *failed) {
    struct err why = {.text = ""};
    arm(kind, n, forever);
    enum status st = x->act(&why);
    int left = kind <= FULL     ? atomic_load(&fault.fired) == 0
               : kind == MEMORY ? mem_failed() == 0
                                : sqlite_fired == 0;
    arm(kind, 0, 0);
    if (st != ST_OK && !may_be(kind, st))
        T_SAY("%s, %s %ld%s: %s: %s", x->name, kinds[kind], n, forever ? " on" : "",
              status_name(st), why.text);
    if (st != ST_OK) OK(why.text[0] && utf8_valid(view_of(why.text)));
    *failed += st != ST_OK;
    x->look(st);
    return !left;
}

static void reopen(void) {
    store_close(store);
    GOOD(store_open(&store, folder, &e));
    OK(holds() == 0);
    EQ(files("", ".tmp"), 0);
}

int main(void) {
    char path[DUMP_PATH];
    char *bytes;
    size_t n;
    if (getenv("TAPROOM_EVERY_FAULT")) every = 1L << 40;
    EQ(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain), SQLITE_OK);
    sqlite3_mem_methods failing = plain;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    EQ(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
    json_memory_count();
    fault_begin();
    make_items(&aged, "aged", OLD);
    make_items(&fresh, "fresh", NEW);
    new_folder(folder);
    GOOD(store_open(&store, folder, &e));
    GOOD(put_items(&fresh, &e));
    GOOD(dump_temporary(store, path, &e));
    GOOD(file_read(path, 1 << 24, &bytes, &n, &e));
    buf_init(&dump, 1 << 24);
    buf_add(&dump, bytes, n);
    unlink(path);
    GOOD(put_items(&aged, &e));
    for (size_t i = 0; i < COUNT(acts); i++)
        for (int kind = 0; kind < KINDS; kind++)
            for (int forever = 0; forever < 2; forever++) {
                int failed = 0, tried = 0, came = 1;
                for (long k = 1; came; k += 1 + k / every, tried++)
                    came = once(&acts[i], kind, k, forever, &failed);
                printf("%s, %s%s: %d tried, %d failed\n", acts[i].name, kinds[kind],
                       forever ? " from there on" : "", tried, failed);
                OK(failed > 0 || tried == 1); /* a saved run takes no memory but SQLite's */
                reopen();
            }
    store_close(store);
    mem_free(bytes);
    buf_free(&aged), buf_free(&fresh), buf_free(&dump);
    drop_folder(folder);
    return t_end();
}
