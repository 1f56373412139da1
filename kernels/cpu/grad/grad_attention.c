/* Backward of tree attention in two sweeps, both of which compute the probabilities again instead
 * of keeping them. The first goes by rows: it gives the queries' derivatives, and for every row and
 * head the log-sum-exp of its scores and the mean that softmax takes off. The second goes by keys:
 * a tile of one span's keys collects from all rows that saw it, in their order. No two tiles write
 * to one place, so the bits do not depend on the number of threads. */
#include "kernels/cpu/grad/grad_attention.h"

#include "kernels/cpu/matmul.h"
#include "kernels/base/arena.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { TILE = 64 };

struct job {
    const struct vec_ops *vec;
    float *dqkv, *lse, *mean; /* the last two (heads, rows) */
    const float *dout, *qkv;
    const struct attn_shape *s;
    const struct grad_tree *t;
    size_t width, out_width; /* of a row of qkv and of dout */
    size_t stride;           /* of scores: at least the longest path */
    int group;
};

/* A stretch of one span's rows. */
struct tile {
    int span, row0, n;
};

enum status grad_scratch_room(struct grad_scratch *s, size_t n, struct err *e) {
    if (s->n >= n) return ST_OK;
    float *p = mem_alloc(n * sizeof *p);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for %zu values of a backward pass", n);
    mem_free(s->p);
    *s = (struct grad_scratch){p, n};
    return ST_OK;
}

static const float *query(const struct job *j, int row, int head) {
    return j->qkv + (size_t)row * j->width + (size_t)head * (size_t)j->s->head_dim;
}

static size_t key_at(const struct job *j, int row, int kv_head) {
    return (size_t)row * j->width + (size_t)(j->s->heads + kv_head) * (size_t)j->s->head_dim;
}

static size_t value_at(const struct job *j, int row, int kv_head) {
    return key_at(j, row, kv_head + j->s->kv_heads);
}

static const float *result(const struct job *j, int row, int head) {
    return j->dout + (size_t)row * j->out_width + (size_t)head * (size_t)j->s->head_dim;
}

/* to (n rows, columns by position) = a's rows times the keys or values, from `at`, of every span
 * on the path of span i, whose own rows count up to `rows`. */
static int along_path(const struct job *j, float *to, const float *a, size_t lda, int n, int i,
                      int rows, size_t (*at)(const struct job *, int, int), int kv_head) {
    int bad = 0, hd = j->s->head_dim;
    for (int own = 1; i >= 0; own = 0, i = j->t->span[i].up) {
        const struct grad_span *p = &j->t->span[i];
        int len = own ? rows - p->row0 : p->row1 - p->row0;
        bad |= mm_plain(0, 1, n, len, hd, a, (int)lda, j->qkv + at(j, p->row0, kv_head),
                        (int)j->width, 0, to + j->t->pos[p->row0], (int)j->stride);
    }
    return bad;
}

static int back_along_path(const struct job *j, float *to, const float *ds, int n, int i, int rows,
                           int kv_head) {
    int bad = 0;
    for (int own = 1; i >= 0; own = 0, i = j->t->span[i].up) {
        const struct grad_span *p = &j->t->span[i];
        int len = own ? rows - p->row0 : p->row1 - p->row0;
        bad |= mm_plain(0, 0, n, j->s->head_dim, len, ds + j->t->pos[p->row0], (int)j->stride,
                        j->qkv + key_at(j, p->row0, kv_head), (int)j->width, own ? 0.0f : 1.0f, to,
                        (int)j->width);
    }
    return bad;
}

/* Scores of a row become its part of ds; dp holds dout times the values. */
static void row_back(const struct job *j, float *s, float *dp, int row, int head, size_t n) {
    size_t pos = (size_t)j->t->pos[row], end = pos + 1, window = (size_t)j->s->window;
    size_t low = j->s->window && end > window ? end - window : 0;
    size_t at = (size_t)head * (size_t)j->t->rows + (size_t)row;
    const struct vec_grad *v = j->vec->grad;
    j->lse[at] = j->vec->log_sum_exp(s + low, end - low);
    v->exp_scale(s + low, s + low, end - low, j->lse[at], 1);
    j->mean[at] = v->dot(s + low, dp + low, end - low);
    v->spread(dp + low, s + low, end - low, j->mean[at]);
    memset(dp, 0, low * sizeof *dp);
    if (n > end) memset(dp + end, 0, (n - end) * sizeof *dp);
}

static int tile_queries(const struct job *j, float *scratch, const struct tile *t, int kv_head) {
    float *s = scratch, *dp = s + TILE * j->stride;
    int bad = 0, rows = t->row0 + t->n;
    size_t n = (size_t)j->t->pos[rows - 1] + 1;
    for (int h = kv_head * j->group; h < (kv_head + 1) * j->group; h++) {
        bad |=
            along_path(j, s, query(j, t->row0, h), j->width, t->n, t->span, rows, key_at, kv_head);
        bad |= along_path(j, dp, result(j, t->row0, h), j->out_width, t->n, t->span, rows, value_at,
                          kv_head);
        for (int r = 0; r < t->n; r++)
            row_back(j, s + (size_t)r * j->stride, dp + (size_t)r * j->stride, t->row0 + r, h, n);
        float *to = j->dqkv + (query(j, t->row0, h) - j->qkv);
        bad |= back_along_path(j, to, dp, t->n, t->span, rows, kv_head);
    }
    return bad;
}

