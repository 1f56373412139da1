/* From a prompt tree and its asks to rows, views and picks. */
#include "model/train/tree.h"

#include <string.h>

static enum status no_memory(struct err *e, const char *what) {
    return fail(e, ST_NO_MEMORY, "no memory for %s of a tree", what);
}

static int len_of(const struct tree *t, int i) {
    return t->off[i + 1] - t->off[i];
}

/* Where each node stands in depth-first order: rows of a subtree are added up from the leaves,
 * then handed out from the roots. */
struct order {
    int32_t *sub, *spans; /* rows and nodes of a node's subtree */
    int32_t *span;        /* a node's number in that order */
    int32_t *node,
        *path; /* where its next child's rows and spans go; then path: tokens before it */
};

static void place(const struct tree *t, const struct order *o, int32_t *row) {
    for (int i = 0; i < t->n; i++) o->sub[i] = len_of(t, i), o->spans[i] = 1;
    for (int i = t->n - 1; i >= 0; i--)
        if (t->parent[i] >= 0) {
            o->sub[t->parent[i]] += o->sub[i];
            o->spans[t->parent[i]] += o->spans[i];
        }
    int next = 0, next_span = 0; /* where the next root goes; then, in node[], the next child */
    for (int i = 0; i < t->n; i++) {
        int up = t->parent[i];
        int *at = up < 0 ? &next : NULL, *at_span = up < 0 ? &next_span : NULL;
        row[i] = at ? *at : o->node[up];
        o->span[i] = at_span ? *at_span : o->path[up];
        if (at)
            *at += o->sub[i], *at_span += o->spans[i];
        else
            o->node[up] += o->sub[i], o->path[up] += o->spans[i];
        o->node[i] = row[i] + len_of(t, i); /* its children's next row and span */
        o->path[i] = o->span[i] + 1;
    }
}

/* Spans, positions and tokens; places are known. */
static enum status fill_rows(struct train_tree *out, const struct model *m, const struct tree *t,
                             const struct order *o, struct grad_span *span, int32_t *tok,
                             int32_t *pos, struct err *e) {
    for (int i = 0; i < t->n; i++) {
        int up = t->parent[i], len = len_of(t, i), row = out->row[i];
        o->path[i] = up < 0 ? 0 : o->path[up] + len_of(t, up);
        if (o->path[i] + len > m->context)
            return fail(e, ST_LIMIT, "a prompt of %d tokens does not fit the model's context of %d",
                        o->path[i] + len, m->context);
        span[o->span[i]] =
            (struct grad_span){row, row + len, row + o->sub[i], up < 0 ? -1 : o->span[up]};
        for (int k = 0; k < len; k++) {
            tok[row + k] = t->tok[t->off[i] + k];
            pos[row + k] = o->path[i] + k;
        }
    }
    return ST_OK;
}

/* Each span is seen by its own rows, and whole by its descendants'. */
static int fill_views(struct span_view *v, const struct grad_tree *g, char *kv,
                      const struct model *m) {
    int n = 0;
    for (int i = 0; i < g->n_spans; i++) {
        const struct grad_span *s = &g->span[i];
        int len = s->row1 - s->row0, pos = g->pos[s->row0];
        v[n++] = (struct span_view){kv, len, pos, len, s->row0, s->row1, 0};
        if (s->end > s->row1) v[n++] = (struct span_view){kv, len, pos, len, s->row1, s->end, -1};
        kv += m->ops->kv_bytes(m->ops, &m->attn, len);
    }
    return n;
}

