/* From a prompt tree to chunks. Nodes are visited in index order, which puts parents before
 * children; their rows are packed into chunks across spans. A node is held from its first use until
 * it and all its children are done. */
#include "model/plan.h"

#include <math.h>
#include <string.h>

enum { DEPTH_MAX = 32 }; /* spans on a path */

/* Node i of the tree. */
struct state {
    struct node *node; /* NULL before it is needed and after it was let go */
    struct hash key;
    int path;     /* tokens before it */
    int need;     /* tokens to be computed: all, or all but the last where nothing follows it */
    int waiting;  /* children and itself, as far as not done */
    int all_rows; /* some ask wants every token */
    int first_ask,
        next_kid_ask; /* lists of asks: on this node; of children that ask for their first token */
};

/* A stretch of one node's tokens inside the current chunk. */
struct run {
    int node, index, row, n;
};

/* A value to be read from the head: answer `ask`, place `at`, from row `row` of the head's input.
 */
struct pick {
    int row, ask, at, token;
};

struct plan {
    struct job *j;
    const struct tree *t;
    struct cache *c;
    struct arena arena;
    struct state *s;
    int *ask_next, *ask_left; /* (n_asks): list links; values still missing */
    int *kid_next;
    int next; /* the node whose tokens come next */
    struct job_progress progress;
    /* The current chunk. */
    int rows_max, n_runs, n_views, n_read_views, n_picks, picks_max;
    int32_t *tok, *pos, *from, *read_pos;
    struct run *run;
    struct span_view *view, *read_view;
    struct pick *pick;
    float *x_out, *head_x; /* host memory: the chunk's read rows; the head's input */
};

static int node_len(const struct tree *t, int i) {
    return t->off[i + 1] - t->off[i];
}

static enum status check_tree(const struct job *j, const struct model *m, struct err *e) {
    const struct tree *t = j->tree;
    if (t->n < 1) return fail(e, ST_INVALID, "the prompt tree is empty");
    for (int i = 0; i < t->n; i++) {
        if (t->parent[i] >= i || t->parent[i] < -1)
            return fail(e, ST_INVALID, "node %d has parent %d", i, t->parent[i]);
        if (node_len(t, i) < 1)
            return fail(e, ST_INVALID, "node %d of the prompt tree has no tokens", i);
        for (int k = t->off[i]; k < t->off[i + 1]; k++)
            if (t->tok[k] < 0 || t->tok[k] >= m->vocab)
                return fail(e, ST_INVALID, "token id %d in node %d is outside the vocabulary of %d",
                            t->tok[k], i, m->vocab);
    }
    for (int a = 0; a < j->n_asks; a++) {
        const struct ask *q = &j->ask[a];
        if (q->node < 0 || q->node >= t->n)
            return fail(e, ST_INVALID, "ask %d names node %d of %d", a, q->node, t->n);
        if (q->n_labels < 0) return fail(e, ST_INVALID, "ask %d has %d labels", a, q->n_labels);
        for (int k = 0; k < q->n_labels; k++)
            if (q->labels[k] < 0 || q->labels[k] >= m->vocab)
                return fail(e, ST_INVALID, "label id %d of ask %d is outside the vocabulary of %d",
                            q->labels[k], a, m->vocab);
    }
    return ST_OK;
}

/* Values that an ask waits for: its labels, or its node's tokens (a root's first is known to be 0).
 */
static int ask_values(const struct plan *p, int a) {
    const struct ask *q = &p->j->ask[a];
    return q->n_labels ? q->n_labels : node_len(p->t, q->node) - (p->t->parent[q->node] < 0);
}

static void answered(struct plan *p, int a) {
    p->progress.asks_done++;
    if (p->j->answered) p->j->answered(p->j->arg, a);
}

/* A leaf whose tokens are asked for is read from the rows before each of them: the row of its last
 * token is read by nobody, unless labels are asked after it or its keys and values are kept. */
