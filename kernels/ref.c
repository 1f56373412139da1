/* The reference operations: plain loops with double sums, one row at a time. Every other backend is
 * compared with it. */
#include "kernels/host.h"
#include "kernels/ops.h"
#include "kernels/ref.h"

#include "kernels/base/arena.h"

#include <math.h>
#include <string.h>

struct mat {
    int n, k;
    float *w; /* (n, k) */
};

const float *ref_values(const struct mat *m) {
    return m->w;
}

static void ref_close(struct ops *o) {
    mem_free(o);
}

static void ref_mat_close(struct ops *o, struct mat *m) {
    (void)o;
    if (m) mem_free(m->w);
    mem_free(m);
}

static enum status ref_mat_open(struct ops *o, struct mat **out, const struct mat_part *part,
                                int n_parts, int k, enum mat_use use, struct err *e) {
    (void)o, (void)use;
    int n = 0;
    for (int i = 0; i < n_parts; i++) n += part[i].n;
    struct mat *m = mem_alloc(sizeof *m);
    float *w = mem_alloc((size_t)n * (size_t)k * sizeof *w);
    if (!m || !w) {
        mem_free(m);
        mem_free(w);
        return fail(e, ST_NO_MEMORY, "no memory for a matrix of %d x %d", n, k);
    }
    *m = (struct mat){n, k, w};
    for (int i = 0; i < n_parts; i++) {
        size_t values = (size_t)part[i].n * (size_t)k;
        part[i].type->to_f32(w, part[i].data, values / (size_t)part[i].type->elems);
        w += values;
    }
    *out = m;
    return ST_OK;
}

static void ref_embed(struct ops *o, float *x, const struct mat *table, const int32_t *tok,
                      int rows) {
    (void)o;
    size_t k = (size_t)table->k;
    for (int r = 0; r < rows; r++)
        memcpy(x + (size_t)r * k, table->w + (size_t)tok[r] * k, k * sizeof *x);
}

static void ref_rmsnorm(struct ops *o, void *y, const float *x, const float *w, int rows, int n,
                        float eps, int f32) {
    (void)o, (void)f32;
    float *out = y;
    for (int r = 0; r < rows; r++, x += n, out += n) {
        double ss = 0;
        for (int i = 0; i < n; i++) ss += (double)x[i] * x[i];
        double scale = 1 / sqrt(ss / n + (double)eps);
        for (int i = 0; i < n; i++) out[i] = (float)(x[i] * scale * w[i]);
    }
}

static void ref_norm_add(struct ops *o, float *x, float *y, const float *w, int rows, int n,
                         float eps) {
    ref_rmsnorm(o, y, y, w, rows, n, eps, 1);
    for (size_t i = 0; i < (size_t)rows * (size_t)n; i++) x[i] += y[i];
}

static void ref_scale(struct ops *o, float *x, int rows, int n, float f) {
    (void)o;
    for (size_t i = 0; i < (size_t)rows * (size_t)n; i++) x[i] *= f;
}

static void ref_add_bias(struct ops *o, float *y, const float *b, int rows, int n) {
    (void)o;
    for (int r = 0; r < rows; r++, y += n)
        for (int i = 0; i < n; i++) y[i] += b[i];
}

static void ref_head_norm(struct ops *o, float *qkv, const struct attn_shape *s, const float *q,
                          const float *k, int rows, float eps) {
    int heads = s->heads + 2 * s->kv_heads, hd = s->head_dim;
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < s->heads + s->kv_heads; h++) {
            float *v = qkv + ((size_t)r * (size_t)heads + (size_t)h) * (size_t)hd;
            ref_rmsnorm(o, v, v, h < s->heads ? q : k, 1, hd, eps, 1);
        }
}

static double dot(const float *a, const float *b, int n) {
    double s = 0;
    for (int i = 0; i < n; i++) s += (double)a[i] * b[i];
    return s;
}

