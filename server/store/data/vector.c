/* Vectors of items' texts, made by an embedding model. */
#include "server/store/sql/private.h"

#include <string.h>

/* A vector counts only for the model and the text that it was made from. */
static enum status find(struct db *d, struct view model, const long long *item,
                        const long long *text, int n, int dim, float *out, unsigned char *has,
                        struct err *e) {
    sqlite3_stmt *st;
    size_t bytes = (size_t)dim * sizeof *out;
    TRY(db_prep(d, "SELECT data FROM vector WHERE item = ?1 AND model = ?2 AND text = ?3", &st, e));
    for (int i = 0; i < n; i++) {
        int row;
        db_bind_int(st, 1, item[i]);
        db_bind_text(st, 2, model);
        db_bind_int(st, 3, text[i]);
        TRY(db_step(d, st, &row, e));
        has[i] = row && (size_t)sqlite3_column_bytes(st, 0) == bytes;
        if (has[i]) memcpy(out + (size_t)i * (size_t)dim, sqlite3_column_blob(st, 0), bytes);
        sqlite3_reset(st);
    }
    return ST_OK;
}

enum status store_vectors_find(struct store *s, struct view model, const long long *item,
                               const long long *text, int n, int dim, float *out,
                               unsigned char *has, struct err *e) {
    struct db *d;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, find(d, model, item, text, n, dim, out, has, e), e);
}

static enum status each_of(struct db *d, struct view model, long long from, long long to, int dim,
                           void *arg,
                           int (*each)(void *arg, long long item, long long text, const float *vec),
                           struct err *e) {
    sqlite3_stmt *st;
    int row;
    TRY(db_prep(d,
                "SELECT item, text, data FROM vector WHERE item BETWEEN ?1 AND ?2 AND model = ?3"
                " ORDER BY item",
                &st, e));
    db_bind_int(st, 1, from);
    db_bind_int(st, 2, to);
    db_bind_text(st, 3, model);
    for (;;) {
        TRY(db_step(d, st, &row, e));
        if (!row) return ST_OK;
        if ((size_t)sqlite3_column_bytes(st, 2) != (size_t)dim * sizeof(float)) continue;
        if (each(arg, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                 sqlite3_column_blob(st, 2)))
            break;
    }
    sqlite3_reset(st);
    return ST_OK;
}

enum status store_vectors_each(
    struct store *s, struct view model, long long from, long long to, int dim, void *arg,
    int (*each)(void *arg, long long item, long long text, const float *vec), struct err *e) {
    struct db *d;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, each_of(d, model, from, to, dim, arg, each, e), e);
}

/* An item that was deleted meanwhile is left out. */
static enum status keep(struct db *d, struct view model, const long long *item,
                        const long long *text, int n, int dim, const float *vec, struct err *e) {
    sqlite3_stmt *st;
    size_t bytes = (size_t)dim * sizeof *vec;
    TRY(db_prep(d,
                "INSERT OR REPLACE INTO vector(item, model, text, data)"
                " SELECT row, ?2, ?3, ?4 FROM item WHERE row = ?1",
                &st, e));
    for (int i = 0; i < n; i++) {
        db_bind_int(st, 1, item[i]);
        db_bind_text(st, 2, model);
        db_bind_int(st, 3, text[i]);
        sqlite3_bind_blob(st, 4, vec + (size_t)i * (size_t)dim, (int)bytes, SQLITE_STATIC);
        TRY(db_run(d, st, e));
    }
    return ST_OK;
}

enum status store_vectors_keep(struct store *s, struct view model, const long long *item,
                               const long long *text, int n, int dim, const float *vec,
                               struct err *e) {
    struct db *d;
    if (n == 0) return ST_OK;
    TRY(store_write_soon(s, &d, e));
    return store_write_end(s, d, keep(d, model, item, text, n, dim, vec, e), e);
}

enum status store_vectors_count(struct store *s, long long *n, struct err *e) {
    struct db *d;
    sqlite3_stmt *st;
    TRY(store_read_begin(s, &d, e));
    enum status got = db_prep(d, "SELECT count(*) FROM vector", &st, e);
    if (got == ST_OK) got = db_number(d, st, n, e);
    return store_read_end(s, d, got, e);
}
