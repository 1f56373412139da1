/* LayerNorm and GELU on vectors of four floats, which every machine of this kind has. */
#include "kernels/encoder.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { V = 4 };
typedef float vf __attribute__((vector_size(V * 4), aligned(4)));
typedef int32_t vi __attribute__((vector_size(V * 4), aligned(4)));
typedef uint32_t vu __attribute__((vector_size(V * 4), aligned(4)));

static inline vf splat(float x) {
    return x - (vf){0};
}

#include "kernels/exp.h"

static inline vf pick(vi mask, vf yes, vf no) {
    return (vf)(((vi)yes & mask) | ((vi)no & ~mask));
}

/* Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. */
static inline vf gelu(vf x) {
    vf z = x * splat(0.70710678f), a = pick(z < splat(0.0f), -z, z);
    vf t = splat(1.0f) / (splat(1.0f) + splat(0.3275911f) * a);
    vf p = splat(1.061405429f);
    p = p * t + splat(-1.453152027f);
    p = p * t + splat(1.421413741f);
    p = p * t + splat(-0.284496736f);
    p = p * t + splat(0.254829592f);
    vf low = splat(-80.0f), e = -z * z; /* NaN stays NaN */
    vf erf = splat(1.0f) - p * t * exp_in_range(pick(e < low, low, e));
    return splat(0.5f) * x * (splat(1.0f) + pick(z < splat(0.0f), -erf, erf));
}

void encoder_gelu(float *x, int rows, int n, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < rows; r++) {
        float *row = x + (size_t)r * (size_t)n;
        for (int i = 0; i < n; i += V) {
            vf v = {0};
            size_t bytes = (size_t)(n - i < V ? n - i : V) * sizeof *row;
            memcpy(&v, row + i, bytes);
            v = gelu(v);
            memcpy(row + i, &v, bytes);
        }
    }
}

void encoder_bias(float *y, const float *x, const float *bias, int rows, int n, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * (size_t)n;
        for (int i = 0; i < n; i++) y[at + (size_t)i] = bias[i] + (x ? x[at + (size_t)i] : 0);
    }
}

void encoder_layernorm(float *x, const float *w, const float *b, int rows, int n, float eps,
                       int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < rows; r++) {
        float *row = x + (size_t)r * (size_t)n;
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++) sum += (double)row[i];
        double mean = sum / n;
        for (int i = 0; i < n; i++) squares += ((double)row[i] - mean) * ((double)row[i] - mean);
        double scale = 1 / sqrt(squares / n + (double)eps);
        for (int i = 0; i < n; i++) row[i] = (float)(((double)row[i] - mean) * scale) * w[i] + b[i];
    }
}
