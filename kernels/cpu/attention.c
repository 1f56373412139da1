/* Attention over prompt trees. A tile is a few rows times the query heads of one key head. Scores
 * of a row lie in one buffer by position on its path, whatever spans the path is made of;
 * probabilities and sums of values then run in order of position. Therefore a row's bits do not
 * depend on how its path is cut into spans, chunks or tiles. */
#include "kernels/cpu/attention.h"

#include "kernels/base/arena.h"

#include <omp.h>
#include <string.h>

enum { LANES = 16, TILE_ROWS = 16, TILE_SCORES = 48 * 1024 };

static size_t blocks_of(int len) {
    return ((size_t)len + LANES - 1) / LANES;
}

/* Bytes of the keys / of the values of one key head. */
static size_t key_bytes(int hd, int cap, int half) {
    return blocks_of(cap) * LANES * (size_t)hd * (half ? 2 : 4);
}

static size_t val_bytes(int hd, int cap, int half) {
    return (half ? ((size_t)cap + 1) / 2 * 2 * 2 : (size_t)cap * 4) * (size_t)hd;
}

static size_t pad64(size_t n) {
    return (n + 63) & ~(size_t)63;
}

size_t attn_kv_bytes(const struct attn_shape *s, int len, int half) {
    return pad64(key_bytes(s->head_dim, len, half) + val_bytes(s->head_dim, len, half)) *
           (size_t)s->kv_heads;
}

static char *head_keys(const struct attn_shape *s, const struct span_view *v, int layer, int head,
                       int half) {
    size_t layer_bytes = attn_kv_bytes(s, v->cap, half);
    return (char *)v->kv + (size_t)layer * layer_bytes +
           (size_t)head * (layer_bytes / (size_t)s->kv_heads);
}

static void put_f32(char *keys, const float *k, const float *val, int hd, int cap, int at) {
    float *kt = (float *)keys + (size_t)(at / LANES) * (size_t)hd * LANES + at % LANES;
    for (int d = 0; d < hd; d++) kt[d * LANES] = k[d];
    memcpy(keys + key_bytes(hd, cap, 0) + (size_t)at * (size_t)hd * 4, val, (size_t)hd * 4);
}

static void put_bf16(const struct vec_ops *vec, char *keys, const float *k, const float *val,
                     int hd, int cap, int at) {
    uint16_t hk[512], hv[512];
    vec->to_bf16(hk, k, (size_t)hd);
    vec->to_bf16(hv, val, (size_t)hd);
    uint16_t *kt =
        (uint16_t *)keys + (size_t)(at / LANES) * (size_t)hd * LANES + (size_t)(at % LANES) * 2;
    for (int d = 0; d < hd; d += 2) memcpy(kt + d * LANES, hk + d, 4);
    uint16_t *vt = (uint16_t *)(keys + key_bytes(hd, cap, 1)) + (size_t)(at / 2) * (size_t)hd * 2 +
                   (at % 2 == 0);
    for (int d = 0; d < hd; d++) vt[2 * d] = hv[d];
}

void attn_store(const struct vec_ops *vec, float *qkv, const struct attn_shape *s,
                const struct chunk *c, int layer, int half) {
    int hd = s->head_dim, heads = s->heads + s->kv_heads;
    size_t stride = (size_t)hd * (size_t)(s->heads + 2 * s->kv_heads);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < c->rows; r++) {
        const float *cs = s->rope + (size_t)c->pos[r] * (size_t)hd;
        for (int h = 0; h < heads; h++)
            vec->rope(qkv + (size_t)r * stride + (size_t)(h * hd), cs, hd, s->rope_neox,
                      h < s->heads ? s->scale : 1);
    }
#pragma omp parallel for schedule(static)
    for (int i = 0; i < c->n_views; i++) {
        const struct span_view *v = &c->view[i];
        for (int r = v->row0; v->first >= 0 && r < v->row1; r++)
            for (int h = 0; h < s->kv_heads; h++) {
                const float *k = qkv + (size_t)r * stride + (size_t)((s->heads + h) * hd);
                char *to = head_keys(s, v, layer, h, half);
                if (half)
                    put_bf16(vec, to, k, k + s->kv_heads * hd, hd, v->cap, v->first + r - v->row0);
                else
                    put_f32(to, k, k + s->kv_heads * hd, hd, v->cap, v->first + r - v->row0);
            }
    }
}

