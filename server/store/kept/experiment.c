/* Experiments: a grid's cells, each with its settings and, once it is finished, its result. */
#include "server/store/sql/private.h"

#include "kernels/base/os/clock.h"

enum { SPEC_MAX = 256 << 10, LIST_MAX = 200 };

#define COUNTS                                                                       \
    " (SELECT count(*) FROM cell c WHERE c.experiment = x.id),"                      \
    " (SELECT count(*) FROM cell c WHERE c.experiment = x.id AND c.state = 'done')," \
    " (SELECT count(*) FROM cell c WHERE c.experiment = x.id AND c.state = 'failed')"

static enum status add_cells(struct db *d, struct view id, const struct view *settings, int n,
                             struct err *e) {
    static const char sql[] = "INSERT OR IGNORE INTO cell(experiment, n, state, settings)"
                              " VALUES(?1, ?2, 'waiting', ?3)";
    sqlite3_stmt *st;
    for (int i = 0; i < n; i++) {
        TRY(db_prep(d, sql, &st, e));
        db_bind_text(st, 1, id);
        db_bind_int(st, 2, i);
        db_bind_text(st, 3, settings[i]);
        TRY(db_run(d, st, e));
    }
    return ST_OK;
}

static enum status add(struct db *d, struct view id, struct view owner, struct view name,
                       struct view spec, const struct view *settings, int n, struct err *e) {
    static const char sql[] = "INSERT OR IGNORE INTO experiment(id, name, created, spec, owner)"
                              " VALUES(?1, ?2, ?3, ?4, ?5)";
    /* Asked for again, what failed is tried again. */
    static const char again[] = "UPDATE cell SET state = 'waiting', error = ''"
                                " WHERE experiment = ?1 AND state = 'failed'";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, id);
    db_bind_text(st, 2, name);
    db_bind_int(st, 3, clock_unix());
    db_bind_text(st, 4, spec);
    db_bind_text(st, 5, owner);
    TRY(db_run(d, st, e));
    TRY(db_prep(d, again, &st, e));
    db_bind_text(st, 1, id);
    TRY(db_run(d, st, e));
    return add_cells(d, id, settings, n, e);
}

enum status store_experiment_add(struct store *s, struct view id, struct view owner,
                                 struct view name, struct view spec, const struct view *settings,
                                 int n, struct err *e) {
    struct db *d;
    if (spec.n > SPEC_MAX)
        return fail(e, ST_LIMIT, "an experiment has %zu bytes; at most %d are possible", spec.n,
                    SPEC_MAX);
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, add(d, id, owner, name, spec, settings, n, e), e);
}

static enum status read_row(sqlite3_stmt *st, struct arena *a, struct experiment_row *x,
                            struct err *e) {
    TRY(db_copy(st, 0, a, &x->id, e));
    TRY(db_copy(st, 1, a, &x->name, e));
    x->created = sqlite3_column_int64(st, 2);
    x->cells = sqlite3_column_int(st, 3);
    x->done = sqlite3_column_int(st, 4);
    x->failed = sqlite3_column_int(st, 5);
    TRY(db_copy(st, 6, a, &x->spec, e));
    return db_copy(st, 7, a, &x->owner, e);
}

static enum status list(struct db *d, struct view id, struct arena *a, struct experiment_row **out,
                        int *n, struct err *e) {
    static const char sql[] = "SELECT x.id, x.name, x.created," COUNTS ", x.spec, x.owner"
                              " FROM experiment x WHERE ?1 = '' OR x.id = ?1"
                              " ORDER BY x.created DESC, x.id LIMIT ?2";
    sqlite3_stmt *st;
    if (!(*out = ARENA_NEW(a, struct experiment_row, LIST_MAX))) return db_no_memory(e);
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, id);
    db_bind_int(st, 2, LIST_MAX);
    for (int row; *n < LIST_MAX; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) break;
        TRY(read_row(st, a, &(*out)[*n], e));
    }
    return ST_OK;
}

enum status store_experiments(struct store *s, struct view id, struct arena *a,
                              struct experiment_row **out, int *n, struct err *e) {
    struct db *d;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    TRY(store_read_end(s, d, list(d, id, a, out, n, e), e));
    if (*n || !id.n) return ST_OK;
    return fail(e, ST_NOT_FOUND, "there is no experiment '%s'", text_show(id).text);
}

