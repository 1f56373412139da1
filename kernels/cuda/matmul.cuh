/* Matrix products behind one wrapper: cuBLASLt on a device (matmul_lt.cu), plain loops that round
 * alike on the host (host/matmul.cpp).
 *
 * Exactness: the algorithm of a shape is chosen once, for MATMUL_TILE rows, without splitting k,
 * and is used for every number of rows. Each output is then one sum over k in an order that the
 * algorithm fixes, so a row's bits do not depend on how many rows there are. */
#ifndef KERNELS_CUDA_MATMUL_CUH
#define KERNELS_CUDA_MATMUL_CUH

#include "kernels/cuda/device.cuh"

struct matmul;
enum matmul_type { MATMUL_F32, MATMUL_BF16 };
enum { MATMUL_TILE = 1024 };

/* d is borrowed. ST_UNSUPPORTED when the library is not there, ST_NO_MEMORY. */
enum status matmul_open(struct matmul **out, struct device_gpu *d, struct err *e) MUST_CHECK;
void matmul_close(struct matmul *m); /* NULL is fine */
/* Chooses the algorithm for weights (n, k), so that matmul_run cannot fail for want of one. */
enum status matmul_plan(struct matmul *m, enum matmul_type t, int n, int k,
                        struct err *e) MUST_CHECK;
/* y (rows, n) f32 = x (rows, k) w (n, k)^T, += when add is set; f32 sums. */
enum status matmul_run(struct matmul *m, float *y, const void *x, const void *w, enum matmul_type t,
                       int rows, int n, int k, int add, struct err *e) MUST_CHECK;

#endif
