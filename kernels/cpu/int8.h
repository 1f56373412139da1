/* Products in int8: weights with one scale for each output, activations with one for each row,
 * found when the row is made. A weight w is q s with q in -127..127 and s = max |w| / 127 of its
 * output; an activation x is (u - 128) t with u in 1..255 and t = max |x| / 127 of its row. The
 * sums are exact 32-bit integers: y = sum (u - 128) q * t * s, rounded in that order, so a row's
 * bits depend on nothing but the row.
 *
 * Inputs of R rows of k values: bytes (R padded, k padded to 4), then scales, floats (R padded). */
#ifndef KERNELS_CPU_INT8_H
#define KERNELS_CPU_INT8_H

#include "kernels/base/status.h"

#include <stddef.h>
#include <stdint.h>

/* 255 x 127 x 65536 is below 2^31; fewer than 8 values and their scale would not fit two bytes a
 * value. */
enum { I8_PANEL = 48, I8_MIN_K = 8, I8_MAX_K = 1 << 16 };

/* 48 outputs of a matrix: what one call of the inner code multiplies with. */
struct i8_panel {
    const int8_t *w;      /* (k / 4, 48, 4), 0 beyond n */
    const float *scale;   /* (48) */
    const int32_t *start; /* (48): -128 sum q, which the activations' offset adds */
    int n, k;             /* outputs that exist; inputs, a multiple of 4 */
};

/* y (rows, stride) = or += the product of x (rows, k) with the panel's outputs. */
typedef void i8_code(float *y, size_t stride, const uint8_t *x, const float *scale, int rows,
                     const struct i8_panel *p, int add);
i8_code i8_base, i8_avx2, i8_vnni;

struct i8_mat;
/* Takes w (n, k) in f32, borrowed for the call. ST_NO_MEMORY, ST_UNSUPPORTED. */
enum status i8_open(struct i8_mat **out, const float *w, int n, int k, struct err *e) MUST_CHECK;
void i8_close(struct i8_mat *m); /* NULL is fine */

static inline int i8_pad(int k) {
    return (k + 3) & ~3;
}

/* The scales of an input of R rows. */
float *i8_scales(void *x, int rows, int k);

/* y (rows, n) = or += x (rows, k) w^T. */
void i8_run(i8_code *code, float *y, const void *x, const struct i8_mat *m, int rows, int add);

#endif