/* What every tile of one call shares. */
struct job {
    const struct vec_ops *vec;
    const float *qkv;
    void *out;
    const struct attn_shape *s;
    const struct chunk *c;
    int layer, half, half_out, group, tile_rows;
    size_t stride; /* of scores, at least the longest path padded */
};

static size_t tile_bytes(const struct job *j) {
    size_t rows = (size_t)j->tile_rows * (size_t)j->group, hd = (size_t)j->s->head_dim;
    return rows * (j->stride * 6 + hd * 8) + 256;
}

static struct attn_tile tile_at(const struct job *j, char *p, int rows) {
    size_t n = (size_t)j->tile_rows * (size_t)j->group, hd = (size_t)j->s->head_dim;
    struct attn_tile t = {
        .q_rows = rows * j->group, .head_dim = j->s->head_dim, .stride = j->stride};
    t.s = (float *)p;
    t.o = t.s + n * j->stride;
    t.q = t.o + n * hd;
    t.p = j->half ? (uint16_t *)((char *)(uintptr_t)t.q + n * hd * 4) : NULL;
    return t;
}

static void load_queries(const struct job *j, struct attn_tile *t, int row0, int rows,
                         int kv_head) {
    size_t hd = (size_t)j->s->head_dim, in = hd * (size_t)(j->s->heads + 2 * j->s->kv_heads);
    size_t n = (size_t)j->group * hd;
    for (int r = 0; r < rows; r++) {
        const float *from = j->qkv + (size_t)(row0 + r) * in + (size_t)kv_head * n;
        if (j->half)
            j->vec->to_bf16((uint16_t *)(uintptr_t)t->q + (size_t)r * n, from, n);
        else
            memcpy((float *)(uintptr_t)t->q + (size_t)r * n, from, n * sizeof *from);
    }
    memset(t->o, 0, (size_t)t->q_rows * hd * sizeof *t->o);
}

/* The tile's part of a view: query rows a..b of the tile see its tokens up to n; those before skip,
 * a multiple of LANES, lie before every row's window. */
struct overlap {
    int a, b, skip, n;
};

/* The first position that a row of the chunk sees. */
static int first_seen(const struct job *j, int row) {
    int low = j->s->window ? j->c->pos[row] - j->s->window + 1 : 0;
    return low > 0 ? low : 0;
}

/* 0 if the tile's rows see nothing of the view. */
static int overlap(const struct job *j, const struct span_view *v, int row0, int rows,
                   struct overlap *o) {
    int lo = v->row0 > row0 ? v->row0 : row0, hi = v->row1 < row0 + rows ? v->row1 : row0 + rows;
    if (lo >= hi) return 0;
    o->a = (lo - row0) * j->group;
    o->b = (hi - row0) * j->group;
    o->n = v->first < 0 ? v->len : v->first + (hi - v->row0);
    int seen = first_seen(j, lo);
    for (int r = lo + 1; r < hi && seen > 0; r++)
        seen = first_seen(j, r) < seen ? first_seen(j, r) : seen;
    o->skip = seen > v->pos ? (seen - v->pos) / LANES * LANES : 0;
    return o->n > o->skip;
}

/* Probabilities of one query row in place: 0 before its window and after its own position, so that
 * sums over whole views may run over them. Answers their sum. */
static float row_softmax(const struct job *j, const struct attn_tile *t, int q, int row) {
    size_t low = (size_t)first_seen(j, row), n = (size_t)j->c->pos[row] + 1 - low;
    size_t off = (size_t)q * t->stride, from = low + (n + LANES - 1) / LANES * LANES;
    float *s = t->s + off, sum = j->vec->softmax(s + low, t->p ? t->p + off + low : NULL, n);
    if (t->p) {
        memset(t->p + off, 0, low * sizeof *t->p);
        memset(t->p + off + from, 0, (t->stride - from) * sizeof *t->p);
    } else {
        memset(s, 0, low * sizeof *s);
        memset(s + from, 0, (t->stride - from) * sizeof *s);
    }
    return sum;
}

