/* Catalogues and their items. */
#include "server/store/sql/private.h"

#include <stdio.h>
#include <string.h>

enum { ITEMS_AT_ONCE = 5000 };

enum status catalog_find(struct db *d, struct view name, struct catalog_row *out, struct err *e) {
    static const char sql[] =
        "SELECT row, items, interactions, has_popularity, version FROM catalog WHERE name = ?1";
    sqlite3_stmt *st;
    int row;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, name);
    TRY(db_step(d, st, &row, e));
    if (!row) {
        enum status s =
            fail(e, ST_NOT_FOUND, "there is no catalogue named '%s'", text_show(name).text);
        err_field(e, "catalog");
        return s;
    }
    *out = (struct catalog_row){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                sqlite3_column_int64(st, 2), sqlite3_column_int(st, 3),
                                sqlite3_column_int64(st, 4)};
    sqlite3_reset(st);
    return ST_OK;
}

enum status catalog_touch(struct db *d, long long row, struct err *e) {
    static const char count[] = "UPDATE counter SET n = n + 1";
    static const char sql[] =
        "UPDATE catalog SET version = (SELECT n FROM counter),"
        " items = (SELECT count(*) FROM item WHERE catalog = ?1),"
        " members = (SELECT count(*) FROM member WHERE catalog = ?1),"
        " interactions = (SELECT count(*) FROM member m JOIN interaction x ON x.member = m.row"
        " WHERE m.catalog = ?1),"
        " has_popularity = EXISTS (SELECT 1 FROM item WHERE catalog = ?1"
        " AND popularity IS NOT NULL) WHERE row = ?1";
    sqlite3_stmt *st;
    TRY(db_prep(d, count, &st, e));
    TRY(db_run(d, st, e));
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, row);
    return db_run(d, st, e);
}

enum status catalog_drop(struct db *d, long long row, struct err *e) {
    static const char sql[] = "DELETE FROM catalog WHERE row = ?1";
    sqlite3_stmt *st;
    TRY(search_drop(d, row, e));
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, row);
    return db_run(d, st, e);
}

/* --- one row to one struct */

static enum status read_catalog(sqlite3_stmt *st, struct arena *a, struct catalog *c,
                                struct err *e) {
    TRY(db_copy(st, 0, a, &c->name, e));
    TRY(db_copy(st, 1, a, &c->surface, e));
    c->items = sqlite3_column_int64(st, 2);
    c->members = sqlite3_column_int64(st, 3);
    c->interactions = sqlite3_column_int64(st, 4);
    c->created = sqlite3_column_int64(st, 5);
    c->version = sqlite3_column_int64(st, 6);
    TRY(db_copy(st, 7, a, &c->time_name, e));
    return db_copy(st, 8, a, &c->popularity_name, e);
}
#define CATALOG_COLUMNS \
    "name, surface, items, members, interactions, created, version, time_name, popularity_name"

static enum status read_tags(struct view all, struct arena *a, struct item *out, struct err *e) {
    int n = all.n > 0;
    for (size_t i = 0; i < all.n; i++) n += all.p[i] == STORE_TAG_SPLIT;
    const char **tags = ARENA_NEW(a, const char *, (size_t)n);
    if (!tags) return db_no_memory(e);
    size_t from = 0;
    for (int t = 0; t < n; t++) {
        size_t to = from;
        while (to < all.n && all.p[to] != STORE_TAG_SPLIT) to++;
        if (!(tags[t] = arena_copy(a, all.p + from, to - from))) return db_no_memory(e);
        from = to + 1;
    }
    out->tags = tags;
    out->n_tags = n;
    return ST_OK;
}

enum status catalog_item(sqlite3_stmt *st, struct arena *a, struct item *out, struct err *e) {
    *out = (struct item){.row = sqlite3_column_int64(st, 0)};
    TRY(db_copy(st, 1, a, &out->id, e));
    TRY(db_copy(st, 2, a, &out->title, e));
    TRY(db_copy(st, 3, a, &out->text, e));
    TRY(read_tags(db_view(st, 4), a, out, e));
    out->has_popularity = sqlite3_column_type(st, 5) != SQLITE_NULL;
    out->popularity = db_real(st, 5);
    out->has_time = sqlite3_column_type(st, 6) != SQLITE_NULL;
    out->time = sqlite3_column_int64(st, 6);
    return db_copy(st, 7, a, &out->extra, e);
}

/* --- catalogues */

static enum status list_catalogs(struct db *d, struct arena *a, struct catalog **out, int *n,
                                 struct err *e) {
    static const char how_many[] = "SELECT count(*) FROM catalog";
    static const char sql[] = "SELECT " CATALOG_COLUMNS " FROM catalog ORDER BY name";
    sqlite3_stmt *st;
    long long count;
    TRY(db_prep(d, how_many, &st, e));
    TRY(db_number(d, st, &count, e));
    if (!(*out = ARENA_NEW(a, struct catalog, (size_t)count))) return db_no_memory(e);
    TRY(db_prep(d, sql, &st, e));
    for (int row;; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) return ST_OK;
        TRY(read_catalog(st, a, &(*out)[*n], e));
    }
}

