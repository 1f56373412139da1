/* Row operations and f32 attention on vectors of VEC floats (16, 8 or 4), compiled once per
 * instruction set. */
#include "kernels/cpu/vec.h"

#include "kernels/cpu/isa/convert.h"

#include <math.h>
#include <string.h>
static void rmsnorm(void *y, const float *x, const float *w, int n, float eps, int half) {
    vf acc[PARTS] = {0};
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < PARTS; j++) {
            vf v = load(x + i + j * VEC);
            acc[j] += v * v;
        }
    float ss = lanes_sum(acc);
    for (int k = i; k < n; k++) ss += x[k] * x[k];
    float scale = 1.0f / sqrtf(ss / (float)n + eps);
    for (i = 0; i + VEC <= n; i += VEC) {
        vf v = load(x + i) * splat(scale) * load(w + i);
        if (half)
            store_bf16((uint16_t *)y + i, v);
        else
            store((float *)y + i, v);
    }
    for (; i < n; i++) {
        vf v = splat(x[i] * scale * w[i]);
        uint16_t h[VEC];
        store_bf16(h, v);
        if (half)
            ((uint16_t *)y)[i] = h[0];
        else
            ((float *)y)[i] = v[0];
    }
}

/* Below -88, where exp would overflow, silu is taken as silu(-88), about -5e-37. */
static inline vf silu_mul(vf g, vf u) {
    vi low = g < splat(-88.0f);
    vf c = (vf)(((vi)splat(-88.0f) & low) | ((vi)g & ~low));
    return c / (splat(1.0f) + vexp(-c)) * u;
}

/* g (1 + tanh z) / 2 = g / (1 + exp(-2 z)) with z = sqrt(2 / pi) (g + 0.044715 g^3); -2 z is held
 * to 88, where exp would overflow and the result is 0. */
static inline vf gelu_mul(vf g, vf u) {
    vf z2 = (g + splat(0.044715f) * g * g * g) * splat(1.59576912f);
    return g / (splat(1.0f) + vexp(-vmax(z2, splat(-88.0f)))) * u;
}

static inline void store_gated(void *y, int i, vf v, int n, int half) {
    uint16_t h[VEC];
    if (!half && n == VEC) {
        store((float *)y + i, v);
        return;
    }
    store_bf16(n == VEC ? (uint16_t *)y + i : h, v);
    if (n < VEC && half) memcpy((uint16_t *)y + i, h, (size_t)n * sizeof *h);
    for (int j = 0; n < VEC && !half && j < n; j++) ((float *)y)[i + j] = v[j];
}

static void swiglu(void *y, const float *g, const float *u, int n, int half) {
    int i = 0;
    for (; i + VEC <= n; i += VEC) store_gated(y, i, silu_mul(load(g + i), load(u + i)), VEC, half);
    for (; i < n; i++) store_gated(y, i, silu_mul(splat(g[i]), splat(u[i])), 1, half);
}

static void geglu(void *y, const float *g, const float *u, int n, int half) {
    int i = 0;
    for (; i + VEC <= n; i += VEC) store_gated(y, i, gelu_mul(load(g + i), load(u + i)), VEC, half);
    for (; i < n; i++) store_gated(y, i, gelu_mul(splat(g[i]), splat(u[i])), 1, half);
}

/* Pairs that lie h < VEC apart: (a, b) becomes (a + b, a - b). */
static inline vf pairs(vf x, int h) {
    vi swap;
    vf sign;
    for (int i = 0; i < VEC; i++) swap[i] = i ^ h, sign[i] = i & h ? -1.0f : 1.0f;
    return x * sign + __builtin_shuffle(x, swap);
}

static void rotate_scalar(float *x, size_t n, size_t h) {
    for (size_t i = 0; i < n; i++)
        if (!(i & h)) {
            float a = x[i], b = x[i + h];
            x[i] = a + b, x[i + h] = a - b;
        }
}

static void rotate(float *x, size_t n, size_t block) {
    if (block < VEC) {
        for (size_t h = 1; h < block; h *= 2) rotate_scalar(x, n, h);
        return;
    }
    for (size_t i = 0; i < n; i += VEC) {
        vf v = load(x + i);
        v = pairs(pairs(v, 1), 2);
        if (VEC > 4) v = pairs(v, 4 % VEC);
        if (VEC > 8) v = pairs(v, 8 % VEC);
        store(x + i, v);
    }
    for (size_t h = VEC; h < block; h *= 2)
        for (size_t base = 0; base < n; base += 2 * h)
            for (size_t i = base; i < base + h; i += VEC) {
                vf a = load(x + i), b = load(x + i + h);
                store(x + i, a + b);
                store(x + i + h, a - b);
            }
}

static float max_of(const float *x, size_t n) {
    vf acc[PARTS];
    for (int j = 0; j < PARTS; j++) acc[j] = splat(-INFINITY);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < PARTS; j++) acc[j] = vmax(load(x + i + j * VEC), acc[j]);
    float m = lanes_max(acc);
    for (; i < n; i++) m = x[i] > m ? x[i] : m;
    return m;
}

