/* Products in f32 by own code, for machines on which oneDNN has no product with weights that were
 * put in order before. Weights lie in panels of 16 outputs, so that a product reads them from front
 * to back. A sum runs over the inputs in their order, whatever the row's neighbours are. */
#ifndef KERNELS_CPU_GEMM_H
#define KERNELS_CPU_GEMM_H

#include "kernels/cpu/vec.h"
#include "kernels/base/status.h"

struct gemm_mat;

/* Takes w (n, k) in f32, borrowed for the call. ST_NO_MEMORY. */
enum status gemm_open(struct gemm_mat **out, const float *w, int n, int k,
                      struct err *e) MUST_CHECK;
void gemm_close(struct gemm_mat *m); /* NULL is fine */

/* y (rows, n) = or += x (rows, k) w^T, shared among the threads of OpenMP. */
void gemm_run(const struct vec_ops *vec, float *y, const float *x, const struct gemm_mat *m,
              int rows, int add);

#endif