static void set_needs(struct plan *p) {
    const struct tree *t = p->t;
    for (int i = 0; i < t->n; i++) {
        struct state *s = &p->s[i];
        int labels = 0;
        for (int a = s->first_ask; a >= 0; a = p->ask_next[a]) labels |= p->j->ask[a].n_labels > 0;
        int idle = s->waiting == 1 && s->all_rows && !labels && !(t->keep && t->keep[i]);
        s->need = node_len(t, i) - idle;
        p->progress.tokens_total += s->need;
    }
}

static enum status set_states(struct plan *p, const struct hash *model, struct err *e) {
    const struct tree *t = p->t;
    for (int i = 0; i < t->n; i++) {
        struct state *s = &p->s[i];
        int up = t->parent[i];
        s->path = up < 0 ? 0 : p->s[up].path + node_len(t, up);
        if (s->path + node_len(t, i) > p->c->m->context)
            return fail(e, ST_LIMIT, "a prompt of %d tokens does not fit the model's context of %d",
                        s->path + node_len(t, i), p->c->m->context);
        s->key = hash_of(up < 0 ? model : &p->s[up].key, sizeof *model, t->tok + t->off[i],
                         (size_t)node_len(t, i) * sizeof *t->tok);
        s->waiting = 1;
        s->first_ask = s->next_kid_ask = -1;
        if (up >= 0) p->s[up].waiting++;
    }
    for (int a = p->j->n_asks - 1; a >= 0; a--) {
        const struct ask *q = &p->j->ask[a];
        int up = t->parent[q->node];
        p->ask_next[a] = p->s[q->node].first_ask;
        p->s[q->node].first_ask = a;
        p->ask_left[a] = ask_values(p, a);
        if (q->n_labels) continue;
        p->s[q->node].all_rows = 1;
        if (up < 0) {
            q->out[0] = 0;
            continue;
        }
        p->kid_next[a] = p->s[up].next_kid_ask;
        p->s[up].next_kid_ask = a;
    }
    set_needs(p);
    return ST_OK;
}

static enum status take_buffers(struct plan *p, struct work *w, struct err *e) {
    size_t rows = (size_t)w->rows_max, depth = 1;
    if (p->tok) return ST_OK;
    p->rows_max = w->rows_max;
    for (int i = 0; i < p->t->n; i++) {
        size_t d = 1;
        for (int u = p->t->parent[i]; u >= 0 && d <= DEPTH_MAX; u = p->t->parent[u]) d++;
        depth = d > depth ? d : depth;
    }
    if (depth > DEPTH_MAX)
        return fail(e, ST_LIMIT, "the prompt tree is more than %d spans deep", DEPTH_MAX);
    struct arena *a = &p->arena;
    p->tok = ARENA_NEW(a, int32_t, rows);
    p->pos = ARENA_NEW(a, int32_t, rows);
    p->from = ARENA_NEW(a, int32_t, rows);
    p->read_pos = ARENA_NEW(a, int32_t, rows);
    p->run = ARENA_NEW(a, struct run, rows);
    p->view = ARENA_NEW(a, struct span_view, rows * depth);
    p->read_view = ARENA_NEW(a, struct span_view, rows * depth);
    if (p->tok && p->pos && p->from && p->read_pos && p->run && p->view && p->read_view)
        return ST_OK;
    p->tok = NULL;
    return fail(e, ST_NO_MEMORY, "no memory for chunks of %d rows", w->rows_max);
}

enum status plan_open(struct plan **out, struct job *j, struct cache *c, const struct hash *model,
                      struct err *e) {
    TRY(check_tree(j, c->m, e));
    struct plan *p = mem_alloc(sizeof *p);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for a job");
    memset(p, 0, sizeof *p);
    p->j = j, p->t = j->tree, p->c = c;
    arena_init(&p->arena, (size_t)1 << 30);
    size_t n = (size_t)j->tree->n, asks = (size_t)j->n_asks;
    p->s = ARENA_NEW(&p->arena, struct state, n);
    p->ask_next = ARENA_NEW(&p->arena, int, asks + 1);
    p->ask_left = ARENA_NEW(&p->arena, int, asks + 1);
    p->kid_next = ARENA_NEW(&p->arena, int, asks + 1);
    enum status st = p->s && p->ask_next && p->ask_left && p->kid_next
                         ? set_states(p, model, e)
                         : fail(e, ST_NO_MEMORY, "no memory for a job of %zu nodes", n);
    if (st != ST_OK) {
        plan_close(p);
        return st;
    }
    p->progress.asks_total = j->n_asks;
    for (int a = 0; a < j->n_asks; a++)
        if (p->ask_left[a] == 0) answered(p, a);
    *out = p;
    return ST_OK;
}