static void tile_run(const struct job *j, char *scratch, int row0, int rows, int kv_head) {
    const struct chunk *c = j->c;
    size_t hd = (size_t)j->s->head_dim, elem = j->half ? 2 : 4;
    struct attn_tile t = tile_at(j, scratch, rows);
    float sum[TILE_ROWS * 64];
    struct overlap p;
    load_queries(j, &t, row0, rows, kv_head);
    for (int i = 0; i < c->n_views; i++)
        if (overlap(j, &c->view[i], row0, rows, &p)) {
            const char *keys = head_keys(j->s, &c->view[i], j->layer, kv_head, j->half) +
                               (size_t)p.skip * hd * elem;
            (j->half ? attn_bf16_scores : j->vec->scores)(&t, p.a, p.b, keys,
                                                          c->view[i].pos + p.skip, p.n - p.skip);
        }
    for (int q = 0; q < t.q_rows; q++) sum[q] = row_softmax(j, &t, q, row0 + q / j->group);
    for (int i = 0; i < c->n_views; i++)
        if (overlap(j, &c->view[i], row0, rows, &p)) {
            const char *vals = head_keys(j->s, &c->view[i], j->layer, kv_head, j->half) +
                               key_bytes(j->s->head_dim, c->view[i].cap, j->half) +
                               (size_t)p.skip * hd * elem;
            (j->half ? attn_bf16_values : j->vec->values)(&t, p.a, p.b, vals,
                                                          c->view[i].pos + p.skip, p.n - p.skip);
        }
    for (int q = 0; q < t.q_rows; q++) {
        float *o = t.o + (size_t)q * hd, inv = 1.0f / sum[q];
        size_t row = (size_t)(row0 + q / j->group);
        size_t to = (row * (size_t)j->s->heads + (size_t)(kv_head * j->group + q % j->group)) * hd;
        for (size_t d = 0; d < hd; d++) o[d] *= inv;
        if (j->half_out)
            j->vec->to_bf16((uint16_t *)j->out + to, o, hd);
        else
            memcpy((float *)j->out + to, o, hd * sizeof *o);
    }
}

static enum status grow(struct attn_scratch *s, size_t bytes, struct err *e) {
    if (s->bytes >= bytes) return ST_OK;
    char *p = mem_alloc(bytes);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for %zu bytes of attention scores", bytes);
    mem_free(s->p);
    *s = (struct attn_scratch){p, bytes};
    return ST_OK;
}

enum status attn_run(const struct vec_ops *vec, struct attn_scratch *scratch, void *out,
                     int half_out, const float *qkv, const struct attn_shape *s,
                     const struct chunk *c, int layer, int half, int threads, struct err *e) {
    int longest = 0, group = s->heads / s->kv_heads, rows = TILE_ROWS;
    for (int r = 0; r < c->rows; r++) longest = c->pos[r] > longest ? c->pos[r] : longest;
    size_t stride = ((size_t)longest + 1 + LANES - 1) / LANES * LANES + LANES;
    if (group > 64)
        return fail(e, ST_UNSUPPORTED,
                    "%d query heads share one key head; at most 64 are supported", group);
    while (rows > 1 && (size_t)(rows * group) * stride > TILE_SCORES) rows /= 2;
    struct job j = {vec, qkv, out, s, c, layer, half, half_out, group, rows, stride};
    size_t bytes = pad64(tile_bytes(&j));
    TRY(grow(scratch, bytes * (size_t)threads, e));
    int tiles = (c->rows + rows - 1) / rows;
    char *base = scratch->p;
#pragma omp parallel for schedule(dynamic, 1) collapse(2) num_threads(threads)
    for (int h = 0; h < s->kv_heads; h++)
        for (int t = 0; t < tiles; t++) {
            int row0 = t * rows, n = c->rows - row0 < rows ? c->rows - row0 : rows;
            tile_run(&j, base + (size_t)omp_get_thread_num() * bytes, row0, n, h);
        }
    return ST_OK;
}
