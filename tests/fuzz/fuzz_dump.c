/* Fuzzes stored values, for libFuzzer: the first byte names a column, the second a type, the rest
 * is the value, put into a store with a row in every table. What the table of columns lets pass
 * must be read by everything that reads the store, as finite numbers and UTF-8, and nothing may be
 * passed that the quick check of opening refuses. */
#include "server/store/sql/columns.h"
#include "server/store/kept/calibration.h"
#include "server/store/kept/preference.h"
#include "server/store/sql/private.h"
#include "tests/unit/store/column_rows.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];
static struct store *store;

static void drop_files(void) {
    char command[96];
    store_close(store);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0) printf("cannot remove %s\n", dir);
}

static void begin(void) {
    struct err e = {.text = ""};
    if (store) return;
    (void)snprintf(dir, sizeof dir, "%s/taproom-fuzz-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(dir) && atexit(drop_files) == 0);
    CHECK(store_open(&store, dir, &e) == ST_OK);
    CHECK(db_exec(&store->writer, "PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF", &e) == ST_OK);
    CHECK(db_exec(&store->writer, column_rows, &e) == ST_OK);
    CHECK(columns_check(&store->writer, &e) == ST_OK);
}

/* --- putting a value in, and the old one back */

static sqlite3_value *old_value(const struct column *c) {
    char sql[128];
    sqlite3_stmt *st;
    struct err e;
    (void)snprintf(sql, sizeof sql, "SELECT %s FROM %s LIMIT 1", c->name, c->table);
    CHECK(db_prep_once(&store->writer, sql, &st, &e) == ST_OK && sqlite3_step(st) == SQLITE_ROW);
    sqlite3_value *v = sqlite3_value_dup(sqlite3_column_value(st, 0));
    CHECK(v);
    sqlite3_finalize(st);
    return v;
}

static void bind(sqlite3_stmt *st, int type, const char *p, size_t n) {
    int64_t whole = 0;
    double real = 0;
    memcpy(&whole, p, n < sizeof whole ? n : sizeof whole);
    memcpy(&real, p, n < sizeof real ? n : sizeof real);
    switch (type % 5) {
    case 0: sqlite3_bind_int64(st, 1, whole); break;
    case 1: sqlite3_bind_double(st, 1, real); break;
    case 2: sqlite3_bind_text(st, 1, p, (int)n, SQLITE_STATIC); break;
    case 3: sqlite3_bind_blob(st, 1, p, (int)n, SQLITE_STATIC); break;
    default: sqlite3_bind_null(st, 1);
    }
}

/* 0 where SQLite itself refuses it. */
static int put(const struct column *c, const sqlite3_value *v, int type, const char *p, size_t n) {
    char sql[128];
    sqlite3_stmt *st;
    struct err e;
    (void)snprintf(sql, sizeof sql, "UPDATE %s SET %s = ?1", c->table, c->name);
    CHECK(db_prep_once(&store->writer, sql, &st, &e) == ST_OK);
    if (v)
        sqlite3_bind_value(st, 1, v);
    else
        bind(st, type, p, n);
    int ok = sqlite3_step(st) == SQLITE_DONE;
    sqlite3_finalize(st);
    return ok;
}

static int refers_to_nothing(void) {
    long long n = 0;
    struct err e;
    CHECK(db_number_once(&store->writer, "SELECT count(*) FROM pragma_foreign_key_check", &n, &e) ==
          ST_OK);
    return n > 0;
}

/* --- reading all of it */

static void text(const char *s) {
    CHECK(s && utf8_valid(view_of(s)));
}

/* What may be asked for by a name that went. */
static int read_ok(enum status st) {
    CHECK(st == ST_OK || st == ST_NOT_FOUND);
    return st == ST_OK;
}

static void read_catalog(const struct catalog *c, struct arena *a) {
    struct view name = view_of(c->name);
    struct item *item;
    struct member *member;
    struct interaction *act;
    struct event *event;
    struct preference *p;
    struct calibration_row *fit;
    struct err e;
    int n, k;
    long long total;
    double popularity[8];
    text(c->name), text(c->surface), text(c->time_name), text(c->popularity_name);
    if (read_ok(store_items(store, name, VIEW(""), 0, 8, a, &item, &n, &total, &e))) {
        CHECK(n <= 8);
        for (int i = 0; i < n; i++) {
            text(item[i].id), text(item[i].title), text(item[i].text), text(item[i].extra);
            for (int t = 0; t < item[i].n_tags; t++) text(item[i].tags[t]);
            CHECK(isfinite(item[i].popularity));
        }
        CHECK(store_popularity(store, name, item, n, popularity, &k, &e) == ST_OK);
        for (int i = 0; i < n; i++) CHECK(isfinite(popularity[i]));
    }
    if (read_ok(store_members(store, name, VIEW(""), 8, a, &member, &n, &e)))
        for (int i = 0; i < n; i++) {
            text(member[i].id), text(member[i].name), text(member[i].profile);
            if (!read_ok(store_history(store, name, view_of(member[i].id), a, &act, &k, &e)))
                continue;
            for (int j = 0; j < k; j++)
                CHECK(act[j].label >= -1 && act[j].label <= 1 && isfinite(act[j].rating));
        }
    if (read_ok(store_events(store, name, 100, a, &event, &n, &e)))
        for (int i = 0; i < n; i++) CHECK(event[i].label >= -1 && event[i].label <= 1);
    if (read_ok(preference_list(store, NULL, name, VIEW("m"), 1, 0, a, &p, &n, &e)))
        for (int i = 0; i < n; i++) text(p[i].text), CHECK(isfinite(p[i].weight));
    if (read_ok(store_calibrations(store, name, VIEW(""), a, &fit, &n, &e)))
        for (int i = 0; i < n; i++) text(fit[i].json);
}

static void read_runs(struct arena *a) {
    const struct run_filter all = {NULL, {"", 0}, {"", 0}, 0};
    struct run_row *run, one;
    struct experiment_row *x;
    struct experiment_cell *cell;
    struct view json;
    struct err e;
    int n, k;
    long long total;
    CHECK(store_runs(store, &all, 0, 8, a, &run, &n, &total, &e) == ST_OK);
    for (int i = 0; i < n; i++) {
        text(run[i].title), text(run[i].name), text(run[i].comment), text(run[i].owner);
        if (read_ok(store_run(store, view_of(run[i].id), a, &one, &json, &e)))
            CHECK(utf8_valid(json));
    }
    CHECK(store_experiments(store, VIEW(""), a, &x, &n, &e) == ST_OK);
    for (int i = 0; i < n; i++) {
        text(x[i].name), text(x[i].spec);
        if (!read_ok(store_experiment_cells(store, view_of(x[i].id), a, &cell, &k, &e))) continue;
        for (int j = 0; j < k; j++) text(cell[j].result), CHECK(isfinite(cell[j].seconds));
    }
}

static int each_vector(void *arg, long long item, long long hash, const float *vec) {
    (void)arg, (void)item, (void)hash;
    CHECK(isfinite(vec[0]));
    return 1;
}

static void read_all(void) {
    struct arena a;
    struct catalog *c;
    struct err e;
    const char **name;
    struct view json;
    int n;
    arena_init(&a, 256 << 20);
    CHECK(store_catalogs(store, &a, &c, &n, &e) == ST_OK);
    for (int i = 0; i < n; i++) read_catalog(&c[i], &a);
    read_runs(&a);
    CHECK(store_surfaces(store, &a, &name, &n, &e) == ST_OK);
    for (int i = 0; i < n; i++)
        if (read_ok(store_surface(store, view_of(name[i]), &a, &json, &e))) CHECK(utf8_valid(json));
    CHECK(store_vectors_each(store, VIEW("m"), 0, COLUMN_ROW_MAX, 1, NULL, each_vector, &e) ==
          ST_OK);
    CHECK(read_ok(store_result(store, VIEW("k"), VIEW("n"), &a, &json, &e)) || 1);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err e = {.text = ""}, quick = {.text = ""};
    if (size < 2) return 0;
    begin();
    const struct column *c = &columns[data[0] % n_columns];
    sqlite3_value *old = old_value(c);
    if (put(c, NULL, data[1], (const char *)data + 2, size - 2)) {
        enum status st = columns_check(&store->writer, &e);
        CHECK(st == ST_OK || (st == ST_INVALID && e.field[0] && utf8_valid(view_of(e.text))));
        if (st == ST_OK) CHECK(columns_quick(&store->writer, &quick) == ST_OK);
        if (st == ST_OK && !refers_to_nothing()) read_all();
    }
    CHECK(put(c, old, 0, NULL, 0));
    sqlite3_value_free(old);
    return 0;
}
