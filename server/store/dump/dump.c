/* Dumps are written by SQLite's VACUUM INTO, which copies one state while others write. A dump that
 * comes back may be anything: it is copied beside the database, checked there table by table, and
 * only then taken over, in one transaction. */
#include "server/store/dump/dump.h"

#include "server/store/dump/dump_check.h"
#include "server/store/sql/private.h"

#include "kernels/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TABLES_MAX = 64, NAME_BYTES = 64, PIECE = 64 << 10 };

/* --- out */

static enum status bind_path(struct db *d, const char *sql, const char *path, struct err *e) {
    sqlite3_stmt *st;
    TRY(db_prep_once(d, sql, &st, e));
    db_bind_text(st, 1, view_of(path));
    enum status s = db_run(d, st, e);
    sqlite3_finalize(st);
    return s;
}

enum status dump_write(struct store *s, const char *path, struct err *e) {
    struct db d;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) return fail(e, ST_CONFLICT, "%.200s exists already", path);
    if (fd < 0) return fail(e, ST_IO, "cannot write %.200s: %s", path, strerror(errno));
    close(fd);
    enum status st = store_connect(&d, s->path, e);
    if (st == ST_OK) {
        st = bind_path(&d, "VACUUM INTO ?1", path, e);
        db_close(&d);
    }
    if (st != ST_OK) (void)unlink(path);
    return st;
}

static void temporary(struct store *s, const char *kind, char path[DUMP_PATH]) {
    pthread_mutex_lock(&s->pool);
    unsigned number = ++s->imports;
    pthread_mutex_unlock(&s->pool);
    (void)snprintf(path, DUMP_PATH, "%s/%s-%u.tmp", s->folder, kind, number);
}

enum status dump_temporary(struct store *s, char path[DUMP_PATH], struct err *e) {
    temporary(s, "dump", path);
    return dump_write(s, path, e);
}

/* --- in */

static enum status copy_in(const char *path, import_read read, void *arg, struct err *e) {
    char *piece = mem_alloc(PIECE);
    if (!piece) return db_no_memory(e);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum status st =
        fd < 0 ? fail(e, ST_IO, "cannot write %.200s: %s", path, strerror(errno)) : ST_OK;
    for (size_t n = 1; st == ST_OK && n > 0;) {
        st = read(arg, piece, PIECE, &n, e);
        for (size_t at = 0; st == ST_OK && at < n;) {
            ssize_t wrote = write(fd, piece + at, n - at);
            if (wrote > 0) at += (size_t)wrote;
            if (wrote <= 0 && errno != EINTR)
                st = fail(e, errno == ENOSPC || errno == EDQUOT ? ST_DISK_FULL : ST_IO,
                          "the dump cannot be copied: %s", strerror(errno));
        }
    }
    if (fd >= 0) close(fd);
    mem_free(piece);
    return st;
}

static enum status check_room(struct db *d, struct err *e) {
    static const char what[] =
        "SELECT (SELECT count(*) FROM main.run) + (SELECT count(*) FROM main.surface) +"
        " (SELECT count(*) FROM main.preference) + (SELECT count(*) FROM main.experiment) +"
        " (SELECT count(*) FROM main.catalog WHERE name NOT IN (SELECT name FROM dump.catalog))";
    long long n;
    TRY(db_number_once(d, what, &n, e));
    if (n == 0) return ST_OK;
    enum status st = fail(
        e, ST_CONFLICT,
        "the store holds runs, surfaces, preferences, experiments or catalogues (%lld) that a restore "
        "would remove",
        n);
    err_field(e, "replace");
    err_hint(e, "keep a dump of it, then restore with replace=1 (--replace)");
    return st;
}

/* The store's own tables by name; what SQLite and the full-text indexes keep is made anew. */
static enum status list_tables(struct db *d, char name[TABLES_MAX][NAME_BYTES], int *n,
                               struct err *e) {
    static const char sql[] = "SELECT name FROM main.sqlite_schema WHERE type = 'table'"
                              " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                              " AND name NOT LIKE 'fts\\_%' ESCAPE '\\'";
    sqlite3_stmt *st;
    enum status s = ST_OK;
    *n = 0;
    TRY(db_prep_once(d, sql, &st, e));
    for (int row = 1; s == ST_OK && row;) {
        if ((s = db_step(d, st, &row, e)) != ST_OK || !row) break;
        CHECK(*n < TABLES_MAX);
        (void)snprintf(name[(*n)++], NAME_BYTES, "%.*s", (int)db_view(st, 0).n, db_view(st, 0).p);
    }
    sqlite3_finalize(st);
    return s;
}

