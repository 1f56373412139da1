/* BM25: the items that share the most telling words with what was asked for. */
#include "server/baselines/baselines.h"
#include "server/rank/scene.h"

/* The wish's words and the titles of what was liked. */
static enum status make_query(struct scene *s, struct view *out, struct err *e) {
    char *q = arena_copy(s->a, s->r->instruction.p, s->r->instruction.n);
    for (int c = 0; q && s->r->instruction.n == 0 && c < s->n_clauses; c++)
        if (s->clause[c].sign > 0)
            q = arena_printf(s->a, "%s %.*s", q, (int)s->clause[c].text.n, s->clause[c].text.p);
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
    b->available = view_trim(q).n > 0;
    if (!b->available) b->why = "there is no wish and no liked example to search for";
    return b->available ? store_bm25(s->k->store, s->r->catalog, q, items, s->n, score, e) : ST_OK;
}