static enum status read_cell(sqlite3_stmt *st, struct arena *a, struct experiment_cell *x,
                             struct err *e) {
    TRY(db_copy(st, 0, a, &x->experiment, e));
    x->n = sqlite3_column_int(st, 1);
    TRY(db_copy(st, 2, a, &x->state, e));
    TRY(db_copy(st, 3, a, &x->settings, e));
    TRY(db_copy(st, 4, a, &x->result, e));
    TRY(db_copy(st, 5, a, &x->error, e));
    TRY(db_copy(st, 6, a, &x->code, e));
    x->seconds = db_real(st, 7);
    x->finished = sqlite3_column_int64(st, 8);
    return ST_OK;
}

#define CELL_COLUMNS \
    "c.experiment, c.n, c.state, c.settings, c.result, c.error, c.code, c.seconds, c.finished"

static enum status cells(struct db *d, struct view id, struct arena *a,
                         struct experiment_cell **out, int *n, struct err *e) {
    static const char how_many[] = "SELECT count(*) FROM cell WHERE experiment = ?1";
    static const char sql[] =
        "SELECT " CELL_COLUMNS " FROM cell c WHERE c.experiment = ?1 ORDER BY c.n";
    sqlite3_stmt *st;
    long long count;
    TRY(db_prep(d, how_many, &st, e));
    db_bind_text(st, 1, id);
    TRY(db_number(d, st, &count, e));
    if (!(*out = ARENA_NEW(a, struct experiment_cell, (size_t)count))) return db_no_memory(e);
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, id);
    for (int row; *n < count; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) break;
        TRY(read_cell(st, a, &(*out)[*n], e));
    }
    return ST_OK;
}

enum status store_experiment_cells(struct store *s, struct view id, struct arena *a,
                                   struct experiment_cell **out, int *n, struct err *e) {
    struct db *d;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, cells(d, id, a, out, n, e), e);
}

static enum status next(struct db *d, struct view id, struct arena *a, struct experiment_cell *out,
                        int *there, struct err *e) {
    static const char sql[] = "SELECT " CELL_COLUMNS " FROM cell c JOIN experiment x"
                              " ON x.id = c.experiment WHERE c.state = 'waiting'"
                              " AND (?1 = '' OR c.experiment = ?1) ORDER BY x.created, x.id, c.n";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, id);
    TRY(db_step(d, st, there, e));
    if (!*there) return ST_OK;
    enum status got = read_cell(st, a, out, e);
    sqlite3_reset(st);
    return got;
}

enum status store_experiment_next(struct store *s, struct view id, struct arena *a,
                                  struct experiment_cell *out, int *there, struct err *e) {
    struct db *d;
    *there = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, next(d, id, a, out, there, e), e);
}

static enum status finish(struct db *d, const struct experiment_cell *x, struct err *e) {
    static const char sql[] = "UPDATE cell SET state = ?3, result = ?4, error = ?5, code = ?6,"
                              " seconds = ?7, finished = ?8 WHERE experiment = ?1 AND n = ?2";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, view_of(x->experiment));
    db_bind_int(st, 2, x->n);
    db_bind_text(st, 3, view_of(x->state));
    db_bind_text(st, 4, view_of(x->result));
    db_bind_text(st, 5, view_of(x->error));
    db_bind_text(st, 6, view_of(x->code));
    db_bind_real(st, 7, x->seconds);
    db_bind_int(st, 8, clock_unix());
    return db_run(d, st, e);
}

enum status store_experiment_finish(struct store *s, const struct experiment_cell *x,
                                    struct err *e) {
    struct db *d;
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, finish(d, x, e), e);
}

static enum status cancel(struct db *d, struct view id, struct err *e) {
    static const char sql[] = "UPDATE cell SET state = 'failed', error = 'cancelled'"
                              " WHERE experiment = ?1 AND state = 'waiting'";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, id);
    return db_run(d, st, e);
}

enum status store_experiment_cancel(struct store *s, struct view id, struct err *e) {
    struct db *d;
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, cancel(d, id, e), e);
}

enum status store_experiment_delete(struct store *s, struct view id, struct err *e) {
    int gone;
    TRY(store_delete(s, "DELETE FROM experiment WHERE id = ?1", id, &gone, e));
    return gone ? ST_OK : fail(e, ST_NOT_FOUND, "there is no experiment '%s'", text_show(id).text);
}
