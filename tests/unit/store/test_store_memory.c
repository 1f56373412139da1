/* links: import */
/* No memory: each allocation of the store's, and of SQLite's, fails once. */
#include "tests/unit/store/store_bulk.h"

#include <sqlite3.h>

/* Our own allocations: each one fails once, then from it on for ever. */
static void no_memory(void) {
    static const char rows[] = "id,title,text,tags,extra\n1,aged one,x,a|b,q\n2,aged two,y,c,\n";
    char folder[64];
    struct store *s;
    struct err e;
    struct import_result r;
    struct import_config c = {
        .kind = IMPORT_ITEMS, .format = IMPORT_CSV, .catalog = VIEW("m"), .replace = 1};
    new_folder(folder);
    for (int forever = 0; forever < 2; forever++) {
        long k = 1;
        for (;; k++) {
            mem_fail_at(k, forever);
            enum status st = store_open(&s, folder, &e);
            mem_fail_at(0, 0);
            if (st == ST_OK) break;
            EQ(st, ST_NO_MEMORY);
        }
        OK(k > 1);
        for (int format = 0; format < 2; format++)
            for (k = 1;; k++) {
                c.format = format ? IMPORT_JSONL : IMPORT_CSV;
                mem_fail_at(k, forever);
                enum status st =
                    import_text(s, &c,
                                format ? VIEW("{\"id\":1,\"title\":\"t\",\"q\":7,\"tags\":[\"x\"]}")
                                       : VIEW(rows),
                                &r, &e);
                mem_fail_at(0, 0);
                EQ(r.stored, st == ST_OK);
                if (st == ST_OK) break;
                EQ(st, ST_NO_MEMORY);
                OK(k < 1000);
            }
        OK(k > 3);
        for (k = 1;; k++) {
            struct arena a;
            struct item *it;
            int n;
            long long total;
            double score;
            arena_init(&a, 1 << 20);
            mem_fail_at(k, forever);
            enum status st = store_items(s, VIEW("m"), VIEW("t"), 0, 9, &a, &it, &n, &total, &e);
            if (st == ST_OK) st = store_bm25(s, VIEW("m"), VIEW("one t"), it, n, &score, &e);
            if (st == ST_OK) st = store_bm25_top(s, VIEW("m"), VIEW("one t"), 9, &a, &it, &n, &e);
            mem_fail_at(0, 0);
            arena_free(&a);
            if (st == ST_OK) break;
            EQ(st, ST_NO_MEMORY);
            OK(k < 1000);
        }
        OK(k > 3);
        store_close(s);
    }
    drop_folder(folder);
}

/* SQLite's own allocations fail one after the other. */
static sqlite3_mem_methods plain;
static long fail_in;

static int must_fail(void) {
    return fail_in > 0 && --fail_in == 0;
}
static void *failing_malloc(int n) {
    return must_fail() ? NULL : plain.xMalloc(n);
}
static void *failing_realloc(void *p, int n) {
    return must_fail() ? NULL : plain.xRealloc(p, n);
}

static void sqlite_no_memory(void) {
    char folder[64];
    struct store *s = NULL;
    struct err e;
    struct import_result r;
    struct buf before, after;
    long failures = 0;
    make_items(&before, "aged", 5);
    make_items(&after, "fresh", 9);
    new_folder(folder);
    for (long k = 1; !s; k += 1 + k / 40) {
        fail_in = k;
        enum status st = store_open(&s, folder, &e);
        fail_in = 0;
        if (st != ST_OK) EQ(st, ST_NO_MEMORY);
        failures += st != ST_OK;
    }
    GOOD(put_items(s, &before, &r, &e));
    for (long k = 1, done = 0; !done; k += 1 + k / 40) {
        fail_in = k;
        enum status st = put_items(s, &after, &r, &e);
        done = fail_in > 0; /* it never came to the failing one */
        fail_in = 0;
        failures += st != ST_OK;
        /* SQLite does without some allocations; then the import is simply good. */
        EQ(r.stored, st == ST_OK);
        if (st != ST_OK) EQ(st, ST_NO_MEMORY);
        EQ(whole(s, "aged"), st == ST_OK ? 0 : 5);
        EQ(whole(s, "fresh"), st == ST_OK ? 9 : 0);
        if (st == ST_OK) GOOD(put_items(s, &before, &r, &e));
    }
    printf("%ld failed allocations in SQLite\n", failures);
    OK(failures > 50);
    store_close(s);
    buf_free(&before);
    buf_free(&after);
    drop_folder(folder);
}

int main(void) {
    /* Before SQLite is used: its allocator, with a failure on demand. */
    EQ(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain), SQLITE_OK);
    sqlite3_mem_methods failing = plain;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    EQ(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
    no_memory();
    sqlite_no_memory();
    return t_end();
}