/* One of the things node i waited for is done: lets go of it after the last, and tells its parent.
 */
static void settle(struct plan *p, int i) {
    while (i >= 0 && --p->s[i].waiting == 0) {
        struct state *s = &p->s[i];
        if (s->node && p->t->keep && p->t->keep[i]) cache_keep(p->c, s->node);
        cache_drop(p->c, s->node);
        s->node = NULL;
        i = p->t->parent[i];
    }
}

void plan_close(struct plan *p) {
    if (!p) return;
    for (int i = 0; p->s && i < p->t->n; i++) {
        struct node *n = p->s[i].node;
        if (n && p->t->keep && p->t->keep[i]) cache_keep(p->c, n);
        cache_drop(p->c, n);
    }
    arena_free(&p->arena);
    mem_free(p);
}

/* The node's storage: from the cache where all that is asked of it can be read from there. */
static enum status resolve(struct plan *p, int i, struct err *e) {
    struct state *s = &p->s[i];
    if (s->node) return ST_OK;
    if (!s->all_rows) s->node = cache_find(p->c, &s->key);
    if (!s->node) return cache_make(p->c, &s->node, &s->key, node_len(p->t, i), s->path, e);
    p->j->tokens_cached += s->node->len;
    if (p->t->parent[i] < 0) p->j->roots_cached += s->node->len;
    p->progress.tokens_total -= s->node->len;
    return ST_OK;
}

/* --- views
 * ----------------------------------------------------------------------------------------------------------
 */

/* Appends the views of rows row..row+n of node i, starting at its token `index`, root first; a view
 * of an ancestor that ends at this row is made longer instead. */
static void add_views(struct plan *p, struct span_view *views, int *count, int i, int index,
                      int row, int n) {
    int path[DEPTH_MAX], depth = 0;
    for (int u = p->t->parent[i]; u >= 0; u = p->t->parent[u]) path[depth++] = u;
    while (depth--) {
        const struct state *s = &p->s[path[depth]];
        int k = *count;
        while (k > 0 && !(views[k - 1].kv == s->node->kv && views[k - 1].first < 0 &&
                          views[k - 1].row1 == row))
            k--;
        if (k > 0) {
            views[k - 1].row1 = row + n;
            continue;
        }
        views[(*count)++] =
            (struct span_view){s->node->kv, s->node->len, s->path, s->node->len, row, row + n, -1};
    }
    const struct state *s = &p->s[i];
    views[(*count)++] =
        (struct span_view){s->node->kv, s->node->len, s->path, index + n, row, row + n, index};
}

static void add_run(struct plan *p, int i, int index, int row, int n) {
    p->run[p->n_runs++] = (struct run){i, index, row, n};
    for (int k = 0; k < n; k++) {
        p->tok[row + k] = p->t->tok[p->t->off[i] + index + k];
        p->pos[row + k] = p->s[i].path + index + k;
    }
    add_views(p, p->view, &p->n_views, i, index, row, n);
}

/* Fills the chunk; *rows = 0 when every node is complete. Nodes that are complete already still
 * wait for their answers. */
static enum status fill(struct plan *p, int *rows, struct err *e) {
    *rows = p->n_runs = p->n_views = 0;
    while (p->next < p->t->n && *rows < p->rows_max) {
        int i = p->next;
        TRY(resolve(p, i, e));
        struct node *n = p->s[i].node;
        int left = p->s[i].need - n->done, room = p->rows_max - *rows,
            take = left < room ? left : room;
        if (take == 0 || n->cached) {
            p->run[p->n_runs++] = (struct run){i, p->s[i].need, *rows, 0};
            p->next++;
            if (p->n_runs == p->rows_max) break;
            continue;
        }
        add_run(p, i, n->done, *rows, take);
        n->done += take;
        *rows += take;
        if (n->done == p->s[i].need) p->next++;
        if (p->n_runs == p->rows_max) break;
    }
    return ST_OK;
}

