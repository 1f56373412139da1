/* Members and their interactions. */
#include "server/store/sql/private.h"

enum { MEMBERS_AT_ONCE = 5000 };

#define MEMBER_COLUMNS                \
    "m.row, m.id, m.name, m.profile," \
    " (SELECT count(*) FROM interaction x WHERE x.member = m.row)"

static enum status read_member(sqlite3_stmt *st, struct arena *a, struct member *out,
                               struct err *e) {
    out->row = sqlite3_column_int64(st, 0);
    TRY(db_copy(st, 1, a, &out->id, e));
    TRY(db_copy(st, 2, a, &out->name, e));
    TRY(db_copy(st, 3, a, &out->profile, e));
    out->interactions = sqlite3_column_int64(st, 4);
    return ST_OK;
}

static enum status list_members(struct db *d, struct view catalog, struct view query, int limit,
                                struct arena *a, struct member **out, int *n, struct err *e) {
    static const char sql[] = "SELECT " MEMBER_COLUMNS " FROM member m WHERE m.catalog = ?1"
                              " AND (?2 = '' OR instr(lower(m.id), lower(?2)) > 0"
                              " OR instr(lower(m.name), lower(?2)) > 0"
                              " OR instr(lower(m.profile), lower(?2)) > 0)"
                              " ORDER BY m.row LIMIT ?3";
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    if (!(*out = ARENA_NEW(a, struct member, (size_t)limit))) return db_no_memory(e);
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_text(st, 2, query);
    db_bind_int(st, 3, limit);
    for (int row; *n < limit; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) break;
        TRY(read_member(st, a, &(*out)[*n], e));
    }
    return ST_OK;
}

enum status store_members(struct store *s, struct view catalog, struct view query, int limit,
                          struct arena *a, struct member **out, int *n, struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    if (limit < 0 || limit > MEMBERS_AT_ONCE) {
        enum status st = fail(e, ST_INVALID, "limit is from 0 to %d", MEMBERS_AT_ONCE);
        err_field(e, "limit");
        return st;
    }
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, list_members(d, catalog, query, limit, a, out, n, e), e);
}

/* +1, -1 or 0 whatever the column holds: tables have three places for it. */
static int label_of(sqlite3_stmt *st, int col) {
    long long x = sqlite3_column_int64(st, col);
    return (x > 0) - (x < 0);
}

/* Leaves the statement on the member's row. */
static enum status find_member(struct db *d, struct view catalog, struct view id, sqlite3_stmt **st,
                               struct err *e) {
    static const char sql[] =
        "SELECT " MEMBER_COLUMNS " FROM member m WHERE m.catalog = ?1 AND m.id = ?2";
    struct catalog_row c;
    int row;
    TRY(catalog_find(d, catalog, &c, e));
    TRY(db_prep(d, sql, st, e));
    db_bind_int(*st, 1, c.row);
    db_bind_text(*st, 2, id);
    TRY(db_step(d, *st, &row, e));
    if (row) return ST_OK;
    enum status s =
        fail(e, ST_NOT_FOUND, "there is no member '%s' in the catalogue", text_show(id).text);
    err_field(e, "member");
    return s;
}

enum status store_member(struct store *s, struct view catalog, struct view id, struct arena *a,
                         struct member *out, struct err *e) {
    struct db *d;
    sqlite3_stmt *st;
    *out = (struct member){0};
    TRY(store_read_begin(s, &d, e));
    enum status r = find_member(d, catalog, id, &st, e);
    if (r == ST_OK) r = read_member(st, a, out, e);
    return store_read_end(s, d, r, e);
}

static enum status history(struct db *d, struct view catalog, struct view member, struct arena *a,
                           struct interaction **out, int *n, struct err *e) {
    static const char sql[] = "SELECT i.id, i.title, x.rating, x.label, x.at FROM interaction x"
                              " JOIN item i ON i.row = x.item WHERE x.member = ?1"
                              " ORDER BY x.at, x.row";
    sqlite3_stmt *st;
    TRY(find_member(d, catalog, member, &st, e));
    long long who = sqlite3_column_int64(st, 0), count = sqlite3_column_int64(st, 4);
    sqlite3_reset(st);
    struct interaction *list = ARENA_NEW(a, struct interaction, (size_t)count);
    if (!list) return db_no_memory(e);
    *out = list;
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, who);
    for (int row; *n < count; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) break;
        struct interaction *x = &list[*n];
        TRY(db_copy(st, 0, a, &x->item, e));
        TRY(db_copy(st, 1, a, &x->title, e));
        x->has_rating = sqlite3_column_type(st, 2) != SQLITE_NULL;
        x->rating = db_real(st, 2);
        x->label = label_of(st, 3);
        x->at = sqlite3_column_int64(st, 4);
    }
    return ST_OK;
}

enum status store_history(struct store *s, struct view catalog, struct view member, struct arena *a,
                          struct interaction **out, int *n, struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, history(d, catalog, member, a, out, n, e), e);
}

/* Items with the interactions that they and those with more have together. */
#define ITEMS_BY_EVENTS                                                                             \
    "WITH c AS MATERIALIZED (SELECT i.row AS r, count(*) AS n FROM item i CROSS JOIN interaction x" \
    " ON x.item = i.row WHERE i.catalog = ?1 GROUP BY i.row),"                                      \
    " t AS MATERIALIZED (SELECT r, sum(n) OVER (ORDER BY n DESC, r) AS upto FROM c)"

static enum status events(struct db *d, struct view catalog, int max, struct arena *a,
                          struct event **out, int *n, struct err *e) {
    static const char all[] = "SELECT x.member, x.item, x.at, x.label FROM member m"
                              " CROSS JOIN interaction x ON x.member = m.row WHERE m.catalog = ?1"
                              " ORDER BY m.row, x.at, x.row";
    static const char some[] =
        ITEMS_BY_EVENTS " SELECT x.member, x.item, x.at, x.label FROM t"
                        " CROSS JOIN interaction x ON x.item = t.r WHERE t.upto <= ?2"
                        " ORDER BY x.member, x.at, x.row";
    struct catalog_row c;
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    int few = c.interactions <= max, room = few ? (int)c.interactions : max;
    struct event *list = ARENA_NEW(a, struct event, (size_t)room);
    if (!list) return db_no_memory(e);
    *out = list;
    TRY(db_prep(d, few ? all : some, &st, e));
    db_bind_int(st, 1, c.row);
    if (!few) db_bind_int(st, 2, max);
    for (int row; *n < room; (*n)++) {
        TRY(db_step(d, st, &row, e));
        if (!row) return ST_OK;
        list[*n] = (struct event){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                  sqlite3_column_int64(st, 2), label_of(st, 3)};
    }
    sqlite3_reset(st);
    return ST_OK;
}

enum status store_events(struct store *s, struct view catalog, int max, struct arena *a,
                         struct event **out, int *n, struct err *e) {
    struct db *d;
    *out = NULL;
    *n = 0;
    TRY(store_read_begin(s, &d, e));
    return store_read_end(s, d, events(d, catalog, max, a, out, n, e), e);
}
