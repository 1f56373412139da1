/* Joining and ordering. */
#include "model/remote/reads.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, GROUP_TOKENS = 16384 };

static int node_len(const struct tree *t, int i) {
    return t->off[i + 1] - t->off[i];
}

/* The path of a node in one piece, with room for one token more. */
static enum status join(struct reads *r, const struct tree *t, int node, int context, int32_t **out,
                        int *n, struct err *e) {
    int path[DEPTH_MAX], depth = 0, at = 0, len = 0;
    for (int u = node; u >= 0; u = t->parent[u]) {
        if (depth == DEPTH_MAX)
            return fail(e, ST_LIMIT, "the prompt tree is more than %d spans deep", DEPTH_MAX);
        path[depth++] = u;
        len += node_len(t, u);
    }
    if (len > context)
        return fail(e, ST_LIMIT, "a prompt of %d tokens does not fit the engine's context of %d",
                    len, context);
    int32_t *tok = ARENA_NEW(&r->arena, int32_t, (size_t)len + 1);
    if (!tok) return fail(e, ST_NO_MEMORY, "no memory for a sequence of %d tokens", len);
    while (depth--) {
        int u = path[depth];
        memcpy(tok + at, t->tok + t->off[u], (size_t)node_len(t, u) * sizeof *tok);
        at += node_len(t, u);
    }
    *out = tok;
    *n = len;
    return ST_OK;
}

static enum status add(struct reads *r, struct remote_read x, struct err *e) {
    if (r->n == r->max) {
        int max = r->max ? 2 * r->max : 256;
        size_t size = sizeof *r->at;
        struct remote_read *at = mem_grow(r->at, (size_t)r->n * size, (size_t)max * size);
        if (!at) return fail(e, ST_NO_MEMORY, "no memory for %d sequences", max);
        r->at = at;
        r->max = max;
    }
    r->left[x.ask]++;
    r->tokens += x.n;
    r->at[r->n++] = x;
    return ST_OK;
}

static enum status add_labels(struct reads *r, int ask, const struct ask *q, const int32_t *tok,
                              int n, unsigned how, struct err *e) {
    if (!(how & READS_LABELS_AS_TOKENS))
        return add(r,
                   (struct remote_read){.tok = tok,
                                        .n = n,
                                        .from = n,
                                        .n_labels = q->n_labels,
                                        .labels = q->labels,
                                        .out = q->out,
                                        .ask = ask},
                   e);
    for (int k = 0; k < q->n_labels; k++) {
        int32_t *longer = ARENA_NEW(&r->arena, int32_t, (size_t)n + 1);
        if (!longer) return fail(e, ST_NO_MEMORY, "no memory for a sequence of %d tokens", n);
        memcpy(longer, tok, (size_t)n * sizeof *tok);
        longer[n] = q->labels[k];
        TRY(add(r,
                (struct remote_read){
                    .tok = longer, .n = n + 1, .from = n, .out = q->out + k, .ask = ask},
                e));
    }
    return ST_OK;
}

static enum status add_tokens(struct reads *r, int ask, const struct ask *q, const int32_t *tok,
                              int n, int len, unsigned how, struct err *e) {
    int from = n - len, first = from == 0;
    if (how & READS_NO_TOKENS)
        return fail(e, ST_UNSUPPORTED, "this engine cannot read the tokens of a prompt");
    if (first) q->out[0] = 0;
    if (from + first == n) return ST_OK;
    if (!(how & READS_TOKENS_AS_LABELS))
        return add(r,
                   (struct remote_read){
                       .tok = tok, .n = n, .from = from + first, .out = q->out + first, .ask = ask},
                   e);
    for (int k = from + first; k < n; k++)
        TRY(add(r,
                (struct remote_read){.tok = tok,
                                     .n = k,
                                     .from = k,
                                     .n_labels = 1,
                                     .labels = tok + k,
                                     .out = q->out + k - from,
                                     .ask = ask},
                e));
    return ST_OK;
}

/* Tokens before labels, since a request is of one sort; then by what the sequences hold, a
 * beginning before what goes on; then by ask, so that the order is one. */
static int by_tokens(const void *x, const void *y) {
    const struct remote_read *a = x, *b = y;
    int n = a->n < b->n ? a->n : b->n, sort_a = a->n_labels > 0, sort_b = b->n_labels > 0;
    if (sort_a != sort_b) return sort_a - sort_b;
    for (int i = 0; a->tok != b->tok && i < n; i++)
        if (a->tok[i] != b->tok[i]) return a->tok[i] < b->tok[i] ? -1 : 1;
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    if (a->ask != b->ask) return a->ask < b->ask ? -1 : 1;
    return (a->out > b->out) - (a->out < b->out);
}

static enum status join_all(struct reads *r, const struct job *j, int context, unsigned how,
                            struct err *e) {
    r->left = ARENA_NEW(&r->arena, int, (size_t)j->n_asks + 1);
    if (!r->left) return fail(e, ST_NO_MEMORY, "no memory for %d asks", j->n_asks);
    for (int a = 0; a < j->n_asks; a++) {
        const struct ask *q = &j->ask[a];
        int32_t *tok = NULL;
        int n = 0;
        TRY(join(r, j->tree, q->node, context, &tok, &n, e));
        if (q->n_labels)
            TRY(add_labels(r, a, q, tok, n, how, e));
        else
            TRY(add_tokens(r, a, q, tok, n, node_len(j->tree, q->node), how, e));
    }
    if (r->n) qsort(r->at, (size_t)r->n, sizeof *r->at, by_tokens);
    return ST_OK;
}

enum status reads_open(struct reads *r, const struct job *j, int vocab, int context, unsigned how,
                       struct err *e) {
    memset(r, 0, sizeof *r);
    TRY(job_check(j->tree, j->ask, j->n_asks, vocab, e));
    arena_init(&r->arena, (size_t)1 << 30);
    enum status st = join_all(r, j, context, how, e);
    if (st != ST_OK) reads_close(r);
    return st;
}

void reads_close(struct reads *r) {
    mem_free(r->at);
    arena_free(&r->arena);
    r->at = NULL;
    r->n = r->max = 0;
}

int reads_group(const struct reads *r, int i, int most, int same_labels) {
    const struct remote_read *x = &r->at[i];
    long long tokens = 0;
    int n = 0;
    for (; i + n < r->n && n < most; n++) {
        const struct remote_read *y = x + n;
        if (n && tokens + y->n > GROUP_TOKENS) break;
        if ((y->n_labels > 0) != (x->n_labels > 0)) break;
        if (same_labels && x->n_labels &&
            (y->n_labels != x->n_labels ||
             memcmp(x->labels, y->labels, (size_t)x->n_labels * sizeof *x->labels) != 0))
            break;
        tokens += y->n;
    }
    return n;
}

int reads_shared(const struct remote_read *x, int n) {
    int shared = x[0].n;
    for (int i = 1; i < n; i++) {
        int k = 0;
        while (k < shared && k < x[i].n && x[i].tok[k] == x[0].tok[k]) k++;
        shared = k;
    }
    return shared;
}
