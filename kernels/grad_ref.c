/* The reference of the backward operations: plain loops with double sums. */
#include "kernels/grad.h"

#include "kernels/ref.h"
#include "kernels/base/arena.h"

#include <math.h>
#include <string.h>

static void ref_close(struct grad *g) {
    mem_free(g);
}

static enum status ref_back_open(struct grad *g, struct mat **back, const struct mat *w,
                                 const float *f32, int n, int k, struct err *e) {
    (void)g, (void)w, (void)f32, (void)n, (void)k, (void)e;
    *back = NULL;
    return ST_OK;
}

static enum status ref_matmul(struct grad *g, float *dx, const void *dy, int act,
                              const struct mat *m, const struct mat *back, int rows, int n, int k,
                              struct err *e) {
    (void)g, (void)act, (void)back, (void)e;
    const float *d = dy, *w = ref_values(m);
    for (int r = 0; r < rows; r++, d += n)
        for (int j = 0; j < k; j++) {
            double s = 0;
            for (int i = 0; i < n; i++) s += (double)d[i] * w[(size_t)i * (size_t)k + (size_t)j];
            dx[(size_t)r * (size_t)k + (size_t)j] = (float)s;
        }
    return ST_OK;
}

/* y = x s w with s = (mean x^2 + eps)^-1/2: dx = s (dy w) - s^3 x mean(dy w x). */
static void norm_row(float *dx, float *dw, const float *dy, const float *x, const float *w, int n,
                     float eps, int add) {
    double ss = 0, in = 0;
    for (int i = 0; i < n; i++) {
        ss += (double)x[i] * x[i];
        in += (double)dy[i] * w[i] * x[i];
    }
    double s = 1 / sqrt(ss / n + (double)eps), back = s * s * s * in / n;
    for (int i = 0; i < n; i++) {
        if (dw) dw[i] += (float)(dy[i] * s * x[i]);
        double d = s * dy[i] * w[i] - back * x[i];
        dx[i] = (float)(add ? dx[i] + d : d);
    }
}

static void ref_rmsnorm(struct grad *g, float *dx, float *dw, const float *dy, const float *x,
                        const float *w, int rows, int n, float eps) {
    (void)g;
    for (int r = 0; r < rows; r++, dx += n, dy += n, x += n) norm_row(dx, dw, dy, x, w, n, eps, 1);
}

static void ref_head_norm(struct grad *g, float *dqkv, float *dq, float *dk, const float *qkv,
                          const struct attn_shape *s, const float *q, const float *k, int rows,
                          float eps) {
    (void)g;
    int heads = s->heads + 2 * s->kv_heads, hd = s->head_dim;
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < s->heads + s->kv_heads; h++) {
            size_t at = ((size_t)r * (size_t)heads + (size_t)h) * (size_t)hd;
            norm_row(dqkv + at, h < s->heads ? dq : dk, dqkv + at, qkv + at, h < s->heads ? q : k,
                     hd, eps, 0);
        }
}

static void unrotate(float *v, const struct attn_shape *s, int pos, double scale) {
    int half = s->head_dim / 2;
    const float *t = s->rope + (size_t)pos * (size_t)half * 2;
    for (int i = 0; i < half; i++) {
        float *a = s->rope_neox ? v + i : v + 2 * i,
              *b = s->rope_neox ? v + i + half : v + 2 * i + 1;
        double x = *a, y = *b, c = t[2 * i], sn = t[2 * i + 1];
        *a = (float)((x * c + y * sn) * scale);
        *b = (float)((y * c - x * sn) * scale);
    }
}

static void ref_rope(struct grad *g, float *dqkv, const struct attn_shape *s, const int32_t *pos,
                     int rows) {
    (void)g;
    size_t hd = (size_t)s->head_dim, stride = hd * (size_t)(s->heads + 2 * s->kv_heads);
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < s->heads + s->kv_heads; h++)
            unrotate(dqkv + (size_t)r * stride + (size_t)h * hd, s, pos[r],
                     h < s->heads ? s->scale : 1);
}

static double dot(const float *a, const float *b, int n) {
    double s = 0;
    for (int i = 0; i < n; i++) s += (double)a[i] * b[i];
    return s;
}

/* Probabilities of all rows before r, 0 for those that row r does not see. */
static void probabilities(double *p, const float *q, const float *key, size_t stride,
                          const struct attn_shape *s, const struct grad_tree *t, const int32_t *end,
                          int r) {
    double max = -INFINITY, sum = 0;
    for (int k = 0; k <= r; k++) {
        int seen = r < end[k] && (!s->window || t->pos[r] - t->pos[k] < s->window);
        p[k] = seen ? dot(q, key + (size_t)k * stride, s->head_dim) : -INFINITY;
        max = fmax(max, p[k]);
    }
    for (int k = 0; k <= r; k++) sum += p[k] = exp(p[k] - max);
    for (int k = 0; k <= r; k++) p[k] /= sum;
}

