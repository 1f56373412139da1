/* From a prompt tree to its share of chunks. Nodes are visited in index order, which puts parents
 * before children; their rows are packed into chunks across spans. A node is held from its first
 * use until it and all its children are done. */
#include "model/engine/plan.h"

#include "model/engine/batch.h"

#include <math.h>
#include <string.h>

enum { DEPTH_MAX = 32 }; /* spans on a path */

/* Node i of the tree. */
struct state {
    struct node *node; /* NULL before it is needed and after it was let go */
    struct hash key;
    int path;     /* tokens before it */
    int depth;    /* spans on the path, itself included */
    int need;     /* tokens to be computed: all, or all but the last where nothing follows it */
    int waiting;  /* children and itself, as far as not done */
    int all_rows; /* some ask wants every token */
    int first_ask,
        next_kid_ask; /* lists of asks: on this node; of children that ask for their first token */
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
    int rows; /* of the current chunk */
    struct job_progress progress;
    enum status st; /* of the first thing that failed */
    struct err err;
};

static int node_len(const struct tree *t, int i) {
    return t->off[i + 1] - t->off[i];
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
        s->depth = up < 0 ? 1 : p->s[up].depth + 1;
        if (s->depth > DEPTH_MAX)
            return fail(e, ST_LIMIT, "the prompt tree is more than %d spans deep", DEPTH_MAX);
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

enum status plan_open(struct plan **out, struct job *j, struct cache *c, const struct hash *model,
                      struct err *e) {
    TRY(job_check(j->tree, j->ask, j->n_asks, c->m->vocab, e));
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

/* --- filling a chunk */

/* Appends the views of rows row..row+n of node i, starting at its token `index`, root first; a view
 * of an ancestor that ends at this row is made longer instead. */
static enum status add_views(struct plan *p, struct batch_views *v, int i, int index, int row,
                             int n, struct err *e) {
    int path[DEPTH_MAX], depth = 0;
    TRY(batch_views_room(v, p->s[i].depth, e));
    for (int u = p->t->parent[i]; u >= 0; u = p->t->parent[u]) path[depth++] = u;
    while (depth--) {
        const struct state *s = &p->s[path[depth]];
        int k = v->n;
        while (k > 0 && !(v->view[k - 1].kv == s->node->kv && v->view[k - 1].first < 0 &&
                          v->view[k - 1].row1 == row))
            k--;
        if (k > 0)
            v->view[k - 1].row1 = row + n;
        else
            v->view[v->n++] = (struct span_view){s->node->kv, s->node->len, s->path, s->node->len,
                                                 row,         row + n,      -1};
    }
    const struct state *s = &p->s[i];
    v->view[v->n++] =
        (struct span_view){s->node->kv, s->node->len, s->path, index + n, row, row + n, index};
    return ST_OK;
}

static enum status add_run(struct plan *p, struct batch *b, int i, int n, struct err *e) {
    struct node *node = p->s[i].node;
    int row = b->rows, index = node->done;
    TRY(add_views(p, &b->views, i, index, row, n, e));
    b->run[b->n_runs++] = (struct batch_run){p, i, index, row, n};
    for (int k = 0; k < n; k++) {
        b->tok[row + k] = p->t->tok[p->t->off[i] + index + k];
        b->pos[row + k] = p->s[i].path + index + k;
    }
    node->done += n;
    b->rows += n;
    p->rows += n;
    return ST_OK;
}

enum status plan_fill(struct plan *p, struct batch *b, int most, struct err *e) {
    int rows = b->rows + most, runs = b->n_runs + most;
    while (p->next < p->t->n && b->rows < rows && b->n_runs < runs) {
        int i = p->next;
        TRY(resolve(p, i, e));
        struct node *n = p->s[i].node;
        int left = p->s[i].need - n->done, room = rows - b->rows, take = left < room ? left : room;
        if (take == 0 || n->cached) { /* complete, but waits for its answers */
            b->run[b->n_runs++] = (struct batch_run){p, i, p->s[i].need, b->rows, 0};
            p->next++;
            continue;
        }
        TRY(add_run(p, b, i, take, e));
        if (n->done == p->s[i].need) p->next++;
    }
    return ST_OK;
}

/* --- reading */

/* Of a run's rows the last `take` are read: all of a node with an all-token ask, else its last. */
static int rows_read(const struct plan *p, const struct batch_run *r) {
    int ends = r->index + r->n == p->s[r->node].need;
    return p->s[r->node].all_rows ? r->n : (ends && r->n > 0);
}

enum status plan_reads(struct plan *p, struct batch *b, const struct batch_run *r, struct err *e) {
    int take = rows_read(p, r), skip = r->n - take, n = b->n_read;
    if (take == 0) return ST_OK;
    for (int q = 0; q < take; q++) {
        b->from[n + q] = r->row + skip + q;
        b->read_pos[n + q] = b->pos[r->row + skip + q];
    }
    b->n_read += take;
    return add_views(p, &b->read_views, r->node, r->index + skip, n, take, e);
}

/* What is read after the last token of node i: its labels, and the first tokens of its children. */
static enum status picks_at_end(struct plan *p, struct batch *b, int i, int row, struct err *e) {
    for (int a = p->s[i].first_ask; a >= 0; a = p->ask_next[a])
        for (int k = 0; k < p->j->ask[a].n_labels; k++)
            TRY(batch_pick(b, (struct batch_pick){p, row, a, k, p->j->ask[a].labels[k]}, e));
    for (int a = p->s[i].next_kid_ask; a >= 0; a = p->kid_next[a]) {
        int first = p->t->tok[p->t->off[p->j->ask[a].node]];
        TRY(batch_pick(b, (struct batch_pick){p, row, a, 0, first}, e));
    }
    return ST_OK;
}

static int wants_end(const struct plan *p, int i) {
    if (p->s[i].next_kid_ask >= 0) return 1;
    for (int a = p->s[i].first_ask; a >= 0; a = p->ask_next[a])
        if (p->j->ask[a].n_labels) return 1;
    return 0;
}

enum status plan_picks(struct plan *p, struct batch *b, const struct batch_run *r,
                       const float *x_out, size_t dim, int *at, struct err *e) {
    const struct state *s = &p->s[r->node];
    int len = node_len(p->t, r->node), take = rows_read(p, r), row;
    for (int q = 0; q < take; q++, ++*at) {
        int index = r->index + r->n - take + q, last = index + 1 == len;
        const float *x = x_out + (size_t)*at * dim;
        if (last) batch_save(b, s->node->last, x);
        if (last || !s->all_rows) continue;
        TRY(batch_head_row(b, x, &row, e));
        for (int a = s->first_ask; a >= 0; a = p->ask_next[a]) {
            int next = p->t->tok[p->t->off[r->node] + index + 1];
            if (!p->j->ask[a].n_labels)
                TRY(batch_pick(b, (struct batch_pick){p, row, a, index + 1, next}, e));
        }
    }
    if (r->index + r->n != s->need || !wants_end(p, r->node)) return ST_OK;
    TRY(batch_head_row(b, s->node->last, &row, e));
    return picks_at_end(p, b, r->node, row, e);
}

void plan_answer(struct plan *p, const struct batch_pick *k, float v) {
    if (p->st != ST_OK) return;
    if (!isfinite(v))
        p->st = fail(&p->err, ST_CORRUPT, "the model's answer to ask %d is not a finite number",
                     k->ask);
    p->j->ask[k->ask].out[k->at] = v;
    if (--p->ask_left[k->ask] == 0 && p->st == ST_OK) answered(p, k->ask);
}

/* --- the end of a chunk */

void plan_fail(struct plan *p, enum status st, const struct err *e) {
    if (p->st != ST_OK) return;
    p->st = st;
    p->err = *e;
}

void plan_undo(struct plan *p, const struct batch_run *r) {
    if (p->s[r->node].node) p->s[r->node].node->done -= r->n;
}

void plan_settle(struct plan *p, const struct batch_run *r) {
    if (p->st != ST_OK)
        plan_undo(p, r);
    else if (r->index + r->n == p->s[r->node].need)
        settle(p, r->node);
}

enum status plan_next(struct plan *p, int *more, struct err *e) {
    if (p->st != ST_OK) {
        *e = p->err;
        return p->st;
    }
    p->j->tokens_computed += p->rows;
    p->progress.tokens_done += p->rows;
    p->rows = 0;
    *more = p->next < p->t->n;
    if (p->j->progress) p->j->progress(p->j->arg, &p->progress);
    return ST_OK;
}
