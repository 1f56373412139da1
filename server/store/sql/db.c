/* SQLite connections: settings, statement cache, errors. */
#include "server/store/sql/db.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

static int out_of_room(int sys) {
    return sys == ENOSPC || sys == EDQUOT || sys == EFBIG;
}

/* Whether a file of the connection last failed for want of room. SQLite keeps the system's reason
 * per file; errno itself is overwritten by the rollback. */
static int full_behind(struct db *d) {
    static const char *const names[] = {"main", "stage"};
    for (size_t i = 0; d->h && i < COUNT(names); i++) {
        int sys = 0;
        sqlite3_file *f = NULL;
        (void)sqlite3_file_control(d->h, names[i], SQLITE_FCNTL_LAST_ERRNO, &sys);
        if (out_of_room(sys)) return 1;
        if (sqlite3_file_control(d->h, names[i], SQLITE_FCNTL_JOURNAL_POINTER, &f) == SQLITE_OK &&
            f && f->pMethods &&
            f->pMethods->xFileControl(f, SQLITE_FCNTL_LAST_ERRNO, &sys) == SQLITE_OK &&
            out_of_room(sys))
            return 1;
    }
    return d->h && out_of_room(sqlite3_system_errno(d->h));
}

/* A full disk is reported in several ways: by SQLite itself, or by the system's reason behind an
 * I/O error (quota, file size limit). */
static enum status status_of(struct db *d, int rc) {
    switch (rc & 0xff) {
    case SQLITE_FULL: return ST_DISK_FULL;
    case SQLITE_NOMEM: return ST_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ST_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ST_BUSY;
    case SQLITE_IOERR:
        if (rc == SQLITE_IOERR_NOMEM) return ST_NO_MEMORY;
        return full_behind(d) ? ST_DISK_FULL : ST_IO;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY: return full_behind(d) ? ST_DISK_FULL : ST_IO;
    case SQLITE_TOOBIG: return ST_LIMIT;
    case SQLITE_CONSTRAINT: return ST_CONFLICT;
    case SQLITE_INTERRUPT: return ST_CANCELLED;
    default: return ST_INTERNAL;
    }
}

enum status db_fail(struct db *d, int rc, struct err *e) {
    enum status st = status_of(d, rc);
    if (st == ST_DISK_FULL) {
        st = fail(e, st, "the disk is full or a size limit is reached; nothing was changed");
        err_hint(e, "make room, then try again");
        return st;
    }
    const char *why = d->h ? sqlite3_errmsg(d->h) : sqlite3_errstr(rc);
    st = fail(e, st, "the store's database: %.200s (%s)", why, sqlite3_errstr(rc));
    if (st == ST_CORRUPT)
        err_hint(e, "stop the server and run taproom repair: it moves the database aside, and with "
                    "--from-backup takes the newest good backup");
    return st;
}

enum status db_no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory left for the store's answer");
}