/* Attention of one head: p = softmax(q k), out = p v. */
static void head_back(double *acc, double *p, double *dp, const float *dout, const float *qkv,
                      const struct attn_shape *s, const struct grad_tree *t, const int32_t *end,
                      int head) {
    size_t hd = (size_t)s->head_dim, width = (size_t)(s->heads + 2 * s->kv_heads) * hd;
    size_t kh = (size_t)(s->heads + head / (s->heads / s->kv_heads)) * hd, qh = (size_t)head * hd;
    size_t vh = kh + (size_t)s->kv_heads * hd;
    for (int r = 0; r < t->rows; r++) {
        const float *q = qkv + (size_t)r * width + qh;
        const float *d = dout + ((size_t)r * (size_t)s->heads + (size_t)head) * hd;
        double mean = 0;
        probabilities(p, q, qkv + kh, width, s, t, end, r);
        for (int k = 0; k <= r; k++) {
            dp[k] = p[k] == 0 ? 0 : dot(d, qkv + (size_t)k * width + vh, s->head_dim);
            mean += p[k] * dp[k];
        }
        for (int k = 0; k <= r; k++) {
            double ds = p[k] * (dp[k] - mean);
            for (size_t i = 0; p[k] != 0 && i < hd; i++) {
                acc[(size_t)r * width + qh + i] += ds * qkv[(size_t)k * width + kh + i];
                acc[(size_t)k * width + kh + i] += ds * q[i];
                acc[(size_t)k * width + vh + i] += p[k] * d[i];
            }
        }
    }
}

static enum status ref_attention(struct grad *g, float *dqkv, const float *dout, const float *qkv,
                                 const struct attn_shape *s, const struct grad_tree *t,
                                 struct err *e) {
    (void)g;
    size_t rows = (size_t)t->rows;
    size_t n = rows * (size_t)(s->heads + 2 * s->kv_heads) * (size_t)s->head_dim;
    struct arena a;
    arena_init(&a, (size_t)1 << 34);
    double *acc = ARENA_NEW(&a, double, n), *p = ARENA_NEW(&a, double, 2 * rows);
    int32_t *end = ARENA_NEW(&a, int32_t, rows);
    enum status st = acc && p && end ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for attention");
    for (int i = 0; st == ST_OK && i < t->n_spans; i++)
        for (int r = t->span[i].row0; r < t->span[i].row1; r++) end[r] = t->span[i].end;
    for (int h = 0; st == ST_OK && h < s->heads; h++)
        head_back(acc, p, p + rows, dout, qkv, s, t, end, h);
    for (size_t i = 0; st == ST_OK && i < n; i++) dqkv[i] = (float)acc[i];
    arena_free(&a);
    return st;
}

static void ref_swiglu(struct grad *g, float *dgu, const float *dy, const float *gu, int rows,
                       int n) {
    (void)g;
    for (int r = 0; r < rows; r++, gu += 2 * n, dgu += 2 * n, dy += n)
        for (int i = 0; i < n; i++) {
            double x = gu[i], s = 1 / (1 + exp(-x));
            dgu[i] = (float)(dy[i] * gu[n + i] * s * (1 + x * (1 - s)));
            dgu[n + i] = (float)(dy[i] * x * s);
        }
}

static void ref_geglu(struct grad *g, float *dgu, const float *dy, const float *gu, int rows,
                      int n) {
    (void)g;
    double c = sqrt(8 / acos(-1.0)) / 2;
    for (int r = 0; r < rows; r++, gu += 2 * n, dgu += 2 * n, dy += n)
        for (int i = 0; i < n; i++) {
            double x = gu[i], th = tanh(c * (x + 0.044715 * x * x * x));
            double slope = c * (1 + 3 * 0.044715 * x * x) * (1 - th * th);
            dgu[i] = (float)(dy[i] * gu[n + i] * ((1 + th) / 2 + x * slope / 2));
            dgu[n + i] = (float)(dy[i] * x * (1 + th) / 2);
        }
}

static void ref_columns(struct grad *g, float *db, const float *dy, int rows, int n) {
    (void)g;
    for (int i = 0; i < n; i++) {
        double s = 0;
        for (int r = 0; r < rows; r++) s += dy[(size_t)r * (size_t)n + (size_t)i];
        db[i] += (float)s;
    }
}