/* --- reading
 * ---------------------------------------------------------------------------------------------------------
 */

/* The rows whose final vectors are wanted: every row of a node with an all-token ask, and each
 * node's last row. */
static void add_reads(struct plan *p, struct chunk *read) {
    int n = 0;
    p->n_read_views = 0;
    for (int k = 0; k < p->n_runs; k++) {
        const struct run *r = &p->run[k];
        int ends = r->index + r->n == p->s[r->node].need;
        int take = p->s[r->node].all_rows ? r->n : (ends && r->n > 0), skip = r->n - take;
        if (take == 0) continue;
        for (int q = 0; q < take; q++) {
            p->from[n + q] = r->row + skip + q;
            p->read_pos[n + q] = p->pos[r->row + skip + q];
        }
        add_views(p, p->read_view, &p->n_read_views, r->node, r->index + skip, n, take);
        n += take;
    }
    *read = (struct chunk){n, NULL, p->read_pos, p->n_read_views, p->read_view};
}

static enum status add_pick(struct plan *p, int row, int ask, int at, int token, struct err *e) {
    if (p->n_picks == p->picks_max) {
        int max = p->picks_max ? 2 * p->picks_max : 1024;
        struct pick *q = mem_grow(p->pick, (size_t)p->n_picks * sizeof *q, (size_t)max * sizeof *q);
        if (!q) return fail(e, ST_NO_MEMORY, "no memory for %d answers", max);
        p->pick = q;
        p->picks_max = max;
    }
    p->pick[p->n_picks++] = (struct pick){row, ask, at, token};
    return ST_OK;
}

/* What is read after the last token of node i: its labels, and the first tokens of its children. */
static enum status picks_at_end(struct plan *p, int i, int row, struct err *e) {
    for (int a = p->s[i].first_ask; a >= 0; a = p->ask_next[a])
        for (int k = 0; k < p->j->ask[a].n_labels; k++)
            TRY(add_pick(p, row, a, k, p->j->ask[a].labels[k], e));
    for (int a = p->s[i].next_kid_ask; a >= 0; a = p->kid_next[a])
        TRY(add_pick(p, row, a, 0, p->t->tok[p->t->off[p->j->ask[a].node]], e));
    return ST_OK;
}

static int wants_end(const struct plan *p, int i) {
    if (p->s[i].next_kid_ask >= 0) return 1;
    for (int a = p->s[i].first_ask; a >= 0; a = p->ask_next[a])
        if (p->j->ask[a].n_labels) return 1;
    return 0;
}

/* Collects the head's input rows in head_x and what is picked from each. x_out holds the chunk's
 * read rows, in run order. */
static enum status collect(struct plan *p, const float *x_out, size_t dim, int *n_rows,
                           struct err *e) {
    int rows = 0, at = 0;
    p->n_picks = 0;
    for (int k = 0; k < p->n_runs; k++) {
        const struct run *r = &p->run[k];
        const struct state *s = &p->s[r->node];
        int len = node_len(p->t, r->node), ends = r->index + r->n == s->need;
        int take = s->all_rows ? r->n : (ends && r->n > 0), skip = r->n - take;
        for (int q = 0; q < take; q++, at++) {
            int index = r->index + skip + q, last = index + 1 == len;
            if (last) memcpy(s->node->last, x_out + (size_t)at * dim, dim * sizeof *x_out);
            if (last || !s->all_rows) continue;
            memcpy(p->head_x + (size_t)rows * dim, x_out + (size_t)at * dim, dim * sizeof *x_out);
            for (int a = s->first_ask; a >= 0; a = p->ask_next[a])
                if (!p->j->ask[a].n_labels)
                    TRY(add_pick(p, rows, a, index + 1, p->t->tok[p->t->off[r->node] + index + 1],
                                 e));
            rows++;
        }
        if (!ends || !wants_end(p, r->node)) continue;
        memcpy(p->head_x + (size_t)rows * dim, s->node->last, dim * sizeof *x_out);
        TRY(picks_at_end(p, r->node, rows++, e));
    }
    *n_rows = rows;
    return ST_OK;
}

