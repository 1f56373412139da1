/* A dump is a database that anybody may have written. Its tables must be ours to the letter, so
 * that no trigger, view or generated column runs with it; every value must be of its column's kind,
 * every text UTF-8, every reference met. */
#include "server/store/dump_check.h"

#include "server/store/private.h"

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

/* Every value of a table: of its column's declared kind, or NULL; texts are UTF-8. */
static enum status check_values(struct db *d, const char *table, struct err *e) {
    char sql[128];
    sqlite3_stmt *st;
    enum status s = ST_OK;
    (void)snprintf(sql, sizeof sql, "SELECT * FROM main.\"%.60s\"", table);
    TRY(db_prep_once(d, sql, &st, e));
    int n = sqlite3_column_count(st);
    for (int row = 1; s == ST_OK && row;) {
        if ((s = db_step(d, st, &row, e)) != ST_OK || !row) break;
        for (int c = 0; s == ST_OK && c < n; c++) {
            const char *want = sqlite3_column_decltype(st, c);
            int type = sqlite3_column_type(st, c), text = want && strcmp(want, "TEXT") == 0;
            int real = want && strcmp(want, "REAL") == 0, blob = want && strcmp(want, "BLOB") == 0;
            if (type == SQLITE_NULL) continue;
            if (text   ? type != SQLITE_TEXT || !utf8_valid(db_view(st, c))
                : real ? type != SQLITE_FLOAT
                : blob ? type != SQLITE_BLOB
                       : type != SQLITE_INTEGER)
                s = damaged(e, "a value of %s.%s is not %s", table, sqlite3_column_name(st, c),
                            text   ? "a text"
                            : real ? "a number"
                            : blob ? "bytes"
                                   : "an integer");
        }
    }
    sqlite3_finalize(st);
    return s;
}

static enum status check_rows(struct db *d, struct err *e) {
    static const char tables[] = "SELECT name FROM main.sqlite_schema WHERE type = 'table'"
                                 " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                                 " AND name NOT LIKE 'fts\\_%' ESCAPE '\\'";
    static const struct {
        const char *sql, *what;
    } wrong[] = {
        {"SELECT count(*) FROM catalog WHERE name GLOB '*[^A-Za-z0-9._-]*' OR"
         " length(name) NOT BETWEEN 1 AND 64 OR row < 1",
         "catalogues have names that cannot be used"},
        {"SELECT count(*) FROM item WHERE NOT json_valid(extra) OR json_type(extra) <> 'object'",
         "items have further fields that are no JSON"},
        {"SELECT count(*) FROM run WHERE NOT json_valid(json)", "runs are no JSON"},
        {"SELECT count(*) FROM surface WHERE NOT json_valid(json)", "surfaces are no JSON"},
        {"SELECT abs((SELECT count(*) FROM counter) - 1)", "counters are missing"},
    };
    sqlite3_stmt *st;
    enum status s = ST_OK;
    TRY(db_prep_once(d, tables, &st, e));
    for (int row = 1; s == ST_OK && row;) {
        if ((s = db_step(d, st, &row, e)) == ST_OK && row)
            s = check_values(d, text_show(db_view(st, 0)).text, e);
    }
    sqlite3_finalize(st);
    TRY(s);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        long long n;
        TRY(db_number_once(d, wrong[i].sql, &n, e));
        if (n) return damaged(e, "%lld %s", n, wrong[i].what);
    }
    return ST_OK;
}

static enum status look(struct db *d, long long *version, struct err *e) {
    TRY(check_version(d, version, e));
    TRY(check_tables(d, *version, e));
    TRY(check_pages(d, e));
    TRY(schema_migrate(d, e));
    return check_rows(d, e);
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

enum status dump_check(const char *path, long long *version, struct err *e) {
    struct db d;
    TRY(check_head(path, e));
    enum status st = db_open(&d, path, e);
    if (st == ST_OK) {
        st = look(&d, version, e);
        db_close(&d);
    }
    return file_status(st, e);
}
