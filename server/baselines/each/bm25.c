/* BM25: the items that share the most telling words with what was asked for. */
#include "server/baselines/baselines.h"

/* The words of what is wanted, without those that name a limit, and the titles of what was liked.
 */
static enum status make_query(const struct candidates *c, struct view *out, struct err *e) {
    char *q = arena_copy(c->a, c->wanted_rest.p, c->wanted_rest.n);
    for (int i = 0; q && i < c->n_marks; i++)
        if (c->mark[i].label > 0) q = arena_printf(c->a, "%s %s", q, c->mark[i].title);
    if (!q) return fail(e, ST_NO_MEMORY, "no memory for a query");
    *out = view_of(q);
    return ST_OK;
}

enum status baseline_bm25(const struct candidates *c, double *score, struct baseline_info *b,
                          struct err *e) {
    struct view q;
    TRY(make_query(c, &q, e));
    b->trained_on = "the words of the catalogue";
    if (view_trim(q).n == 0) {
        b->why = "there are no wanted words and no liked example to search for";
        return ST_OK;
    }
    struct item *items = ARENA_NEW(c->a, struct item, (size_t)c->n);
    if (!items) return fail(e, ST_NO_MEMORY, "no memory for a baseline's scores");
    for (int i = 0; i < c->n; i++) items[i] = c->catalog->item[c->place[i]];
    TRY(store_bm25(c->store, view_of(c->catalog->catalog.name), q, items, c->n, score, e));
    for (int i = 0; i < c->n; i++) b->available |= score[i] > 0;
    if (!b->available) b->why = "no word of what is wanted stands in any of these items";
    return ST_OK;
}