/* Drops or builds the full-text index of every catalogue. */
static enum status each_catalog(struct db *d,
                                enum status (*fn)(struct db *, long long, struct err *),
                                struct err *e) {
    long long last = 0;
    for (;;) {
        char sql[96];
        (void)snprintf(sql, sizeof sql, "SELECT min(row) FROM main.catalog WHERE row > %lld", last);
        TRY(db_number_once(d, sql, &last, e));
        if (last == 0) return ST_OK;
        TRY(fn(d, last, e));
    }
}

/* What a dump does not decide: versions go on from where both stores have been, so that nothing
 * kept by a version is taken for another's; counts are counted; new rows come behind all there are
 * and were here. */
static enum status set_anew(struct db *d, long long base, struct err *e) {
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE main.catalog SET version = row + %lld;"
                   "UPDATE main.counter SET n = %lld + (SELECT ifnull(max(row), 0)"
                   " FROM main.catalog)",
                   base, base);
    TRY(db_exec(d, sql, e));
    TRY(db_exec(d,
                "UPDATE main.catalog AS c SET"
                " items = (SELECT count(*) FROM main.item WHERE catalog = c.row),"
                " members = (SELECT count(*) FROM main.member WHERE catalog = c.row),"
                " interactions = (SELECT count(*) FROM main.member m JOIN main.interaction x"
                " ON x.member = m.row WHERE m.catalog = c.row),"
                " has_popularity = EXISTS (SELECT 1 FROM main.item WHERE catalog = c.row"
                " AND popularity IS NOT NULL)",
                e));
    return schema_set_sequences(d, e);
}

/* Foreign keys are off on this connection: tables go and come one by one. */
static enum status take_over(struct db *d, int replace, struct err *e) {
    char name[TABLES_MAX][NAME_BYTES], sql[256];
    long long base, dumped;
    int n;
    if (!replace) TRY(check_room(d, e));
    TRY(db_number_once(d, "SELECT n FROM main.counter", &base, e));
    TRY(db_number_once(d, "SELECT n FROM dump.counter", &dumped, e));
    if (dumped > base) base = dumped;
    TRY(list_tables(d, name, &n, e));
    TRY(each_catalog(d, search_drop, e));
    for (int i = 0; i < n; i++) {
        (void)snprintf(sql, sizeof sql,
                       "DELETE FROM main.%.63s; INSERT INTO main.%.63s SELECT * FROM dump.%.63s",
                       name[i], name[i], name[i]);
        TRY(db_exec(d, sql, e));
    }
    TRY(set_anew(d, base, e));
    return each_catalog(d, search_build, e);
}

static enum status count(struct db *d, struct dump_counts *out, struct err *e) {
    const struct {
        const char *sql;
        long long *to;
    } all[] = {{"SELECT count(*) FROM main.catalog", &out->catalogs},
               {"SELECT count(*) FROM main.item", &out->items},
               {"SELECT count(*) FROM main.member", &out->members},
               {"SELECT count(*) FROM main.interaction", &out->interactions},
               {"SELECT count(*) FROM main.run", &out->runs},
               {"SELECT count(*) FROM main.surface", &out->surfaces},
               {"SELECT count(*) FROM main.preference", &out->preferences}};
    for (size_t i = 0; i < COUNT(all); i++) TRY(db_number_once(d, all[i].sql, all[i].to, e));
    return ST_OK;
}

static enum status restore(struct db *d, const char *path, int replace, struct dump_counts *out,
                           struct err *e) {
    TRY(db_exec(d, "PRAGMA foreign_keys=OFF", e));
    TRY(bind_path(d, "ATTACH ?1 AS dump", path, e));
    TRY(db_exec(d, "BEGIN IMMEDIATE", e));
    enum status st = take_over(d, replace, e);
    if (st == ST_OK) st = count(d, out, e);
    return db_end(d, st, e);
}

enum status dump_restore(struct store *s, int replace, const struct dump_judge *judge,
                         import_read read, void *arg, struct dump_counts *out, struct err *e) {
    char path[DUMP_PATH];
    struct db d;
    *out = (struct dump_counts){0};
    temporary(s, "restore", path);
    enum status st = copy_in(path, read, arg, e);
    if (st == ST_OK) st = dump_check(path, judge, &out->version, e);
    if (st == ST_OK) {
        pthread_mutex_lock(&s->write);
        st = store_connect(&d, s->path, e);
        if (st == ST_OK) {
            st = restore(&d, path, replace, out, e);
            db_close(&d);
        }
        pthread_mutex_unlock(&s->write);
    }
    store_remove_files(path);
    return st;
}
