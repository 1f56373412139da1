/* The CPU's backward operations: rows are shared among threads, sums over rows are shared by
 * columns, so that no sum depends on the number of threads. */
#include "kernels/grad.h"

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/grad/grad_attention.h"
#include "kernels/cpu/matmul.h"
#include "kernels/base/arena.h"

#include <omp.h>
#include <string.h>

enum { COLUMNS = 96 }; /* summed by one thread at a time */

struct back {
    struct grad grad;
    int half; /* what products take is bf16 */
    struct grad_scratch attn, wide, row, thin, narrow;
};

/* Every operation enters here, so that OpenMP uses our number of threads. */
static const struct vec_ops *vec_of(struct grad *g) {
    return cpu_vec(g->ops);
}

static void cpu_close(struct grad *g) {
    struct back *b = g->self;
    mem_free(b->attn.p);
    mem_free(b->wide.p);
    mem_free(b->row.p);
    mem_free(b->thin.p);
    mem_free(b->narrow.p);
    mem_free(b);
}

/* t (k, n) = w (n, k) transposed, in blocks that fit the first cache. */
static void transpose(float *t, const float *w, int n, int k) {
    enum { BLOCK = 32 };
#pragma omp parallel for schedule(static)
    for (int j0 = 0; j0 < k; j0 += BLOCK)
        for (int i0 = 0; i0 < n; i0 += BLOCK)
            for (int j = j0; j < k && j < j0 + BLOCK; j++)
                for (int i = i0; i < n && i < i0 + BLOCK; i++)
                    t[(size_t)j * (size_t)n + (size_t)i] = w[(size_t)i * (size_t)k + (size_t)j];
}

static enum status cpu_back_open(struct grad *g, struct mat **back, const struct mat *w,
                                 const float *f32, int n, int k, struct err *e) {
    (void)vec_of(g);
    *back = NULL;
    (void)w;
    float *t = mem_alloc((size_t)n * (size_t)k * sizeof *t);
    if (!t) return fail(e, ST_NO_MEMORY, "no memory for a matrix of %d x %d", k, n);
    transpose(t, f32, n, k);
    const struct mat_part part = {block_type_find(0), (const uint8_t *)t, k};
    enum status st = g->ops->mat_open(g->ops, back, &part, 1, n, MAT_LINEAR, e);
    mem_free(t);
    return st;
}

static void narrow(const struct vec_ops *v, uint16_t *y, const float *x, size_t n) {
    enum { STEP = 1 << 14 };
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i += STEP) v->to_bf16(y + i, x + i, n - i < STEP ? n - i : STEP);
}

static enum status cpu_matmul(struct grad *g, float *dx, const void *dy, int act,
                              const struct mat *w, const struct mat *back, int rows, int n, int k,
                              struct err *e) {
    struct back *b = g->self;
    const struct vec_ops *v = vec_of(g);
    size_t values = (size_t)rows * (size_t)n, room = (size_t)ops_pad_rows(rows) * (size_t)n;
    (void)w, (void)k;
    if (b->half && !act) {
        TRY(grad_scratch_room(&b->narrow, room / 2 + 1, e));
        narrow(v, (uint16_t *)(void *)b->narrow.p, dy, values);
        dy = b->narrow.p;
    }
    return g->ops->matmul(g->ops, dx, dy, back, rows, 0, e);
}

/* dw (n) += sum over rows of dy x / rms(x). */
static void norm_weight(float *dw, const float *dy, const float *x, int rows, int n, float eps,
                        const struct vec_grad *v) {
    size_t width = (size_t)n;
#pragma omp parallel for schedule(static)
    for (int c = 0; c < n; c += COLUMNS)
        for (int r = 0; r < rows; r++) {
            const float *xr = x + (size_t)r * width, *dr = dy + (size_t)r * width;
            float s = 1.0f / __builtin_sqrtf(v->dot(xr, xr, width) / (float)n + eps);
            for (int i = c; i < n && i < c + COLUMNS; i++) dw[i] += dr[i] * s * xr[i];
        }
}

static void cpu_rmsnorm(struct grad *g, float *dx, float *dw, const float *dy, const float *x,
                        const float *w, int rows, int n, float eps) {
    const struct vec_grad *v = vec_of(g)->grad;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * (size_t)n;
        v->rmsnorm(dx + at, dy + at, x + at, w, n, eps, 1);
    }
    if (dw) norm_weight(dw, dy, x, rows, n, eps, v);
}

/* dw (head_dim) += of heads first .. first + n of every row, dy still of the normed ones. */
static void head_weight(float *dw, const float *dy, const float *x, const struct attn_shape *s,
                        int first, int n, int rows, float eps, const struct vec_grad *v) {
    int hd = s->head_dim, all = s->heads + 2 * s->kv_heads;
    for (int r = 0; r < rows; r++)
        for (int h = first; h < first + n; h++) {
            size_t at = ((size_t)r * (size_t)all + (size_t)h) * (size_t)hd;
            float f = v->dot(x + at, x + at, (size_t)hd);
            f = 1.0f / __builtin_sqrtf(f / (float)hd + eps);
            for (int i = 0; i < hd; i++) dw[i] += dy[at + (size_t)i] * f * x[at + (size_t)i];
        }
}

