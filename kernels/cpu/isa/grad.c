/* Row operations of the backward pass on vectors of VEC floats, compiled once per instruction set.
 * Sums run over 16 lanes in a fixed order, as in vec.c. */
#include "kernels/cpu/vec.h"

#include "kernels/cpu/isa/lanes.h"

#include <math.h>
#include <stddef.h>

static inline vf choose(vi mask, vf a, vf b) {
    return (vf)(((vi)a & mask) | ((vi)b & ~mask));
}

/* 0 below -87; held at 88 above, NaN stays. */
static inline vf vexp_held(vf x) {
    vi low = x < splat(-87.0f), nan = x != x;
    vf held = choose(x > splat(88.0f), splat(88.0f), choose(low, splat(-87.0f), x));
    return (vf)(((vi)exp_in_range(held) & ~low) | nan);
}

static float dot(const float *a, const float *b, size_t n) {
    vf acc[PARTS] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < PARTS; j++) acc[j] += load(a + i + j * VEC) * load(b + i + j * VEC);
    float s = lanes_sum(acc);
    for (; i < n; i++) s += a[i] * b[i];
    return s;
}

static float dot3(const float *a, const float *b, const float *c, size_t n) {
    vf acc[PARTS] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < PARTS; j++) {
            size_t at = i + j * VEC;
            acc[j] += load(a + at) * load(b + at) * load(c + at);
        }
    float s = lanes_sum(acc);
    for (; i < n; i++) s += a[i] * b[i] * c[i];
    return s;
}

static float rmsnorm(float *dx, const float *dy, const float *x, const float *w, int n, float eps,
                     int add) {
    float s = 1.0f / sqrtf(dot(x, x, (size_t)n) / (float)n + eps);
    float back = s * s * s * dot3(dy, w, x, (size_t)n) / (float)n;
    int i = 0;
    for (; i + VEC <= n; i += VEC) {
        vf d = splat(s) * load(dy + i) * load(w + i) - splat(back) * load(x + i);
        store(dx + i, add ? load(dx + i) + d : d);
    }
    for (; i < n; i++) {
        float d = s * dy[i] * w[i] - back * x[i];
        dx[i] = add ? dx[i] + d : d;
    }
    return s;
}

/* exp(-x) is held at exp(88), so that far below 0 the slope is next to 0. */
static inline void silu_back(vf x, vf *value, vf *slope) {
    vf s = splat(1.0f) / (splat(1.0f) + vexp_held(-x));
    *value = x * s;
    *slope = s * (splat(1.0f) + x * (splat(1.0f) - s));
}

/* g (1 + tanh z) / 2 = g t with t = 1 / (1 + exp(-2 z)); its slope is t + 2 g t (1 - t) z'. */
static inline void gelu_back(vf x, vf *value, vf *slope) {
    const float c = 1.59576912f; /* 2 sqrt(2 / pi) */
    vf t = splat(1.0f) / (splat(1.0f) + vexp_held(-splat(c) * (x + splat(0.044715f) * x * x * x)));
    *value = x * t;
    *slope = t + x * t * (splat(1.0f) - t) * splat(c) * (splat(1.0f) + splat(0.134145f) * x * x);
}

#define GLU(name, back)                                                                     \
    static void name(float *dg, float *du, const float *dy, const float *g, const float *u, \
                     int n) {                                                               \
        vf value, slope;                                                                    \
        int i = 0;                                                                          \
        for (; i + VEC <= n; i += VEC) {                                                    \
            vf d = load(dy + i), up = load(u + i);                                          \
            back(load(g + i), &value, &slope);                                              \
            store(du + i, d * value);                                                       \
            store(dg + i, d * up * slope);                                                  \
        }                                                                                   \
        for (; i < n; i++) {                                                                \
            float d = dy[i], up = u[i];                                                     \
            back(splat(g[i]), &value, &slope);                                              \
            du[i] = d * value[0];                                                           \
            dg[i] = d * up * slope[0];                                                      \
        }                                                                                   \
    }
GLU(swiglu, silu_back)
GLU(geglu, gelu_back)

static void exp_scale(float *y, const float *x, size_t n, float low, float f) {
    size_t i = 0;
    for (; i + VEC <= n; i += VEC) store(y + i, vexp_held(load(x + i) - splat(low)) * splat(f));
    for (; i < n; i++) {
        vf v = vexp_held(splat(x[i] - low)) * splat(f);
        y[i] = v[0];
    }
}

static void spread(float *dp, const float *p, size_t n, float mean) {
    size_t i = 0;
    for (; i + VEC <= n; i += VEC) store(dp + i, load(p + i) * (load(dp + i) - splat(mean)));
    for (; i < n; i++) dp[i] = p[i] * (dp[i] - mean);
}

const struct vec_grad VEC_GRAD = {rmsnorm, swiglu, geglu, exp_scale, dot, spread};