static enum status ref_outer(struct grad *g, float *dw, const float *dy, int ld, int n,
                             const void *x, int k, int act, int rows, struct err *e) {
    (void)g, (void)act, (void)e;
    const float *in = x;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < k; j++) {
            double s = 0;
            for (int r = 0; r < rows; r++)
                s += (double)dy[(size_t)r * (size_t)ld + (size_t)i] *
                     in[(size_t)r * (size_t)k + (size_t)j];
            dw[(size_t)i * (size_t)k + (size_t)j] += (float)s;
        }
    return ST_OK;
}

/* y (rows, rank) = scale x w, x (rows, ld) of n columns; w (n, rank), or (rank, n) when flat. */
static void thin(float *y, const float *x, int ld, int n, const float *w, int rank, int flat,
                 float scale, int rows) {
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < rank; j++) {
            double s = 0;
            for (int i = 0; i < n; i++)
                s += (double)x[(size_t)r * (size_t)ld + (size_t)i] *
                     w[flat ? (size_t)j * (size_t)n + (size_t)i
                            : (size_t)i * (size_t)rank + (size_t)j];
            y[(size_t)r * (size_t)rank + (size_t)j] = (float)(scale * s);
        }
}

static enum status ref_low_rank(struct grad *g, float *da, float *db, const float *a,
                                const float *b, int rank, float scale, const float *dy, int ld,
                                int n, const void *x, int k, int rows, struct err *e) {
    float *y = mem_alloc((size_t)rows * (size_t)rank * sizeof *y);
    if (!y) return fail(e, ST_NO_MEMORY, "no memory for %d rows", rows);
    thin(y, dy, ld, n, b, rank, 0, scale, rows);
    enum status st = ref_outer(g, da, y, rank, rank, x, k, 1, rows, e);
    thin(y, x, k, k, a, rank, 1, scale, rows);
    if (st == ST_OK) st = ref_outer(g, db, dy, ld, n, y, rank, 0, rows, e);
    mem_free(y);
    return st;
}

static void ref_log_softmax(struct grad *g, float *lse, float *picked, const float *logits,
                            int rows, int n, const int32_t *off, const int32_t *pick) {
    (void)g;
    for (int r = 0; r < rows; r++, logits += n) {
        double max = -INFINITY, sum = 0;
        for (int i = 0; i < n; i++) max = fmax(max, logits[i]);
        for (int i = 0; i < n; i++) sum += exp(logits[i] - max);
        lse[r] = (float)(max + log(sum));
        for (int32_t i = off[r]; i < off[r + 1]; i++)
            picked[i] = (float)(logits[pick[i]] - max - log(sum));
    }
}

static enum status ref_softmax(struct grad *g, void *d, const float *logits, const float *lse,
                               const float *dpicked, int rows, int n, const int32_t *off,
                               const int32_t *pick, struct err *e) {
    (void)g, (void)e;
    float *out = d;
    for (int r = 0; r < rows; r++, logits += n, out += n) {
        double all = 0;
        for (int32_t i = off[r]; i < off[r + 1]; i++) all += dpicked[i];
        for (int i = 0; i < n; i++) out[i] = (float)(-all * exp((double)logits[i] - lse[r]));
        for (int32_t i = off[r]; i < off[r + 1]; i++) out[pick[i]] += dpicked[i];
    }
    return ST_OK;
}

static void ref_embed(struct grad *g, float *dtable, const float *dx, const int32_t *tok, int rows,
                      int k) {
    (void)g;
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < k; i++)
            dtable[(size_t)tok[r] * (size_t)k + (size_t)i] += dx[(size_t)r * (size_t)k + (size_t)i];
}

enum status grad_ref_open(struct grad **out, struct ops *ops, struct err *e) {
    struct grad *g = mem_alloc(sizeof *g);
    if (!g) return fail(e, ST_NO_MEMORY, "no memory for the backward operations");
    *g = (struct grad){.ops = ops,
                       .close = ref_close,
                       .back_open = ref_back_open,
                       .matmul = ref_matmul,
                       .rmsnorm = ref_rmsnorm,
                       .head_norm = ref_head_norm,
                       .rope = ref_rope,
                       .attention = ref_attention,
                       .swiglu = ref_swiglu,
                       .geglu = ref_geglu,
                       .columns = ref_columns,
                       .outer = ref_outer,
                       .low_rank = ref_low_rank,
                       .log_softmax = ref_log_softmax,
                       .softmax = ref_softmax,
                       .embed = ref_embed};
    *out = g;
    return ST_OK;
}
