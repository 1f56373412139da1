/* Calibrations in the database. */
#include "server/store/kept/calibration.h"

#include "server/store/sql/private.h"

#include "kernels/base/os/clock.h"

enum { CALIBRATIONS_MAX = 100, JSON_MAX = 1 << 20 };

static enum status list(struct db *d, struct view catalog, struct view key, struct arena *a,
                        struct calibration_row **out, int *n, struct err *e) {
    static const char sql[] = "SELECT key, json, created, version FROM calibration WHERE catalog ="
                              " ?1 AND (?2 = '' OR key = ?2) ORDER BY created DESC, key";
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    if (!(*out = ARENA_NEW(a, struct calibration_row, CALIBRATIONS_MAX))) return db_no_memory(e);
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_text(st, 2, key);
    for (int row; *n < CALIBRATIONS_MAX; (*n)++) {
        struct calibration_row *x = &(*out)[*n];
        TRY(db_step(d, st, &row, e));
        if (!row) return ST_OK;
        x->created = sqlite3_column_int64(st, 2);
        x->version = sqlite3_column_int64(st, 3);
        TRY(db_copy(st, 0, a, &x->key, e));
        TRY(db_copy(st, 1, a, &x->json, e));
    }
    sqlite3_reset(st);
    return ST_OK;
}

enum status store_calibrations(struct store *s, struct view catalog, struct view key,
                               struct arena *a, struct calibration_row **out, int *n,
                               struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, list(d, catalog, key, a, out, n, e), e);
}

static enum status put(struct db *d, struct view catalog, struct view key, long long version,
                       struct view json, struct err *e) {
    static const char sql[] = "INSERT OR REPLACE INTO calibration(catalog, key, created, version,"
                              " json) VALUES(?1, ?2, ?3, ?4, ?5)";
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_text(st, 2, key);
    db_bind_int(st, 3, clock_unix());
    db_bind_int(st, 4, version);
    db_bind_text(st, 5, json);
    return db_run(d, st, e);
}

enum status store_calibration_put(struct store *s, struct view catalog, struct view key,
                                  long long version, struct view json, struct err *e) {
    struct db *d;
    if (json.n > JSON_MAX)
        return fail(e, ST_LIMIT, "a calibration has %zu bytes; at most %d can be kept", json.n,
                    JSON_MAX);
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, put(d, catalog, key, version, json, e), e);
}
