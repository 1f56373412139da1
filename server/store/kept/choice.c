/* Choices of a precision in the database. */
#include "server/store/kept/choice.h"

#include "server/store/sql/private.h"

#include "kernels/base/os/clock.h"

#include <stdio.h>

static enum status get(struct db *d, const char *sha256, char out[CHOICE_SIZE], struct err *e) {
    sqlite3_stmt *st;
    int row;
    TRY(db_prep(d, "SELECT precision FROM choice WHERE model = ?1", &st, e));
    db_bind_text(st, 1, view_of(sha256));
    TRY(db_step(d, st, &row, e));
    if (row) (void)snprintf(out, CHOICE_SIZE, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_reset(st);
    return ST_OK;
}

enum status store_choice(struct store *s, const char *sha256, char out[CHOICE_SIZE],
                         struct err *e) {
    struct db *d;
    out[0] = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, get(d, sha256, out, e), e);
}

static enum status put(struct db *d, const char *sha256, const char *precision, struct err *e) {
    static const char sql[] =
        "INSERT OR REPLACE INTO choice(model, precision, created) VALUES(?1, ?2, ?3)";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, view_of(sha256));
    db_bind_text(st, 2, view_of(precision));
    db_bind_int(st, 3, clock_unix());
    return db_run(d, st, e);
}

enum status store_choice_put(struct store *s, const char *sha256, const char *precision,
                             struct err *e) {
    struct db *d;
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, put(d, sha256, precision, e), e);
}
