/* A dump is a database that anybody may have written. Its tables must be ours to the letter, so
 * that no trigger, view or generated column runs with it; every value must be what the table of
 * columns says, every reference met. */
#include "server/store/dump/dump_check.h"

#include "server/store/sql/columns.h"
#include "server/store/sql/private.h"

#include <stdio.h>
#include <string.h>

static enum status damaged(struct err *e, const char *fmt, ...) PRINTF(2, 3);
static enum status damaged(struct err *e, const char *fmt, ...) {
    char why[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    text_clean(why);
    enum status st = fail(e, ST_INVALID, "the dump cannot be restored: %s", why);
    err_hint(e, "nothing was changed; use a file that taproom dump or GET /api/dump wrote");
    return st;
}

/* What SQLite says of a bad file is a fault of the file, not of the store. */
static enum status file_status(enum status st, struct err *e) {
    if (st != ST_CORRUPT && st != ST_INTERNAL && st != ST_CONFLICT) return st;
    struct err why = *e;
    return damaged(e, "%.120s", why.text);
}

static enum status check_version(struct db *d, long long *version, struct err *e) {
    long long app;
    TRY(db_number_once(d, "PRAGMA application_id", &app, e));
    TRY(db_number_once(d, "PRAGMA user_version", version, e));
    if (app != SCHEMA_APPLICATION || *version < 1) return damaged(e, "it is no dump of Taproom");
    if (*version <= schema_newest()) return ST_OK;
    enum status st = fail(e, ST_UNSUPPORTED,
                          "the dump has version %lld and this taproom knows versions up to %lld",
                          *version, schema_newest());
    err_hint(e, "restore it with the newer taproom that wrote it; nothing was changed");
    return st;
}

/* The file's tables and indexes beside those that its version has. */
static enum status check_tables(struct db *d, long long version, struct err *e) {
    static const char sql[] =
        "SELECT count(*) FROM (SELECT type, name, tbl_name, sql FROM main.sqlite_schema"
        " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND NOT (name LIKE 'fts\\_%' ESCAPE '\\'"
        " AND type = 'table') EXCEPT SELECT type, name, tbl_name, sql FROM plain.sqlite_schema)";
    static const char back[] =
        "SELECT count(*) FROM (SELECT type, name, tbl_name, sql FROM plain.sqlite_schema"
        " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " EXCEPT SELECT type, name, tbl_name, sql FROM main.sqlite_schema)";
    long long more, fewer;
    TRY(schema_attach_plain(d, version, e));
    TRY(db_number_once(d, sql, &more, e));
    TRY(db_number_once(d, back, &fewer, e));
    TRY(db_exec(d, "DETACH plain", e));
    if (more || fewer)
        return damaged(e, "its tables are not those of version %lld (%lld unknown, %lld missing)",
                       version, more, fewer);
    return ST_OK;
}

static enum status check_pages(struct db *d, struct err *e) {
    sqlite3_stmt *st;
    int row;
    enum status s;
    TRY(db_prep_once(d, "PRAGMA integrity_check(1)", &st, e));
    if ((s = db_step(d, st, &row, e)) == ST_OK && (!row || !view_eq_str(db_view(st, 0), "ok")))
        s = damaged(e, "%.120s", row ? text_show(db_view(st, 0)).text : "no answer");
    sqlite3_finalize(st);
    TRY(s);
    TRY(db_prep_once(d, "PRAGMA foreign_key_check", &st, e));
    if ((s = db_step(d, st, &row, e)) == ST_OK && row)
        s = damaged(e, "a row of %.40s names one that is not there", db_view(st, 0).p);
    sqlite3_finalize(st);
    return s;
}

/* What no column says alone: one counter, and a member's interactions with items of its own
 * catalogue. */
static enum status check_sense(struct db *d, struct err *e) {
    static const struct {
        const char *sql, *what;
    } none[] = {
        {"SELECT abs((SELECT count(*) FROM counter) - 1)", "counters are missing"},
        {"SELECT count(*) FROM interaction x JOIN member m ON m.row = x.member"
         " JOIN item i ON i.row = x.item WHERE m.catalog <> i.catalog",
         "interactions are with items of another catalogue"},
        {"SELECT count(*) FROM (SELECT 1 FROM preference GROUP BY catalog, owner HAVING count(*) > 200)",
         "catalogues have more than 200 preferences of one owner"},
    };
    for (size_t i = 0; i < COUNT(none); i++) {
        long long n;
        TRY(db_number_once(d, none[i].sql, &n, e));
        if (n) return damaged(e, "%lld %s", n, none[i].what);
    }
    return ST_OK;
}

static enum status check_rows(struct db *d, struct err *e) {
    enum status st = columns_check(d, e);
    if (st == ST_INVALID) {
        struct err why = *e;
        return damaged(e, "%.150s", why.text);
    }
    TRY(st);
    return check_sense(d, e);
}

/* The surfaces' words are judged by those who use them. */
static enum status check_surfaces(struct db *d, const struct dump_judge *j, struct err *e) {
    sqlite3_stmt *st;
    enum status s = ST_OK;
    if (!j) return ST_OK;
    TRY(db_prep_once(d, "SELECT name, json FROM surface", &st, e));
    for (int row = 1; s == ST_OK;) {
        if ((s = db_step(d, st, &row, e)) != ST_OK || !row) break;
        struct err why = {.line = 0};
        struct view name = db_view(st, 0);
        s = j->surface(name, db_view(st, 1), &why);
        if (s == ST_NO_MEMORY) *e = why;
        if (s == ST_OK || s == ST_NO_MEMORY) continue;
        s = damaged(e, "surface.json of '%.*s': %.90s", (int)(name.n < 64 ? name.n : 64), name.p,
                    why.text);
    }
    sqlite3_finalize(st);
    return s;
}

static enum status look(struct db *d, const struct dump_judge *j, long long *version,
                        struct err *e) {
    TRY(check_version(d, version, e));
    TRY(check_tables(d, *version, e));
    TRY(check_pages(d, e));
    TRY(schema_migrate(d, e));
    TRY(check_rows(d, e));
    return check_surfaces(d, j, e);
}

/* The first bytes, before SQLite looks: it would take an empty file for an empty database. */
static enum status check_head(const char *path, struct err *e) {
    unsigned char head[32] = "";
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    long long size = f && fseeko(f, 0, SEEK_END) == 0 ? (long long)ftello(f) : -1;
    if (f) fclose(f);
    if (n < sizeof head || memcmp(head, "SQLite format 3", 16) != 0)
        return damaged(e, n ? "it is no dump of Taproom" : "the file is empty");
    /* Bytes 16 and 28 of the format: page size (1 means 65,536) and number of pages. */
    long long page = head[16] << 8 | head[17], pages = 0;
    for (int i = 28; i < 32; i++) pages = pages << 8 | head[i];
    if (page == 1) page = 65536;
    return size == page * pages
               ? ST_OK
               : damaged(e, "the file has %lld bytes, its head says %lld", size, page * pages);
}

enum status dump_check(const char *path, const struct dump_judge *j, long long *version,
                       struct err *e) {
    struct db d;
    TRY(check_head(path, e));
    enum status st = store_connect(&d, path, e);
    if (st == ST_OK) {
        st = look(&d, j, version, e);
        db_close(&d);
    }
    return file_status(st, e);
}
