/* Items by rowid, for what goes through a whole catalogue. */
#include "server/store/private.h"

enum { AT_ONCE = 5000 };

static enum status after_row(struct db *d, struct view catalog, long long after, int limit,
                             struct arena *a, struct item **out, int *n, struct err *e) {
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    if (!(*out = ARENA_NEW(a, struct item, (size_t)limit))) return db_no_memory(e);
    TRY(db_prep(d,
                "SELECT " ITEM_COLUMNS " FROM item i WHERE i.catalog = ?1 AND i.row > ?2"
                " ORDER BY i.row LIMIT ?3",
                &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_int(st, 2, after);
    db_bind_int(st, 3, limit);
    enum status s = ST_OK;
    for (int row; s == ST_OK && (s = db_step(d, st, &row, e)) == ST_OK && row;)
        s = catalog_item(st, a, &(*out)[(*n)++], e);
    sqlite3_reset(st);
    return s;
}

enum status store_items_after(struct store *s, struct view catalog, long long after, int limit,
                              struct arena *a, struct item **out, int *n, struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    if (limit < 0 || limit > AT_ONCE) return fail(e, ST_INVALID, "limit is from 0 to %d", AT_ONCE);
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, after_row(d, catalog, after, limit, a, out, n, e), e);
}

static enum status rows(struct db *d, struct view catalog, struct arena *a, long long **out, int *n,
                        long long *version, struct err *e) {
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    TRY(db_prep(d, "SELECT version FROM catalog WHERE row = ?1", &st, e));
    db_bind_int(st, 1, c.row);
    TRY(db_number(d, st, version, e));
    if (!(*out = ARENA_NEW(a, long long, (size_t)c.items))) return db_no_memory(e);
    TRY(db_prep(d, "SELECT row FROM item WHERE catalog = ?1 ORDER BY row", &st, e));
    db_bind_int(st, 1, c.row);
    enum status s;
    int row;
    while ((s = db_step(d, st, &row, e)) == ST_OK && row && *n < c.items)
        (*out)[(*n)++] = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return s;
}

enum status store_item_rows(struct store *s, struct view catalog, struct arena *a, long long **out,
                            int *n, long long *version, struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, rows(d, catalog, a, out, n, version, e), e);
}
