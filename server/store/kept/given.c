/* Names of built-in catalogues in the database. */
#include "server/store/kept/given.h"

#include "server/store/sql/private.h"

#include "kernels/base/os/clock.h"

static enum status count(struct db *d, struct view name, long long *n, struct err *e) {
    sqlite3_stmt *st;
    TRY(db_prep(d, "SELECT count(*) FROM given WHERE name = ?1", &st, e));
    db_bind_text(st, 1, name);
    return db_number(d, st, n, e);
}

enum status store_given(struct store *s, struct view name, int *yes, struct err *e) {
    struct db *d;
    long long n = 0;
    TRY(store_read_begin(s, &d, e));
    TRY(store_read_end(s, d, count(d, name, &n, e), e));
    *yes = n > 0;
    return ST_OK;
}

static enum status put(struct db *d, struct view name, struct err *e) {
    sqlite3_stmt *st;
    TRY(db_prep(d, "INSERT OR IGNORE INTO given(name, created) VALUES(?1, ?2)", &st, e));
    db_bind_text(st, 1, name);
    db_bind_int(st, 2, clock_unix());
    return db_run(d, st, e);
}

enum status store_given_put(struct store *s, struct view name, struct err *e) {
    struct db *d;
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, put(d, name, e), e);
}