static void cpu_head_norm(struct grad *g, float *dqkv, float *dq, float *dk, const float *qkv,
                          const struct attn_shape *s, const float *q, const float *k, int rows,
                          float eps) {
    const struct vec_grad *v = vec_of(g)->grad;
    size_t hd = (size_t)s->head_dim, stride = hd * (size_t)(s->heads + 2 * s->kv_heads);
    if (dq) head_weight(dq, dqkv, qkv, s, 0, s->heads, rows, eps, v);
    if (dk) head_weight(dk, dqkv, qkv, s, s->heads, s->kv_heads, rows, eps, v);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < s->heads + s->kv_heads; h++) {
            size_t at = (size_t)r * stride + (size_t)h * hd;
            v->rmsnorm(dqkv + at, dqkv + at, qkv + at, h < s->heads ? q : k, s->head_dim, eps, 0);
        }
}

static void unrotate(float *v, const float *cs, int head_dim, int neox, float scale) {
    int half = head_dim / 2;
    for (int i = 0; i < half; i++) {
        int a = neox ? i : 2 * i, b = neox ? i + half : 2 * i + 1;
        float x = v[a], y = v[b];
        v[a] = (x * cs[2 * i] + y * cs[2 * i + 1]) * scale;
        v[b] = (y * cs[2 * i] - x * cs[2 * i + 1]) * scale;
    }
}

static void cpu_rope(struct grad *g, float *dqkv, const struct attn_shape *s, const int32_t *pos,
                     int rows) {
    (void)vec_of(g);
    size_t hd = (size_t)s->head_dim, stride = hd * (size_t)(s->heads + 2 * s->kv_heads);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < s->heads + s->kv_heads; h++)
            unrotate(dqkv + (size_t)r * stride + (size_t)h * hd, s->rope + (size_t)pos[r] * hd,
                     s->head_dim, s->rope_neox, h < s->heads ? s->scale : 1);
}

static enum status cpu_attention(struct grad *g, float *dqkv, const float *dout, const float *qkv,
                                 const struct attn_shape *s, const struct grad_tree *t,
                                 struct err *e) {
    struct back *b = g->self;
    return grad_attention(vec_of(g), &b->attn, dqkv, dout, qkv, s, t, g->ops->threads, e);
}

typedef void glu(float *dg, float *du, const float *dy, const float *g, const float *u, int n);

static void gated(glu *f, float *dgu, const float *dy, const float *gu, int rows, int n) {
    size_t width = (size_t)n;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * 2 * width;
        f(dgu + at, dgu + at + width, dy + (size_t)r * width, gu + at, gu + at + width, n);
    }
}

static void cpu_swiglu(struct grad *g, float *dgu, const float *dy, const float *gu, int rows,
                       int n) {
    gated(vec_of(g)->grad->swiglu, dgu, dy, gu, rows, n);
}

static void cpu_geglu(struct grad *g, float *dgu, const float *dy, const float *gu, int rows,
                      int n) {
    gated(vec_of(g)->grad->geglu, dgu, dy, gu, rows, n);
}

static void cpu_columns(struct grad *g, float *db, const float *dy, int rows, int n) {
    (void)vec_of(g);
#pragma omp parallel for schedule(static)
    for (int c = 0; c < n; c += COLUMNS)
        for (int r = 0; r < rows; r++)
            for (int i = c; i < n && i < c + COLUMNS; i++)
                db[i] += dy[(size_t)r * (size_t)n + (size_t)i];
}

/* x as floats, in scratch where it is bf16. */
static enum status widened(struct back *b, const void *x, size_t n, const float **out,
                           struct err *e) {
    *out = x;
    if (!b->half) return ST_OK;
    TRY(grad_scratch_room(&b->wide, n, e));
    const uint16_t *from = x;
    float *to = b->wide.p;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) to[i] = block_bf16_to_f32(from[i]);
    *out = to;
    return ST_OK;
}

/* The longer side of the weight is cut into pieces, each summed by one thread. */
static enum status cpu_outer(struct grad *g, float *dw, const float *dy, int ld, int n,
                             const void *x, int k, int act, int rows, struct err *e) {
    struct back *b = g->self;
    const float *in = x;
    int bad = 0, by_rows = n > k;
    (void)vec_of(g);
    if (act) TRY(widened(b, x, (size_t)rows * (size_t)k, &in, e));
#pragma omp parallel for schedule(dynamic, 1) reduction(| : bad)
    for (int c = 0; c < (by_rows ? n : k); c += COLUMNS) {
        int left = (by_rows ? n : k) - c, len = left < COLUMNS ? left : COLUMNS;
        if (by_rows)
            bad |=
                mm_plain(1, 0, len, k, rows, dy + c, ld, in, k, 1, dw + (size_t)c * (size_t)k, k);
        else
            bad |= mm_plain(1, 0, n, len, rows, dy, ld, in + c, k, 1, dw + c, k);
    }
    return bad ? fail(e, ST_INTERNAL, "oneDNN: a weight's derivative of %d x %d failed", n, k)
               : ST_OK;
}