enum status store_catalogs(struct store *s, struct arena *a, struct catalog **out, int *n,
                           struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, list_catalogs(d, a, out, n, e), e);
}

static enum status one_catalog(struct db *d, struct view name, struct arena *a, struct catalog *out,
                               struct err *e) {
    static const char sql[] = "SELECT " CATALOG_COLUMNS " FROM catalog WHERE row = ?1";
    struct catalog_row c;
    sqlite3_stmt *st;
    int row;
    TRY(catalog_find(d, name, &c, e));
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    TRY(db_step(d, st, &row, e));
    return row ? read_catalog(st, a, out, e) : fail(e, ST_INTERNAL, "a catalogue's row is gone");
}

enum status store_catalog(struct store *s, struct view name, struct arena *a, struct catalog *out,
                          struct err *e) {
    struct db *d;
    *out = (struct catalog){0};
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, one_catalog(d, name, a, out, e), e);
}

enum status store_catalog_delete(struct store *s, struct view name, struct err *e) {
    struct db *d;
    struct catalog_row c;
    TRY(store_write_begin(s, &d, e));
    enum status st = catalog_find(d, name, &c, e);
    if (st == ST_OK) st = catalog_drop(d, c.row, e);
    return store_write_end(s, d, st, e);
}

static enum status rename_catalog(struct db *d, struct view name, struct view to, struct err *e) {
    static const char taken[] = "SELECT count(*) FROM catalog WHERE name = ?1 AND row <> ?2";
    static const char sql[] = "UPDATE catalog SET name = ?2 WHERE row = ?1";
    struct catalog_row c;
    sqlite3_stmt *st;
    long long n;
    TRY(catalog_find(d, name, &c, e));
    TRY(db_prep(d, taken, &st, e));
    db_bind_text(st, 1, to);
    db_bind_int(st, 2, c.row);
    TRY(db_number(d, st, &n, e));
    if (n) {
        enum status s =
            fail(e, ST_CONFLICT, "there is a catalogue '%s' already", text_show(to).text);
        err_field(e, "name");
        return s;
    }
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_text(st, 2, to);
    TRY(db_run(d, st, e));
    return catalog_touch(d, c.row, e);
}

enum status store_catalog_rename(struct store *s, struct view name, struct view to, struct err *e) {
    struct db *d;
    if (!store_name_ok(to)) {
        enum status st =
            fail(e, ST_INVALID, "a catalogue's name is 1 to 64 letters, digits, . _ -");
        err_field(e, "name");
        return st;
    }
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, rename_catalog(d, name, to, e), e);
}

static enum status set_surface(struct db *d, struct view name, struct view surface, struct err *e) {
    static const char sql[] = "UPDATE catalog SET surface = ?2 WHERE row = ?1";
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, name, &c, e));
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_text(st, 2, surface);
    return db_run(d, st, e);
}

enum status store_catalog_surface(struct store *s, struct view name, struct view surface,
                                  struct err *e) {
    struct db *d;
    if (!store_name_ok(surface)) {
        enum status st = fail(e, ST_INVALID, "a surface's name is 1 to 64 letters, digits, . _ -");
        err_field(e, "surface");
        return st;
    }
    TRY(store_write_begin(s, &d, e));
    return store_write_end(s, d, set_surface(d, name, surface, e), e);
}

/* --- items */

/* instr and not LIKE: nothing in the query is a pattern, and there is no limit on its length.
 * Capital letters count as small ones for A to Z only, as SQLite's lower() knows no others. */
#define HIT                                                                       \
    " FROM item i WHERE i.catalog = ?1 AND (instr(lower(i.title), lower(?2)) > 0" \
    " OR instr(lower(i.id), lower(?2)) > 0 OR instr(lower(i.tags), lower(?2)) > 0)"

static enum status list_items(struct db *d, struct view catalog, struct view query,
                              long long offset, int limit, struct arena *a, struct item **out,
                              int *n, long long *total, struct err *e) {
    static const char every[] = "SELECT " ITEM_COLUMNS " FROM item i WHERE i.catalog = ?1"
                                " ORDER BY i.row LIMIT ?3 OFFSET ?4";
    static const char some[] = "SELECT " ITEM_COLUMNS HIT " ORDER BY i.row LIMIT ?3 OFFSET ?4";
    static const char how_many[] = "SELECT count(*)" HIT;
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    *total = c.items;
    if (query.n) {
        TRY(db_prep(d, how_many, &st, e));
        db_bind_int(st, 1, c.row);
        db_bind_text(st, 2, query);
        TRY(db_number(d, st, total, e));
    }
    long long left = *total > offset ? *total - offset : 0;
    if (left > limit) left = limit;
    if (!(*out = ARENA_NEW(a, struct item, (size_t)left))) return db_no_memory(e);
    TRY(db_prep(d, query.n ? some : every, &st, e));
    db_bind_int(st, 1, c.row);
    if (query.n) db_bind_text(st, 2, query);
    db_bind_int(st, 3, left);
    db_bind_int(st, 4, offset);
    for (int row; *n < left; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) break;
        TRY(catalog_item(st, a, &(*out)[*n], e));
    }
    return ST_OK;
}