/* Sums of blocks are added up, so that a vocabulary of 262,144 does not lose its small terms. */
static float log_sum_exp(const float *x, size_t n) {
    enum { BLOCK = 1024 };
    float m = max_of(x, n), last[LANES];
    vf acc[PARTS] = {0};
    for (size_t from = 0; from < n; from += BLOCK) {
        vf part[PARTS] = {0};
        size_t to = n - from < BLOCK ? n : from + BLOCK;
        for (size_t i = from; i < to; i += LANES) {
            const float *p = x + i;
            if (to - i < LANES) {
                for (int j = 0; j < LANES; j++) last[j] = (size_t)j < to - i ? p[j] : -INFINITY;
                p = last;
            }
            for (int j = 0; j < PARTS; j++) part[j] += vexp(load(p + j * VEC) - splat(m));
        }
        for (int j = 0; j < PARTS; j++) acc[j] += part[j];
    }
    return m + logf(lanes_sum(acc));
}

static float softmax(float *s, uint16_t *p, size_t n) {
    float m = max_of(s, n);
    vf acc[PARTS] = {0};
    for (size_t i = n; i % LANES; i++) s[i] = -INFINITY;
    for (size_t i = 0; i < n; i += LANES)
        for (int j = 0; j < PARTS; j++) {
            float *at = s + i + (size_t)j * VEC;
            vf v = vexp(load(at) - splat(m));
            acc[j] += v;
            if (p)
                store_bf16(p + (at - s), v);
            else
                store(at, v);
        }
    return lanes_sum(acc);
}

/* Rows and key blocks (or value vectors) held in registers at once. */
#if VEC == 16
enum { ROWS = 6, COLS = 4 };
#else
enum { ROWS = 4, COLS = 2 };
#endif

static void scores(const struct attn_tile *t, int i0, int i1, const void *keys, int pos, int len) {
    int hd = t->head_dim, vectors = (len + LANES - 1) / LANES * PARTS;
    for (int c = 0; c < vectors; c += COLS) {
        const float *k[COLS];
        for (int j = 0; j < COLS;
             j++) { /* past the end: compute the last vector again, store nothing */
            int at = c + j < vectors ? c + j : vectors - 1;
            k[j] = (const float *)keys + (size_t)(at / PARTS) * (size_t)hd * LANES +
                   (size_t)(at % PARTS) * VEC;
        }
        for (int i = i0; i < i1; i += ROWS) {
            vf acc[ROWS][COLS] = {{{0}}};
            const float *q[ROWS];
            for (int r = 0; r < ROWS; r++)
                q[r] = (const float *)t->q + (size_t)(i + r < i1 ? i + r : i) * (size_t)hd;
            for (int d = 0; d < hd; d++) {
                vf kv[COLS];
                for (int j = 0; j < COLS; j++) kv[j] = load(k[j] + (size_t)d * LANES);
                for (int r = 0; r < ROWS; r++)
                    for (int j = 0; j < COLS; j++) acc[r][j] += splat(q[r][d]) * kv[j];
            }
            for (int r = 0; r < ROWS && i + r < i1; r++)
                for (int j = 0; j < COLS && c + j < vectors; j++)
                    store(t->s + (size_t)(i + r) * t->stride + (size_t)pos + (size_t)(c + j) * VEC,
                          acc[r][j]);
        }
    }
}

/* Columns left of a multiple of COLS vectors: a vector at a time, then one by one where the head
 * size is no multiple of VEC. */
static void values_tail(const struct attn_tile *t, int i, const float *vals, int pos, int len,
                        int d) {
    size_t hd = (size_t)t->head_dim;
    const float *s = t->s + (size_t)i * t->stride + pos;
    float *o = t->o + (size_t)i * hd;
    for (; d + VEC <= t->head_dim; d += VEC) {
        vf acc = load(o + d);
        for (int j = 0; j < len; j++) acc += splat(s[j]) * load(vals + (size_t)j * hd + d);
        store(o + d, acc);
    }
    for (; d < t->head_dim; d++) {
        float acc = o[d];
        for (int j = 0; j < len; j++) acc += s[j] * vals[(size_t)j * hd + (size_t)d];
        o[d] = acc;
    }
}

static void values(const struct attn_tile *t, int i0, int i1, const void *vals, int pos, int len) {
    int hd = t->head_dim, step = COLS * VEC, whole = hd / step * step;
    for (int d = 0; d < whole; d += step)
        for (int i = i0; i < i1; i += ROWS) {
            vf acc[ROWS][COLS];
            float *o[ROWS];
            const float *s[ROWS], *v = (const float *)vals + d;
            for (int r = 0; r < ROWS; r++) {
                size_t row = (size_t)(i + r < i1 ? i + r : i);
                s[r] = t->s + row * t->stride + pos;
                o[r] = t->o + row * (size_t)hd + d;
                for (int j = 0; j < COLS; j++) acc[r][j] = load(o[r] + j * VEC);
            }
            for (int k = 0; k < len; k++, v += hd)
                for (int r = 0; r < ROWS; r++)
                    for (int j = 0; j < COLS; j++) acc[r][j] += splat(s[r][k]) * load(v + j * VEC);
            for (int r = 0; r < ROWS && i + r < i1; r++)
                for (int j = 0; j < COLS; j++) store(o[r] + j * VEC, acc[r][j]);
        }
    if (whole < hd)
        for (int i = i0; i < i1; i++) values_tail(t, i, vals, pos, len, whole);
}