/* Memory for the rows that are read and for the head's input, for this step. */
static enum status head_buffers(struct plan *p, const struct ops *o, size_t read_rows, size_t dim,
                                struct err *e) {
    size_t rows = read_rows + (size_t)p->n_runs;
    p->x_out = mem_alloc(read_rows * dim * sizeof(float));
    p->head_x = mem_alloc((size_t)o->pad_rows((int)rows) * dim * sizeof(float));
    return p->x_out && p->head_x ? ST_OK
                                 : fail(e, ST_NO_MEMORY, "no memory for %zu rows to be read", rows);
}

static enum status read_head(struct plan *p, struct work *w, int rows, struct err *e) {
    struct ops *o = w->m->ops;
    size_t n = (size_t)p->n_picks;
    int32_t *off = mem_alloc(((size_t)rows + 1 + n) * sizeof *off),
            *id = off ? off + rows + 1 : NULL;
    float *lse = mem_alloc(((size_t)rows + n) * sizeof *lse), *got = lse ? lse + rows : NULL;
    enum status st = off && lse ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for %zu answers", n);
    if (st == ST_OK) {
        int k = 0; /* picks are made row by row, so they are in order */
        for (int r = 0; r <= rows; r++) {
            while (k < p->n_picks && p->pick[k].row < r) k++;
            off[r] = k;
        }
        for (size_t q = 0; q < n; q++) id[q] = p->pick[q].token;
        st = o->head(o, lse, got, p->head_x, w->m->head, rows, off, id, e);
    }
    for (size_t q = 0; st == ST_OK && q < n; q++) {
        const struct pick *k = &p->pick[q];
        float v = got[q] - lse[k->row];
        if (!isfinite(v))
            st = fail(e, ST_CORRUPT, "the model's answer to ask %d is not a finite number", k->ask);
        p->j->ask[k->ask].out[k->at] = v;
        if (--p->ask_left[k->ask] == 0 && st == ST_OK) answered(p, k->ask);
    }
    mem_free(off);
    mem_free(lse);
    return st;
}

static enum status read_out(struct plan *p, struct work *w, int read_rows, struct err *e) {
    struct ops *o = w->m->ops;
    size_t dim = (size_t)w->m->dim;
    int rows = 0;
    enum status st = head_buffers(p, o, (size_t)read_rows, dim, e);
    if (st == ST_OK && read_rows > 0)
        st = o->read(o, p->x_out, w->x_out, (size_t)read_rows * dim * sizeof(float), e);
    if (st == ST_OK) st = collect(p, p->x_out, dim, &rows, e);
    if (st == ST_OK && rows > 0) st = read_head(p, w, rows, e);
    mem_free(p->x_out);
    mem_free(p->head_x);
    mem_free(p->pick);
    p->x_out = p->head_x = NULL;
    p->pick = NULL;
    p->picks_max = 0;
    return st;
}

enum status plan_step(struct plan *p, struct work *w, int *more, struct err *e) {
    int rows;
    struct chunk read;
    TRY(take_buffers(p, w, e));
    enum status st = fill(p, &rows, e);
    add_reads(p, &read);
    struct chunk c = {rows, p->tok, p->pos, p->n_views, p->view};
    if (st == ST_OK && rows > 0) st = model_forward(w, &c, &read, p->from, e);
    if (st == ST_OK) st = read_out(p, w, read.rows, e);
    if (st != ST_OK) { /* nothing of this chunk may be kept */
        for (int k = 0; k < p->n_runs; k++) p->s[p->run[k].node].node->done -= p->run[k].n;
        return st;
    }
    for (int k = 0; k < p->n_runs; k++)
        if (p->run[k].index + p->run[k].n == p->s[p->run[k].node].need) settle(p, p->run[k].node);
    p->j->tokens_computed += rows;
    p->progress.tokens_done += rows;
    *more = p->next < p->t->n;
    if (p->j->progress) p->j->progress(p->j->arg, &p->progress);
    return ST_OK;
}