enum status store_items(struct store *s, struct view catalog, struct view query, long long offset,
                        int limit, struct arena *a, struct item **out, int *n, long long *total,
                        struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    *total = 0;
    if (offset < 0 || limit < 0 || limit > ITEMS_AT_ONCE) {
        enum status st =
            fail(e, ST_INVALID, "offset is at least 0, limit from 0 to %d", ITEMS_AT_ONCE);
        err_field(e, offset < 0 ? "offset" : "limit");
        return st;
    }
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, list_items(d, catalog, query, offset, limit, a, out, n, total, e),
                          e);
}

/* Counts of interactions come with the items, from the interactions' index. */
static enum status all_items(struct db *d, const struct catalog_row *c, const struct items_to *to,
                             struct arena *a, struct err *e) {
    static const char plain[] =
        "SELECT " ITEM_COLUMNS ", 0 FROM item i WHERE i.catalog = ?1 ORDER BY i.row";
    static const char counted[] =
        "SELECT " ITEM_COLUMNS ", (SELECT count(*) FROM interaction x WHERE x.item = i.row)"
        " FROM item i WHERE i.catalog = ?1 ORDER BY i.row";
    sqlite3_stmt *st;
    TRY(db_prep(d, c->interactions > 0 ? counted : plain, &st, e));
    db_bind_int(st, 1, c->row);
    for (int row;;) {
        struct item item;
        TRY(db_step(d, st, &row, e));
        if (!row) return ST_OK;
        arena_reset(a);
        enum status got = catalog_item(st, a, &item, e);
        double popularity = item.has_popularity ? item.popularity : sqlite3_column_double(st, 8);
        if (got == ST_OK) got = to->item(to->arg, &item, popularity, e);
        if (got != ST_OK) {
            sqlite3_reset(st);
            return got;
        }
    }
}

static enum status whole_catalog(struct db *d, struct view name, const struct items_to *to,
                                 struct arena *a, struct err *e) {
    struct catalog_row row;
    struct catalog c;
    TRY(catalog_find(d, name, &row, e));
    TRY(one_catalog(d, name, a, &c, e));
    TRY(to->begin(to->arg, &c, e));
    return all_items(d, &row, to, a, e);
}

enum status store_items_all(struct store *s, struct view catalog, const struct items_to *to,
                            struct err *e) {
    struct arena a;
    struct db *d;
    TRY(store_read_begin(s, &d, e));
    arena_init(&a, 4 << 20);
    enum status st = whole_catalog(d, catalog, to, &a, e);
    arena_free(&a);
    return store_read_end(s, d, st, e);
}

static enum status items_by_id(struct db *d, struct view catalog, const struct view *ids, int n,
                               const char *field, struct arena *a, struct item *out,
                               struct err *e) {
    static const char sql[] =
        "SELECT " ITEM_COLUMNS " FROM item i WHERE i.catalog = ?1 AND i.id = ?2";
    struct catalog_row c;
    sqlite3_stmt *st;
    int row;
    TRY(catalog_find(d, catalog, &c, e));
    for (int k = 0; k < n; k++) {
        TRY(db_prep(d, sql, &st, e));
        db_bind_int(st, 1, c.row);
        db_bind_text(st, 2, ids[k]);
        TRY(db_step(d, st, &row, e));
        if (!row) {
            enum status s = fail(e, ST_NOT_FOUND, "there is no item '%s' in the catalogue",
                                 text_show(ids[k]).text);
            err_field(e, "%s[%d]", field ? field : "items", k);
            return s;
        }
        TRY(catalog_item(st, a, &out[k], e));
    }
    return ST_OK;
}

enum status store_items_by_id(struct store *s, struct view catalog, const struct view *ids, int n,
                              const char *field, struct arena *a, struct item **out,
                              struct err *e) {
    struct db *d;
    *out = ARENA_NEW(a, struct item, n > 0 ? (size_t)n : 0);
    if (!*out) return db_no_memory(e);
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, items_by_id(d, catalog, ids, n, field, a, *out, e), e);
}

static enum status popularity(struct db *d, struct view catalog, const struct item *items, int n,
                              double *out, int *has, struct err *e) {
    static const char sql[] = "SELECT count(*) FROM interaction WHERE item = ?1";
    struct catalog_row c;
    sqlite3_stmt *st;
    long long count;
    TRY(catalog_find(d, catalog, &c, e));
    *has = c.has_popularity || c.interactions > 0;
    for (int k = 0; k < n; k++) {
        out[k] = items[k].has_popularity ? items[k].popularity : 0;
        if (items[k].has_popularity || c.interactions == 0) continue;
        TRY(db_prep(d, sql, &st, e));
        db_bind_int(st, 1, items[k].row);
        TRY(db_number(d, st, &count, e));
        out[k] = (double)count;
    }
    return ST_OK;
}

enum status store_popularity(struct store *s, struct view catalog, const struct item *items, int n,
                             double *out, int *has, struct err *e) {
    struct db *d;
    *has = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, popularity(d, catalog, items, n, out, has, e), e);
}