/* Rotates one head: cs holds (cos, sin) for each of the half pairs. Plain loops that the compiler
 * turns into vectors. */
static void rope(float *v, const float *cs, int head_dim, int neox, float scale) {
    int half = head_dim / 2;
    for (int i = 0; i < half; i++) {
        int a = neox ? i : 2 * i, b = neox ? i + half : 2 * i + 1;
        float x = v[a], y = v[b];
        v[a] = (x * cs[2 * i] - y * cs[2 * i + 1]) * scale;
        v[b] = (x * cs[2 * i + 1] + y * cs[2 * i]) * scale;
    }
}

/* Rows of a product held in registers: with 16 columns, three quarters of them. */
#if VEC == 16
enum { TALL = 12 };
#elif VEC == 8
enum { TALL = 6 };
#else
enum { TALL = 3 };
#endif

static void panel_store(float *y, const vf sum[PARTS], int cols, int add) {
    float l[LANES];
    if (cols == LANES) {
        for (int j = 0; j < PARTS; j++)
            store(y + j * VEC, add ? load(y + j * VEC) + sum[j] : sum[j]);
        return;
    }
    for (int j = 0; j < PARTS; j++) store(l + j * VEC, sum[j]);
    for (int c = 0; c < cols; c++) y[c] = add ? y[c] + l[c] : l[c];
}

/* The inner loop of all products: checked by sanitizers it would make a ranking take minutes. Its
 * reads are plain; writes go through panel_store, which is checked. */
__attribute__((no_sanitize("address", "undefined"))) static void panel(
    float *y, size_t stride, const float *x, const float *w, int k, int rows, int cols, int add) {
    for (int i = 0; i < rows; i += TALL) {
        const float *from[TALL], *at = w;
        vf sum[TALL][PARTS] = {{{0}}};
        for (int r = 0; r < TALL; r++) /* past the end: the first row again, stored nowhere */
            from[r] = x + (size_t)(i + r < rows ? i + r : i) * (size_t)k;
        for (int d = 0; d < k; d++, at += LANES) {
            vf b[PARTS];
            for (int j = 0; j < PARTS; j++) b[j] = *(const vf_at *)(at + j * VEC);
            for (int r = 0; r < TALL; r++)
                for (int j = 0; j < PARTS; j++) sum[r][j] += (from[r][d] - (vf){0}) * b[j];
        }
        for (int r = 0; r < TALL && i + r < rows; r++)
            panel_store(y + (size_t)(i + r) * stride, sum[r], cols, add);
    }
}

/* Sum over x[i] (square 0) or (x[i] - mean)^2. */
static float sum_of(const float *x, int n, float mean, int square) {
    vf acc[PARTS] = {0};
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < PARTS; j++) {
            vf v = load(x + i + j * VEC) - splat(mean);
            acc[j] += square ? v * v : v;
        }
    float sum = lanes_sum(acc);
    for (; i < n; i++) sum += square ? (x[i] - mean) * (x[i] - mean) : x[i] - mean;
    return sum;
}

static void layernorm(float *x, const float *w, const float *b, int n, float eps) {
    float mean = sum_of(x, n, 0, 0) / (float)n;
    float scale = 1 / sqrtf(sum_of(x, n, mean, 1) / (float)n + eps);
    int i = 0;
    for (; i + VEC <= n; i += VEC)
        store(x + i, (load(x + i) - splat(mean)) * splat(scale) * load(w + i) + load(b + i));
    for (; i < n; i++) x[i] = (x[i] - mean) * scale * w[i] + b[i];
}

/* Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. */
static inline vf gelu_of(vf x) {
    vf z = x * splat(0.70710678f), a = (vf)((vi)z & 0x7FFFFFFF);
    vf t = splat(1.0f) / (splat(1.0f) + splat(0.3275911f) * a);
    vf p = splat(1.061405429f);
    p = p * t + splat(-1.453152027f);
    p = p * t + splat(1.421413741f);
    p = p * t + splat(-0.284496736f);
    p = p * t + splat(0.254829592f);
    vf erf = splat(1.0f) - p * t * vexp(-z * z);
    vf sign = (vf)((vi)z & (vi)splat(-0.0f));
    return splat(0.5f) * x * (splat(1.0f) + (vf)((vi)erf | (vi)sign));
}

static void gelu(float *x, const float *b, int n) {
    int i = 0;
    for (; i + VEC <= n; i += VEC) store(x + i, gelu_of(load(x + i) + load(b + i)));
    for (; i < n; i++) x[i] = gelu_of(splat(x[i] + b[i]))[0];
}

const struct vec_ops VEC_TABLE = {VEC_NAME, rmsnorm,     swiglu,  geglu,    to_bf16, rotate,
                                  to_int8,  log_sum_exp, softmax, scores,   values,  rope,
                                  panel,    layernorm,   gelu,    &VEC_GRAD};