static enum status ref_matmul(struct ops *o, float *y, const void *x, const struct mat *m, int rows,
                              int add, struct err *e) {
    (void)o, (void)e;
    const float *in = x;
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < m->n; j++) {
            double s = dot(in + (size_t)r * (size_t)m->k, m->w + (size_t)j * (size_t)m->k, m->k);
            float *to = y + (size_t)r * (size_t)m->n + j;
            *to = (float)(add ? *to + s : s);
        }
    return ST_OK;
}

/* One layer: keys (len, kv_heads, head_dim), then values of the same shape. */
static size_t ref_kv_bytes(struct ops *o, const struct attn_shape *s, int len) {
    (void)o;
    return 2 * sizeof(float) * (size_t)len * (size_t)s->kv_heads * (size_t)s->head_dim;
}

static float *layer_kv(struct ops *o, const struct attn_shape *s, const struct span_view *v,
                       int layer) {
    return (float *)((char *)v->kv + (size_t)layer * ref_kv_bytes(o, s, v->cap));
}

static void rotate(float *v, const struct attn_shape *s, int pos, double scale) {
    int half = s->head_dim / 2;
    const float *t = s->rope + (size_t)pos * (size_t)half * 2;
    for (int i = 0; i < half; i++) {
        float *a = s->rope_neox ? v + i : v + 2 * i,
              *b = s->rope_neox ? v + i + half : v + 2 * i + 1;
        double x = *a, y = *b, c = t[2 * i], sn = t[2 * i + 1];
        *a = (float)((x * c - y * sn) * scale);
        *b = (float)((x * sn + y * c) * scale);
    }
}

static void ref_rope_store(struct ops *o, float *qkv, const struct attn_shape *s,
                           const struct chunk *c, int layer) {
    size_t hd = (size_t)s->head_dim, width = hd * (size_t)s->kv_heads;
    size_t stride = hd * (size_t)s->heads + 2 * width;
    for (int r = 0; r < c->rows; r++) {
        float *row = qkv + (size_t)r * stride;
        for (int h = 0; h < s->heads; h++) rotate(row + (size_t)h * hd, s, c->pos[r], s->scale);
        for (int h = 0; h < s->kv_heads; h++)
            rotate(row + (size_t)(s->heads + h) * hd, s, c->pos[r], 1);
    }
    for (int i = 0; i < c->n_views; i++) {
        const struct span_view *v = &c->view[i];
        if (v->first < 0) continue;
        float *k = layer_kv(o, s, v, layer), *val = k + (size_t)v->cap * width;
        for (int r = v->row0; r < v->row1; r++) {
            const float *from = qkv + (size_t)r * stride + hd * (size_t)s->heads;
            size_t at = (size_t)(v->first + r - v->row0) * width;
            memcpy(k + at, from, width * sizeof *k);
            memcpy(val + at, from + width, width * sizeof *k);
        }
    }
}

/* Attention of one row and head: visits every view that the row sees, twice. */
static void attend(struct ops *o, float *out, const float *q, const struct attn_shape *s,
                   const struct chunk *c, int row, int head, int layer) {
    size_t hd = (size_t)s->head_dim, width = hd * (size_t)s->kv_heads;
    size_t at = (size_t)(head / (s->heads / s->kv_heads)) * hd;
    double max = -INFINITY, sum = 0, acc[512] = {0};
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < c->n_views; i++) {
            const struct span_view *v = &c->view[i];
            if (row < v->row0 || row >= v->row1) continue;
            int n = v->first < 0 ? v->len : v->first + (row - v->row0) + 1;
            const float *k = layer_kv(o, s, v, layer) + at, *val = k + (size_t)v->cap * width;
            int low = s->window ? c->pos[row] - s->window + 1 - v->pos : 0;
            for (int j = low > 0 ? low : 0; j < n; j++) {
                double x = dot(q, k + (size_t)j * width, s->head_dim);
                if (pass == 0) {
                    max = fmax(max, x);
                    continue;
                }
                double p = exp(x - max);
                sum += p;
                for (size_t d = 0; d < hd; d++) acc[d] += p * val[(size_t)j * width + d];
            }
        }
    for (size_t d = 0; d < hd; d++) out[d] = (float)(acc[d] / sum);
}

