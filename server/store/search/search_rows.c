/* The best items by BM25 as rowids: for what has the items in memory. */
#include "server/store/search/search_score.h"

#include <stdlib.h>

enum { SLACK = 1024 };

static int by_score(const void *x, const void *y) {
    const struct search_row *a = x, *b = y;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

/* The best so far, and what came since they were put in order. */
struct best {
    struct search_row *row; /* (room) */
    int n, limit, room;
    struct search_wants wants;
};

static void put(void *arg, long long row, double score) {
    struct best *b = arg;
    if (b->n == b->room) {
        qsort(b->row, (size_t)b->n, sizeof *b->row, by_score);
        b->n = b->limit;
        b->wants.floor = b->row[b->limit - 1].score; /* rows rise: later ones must be better */
    }
    b->row[b->n++] = (struct search_row){row, score};
}

static enum status best_rows(struct store *s, struct db *d, struct view catalog, struct view text,
                             struct best *b, struct err *e) {
    struct catalog_row c;
    TRY(catalog_find(d, catalog, &c, e));
    return b->limit == 0 ? ST_OK : search_scores(s, d, &c, text, &b->wants, e);
}

enum status store_bm25_rows(struct store *s, struct view catalog, struct view text, int limit,
                            const struct search_filter *f, struct arena *a, struct search_row **out,
                            int *n, struct err *e) {
    struct db *d;
    struct best b = {.limit = limit, .room = 2 * limit + SLACK};
    *out = NULL;
    *n = 0;
    if (limit < 0 || limit > STORE_ITEMS_MAX)
        return fail(e, ST_INVALID, "limit is from 0 to %d", STORE_ITEMS_MAX);
    if (!(b.row = ARENA_NEW(a, struct search_row, (size_t)b.room))) return db_no_memory(e);
    b.wants = (struct search_wants){.filter = f, .arg = &b, .take = put};
    TRY(store_read_begin(s, &d, e));
    TRY(store_read_end(s, d, best_rows(s, d, catalog, text, &b, e), e));
    qsort(b.row, (size_t)b.n, sizeof *b.row, by_score);
    *out = b.row;
    *n = b.n < limit ? b.n : limit;
    return ST_OK;
}