enum status db_exec(struct db *d, const char *sql, struct err *e) {
    int rc = sqlite3_exec(d->h, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ST_OK : db_fail(d, rc, e);
}

/* FULL and not NORMAL: an answer that says "stored" then survives a power cut; the price is one
 * fsync per commit, and commits are rare beside rankings. The database file may come from somebody
 * else's dump, hence no trust in its schema. */
static const char settings[] = "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                               "PRAGMA busy_timeout=10000; PRAGMA trusted_schema=OFF;"
                               "PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=67108864;";

static enum status use_wal(struct db *d, struct err *e) {
    sqlite3_stmt *st;
    int row;
    TRY(db_prep_once(d, "PRAGMA journal_mode=WAL", &st, e));
    enum status s = db_step(d, st, &row, e);
    if (s == ST_OK && (!row || !view_eq_str(db_view(st, 0), "wal")))
        s = fail(e, ST_IO,
                 "the data folder's file system cannot share memory between connections "
                 "(SQLite WAL); choose a local folder");
    sqlite3_finalize(st);
    return s;
}

/* Set when the process ends: whatever a connection is doing is given up. */
static atomic_int give_up;

void db_give_up(void) {
    atomic_store(&give_up, 1);
}

static int on_progress(void *arg) {
    (void)arg;
    return atomic_load(&give_up);
}

enum status db_open(struct db *d, const char *path, struct err *e) {
    *d = (struct db){0};
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(path, &d->h, flags, NULL);
    enum status st = rc == SQLITE_OK ? ST_OK : db_fail(d, rc, e);
    if (st == ST_OK) {
        sqlite3_progress_handler(d->h, 10000, on_progress, NULL);
        sqlite3_db_config(d->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(d->h, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
        st = db_exec(d, settings, e);
    }
    if (st == ST_OK) st = use_wal(d, e);
    if (st != ST_OK) db_close(d);
    return st;
}

void db_close(struct db *d) {
    for (int i = 0; i < d->n; i++) sqlite3_finalize(d->cache[i].st);
    if (d->h) CHECK(sqlite3_close(d->h) == SQLITE_OK);
    *d = (struct db){0};
}

enum status db_prep_once(struct db *d, const char *sql, sqlite3_stmt **st, struct err *e) {
    int rc = sqlite3_prepare_v3(d->h, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
    return rc == SQLITE_OK ? ST_OK : db_fail(d, rc, e);
}

/* What was used longest ago stands first. */
static sqlite3_stmt *use_again(struct db *d, int i) {
    struct db_statement x = d->cache[i];
    memmove(&d->cache[i], &d->cache[i + 1], (size_t)(d->n - 1 - i) * sizeof x);
    d->cache[d->n - 1] = x;
    return x.st;
}

static void forget_one(struct db *d) {
    int i = 0;
    while (i < d->n - 1 && sqlite3_stmt_busy(d->cache[i].st)) i++;
    sqlite3_finalize(d->cache[i].st);
    d->n--;
    memmove(&d->cache[i], &d->cache[i + 1], (size_t)(d->n - i) * sizeof d->cache[0]);
}

enum status db_prep(struct db *d, const char *sql, sqlite3_stmt **st, struct err *e) {
    for (int i = 0; i < d->n; i++)
        if (d->cache[i].sql == sql) {
            *st = use_again(d, i);
            sqlite3_reset(*st);
            return ST_OK;
        }
    if (d->n == DB_STATEMENTS) forget_one(d);
    TRY(db_prep_once(d, sql, st, e));
    d->cache[d->n].sql = sql;
    d->cache[d->n++].st = *st;
    return ST_OK;
}

void db_bind_text(sqlite3_stmt *st, int i, struct view v) {
    CHECK(sqlite3_bind_text64(st, i, v.p ? v.p : "", v.n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
}

void db_bind_int(sqlite3_stmt *st, int i, long long x) {
    CHECK(sqlite3_bind_int64(st, i, x) == SQLITE_OK);
}

void db_bind_real(sqlite3_stmt *st, int i, double x) {
    CHECK(sqlite3_bind_double(st, i, x) == SQLITE_OK);
}

void db_bind_null(sqlite3_stmt *st, int i) {
    CHECK(sqlite3_bind_null(st, i) == SQLITE_OK);
}

enum status db_step(struct db *d, sqlite3_stmt *st, int *row, struct err *e) {
    int rc = sqlite3_step(st);
    *row = rc == SQLITE_ROW;
    if (*row) return ST_OK;
    enum status s = rc == SQLITE_DONE ? ST_OK : db_fail(d, rc, e);
    sqlite3_reset(st);
    return s;
}

enum status db_run(struct db *d, sqlite3_stmt *st, struct err *e) {
    int row;
    TRY(db_step(d, st, &row, e));
    sqlite3_reset(st);
    return ST_OK;
}

enum status db_number(struct db *d, sqlite3_stmt *st, long long *out, struct err *e) {
    int row;
    TRY(db_step(d, st, &row, e));
    *out = row ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return ST_OK;
}

enum status db_number_once(struct db *d, const char *sql, long long *out, struct err *e) {
    sqlite3_stmt *st;
    TRY(db_prep_once(d, sql, &st, e));
    enum status s = db_number(d, st, out, e);
    sqlite3_finalize(st);
    return s;
}

double db_real(sqlite3_stmt *st, int col) {
    double x = sqlite3_column_double(st, col);
    return isfinite(x) ? x : 0;
}

struct view db_view(sqlite3_stmt *st, int col) {
    const char *p = (const char *)sqlite3_column_text(st, col);
    return (struct view){p ? p : "", p ? (size_t)sqlite3_column_bytes(st, col) : 0};
}

enum status db_copy(sqlite3_stmt *st, int col, struct arena *a, const char **out, struct err *e) {
    struct view v = db_view(st, col);
    *out = arena_copy(a, v.p, v.n);
    return *out ? ST_OK : db_no_memory(e);
}

enum status db_end(struct db *d, enum status st, struct err *e) {
    for (int i = 0; i < d->n; i++) sqlite3_reset(d->cache[i].st);
    if (st == ST_OK) st = db_exec(d, "COMMIT", e);
    /* SQLite may have rolled back by itself (full disk); then there is nothing left to end. */
    if (st != ST_OK && !sqlite3_get_autocommit(d->h))
        (void)sqlite3_exec(d->h, "ROLLBACK", NULL, NULL, NULL);
    return st;
}