static enum status lay_out(struct train_tree *out, const struct model *m, const struct tree *t,
                           struct arena *a, struct err *e) {
    size_t n = (size_t)t->n, rows = (size_t)(t->off[t->n] - t->off[0]), bytes = 0;
    struct order o = {ARENA_NEW(a, int32_t, n), ARENA_NEW(a, int32_t, n), ARENA_NEW(a, int32_t, n),
                      ARENA_NEW(a, int32_t, n), ARENA_NEW(a, int32_t, n)};
    struct grad_span *span = ARENA_NEW(a, struct grad_span, n);
    struct span_view *view = ARENA_NEW(a, struct span_view, 2 * n);
    int32_t *tok = ARENA_NEW(a, int32_t, rows), *pos = ARENA_NEW(a, int32_t, rows);
    out->row = ARENA_NEW(a, int32_t, n);
    if (!o.sub || !o.span || !o.node || !o.path || !o.spans || !span || !view || !tok || !pos ||
        !out->row)
        return no_memory(e, "the rows");
    place(t, &o, out->row);
    TRY(fill_rows(out, m, t, &o, span, tok, pos, e));
    for (int i = 0; i < t->n; i++) bytes += m->ops->kv_bytes(m->ops, &m->attn, len_of(t, i));
    out->kv = m->ops->alloc(m->ops, bytes);
    if (!out->kv) return no_memory(e, "keys and values");
    out->back = (struct grad_tree){(int)rows, pos, t->n, span};
    out->chunk = (struct chunk){.rows = (int)rows, .tok = tok, .pos = pos, .view = view};
    out->chunk.n_views = fill_views(view, &out->back, out->kv, m);
    return ST_OK;
}

/* Value k of an ask: the row it is read from (-1: a root's first token, which has no past) and its
 * token. */
static int source(const struct train_tree *out, const struct tree *t, const struct ask *q, int k,
                  int32_t *token) {
    int i = q->node, up = t->parent[i];
    *token = q->n_labels ? q->labels[k] : t->tok[t->off[i] + k];
    if (q->n_labels) return out->row[i] + len_of(t, i) - 1;
    if (k > 0) return out->row[i] + k - 1;
    return up < 0 ? -1 : out->row[up] + len_of(t, up) - 1;
}

static int values_of(const struct tree *t, const struct ask *q) {
    return q->n_labels ? q->n_labels : len_of(t, q->node);
}

/* Picks sorted by row, in order of the asks within one: counted, then placed. */
static enum status find_picks(struct train_tree *out, const struct tree *t, const struct ask *ask,
                              int n_asks, struct arena *a, struct err *e) {
    size_t rows = (size_t)out->chunk.rows;
    int32_t *count = ARENA_NEW(a, int32_t, rows), token;
    for (int q = 0; q < n_asks; q++) out->n_values += values_of(t, &ask[q]);
    out->read = ARENA_NEW(a, int32_t, rows);
    out->off = ARENA_NEW(a, int32_t, rows + 1);
    out->pick = ARENA_NEW(a, int32_t, (size_t)out->n_values + 1);
    out->slot = ARENA_NEW(a, int32_t, (size_t)out->n_values + 1);
    if (!count || !out->read || !out->off || !out->pick || !out->slot)
        return no_memory(e, "what is read");
    for (int q = 0; q < n_asks; q++)
        for (int k = 0; k < values_of(t, &ask[q]); k++) {
            int row = source(out, t, &ask[q], k, &token);
            if (row >= 0) count[row]++;
        }
    for (size_t r = 0; r < rows; r++) {
        if (!count[r]) continue;
        out->read[out->n_read] = (int32_t)r;
        out->off[out->n_read++] = out->n_picks;
        out->n_picks += count[r];
        count[r] = out->n_picks - count[r];
    }
    out->off[out->n_read] = out->n_picks;
    for (int q = 0, value = 0; q < n_asks; q++)
        for (int k = 0; k < values_of(t, &ask[q]); k++, value++) {
            int row = source(out, t, &ask[q], k, &token);
            if (row < 0) continue;
            out->pick[count[row]] = token;
            out->slot[count[row]++] = value;
        }
    return ST_OK;
}

enum status train_tree_open(struct train_tree *out, const struct model *m, const struct tree *t,
                            const struct ask *ask, int n_asks, struct arena *a, struct err *e) {
    *out = (struct train_tree){.n_read = 0};
    TRY(job_check(t, ask, n_asks, m->vocab, e));
    enum status st = lay_out(out, m, t, a, e);
    if (st == ST_OK) st = find_picks(out, t, ask, n_asks, a, e);
    if (st != ST_OK) train_tree_close(out, m);
    return st;
}

void train_tree_close(struct train_tree *t, const struct model *m) {
    if (t->kv) m->ops->release(m->ops, t->kv);
    t->kv = NULL;
}
