/* oneDNN's own int8 products, u8 x s8 -> s32 without scales: what a roofline in int8 is measured
 * with beside the project's code. */
#ifndef TESTS_BENCH_ONEDNN_S8_H
#define TESTS_BENCH_ONEDNN_S8_H

#include "kernels/base/status.h"

struct s8_shape {
    int rows, n, k;
};

struct s8;
/* Multiplies x with each of `layers` matrices of each shape, in the model's order; seconds[i]: of
 * one product of shape i, 0 where oneDNN has only its reference. *s is NULL at first, is made by
 * the first call and serves later ones with the same shapes. x: bytes; y: room for 4 bytes a
 * result. */
enum status s8_pass(struct s8 **s, const struct s8_shape *shape, int n, int layers, void *x,
                    void *y, double *seconds, struct err *e) MUST_CHECK;
void s8_close(struct s8 *s); /* NULL is fine */

#endif
