/* links: kernels */
/* The vector code by itself: edges of exp, NaN and infinity, rounding to bf16, odd widths. */
#include "kernels/blocks.h"
#include "kernels/cpu/vec.h"
#include "tests/t.h"

static uint32_t seed = 1;

static float uniform(float lo, float hi) {
    seed = seed * 1664525u + 1013904223u;
    return lo + (hi - lo) * (float)(seed >> 8) / 16777216.0f;
}

static float from_bits(uint32_t u) {
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static const int widths[] = {1, 2, 3, 7, 15, 16, 17, 31, 33, 64, 111, 257, 576, 989};

static void test_bf16(const struct vec_ops *v) {
    static const uint32_t edge[] = {0,          0x80000000, 1,          0x00008000, 0x00018000,
                                    0x3F800000, 0x3F807FFF, 0x3F808000, 0x3F808001, 0x3F818000,
                                    0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7F7F8000, 0x807FFFFF};
    static const uint32_t nans[] = {0x7FC00000, 0xFFC00000, 0x7FFFFFFF,
                                    0xFFFFFFFF, 0x7F800001, 0x7F80FFFF};
    float x[1001];
    uint16_t y[1001];
    for (size_t i = 0; i < COUNT(x); i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = i < COUNT(edge) ? from_bits(edge[i]) : from_bits(seed & 0xBFFFFFFF);
    }
    v->to_bf16(y, x, COUNT(x));
    int wrong = 0;
    for (size_t i = 0; i < COUNT(x); i++) {
        /* AVX512_BF16's instruction has no numbers below 2^-126 */
        float in = v == &vec_ops_avx512_bf16 && fabsf(x[i]) < 0x1p-126f ? copysignf(0, x[i]) : x[i];
        wrong += y[i] != block_f32_to_bf16(in);
    }
    EQ(wrong, 0);
    for (size_t i = 0; i < COUNT(nans); i++) {
        float same[19];
        for (size_t k = 0; k < COUNT(same); k++) same[k] = from_bits(nans[i]);
        v->to_bf16(y, same, COUNT(same));
        for (size_t k = 0; k < COUNT(same); k++) OK(isnan(block_bf16_to_f32(y[k])));
    }
}

static double lse_of(const float *x, int n) {
    double m = -INFINITY, s = 0;
    for (int i = 0; i < n; i++) m = fmax(m, x[i]);
    for (int i = 0; i < n; i++) s += exp(x[i] - m);
    return m + log(s);
}

static void test_log_sum_exp(const struct vec_ops *v) {
    float x[1024];
    for (size_t w = 0; w < COUNT(widths); w++)
        for (int wide = 0; wide < 2; wide++) {
            int n = widths[w];
            for (int i = 0; i < n; i++) x[i] = uniform(wide ? -300 : -4, wide ? 300 : 4);
            NEAR(v->log_sum_exp(x, (size_t)n), lse_of(x, n), 1e-6);
        }
    for (int n = 1; n < 40; n++) { /* one bad value anywhere must be seen */
        for (int bad = 0; bad < n; bad++) {
            for (int i = 0; i < n; i++) x[i] = uniform(-4, 4);
            x[bad] = NAN;
            OK(isnan(v->log_sum_exp(x, (size_t)n)));
            x[bad] = INFINITY;
            OK(!isfinite(v->log_sum_exp(x, (size_t)n)));
            x[bad] = -INFINITY;
            if (n > 1) NEAR(v->log_sum_exp(x, (size_t)n), lse_of(x, n), 1e-6);
        }
    }
    for (int i = 0; i < 17; i++) x[i] = from_bits(0xFFFFFFFF);
    OK(isnan(v->log_sum_exp(x, 17)));
}

static void test_softmax(const struct vec_ops *v) {
    float x[1024], s[1024];
    uint16_t p[1024];
    for (size_t w = 0; w < COUNT(widths); w++) {
        int n = widths[w];
        for (int i = 0; i < n; i++) x[i] = uniform(-100, 5);
        memcpy(s, x, sizeof s);
        float sum = v->softmax(s, NULL, (size_t)n);
        double lse = lse_of(x, n), worst = 0;
        for (int i = 0; i < n; i++) worst = fmax(worst, fabs((double)s[i] / sum - exp(x[i] - lse)));
        NEAR(worst, 0, 1e-6);
        for (int i = n; i % 16; i++) OK(s[i] == 0.0f);
        float f32[1024];
        memcpy(f32, s, sizeof s);
        memcpy(s, x, sizeof s);
        OK(v->softmax(s, p, (size_t)n) == sum);
        int wrong = 0;
        for (int i = 0; i < n; i++) wrong += p[i] != block_f32_to_bf16(f32[i]);
        EQ(wrong, 0);
        s[n / 2] = NAN;
        OK(isnan(v->softmax(s, NULL, (size_t)n)));
    }
}

static double silu(double g) {
    return g / (1 + exp(-g));
}

static void test_swiglu(const struct vec_ops *v) {
    static const float edge[] = {-3e38f, -1e4f, -200, -89, -88, -87.5f, -87,  -20, -1,  -1e-6f,
                                 0,      1e-6f, 1,    20,  87,  88,     88.5, 89,  200, 1e4f};
    float g[1024], u[1024], y[1024];
    for (size_t w = 0; w < COUNT(widths); w++) {
        int n = widths[w];
        for (int i = 0; i < n; i++) {
            g[i] = i < (int)COUNT(edge) ? edge[i] : uniform(-120, 120);
            u[i] = uniform(-2, 2);
        }
        v->swiglu(y, g, u, n, 0);
        for (int i = 0; i < n; i++) NEAR(y[i], silu(g[i]) * u[i], 1e-6);
        g[n - 1] = NAN;
        v->swiglu(y, g, u, n, 0);
        OK(isnan(y[n - 1]));
    }
    for (size_t i = 0; i < COUNT(edge); i++) { /* whole vectors of each edge */
        for (int k = 0; k < 33; k++) g[k] = edge[i], u[k] = 1;
        v->swiglu(y, g, u, 33, 0);
        for (int k = 0; k < 33; k += 16) NEAR(y[k], silu(g[k]), 1e-6);
    }
}

static void test_rmsnorm(const struct vec_ops *v) {
    float x[1024], w[1024], y[1024];
    uint16_t h[1024];
    for (size_t k = 0; k < COUNT(widths); k++) {
        int n = widths[k], wrong = 0;
        double ss = 0;
        for (int i = 0; i < n; i++) x[i] = uniform(-3, 3), w[i] = uniform(-1, 1), ss += x[i] * x[i];
        v->rmsnorm(y, x, w, n, 1e-5f, 0);
        for (int i = 0; i < n; i++) NEAR(y[i], x[i] / sqrt(ss / n + 1e-5) * w[i], 1e-5);
        v->rmsnorm(h, x, w, n, 1e-5f, 1);
        for (int i = 0; i < n; i++) wrong += h[i] != block_f32_to_bf16(y[i]);
        EQ(wrong, 0);
        memset(x, 0, sizeof x);
        v->rmsnorm(y, x, w, n, 1e-5f, 0);
        for (int i = 0; i < n; i++) OK(y[i] == 0);
        x[n - 1] = NAN;
        v->rmsnorm(h, x, w, n, 1e-5f, 1);
        OK(isnan(block_bf16_to_f32(h[0])));
    }
}

static void test_rope(const struct vec_ops *v) {
    float x[256], y[256], cs[256];
    for (int hd = 16; hd <= 256; hd += hd == 16 ? 32 : 80)
        for (int neox = 0; neox < 2; neox++) {
            for (int i = 0; i < hd; i++) x[i] = uniform(-1, 1);
            for (int i = 0; i < hd / 2; i++) {
                double a = uniform(-3, 3);
                cs[2 * i] = (float)cos(a), cs[2 * i + 1] = (float)sin(a);
            }
            memcpy(y, x, sizeof y);
            v->rope(y, cs, hd, neox, 0.125f);
            for (int i = 0; i < hd / 2; i++) {
                int a = neox ? i : 2 * i, b = neox ? i + hd / 2 : 2 * i + 1;
                double c = cs[2 * i], s = cs[2 * i + 1];
                NEAR(y[a], (x[a] * c - x[b] * s) / 8, 1e-6);
                NEAR(y[b], (x[a] * s + x[b] * c) / 8, 1e-6);
            }
        }
}

static void test_table(const struct vec_ops *v) {
    int before = t_failed;
    test_bf16(v);
    test_log_sum_exp(v);
    test_softmax(v);
    test_swiglu(v);
    test_rmsnorm(v);
    test_rope(v);
    printf("%s: %s\n", v->name, t_failed == before ? "good" : "FAILED");
}

int main(void) {
    test_table(&vec_ops_base);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        test_table(&vec_ops_avx2);
    else
        printf("avx2: this machine has none\n");
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        test_table(&vec_ops_avx512);
    else
        printf("avx512: this machine has none\n");
    if (__builtin_cpu_supports("avx512bf16"))
        test_table(&vec_ops_avx512_bf16);
    else
        printf("avx512_bf16: this machine has none\n");
    return t_end();
}
