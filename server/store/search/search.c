/* BM25 by FTS5: one index per catalogue, so that no other catalogue's words change its scores. */
#include "server/store/search/search_score.h"
#include "server/store/search/search_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_BYTES = 600, TOP_MAX = 5000, QUERY_BYTES = SEARCH_WORDS_MAX * (SEARCH_WORD_BYTES + 8) };

/* The index holds no text of its own (content=''): the words are in `item`, and an index is only
 * ever made whole or dropped. Its name ends in a number of ours, never in a person's text; the 2
 * says how words are written in it. */
enum status search_build(struct db *d, long long catalog, struct err *e) {
    char sql[SQL_BYTES];
    snprintf(sql, sizeof sql,
             "CREATE VIRTUAL TABLE fts_2_%lld USING fts5(title, text, tags, content='',"
             " tokenize='unicode61 remove_diacritics 2');"
             "INSERT INTO fts_2_%lld(rowid, title, text, tags) SELECT row, search_words(title),"
             " search_words(text), search_words(tags) FROM item WHERE catalog = %lld ORDER BY row;",
             catalog, catalog, catalog);
    return db_exec(d, sql, e);
}

/* Catalogues whose index an earlier version made. */
enum status search_upgrade(struct db *d, struct err *e) {
    for (;;) {
        long long row;
        TRY(db_number_once(d,
                           "SELECT min(row) FROM catalog WHERE 'fts_2_' || row NOT IN"
                           " (SELECT name FROM sqlite_schema)",
                           &row, e));
        if (row == 0) return ST_OK;
        TRY(db_exec(d, "BEGIN IMMEDIATE", e));
        enum status st = search_drop(d, row, e);
        if (st == ST_OK) st = search_build(d, row, e);
        TRY(db_end(d, st, e));
    }
}

enum status search_drop(struct db *d, long long catalog, struct err *e) {
    char sql[SQL_BYTES];
    snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS fts_%lld; DROP TABLE IF EXISTS fts_2_%lld",
             catalog, catalog);
    return db_exec(d, sql, e);
}

/* --- scores of given items */

struct place {
    long long row;
    int at;
};

static int by_row(const void *x, const void *y) {
    const struct place *a = x, *b = y;
    return a->row < b->row ? -1 : a->row > b->row ? 1 : a->at - b->at;
}

/* The first place with this row, or n. */
static int find_place(const struct place *p, int n, long long row) {
    int lo = 0, hi = n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (p[mid].row < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct given {
    const struct place *place; /* (n), by row */
    int n;
    double *out;
};

static void take(void *arg, long long row, double score) {
    const struct given *g = arg;
    for (int k = find_place(g->place, g->n, row); k < g->n && g->place[k].row == row; k++)
        g->out[g->place[k].at] = score;
}

static enum status bm25(struct store *s, struct db *d, struct view catalog, struct view text,
                        struct given *g, long long *row, struct err *e) {
    struct catalog_row c;
    struct search_wants w = {.row = row, .arg = g, .take = take};
    TRY(catalog_find(d, catalog, &c, e));
    for (int i = 0; i < g->n; i++)
        if (w.n_rows == 0 || row[w.n_rows - 1] != g->place[i].row)
            row[w.n_rows++] = g->place[i].row;
    return search_scores(s, d, &c, text, &w, e);
}

enum status store_bm25(struct store *s, struct view catalog, struct view text,
                       const struct item *items, int n, double *out, struct err *e) {
    struct db *d;
    if (n < 0) n = 0;
    struct place *places = mem_alloc((size_t)n * sizeof *places);
    long long *row = mem_alloc((size_t)n * sizeof *row);
    struct given g = {places, n, out};
    enum status st = places && row ? ST_OK : db_no_memory(e);
    for (int i = 0; st == ST_OK && i < n; i++) {
        places[i] = (struct place){items[i].row, i};
        out[i] = 0;
    }
    if (st == ST_OK && n) qsort(places, (size_t)n, sizeof *places, by_row);
    if (st == ST_OK) st = store_read_begin(s, &d, e);
    if (st == ST_OK) st = store_read_end(s, d, bm25(s, d, catalog, text, &g, row, e), e);
    mem_free(places);
    mem_free(row);
    return st;
}

/* --- the best items */

static enum status top(struct db *d, struct view catalog, struct view query, int limit,
                       struct arena *a, struct item **out, int *n, struct err *e) {
    struct catalog_row c;
    char sql[SQL_BYTES];
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    if (limit > c.items) limit = (int)c.items;
    if (!(*out = ARENA_NEW(a, struct item, (size_t)limit))) return db_no_memory(e);
    if (query.n == 0 || limit == 0) return ST_OK;
    snprintf(sql, sizeof sql,
             "SELECT " ITEM_COLUMNS " FROM (SELECT rowid AS r, bm25(fts_2_%lld) AS score"
             " FROM fts_2_%lld WHERE fts_2_%lld MATCH ?1 ORDER BY score, r LIMIT ?2) AS best"
             " CROSS JOIN item i ON i.row = best.r ORDER BY best.score, best.r",
             c.row, c.row, c.row);
    TRY(db_prep_once(d, sql, &st, e));
    db_bind_text(st, 1, query);
    db_bind_int(st, 2, limit);
    enum status s = ST_OK;
    for (int row; s == ST_OK && *n < limit;) {
        if ((s = db_step(d, st, &row, e)) != ST_OK || !row) break;
        s = catalog_item(st, a, &(*out)[*n], e);
        if (s == ST_OK) (*n)++;
    }
    sqlite3_finalize(st);
    return s;
}

enum status store_bm25_top(struct store *s, struct view catalog, struct view text, int limit,
                           struct arena *a, struct item **out, int *n, struct err *e) {
    struct db *d;
    struct buf q;
    *out = NULL;
    *n = 0;
    if (limit < 0 || limit > TOP_MAX) return fail(e, ST_INVALID, "limit is from 0 to %d", TOP_MAX);
    buf_init(&q, QUERY_BYTES);
    enum status st = search_query(text, &q, e);
    if (st == ST_OK) st = store_read_begin(s, &d, e);
    if (st == ST_OK)
        st = store_read_end(s, d, top(d, catalog, buf_text(&q), limit, a, out, n, e), e);
    buf_free(&q);
    return st;
}
