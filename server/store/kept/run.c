/* Saved runs and surfaces: one JSON text each, stored as it came. */
#include "server/store/sql/private.h"

#include "kernels/base/os/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { RUN_MAX = 16 << 20, RUN_TITLE = 300, RUNS_AT_ONCE = 1000, SURFACE_MAX = 256 << 10 };

/* Runs are shared by their address, so an id must not be guessed from another. */
static enum status new_id(char id[24], struct err *e) {
    unsigned long long x = 0;
    if (getrandom(&x, sizeof x, 0) != (ssize_t)sizeof x)
        return fail(e, ST_IO, "the system gives no random numbers: %s", strerror(errno));
    snprintf(id, 24, "r-%016llx", x);
    return ST_OK;
}

/* At most max bytes, never half a character. */
static struct view beginning(struct view v, size_t max) {
    size_t n = 0;
    while (n < v.n) {
        size_t len = utf8_len(v.p + n, v.n - n);
        if (n + (len ? len : 1) > max) break;
        n += len ? len : 1;
    }
    return view_sub(v, 0, n);
}

static enum status save(struct db *d, struct view owner, struct view catalog, struct view title,
                        struct view json, const char *id, struct err *e) {
    static const char sql[] =
        "INSERT INTO run(id, catalog, title, created, json, owner) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, view_of(id));
    db_bind_text(st, 2, catalog);
    db_bind_text(st, 3, beginning(title, RUN_TITLE));
    db_bind_int(st, 4, clock_unix());
    db_bind_text(st, 5, json);
    db_bind_text(st, 6, owner);
    return db_run(d, st, e);
}

enum status store_run_save(struct store *s, struct view owner, struct view catalog,
                           struct view title, struct view json, char id[24], struct err *e) {
    struct db *d;
    id[0] = 0;
    if (json.n > RUN_MAX)
        return fail(e, ST_LIMIT, "a run has %zu bytes; at most %d can be saved", json.n, RUN_MAX);
    if (catalog.n > 64) return fail(e, ST_INVALID, "a run's catalogue name is over 64 bytes");
    TRY(new_id(id, e));
    TRY(store_write_begin(s, &d, e));
    enum status st = store_write_end(s, d, save(d, owner, catalog, title, json, id, e), e);
    if (st != ST_OK) id[0] = 0;
    return st;
}

#define RUN_COLUMNS "id, catalog, title, created, shared, owner, name, comment, pinned"

static enum status read_run(sqlite3_stmt *st, struct arena *a, struct run_row *out, struct err *e) {
    TRY(db_copy(st, 0, a, &out->id, e));
    TRY(db_copy(st, 1, a, &out->catalog, e));
    TRY(db_copy(st, 2, a, &out->title, e));
    out->created = sqlite3_column_int64(st, 3);
    out->shared = sqlite3_column_int(st, 4);
    TRY(db_copy(st, 5, a, &out->owner, e));
    TRY(db_copy(st, 6, a, &out->name, e));
    out->pinned = sqlite3_column_int(st, 8);
    return db_copy(st, 7, a, &out->comment, e);
}

static enum status one_run(struct db *d, struct view id, struct arena *a, struct run_row *out,
                           struct view *json, struct err *e) {
    static const char sql[] = "SELECT " RUN_COLUMNS ", json FROM run WHERE id = ?1";
    sqlite3_stmt *st;
    int row;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, id);
    TRY(db_step(d, st, &row, e));
    if (!row) return fail(e, ST_NOT_FOUND, "there is no run '%s'", text_show(id).text);
    TRY(read_run(st, a, out, e));
    *json = (struct view){NULL, db_view(st, 9).n};
    return db_copy(st, 9, a, &json->p, e);
}

enum status store_run(struct store *s, struct view id, struct arena *a, struct run_row *row,
                      struct view *json, struct err *e) {
    struct db *d;
    *row = (struct run_row){0};
    *json = (struct view){0};
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, one_run(d, id, a, row, json, e), e);
}

enum status store_run_delete(struct store *s, struct view id, struct err *e) {
    int gone;
    TRY(store_delete(s, "DELETE FROM run WHERE id = ?1", id, &gone, e));
    return gone ? ST_OK : fail(e, ST_NOT_FOUND, "there is no run '%s'", text_show(id).text);
}

static enum status mark(struct db *d, struct view id, const struct run_marks *m, struct err *e) {
    static const char sql[] =
        "UPDATE run SET name = ifnull(?2, name), comment = ifnull(?3, comment),"
        " pinned = iif(?4 < 0, pinned, ?4), shared = iif(?5 < 0, shared, ?5) WHERE id = ?1";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, id);
    if (m->name)
        db_bind_text(st, 2, *m->name);
    else
        sqlite3_bind_null(st, 2);
    if (m->comment)
        db_bind_text(st, 3, *m->comment);
    else
        sqlite3_bind_null(st, 3);
    db_bind_int(st, 4, m->pinned);
    db_bind_int(st, 5, m->shared);
    TRY(db_run(d, st, e));
    return sqlite3_changes(d->h)
               ? ST_OK
               : fail(e, ST_NOT_FOUND, "there is no run '%s'", text_show(id).text);
}

static enum status too_long(const char *field, const struct view *v, size_t most, struct err *e) {
    if (!v || v->n <= most) return ST_OK;
    enum status st =
        fail(e, ST_INVALID, "%s has %zu bytes; at most %zu are possible", field, v->n, most);
    err_field(e, "%s", field);
    return st;
}

