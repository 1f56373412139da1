/* What a bidirectional encoder needs beside the table of operations: row by row on host memory in
 * f32. A row's bits do not depend on the others or on the number of threads. */
#ifndef KERNELS_ENCODER_H
#define KERNELS_ENCODER_H

/* y (rows, n) = bias (n), plus x (rows, n) unless it is NULL; then a product is added to it. */
void encoder_bias(float *y, const float *x, const float *bias, int rows, int n, int threads);

/* x (rows, n) = (x - mean) / sqrt(variance + eps) * w (n) + b (n), in place, sums in double. */
void encoder_layernorm(float *x, const float *w, const float *b, int rows, int n, float eps,
                       int threads);

/* x (rows, n) = x / 2 (1 + erf(x / sqrt(2))), in place. The absolute error of erf is below 3e-7. */
void encoder_gelu(float *x, int rows, int n, int threads);

#endif