enum { ROWS = 64 }; /* of a thin product, computed by one thread at a time */

/* y (rows, rank) = x w, x (rows, ld) of n columns; w (n, rank), or (rank, n) when flat. */
static int thin(float *y, const float *x, int ld, int n, const float *w, int rank, int flat,
                int rows) {
    int bad = 0;
#pragma omp parallel for schedule(dynamic, 1) reduction(| : bad)
    for (int r = 0; r < rows; r += ROWS)
        bad |= mm_plain(0, flat, rows - r < ROWS ? rows - r : ROWS, rank, n,
                        x + (size_t)r * (size_t)ld, ld, w, flat ? n : rank, 0,
                        y + (size_t)r * (size_t)rank, rank);
    return bad;
}

static enum status cpu_low_rank(struct grad *g, float *da, float *db, const float *a,
                                const float *b, int rank, float scale, const float *dy, int ld,
                                int n, const void *x, int k, int rows, struct err *e) {
    struct back *s = g->self;
    const float *in;
    size_t each = (size_t)rows * (size_t)rank;
    (void)vec_of(g);
    TRY(widened(s, x, (size_t)rows * (size_t)k, &in, e));
    TRY(grad_scratch_room(&s->thin, 2 * each, e));
    float *u = s->thin.p, *v = u + each;
    if (thin(u, in, k, k, a, rank, 1, rows) || thin(v, dy, ld, n, b, rank, 0, rows))
        return fail(e, ST_INTERNAL, "oneDNN: a low-rank product of %d x %d failed", n, k);
    for (size_t i = 0; i < 2 * each; i++) u[i] *= scale;
    TRY(cpu_outer(g, da, v, rank, rank, in, k, 0, rows, e));
    return cpu_outer(g, db, dy, ld, n, u, rank, 0, rows, e);
}

static void cpu_log_softmax(struct grad *g, float *lse, float *picked, const float *logits,
                            int rows, int n, const int32_t *off, const int32_t *pick) {
    const struct vec_ops *v = vec_of(g);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) {
        const float *row = logits + (size_t)r * (size_t)n;
        lse[r] = v->log_sum_exp(row, (size_t)n);
        for (int32_t i = off[r]; i < off[r + 1]; i++) picked[i] = row[pick[i]] - lse[r];
    }
}

static enum status cpu_softmax(struct grad *g, void *d, const float *logits, const float *lse,
                               const float *dpicked, int rows, int n, const int32_t *off,
                               const int32_t *pick, struct err *e) {
    struct back *b = g->self;
    const struct vec_ops *v = vec_of(g);
    size_t width = (size_t)n;
    if (b->half) TRY(grad_scratch_room(&b->row, width * (size_t)g->ops->threads, e));
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) {
        float *row = b->half ? b->row.p + (size_t)omp_get_thread_num() * width
                             : (float *)d + (size_t)r * width;
        float all = 0;
        for (int32_t i = off[r]; i < off[r + 1]; i++) all += dpicked[i];
        v->grad->exp_scale(row, logits + (size_t)r * width, width, lse[r], -all);
        for (int32_t i = off[r]; i < off[r + 1]; i++) row[pick[i]] += dpicked[i];
        if (b->half) v->to_bf16((uint16_t *)d + (size_t)r * width, row, width);
    }
    return ST_OK;
}

static void cpu_embed(struct grad *g, float *dtable, const float *dx, const int32_t *tok, int rows,
                      int k) {
    (void)vec_of(g);
    size_t width = (size_t)k;
#pragma omp parallel for schedule(static)
    for (int c = 0; c < k; c += COLUMNS)
        for (int r = 0; r < rows; r++)
            for (int i = c; i < k && i < c + COLUMNS; i++)
                dtable[(size_t)tok[r] * width + (size_t)i] += dx[(size_t)r * width + (size_t)i];
}

enum status grad_cpu_open(struct grad **out, struct ops *ops, struct err *e) {
    if (ops->precision != PREC_F32 && ops->precision != PREC_BF16)
        return fail(e, ST_UNSUPPORTED, "training runs in bf16 or f32, not in this precision");
    struct back *b = mem_alloc(sizeof *b);
    if (!b) return fail(e, ST_NO_MEMORY, "no memory for the backward operations");
    *b = (struct back){.half = ops->precision == PREC_BF16};
    b->grad = (struct grad){.ops = ops,
                            .self = b,
                            .close = cpu_close,
                            .back_open = cpu_back_open,
                            .matmul = cpu_matmul,
                            .rmsnorm = cpu_rmsnorm,
                            .head_norm = cpu_head_norm,
                            .rope = cpu_rope,
                            .attention = cpu_attention,
                            .swiglu = cpu_swiglu,
                            .geglu = cpu_geglu,
                            .columns = cpu_columns,
                            .outer = cpu_outer,
                            .low_rank = cpu_low_rank,
                            .log_softmax = cpu_log_softmax,
                            .softmax = cpu_softmax,
                            .embed = cpu_embed};
    *out = &b->grad;
    return ST_OK;
}
