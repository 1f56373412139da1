/* BM25: the items that share the most telling words with what was asked for. */
#include "server/baselines/baselines.h"
#include "server/rank/scene.h"

/* The words of what is wanted, without those that name a limit, and the titles of what was liked.
 */
static enum status make_query(struct scene *s, struct view *out, struct err *e) {
    struct view wanted;
    int n;
    TRY(scene_wanted(s, 0, &wanted, &n, e));
    char *q = arena_copy(s->a, wanted.p, wanted.n);
    for (int i = 0; q && i < s->n_examples; i++)
        if (s->example[i].label > 0) q = arena_printf(s->a, "%s %s", q, s->example[i].title);
    for (int i = 0; q && i < s->n_history; i++)
        if (s->history[i].label > 0) q = arena_printf(s->a, "%s %s", q, s->history[i].title);
    if (!q) return fail(e, ST_NO_MEMORY, "no memory for a query");
    *out = view_of(q);
    return ST_OK;
}

enum status baseline_bm25(struct scene *s, const struct item *items, double *score,
                          struct baseline_info *b, struct err *e) {
    struct view q;
    TRY(make_query(s, &q, e));
    b->trained_on = "the words of the catalogue";
    if (view_trim(q).n == 0) {
        b->why = "there are no wanted words and no liked example to search for";
        return ST_OK;
    }
    TRY(store_bm25(s->k->store, s->r->catalog, q, items, s->n, score, e));
    for (int i = 0; i < s->n; i++) b->available |= score[i] > 0;
    if (!b->available) b->why = "no word of what is wanted stands in any of these items";
    return ST_OK;
}
