/* The best items by BM25 as rowids: for what has the items in memory. */
#include "server/store/private.h"
#include "server/store/search_words.h"

#include <stdio.h>
#include <stdlib.h>

enum { SQL_BYTES = 300, SLACK = 1024, QUERY_BYTES = SEARCH_WORDS_MAX * (SEARCH_WORD_BYTES + 8) };

static int by_score(const void *x, const void *y) {
    const struct search_row *a = x, *b = y;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

/* The best so far, and what came since they were put in order. */
struct best {
    struct search_row *row; /* (room) */
    int n, limit, room;
};

static void put(struct best *b, long long row, double score) {
    if (b->n == b->room) {
        qsort(b->row, (size_t)b->n, sizeof *b->row, by_score);
        b->n = b->limit;
    }
    b->row[b->n++] = (struct search_row){row, score};
}

static enum status best_rows(struct db *d, struct view catalog, struct view query,
                             const struct search_filter *f, struct best *b, struct err *e) {
    struct catalog_row c;
    char sql[SQL_BYTES];
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    if (query.n == 0 || b->limit == 0) return ST_OK;
    snprintf(sql, sizeof sql,
             "SELECT rowid, bm25(fts_2_%lld) FROM fts_2_%lld WHERE fts_2_%lld MATCH ?1", c.row,
             c.row, c.row);
    TRY(db_prep_once(d, sql, &st, e));
    db_bind_text(st, 1, query);
    enum status s;
    int row;
    while ((s = db_step(d, st, &row, e)) == ST_OK && row) {
        long long id = sqlite3_column_int64(st, 0);
        if (!f || f->allow(f->arg, id)) put(b, id, -sqlite3_column_double(st, 1));
    }
    sqlite3_finalize(st);
    return s;
}

enum status store_bm25_rows(struct store *s, struct view catalog, struct view text, int limit,
                            const struct search_filter *f, struct arena *a, struct search_row **out,
                            int *n, struct err *e) {
    struct db *d;
    struct buf q;
    struct best b = {.limit = limit, .room = 2 * limit + SLACK};
    *out = NULL;
    *n = 0;
    if (limit < 0 || limit > STORE_ITEMS_MAX)
        return fail(e, ST_INVALID, "limit is from 0 to %d", STORE_ITEMS_MAX);
    if (!(b.row = ARENA_NEW(a, struct search_row, (size_t)b.room))) return db_no_memory(e);
    buf_init(&q, QUERY_BYTES);
    enum status st = search_query(text, &q, e);
    if (st == ST_OK) st = store_read_begin(s, &d, e);
    if (st == ST_OK) st = store_read_end(s, d, best_rows(d, catalog, buf_text(&q), f, &b, e), e);
    buf_free(&q);
    qsort(b.row, (size_t)b.n, sizeof *b.row, by_score);
    *out = b.row;
    *n = b.n < limit ? b.n : limit;
    return st;
}