static enum status ref_attention(struct ops *o, void *out, const float *qkv,
                                 const struct attn_shape *s, const struct chunk *c, int layer,
                                 struct err *e) {
    size_t hd = (size_t)s->head_dim, stride = hd * (size_t)(s->heads + 2 * s->kv_heads);
    if (hd > 512) return fail(e, ST_UNSUPPORTED, "head size %d is larger than 512", s->head_dim);
    for (int r = 0; r < c->rows; r++)
        for (int h = 0; h < s->heads; h++)
            attend(o, (float *)out + ((size_t)r * (size_t)s->heads + (size_t)h) * hd,
                   qkv + (size_t)r * stride + (size_t)h * hd, s, c, r, h, layer);
    return ST_OK;
}

static void ref_swiglu(struct ops *o, void *y, const float *gu, int rows, int n) {
    (void)o;
    float *out = y;
    for (int r = 0; r < rows; r++, gu += 2 * n, out += n)
        for (int i = 0; i < n; i++) out[i] = (float)(gu[i] / (1 + exp(-(double)gu[i])) * gu[n + i]);
}

static void ref_geglu(struct ops *o, void *y, const float *gu, int rows, int n) {
    (void)o;
    float *out = y;
    for (int r = 0; r < rows; r++, gu += 2 * n, out += n)
        for (int i = 0; i < n; i++) {
            double g = gu[i], z = sqrt(8 / acos(-1.0)) / 2 * (g + 0.044715 * g * g * g);
            out[i] = (float)(g * (1 + tanh(z)) / 2 * gu[n + i]);
        }
}

static enum status ref_head(struct ops *o, float *lse, float *picked, const float *x,
                            const struct mat *m, int rows, const int32_t *off, const int32_t *pick,
                            struct err *e) {
    (void)o;
    double *logit = mem_alloc((size_t)m->n * sizeof *logit);
    if (!logit) return fail(e, ST_NO_MEMORY, "no memory for %d logits", m->n);
    for (int r = 0; r < rows; r++, x += m->k) {
        double max = -INFINITY, sum = 0;
        for (int j = 0; j < m->n; j++) {
            logit[j] = dot(x, m->w + (size_t)j * (size_t)m->k, m->k);
            max = fmax(max, logit[j]);
        }
        for (int j = 0; j < m->n; j++) sum += exp(logit[j] - max);
        lse[r] = (float)(max + log(sum));
        for (int32_t i = off[r]; i < off[r + 1]; i++) picked[i] = (float)logit[pick[i]];
    }
    mem_free(logit);
    return ST_OK;
}

enum status ops_ref_open(struct ops **out, struct err *e) {
    static const struct ops table = {
        .name = "reference",
        .precision = PREC_F32,
        .threads = 1,
        .act_size = sizeof(float),
        .pad_rows = ops_pad_rows,
        .close = ref_close,
        .alloc = host_alloc,
        .alloc_kv = host_alloc_kv,
        .release = host_release,
        .write = host_copy,
        .read = host_copy,
        .keep_rows = host_keep_rows,
        .copy_rows = host_copy_rows,
        .mat_open = ref_mat_open,
        .mat_close = ref_mat_close,
        .embed = ref_embed,
        .rmsnorm = ref_rmsnorm,
        .norm_add = ref_norm_add,
        .scale = ref_scale,
        .add_bias = ref_add_bias,
        .head_norm = ref_head_norm,
        .matmul = ref_matmul,
        .kv_bytes = ref_kv_bytes,
        .rope_store = ref_rope_store,
        .attention = ref_attention,
        .swiglu = ref_swiglu,
        .geglu = ref_geglu,
        .head = ref_head,
    };
    struct ops *o = mem_alloc(sizeof *o);
    if (!o) return fail(e, ST_NO_MEMORY, "no memory for the reference operations");
    *o = table;
    *out = o;
    return ST_OK;
}