/* Of key row k: whether row r, not before it and within its span's end, sees it. */
static int sees(const struct job *j, int r, int k) {
    return r >= k && (!j->s->window || j->t->pos[r] - j->t->pos[k] < j->s->window);
}

/* Probabilities and ds of query rows q0.. for the tile's keys. */
static void tile_back(const struct job *j, float *p, float *ds, const struct tile *t, int q0, int n,
                      int head) {
    const struct vec_grad *v = j->vec->grad;
    int plain = !j->s->window && q0 >= t->row0 + t->n;
    for (int r = 0; r < n; r++, p += TILE, ds += TILE) {
        size_t at = (size_t)head * (size_t)j->t->rows + (size_t)(q0 + r);
        v->exp_scale(p, p, (size_t)t->n, j->lse[at], 1);
        for (int k = 0; !plain && k < t->n; k++)
            if (!sees(j, q0 + r, t->row0 + k)) p[k] = 0;
        v->spread(ds, p, (size_t)t->n, j->mean[at]);
    }
}

static int tile_keys(const struct job *j, float *scratch, const struct tile *t, int kv_head) {
    float *p = scratch, *ds = p + TILE * TILE;
    int bad = 0, hd = j->s->head_dim, w = (int)j->width, end = j->t->span[t->span].end;
    size_t key = key_at(j, t->row0, kv_head), value = value_at(j, t->row0, kv_head);
    for (int q0 = t->row0; q0 < end; q0 += TILE)
        for (int h = kv_head * j->group; h < (kv_head + 1) * j->group; h++) {
            int n = end - q0 < TILE ? end - q0 : TILE;
            float keep = q0 > t->row0 || h > kv_head * j->group ? 1.0f : 0.0f;
            const float *q = query(j, q0, h), *d = result(j, q0, h);
            bad |= mm_plain(0, 1, n, t->n, hd, q, w, j->qkv + key, w, 0, p, TILE);
            bad |=
                mm_plain(0, 1, n, t->n, hd, d, (int)j->out_width, j->qkv + value, w, 0, ds, TILE);
            tile_back(j, p, ds, t, q0, n, h);
            bad |= mm_plain(1, 0, t->n, hd, n, p, TILE, d, (int)j->out_width, keep, j->dqkv + value,
                            w);
            bad |= mm_plain(1, 0, t->n, hd, n, ds, TILE, q, w, keep, j->dqkv + key, w);
        }
    return bad;
}

static int make_tiles(const struct grad_tree *t, struct tile *to) {
    int n = 0;
    for (int i = 0; i < t->n_spans; i++)
        for (int r = t->span[i].row0; r < t->span[i].row1; r += TILE) {
            int left = t->span[i].row1 - r;
            if (to) to[n] = (struct tile){i, r, left < TILE ? left : TILE};
            n++;
        }
    return n;
}

static int sweep(const struct job *j, const struct tile *tile, int tiles, float *scratch,
                 size_t each, int threads) {
    int bad = 0, kv_heads = j->s->kv_heads;
#pragma omp parallel num_threads(threads) reduction(| : bad)
    {
        float *own = scratch + (size_t)omp_get_thread_num() * each;
#pragma omp for schedule(dynamic, 1) collapse(2)
        for (int h = 0; h < kv_heads; h++)
            for (int i = 0; i < tiles; i++) bad |= tile_queries(j, own, &tile[i], h);
#pragma omp for schedule(dynamic, 1) collapse(2)
        for (int h = 0; h < kv_heads; h++)
            for (int i = 0; i < tiles; i++) bad |= tile_keys(j, own, &tile[i], h);
    }
    return bad;
}

enum status grad_attention(const struct vec_ops *v, struct grad_scratch *scratch, float *dqkv,
                           const float *dout, const float *qkv, const struct attn_shape *s,
                           const struct grad_tree *t, int threads, struct err *e) {
    int longest = TILE;
    for (int r = 0; r < t->rows; r++) longest = t->pos[r] >= longest ? t->pos[r] + 1 : longest;
    size_t hd = (size_t)s->head_dim, stats = (size_t)s->heads * (size_t)t->rows;
    struct job j = {.vec = v,
                    .dqkv = dqkv,
                    .dout = dout,
                    .qkv = qkv,
                    .s = s,
                    .t = t,
                    .width = (size_t)(s->heads + 2 * s->kv_heads) * hd,
                    .out_width = (size_t)s->heads * hd,
                    .stride = ((size_t)longest + 15) / 16 * 16,
                    .group = s->heads / s->kv_heads};
    size_t each = 2 * TILE * j.stride;
    int tiles = make_tiles(t, NULL);
    struct tile *tile = mem_alloc((size_t)tiles * sizeof *tile);
    if (!tile) return fail(e, ST_NO_MEMORY, "no memory for %d tiles of attention", tiles);
    enum status st = grad_scratch_room(scratch, 2 * stats + each * (size_t)threads, e);
    if (st == ST_OK) {
        (void)make_tiles(t, tile);
        j.lse = scratch->p;
        j.mean = j.lse + stats;
        if (sweep(&j, tile, tiles, j.mean + stats, each, threads))
            st = fail(e, ST_INTERNAL, "oneDNN: a product of attention's backward pass failed");
    }
    mem_free(tile);
    return st;
}
