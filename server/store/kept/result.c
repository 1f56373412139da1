/* Finished cases of evaluations: one JSON text each, by what was measured and the case's name. */
#include "server/store/sql/private.h"

#include "kernels/base/os/clock.h"

enum { RESULT_MAX = 1 << 20 };

static enum status get(struct db *d, struct view key, struct view name, struct arena *a,
                       struct view *json, struct err *e) {
    static const char sql[] = "SELECT json FROM result WHERE key = ?1 AND name = ?2";
    sqlite3_stmt *st;
    int row;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, key);
    db_bind_text(st, 2, name);
    TRY(db_step(d, st, &row, e));
    if (!row) return ST_OK;
    json->n = db_view(st, 0).n;
    return db_copy(st, 0, a, &json->p, e);
}

enum status store_result(struct store *s, struct view key, struct view name, struct arena *a,
                         struct view *json, struct err *e) {
    struct db *d;
    *json = (struct view){NULL, 0};
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, get(d, key, name, a, json, e), e);
}

static enum status put(struct db *d, struct view key, struct view name, struct view json,
                       struct err *e) {
    static const char sql[] = "INSERT OR REPLACE INTO result(key, name, created, json)"
                              " VALUES(?1, ?2, ?3, ?4)";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, key);
    db_bind_text(st, 2, name);
    db_bind_int(st, 3, clock_unix());
    db_bind_text(st, 4, json);
    return db_run(d, st, e);
}

enum status store_result_put(struct store *s, struct view key, struct view name, struct view json,
                             struct err *e) {
    struct db *d;
    if (json.n > RESULT_MAX)
        return fail(e, ST_LIMIT, "a case has %zu bytes; at most %d can be kept", json.n,
                    RESULT_MAX);
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, put(d, key, name, json, e), e);
}