enum status store_run_mark(struct store *s, struct view id, const struct run_marks *marks,
                           struct err *e) {
    struct db *d;
    TRY(too_long("name", marks->name, STORE_RUN_NAME_MAX, e));
    TRY(too_long("comment", marks->comment, STORE_RUN_COMMENT_MAX, e));
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, mark(d, id, marks, e), e);
}

#define RUN_WHERE                                                                                \
    " FROM run WHERE (?1 OR owner = ?2) AND (?3 = '' OR instr(lower(name || ' ' || title || ' '" \
    " || comment), lower(?3))) AND (?4 = '' OR catalog = ?4) AND pinned >= ?5"

static enum status prepare_list(struct db *d, const char *sql, const struct run_filter *f,
                                sqlite3_stmt **st, struct err *e) {
    TRY(db_prep(d, sql, st, e));
    db_bind_int(*st, 1, !f->owner);
    db_bind_text(*st, 2, f->owner ? *f->owner : VIEW(""));
    db_bind_text(*st, 3, f->q);
    db_bind_text(*st, 4, f->catalog);
    db_bind_int(*st, 5, f->pinned);
    return ST_OK;
}

static enum status list_runs(struct db *d, const struct run_filter *f, int offset, int limit,
                             struct arena *a, struct run_row **out, int *n, long long *total,
                             struct err *e) {
    static const char how_many[] = "SELECT count(*)" RUN_WHERE;
    static const char sql[] =
        "SELECT " RUN_COLUMNS RUN_WHERE " ORDER BY pinned DESC, row DESC LIMIT ?6 OFFSET ?7";
    sqlite3_stmt *st;
    TRY(prepare_list(d, how_many, f, &st, e));
    TRY(db_number(d, st, total, e));
    if (!(*out = ARENA_NEW(a, struct run_row, (size_t)limit))) return db_no_memory(e);
    TRY(prepare_list(d, sql, f, &st, e));
    db_bind_int(st, 6, limit);
    db_bind_int(st, 7, offset);
    for (int row; *n < limit; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) break;
        TRY(read_run(st, a, &(*out)[*n], e));
    }
    return ST_OK;
}

enum status store_runs(struct store *s, const struct run_filter *f, int offset, int limit,
                       struct arena *a, struct run_row **out, int *n, long long *total,
                       struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    *total = 0;
    if (offset < 0 || limit < 0 || limit > RUNS_AT_ONCE) {
        enum status st =
            fail(e, ST_INVALID, "offset is at least 0, limit from 0 to %d", RUNS_AT_ONCE);
        err_field(e, offset < 0 ? "offset" : "limit");
        return st;
    }
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, list_runs(d, f, offset, limit, a, out, n, total, e), e);
}

/* --- surfaces */

static enum status no_surface(struct view name, struct err *e) {
    enum status st = fail(e, ST_NOT_FOUND, "there is no surface '%s'", text_show(name).text);
    err_field(e, "surface");
    return st;
}

static enum status get_surface(struct db *d, struct view name, struct arena *a, struct view *json,
                               struct err *e) {
    static const char sql[] = "SELECT json FROM surface WHERE name = ?1";
    sqlite3_stmt *st;
    int row;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, name);
    TRY(db_step(d, st, &row, e));
    if (!row) return no_surface(name, e);
    *json = (struct view){NULL, db_view(st, 0).n};
    return db_copy(st, 0, a, &json->p, e);
}

enum status store_surface(struct store *s, struct view name, struct arena *a, struct view *json,
                          struct err *e) {
    struct db *d;
    *json = (struct view){0};
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, get_surface(d, name, a, json, e), e);
}

static enum status list_surfaces(struct db *d, struct arena *a, const char ***out, int *n,
                                 struct err *e) {
    static const char sql[] = "SELECT name FROM surface ORDER BY name LIMIT ?1";
    sqlite3_stmt *st;
    if (!(*out = ARENA_NEW(a, const char *, RUNS_AT_ONCE))) return db_no_memory(e);
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, RUNS_AT_ONCE);
    for (int row; *n < RUNS_AT_ONCE; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) break;
        TRY(db_copy(st, 0, a, &(*out)[*n], e));
    }
    return ST_OK;
}

enum status store_surfaces(struct store *s, struct arena *a, const char ***out, int *n,
                           struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, list_surfaces(d, a, out, n, e), e);
}

static enum status put_surface(struct db *d, struct view name, struct view json, struct err *e) {
    static const char sql[] = "INSERT INTO surface(name, json) VALUES(?1, ?2)"
                              " ON CONFLICT(name) DO UPDATE SET json = excluded.json";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, name);
    db_bind_text(st, 2, json);
    return db_run(d, st, e);
}

enum status store_surface_put(struct store *s, struct view name, struct view json, struct err *e) {
    struct db *d;
    if (!store_name_ok(name)) {
        enum status st = fail(e, ST_INVALID, "a surface's name is 1 to 64 letters, digits, . _ -");
        err_field(e, "surface");
        return st;
    }
    if (json.n > SURFACE_MAX)
        return fail(e, ST_LIMIT, "a surface has %zu bytes; at most %d are possible", json.n,
                    SURFACE_MAX);
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, put_surface(d, name, json, e), e);
}

enum status store_surface_delete(struct store *s, struct view name, struct err *e) {
    int gone;
    TRY(store_delete(s, "DELETE FROM surface WHERE name = ?1", name, &gone, e));
    return gone ? ST_OK : no_surface(name, e);
}
