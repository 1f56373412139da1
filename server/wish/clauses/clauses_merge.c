/* Joining of too many clauses. */
#include "server/wish/clauses/clauses_merge.h"

#include <string.h>

enum { FEW = 64 }; /* from here on the shortest pair is looked for, which is quadratic */

static void join(struct clauses_piece *p, uint32_t into, uint32_t more) {
    struct clauses_piece *a = &p[into], *b = &p[more];
    if (b->bytes > a->bytes) a->weight = b->weight;
    a->bytes += b->bytes;
    p[a->last].next = more;
    a->last = b->last;
}

static size_t without_holes(uint32_t *order, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (order[i]) order[kept++] = order[i];
    return kept;
}

/* Joins every second piece of a sign to the one before it: one pass, about half are left. */
static size_t halve(struct clauses_piece *p, uint32_t *order, size_t n) {
    uint32_t open[2] = {0, 0};
    for (size_t i = 0; i < n; i++) {
        uint32_t *mate = &open[p[order[i]].sign > 0];
        if (*mate) {
            join(p, *mate, order[i]);
            *mate = order[i] = 0;
        } else {
            *mate = order[i];
        }
    }
    return without_holes(order, n);
}

/* Joins the shortest two neighbours of one sign; a pair of two weights counts as twice as long. */
static size_t join_shortest(struct clauses_piece *p, uint32_t *order, size_t n) {
    size_t best = 0, left = 0, best_cost = SIZE_MAX, before[2] = {SIZE_MAX, SIZE_MAX};
    for (size_t i = 0; i < n; i++) {
        const struct clauses_piece *b = &p[order[i]];
        size_t *mate = &before[b->sign > 0];
        if (*mate != SIZE_MAX) {
            const struct clauses_piece *a = &p[order[*mate]];
            size_t cost = (a->bytes + b->bytes) << (a->weight > b->weight || a->weight < b->weight);
            if (cost < best_cost) best_cost = cost, best = i, left = *mate;
        }
        *mate = i;
    }
    CHECK(best_cost != SIZE_MAX); /* of three pieces two have the same sign */
    join(p, order[left], order[best]);
    order[best] = 0;
    return without_holes(order, n);
}

size_t clauses_merge(struct clauses_piece *p, size_t n, uint32_t *order, size_t max) {
    CHECK(max >= 2);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i + 1;
    while (n > FEW && n > max) n = halve(p, order, n);
    while (n > max) n = join_shortest(p, order, n);
    return n;
}

static struct view span(const struct clauses_text *t, uint32_t from, uint32_t to) {
    const struct clauses_token *last = &t->tok[to - 1];
    size_t at = t->tok[from].at;
    return view_sub(t->wish, at, last->at + last->n - at);
}

/* Wanted pieces that follow each other are shown as they were written, with what is between. An
 * unwanted one is not: a negation stands between it and the next. */
static int touches(const struct clauses_piece *p, uint32_t i) {
    return p[i].next == i + 1 && p[i].sign > 0;
}

enum status clauses_merge_text(const struct clauses_text *t, const struct clauses_piece *p,
                               uint32_t i, struct arena *a, struct view *out, struct err *e) {
    size_t max = 0, n = 0;
    for (uint32_t k = i, from = i; k; k = p[k].next) {
        if (touches(p, k)) continue;
        max += span(t, p[from].from, p[k].to).n + 2;
        from = p[k].next;
    }
    char *text = arena_alloc(a, max);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for the clauses of the wish");
    for (uint32_t k = i, from = i; k; k = p[k].next) {
        if (touches(p, k)) continue;
        struct view v = span(t, p[from].from, p[k].to);
        if (n) memcpy(text + n, ", ", 2), n += 2;
        memcpy(text + n, v.p, v.n);
        n += v.n;
        from = p[k].next;
    }
    *out = (struct view){text, n};
    return ST_OK;
}
