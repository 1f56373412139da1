/* Preferences in the database. */
#include "server/store/kept/preference.h"

#include "server/store/sql/private.h"

#include "kernels/base/os/clock.h"

#define COLUMNS "row, member, text, sign, weight, active, position, created, expires, owner"

static enum status read_row(sqlite3_stmt *st, struct arena *a, struct preference *p,
                            struct err *e) {
    *p = (struct preference){.id = sqlite3_column_int64(st, 0),
                             .sign = sqlite3_column_int(st, 3),
                             .weight = db_real(st, 4),
                             .active = sqlite3_column_int(st, 5),
                             .position = sqlite3_column_int(st, 6),
                             .created = sqlite3_column_int64(st, 7),
                             .has_end = sqlite3_column_type(st, 8) != SQLITE_NULL,
                             .expires = sqlite3_column_int64(st, 8)};
    TRY(db_copy(st, 1, a, &p->member, e));
    TRY(db_copy(st, 9, a, &p->owner, e));
    return db_copy(st, 2, a, &p->text, e);
}

/* Of all owners there may be more than fit; then the first are answered. */
static enum status list(struct db *d, const struct view *owner, struct view catalog,
                        struct view member, int all, long long now, struct arena *a,
                        struct preference **out, int *n, struct err *e) {
    static const char sql[] =
        "SELECT " COLUMNS
        " FROM preference WHERE catalog = ?1 AND (?5 OR owner = ?6) AND (?3 OR ((member = '' OR"
        " member = ?2) AND active AND (expires IS NULL OR expires > ?4))) ORDER BY position, row";
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    if (!(*out = ARENA_NEW(a, struct preference, PREFERENCES_MAX))) return db_no_memory(e);
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_text(st, 2, member);
    db_bind_int(st, 3, all);
    db_bind_int(st, 4, now);
    db_bind_int(st, 5, !owner);
    db_bind_text(st, 6, owner ? *owner : VIEW(""));
    for (int row; *n < PREFERENCES_MAX; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) break;
        TRY(read_row(st, a, &(*out)[*n], e));
    }
    return ST_OK;
}

enum status preference_list(struct store *s, const struct view *owner, struct view catalog,
                            struct view member, int all, long long now, struct arena *a,
                            struct preference **out, int *n, struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, list(d, owner, catalog, member, all, now, a, out, n, e), e);
}

static enum status none(long long id, struct err *e) {
    return fail(e, ST_NOT_FOUND, "there is no preference %lld in this catalogue", id);
}

static enum status get(struct db *d, struct view catalog, long long id, struct arena *a,
                       struct preference *out, struct err *e) {
    static const char sql[] = "SELECT " COLUMNS " FROM preference WHERE catalog = ?1 AND row = ?2";
    struct catalog_row c;
    sqlite3_stmt *st;
    int row;
    TRY(catalog_find(d, catalog, &c, e));
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_int(st, 2, id);
    TRY(db_step(d, st, &row, e));
    return row ? read_row(st, a, out, e) : none(id, e);
}

enum status preference_get(struct store *s, struct view catalog, long long id, struct arena *a,
                           struct preference *out, struct err *e) {
    struct db *d;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, get(d, catalog, id, a, out, e), e);
}

static enum status check_room(struct db *d, long long catalog, struct view owner, struct err *e) {
    static const char sql[] = "SELECT count(*) FROM preference WHERE catalog = ?1 AND owner = ?2";
    sqlite3_stmt *st;
    long long n;
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, catalog);
    db_bind_text(st, 2, owner);
    TRY(db_number(d, st, &n, e));
    return n < PREFERENCES_MAX
               ? ST_OK
               : fail(e, ST_LIMIT, "a catalogue has at most %d preferences", PREFERENCES_MAX);
}

static enum status put(struct db *d, struct view catalog, struct preference *p, struct err *e) {
    static const char insert[] =
        "INSERT INTO preference(catalog, created, member, text, sign, weight, active, position,"
        " expires, owner) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    static const char update[] =
        "UPDATE preference SET member = ?3, text = ?4, sign = ?5, weight = ?6, active = ?7,"
        " position = ?8, expires = ?9 WHERE catalog = ?1 AND row = ?2";
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    struct view owner = view_of(p->owner);
    if (p->id == 0) TRY(check_room(d, c.row, owner, e));
    if (p->id == 0) p->created = clock_unix();
    if (p->id == 0)
        TRY(db_prep(d, insert, &st, e));
    else
        TRY(db_prep(d, update, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_int(st, 2, p->id ? p->id : p->created);
    db_bind_text(st, 3, view_of(p->member));
    db_bind_text(st, 4, view_of(p->text));
    db_bind_int(st, 5, p->sign);
    db_bind_real(st, 6, p->weight);
    db_bind_int(st, 7, p->active);
    db_bind_int(st, 8, p->position);
    db_bind_null(st, 9);
    if (p->has_end) db_bind_int(st, 9, p->expires);
    if (p->id == 0) db_bind_text(st, 10, owner);
    TRY(db_run(d, st, e));
    if (sqlite3_changes(d->h) == 0) return none(p->id, e);
    if (p->id == 0) p->id = sqlite3_last_insert_rowid(d->h);
    return ST_OK;
}

enum status preference_put(struct store *s, struct view catalog, struct preference *p,
                           struct err *e) {
    struct db *d;
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, put(d, catalog, p, e), e);
}

static enum status drop(struct db *d, struct view catalog, long long id, struct err *e) {
    static const char sql[] = "DELETE FROM preference WHERE catalog = ?1 AND row = ?2";
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_int(st, 2, id);
    TRY(db_run(d, st, e));
    return sqlite3_changes(d->h) ? ST_OK : none(id, e);
}

enum status preference_delete(struct store *s, struct view catalog, long long id, struct err *e) {
    struct db *d;
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, drop(d, catalog, id, e), e);
}
