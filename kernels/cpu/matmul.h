/* Matrix products on oneDNN: weights are reordered once, products run on tiles of at most MM_TILE
 * rows whose count is a multiple of OPS_ROW_PAD. On AVX-512 oneDNN's rows are bit-identical for any
 * row count and number of threads (tests/unit/kernels/test_ops.c); other machines use gemm.h. One
 * thread at a time. */
#ifndef KERNELS_CPU_MATMUL_H
#define KERNELS_CPU_MATMUL_H

#include "kernels/ops.h"

enum { MM_TILE = 128 };

struct mm;     /* oneDNN engine, stream and the plans of every shape */
struct mm_mat; /* one weight matrix */

enum status mm_open(struct mm **out, struct err *e) MUST_CHECK;
void mm_close(struct mm *m); /* after all its matrices; NULL is fine */

/* Takes w (n, k) in f32, borrowed for the call, and keeps it as bf16 (half) or f32. */
enum status mm_mat_open(struct mm *m, struct mm_mat **out, const float *w, int n, int k, int half,
                        struct err *e) MUST_CHECK;
void mm_mat_close(struct mm_mat *w);

/* y (rows, n) = or += x (rows, k) w^T. x is bf16 or f32 as the matrix is; both have room for the
 * padded rows. */
enum status mm_run(struct mm *m, float *y, const void *x, const struct mm_mat *w, int rows, int add,
                   struct err *e) MUST_CHECK;

/* c (m, n) = a b + beta c in f32, rows ld values apart; with ta a is (k, m), with tb b is (n, k).
 * Inside a parallel region it runs on the calling thread. 0, or 1 when it failed. */
int mm_plain(int ta, int tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
             float beta, float *c, int ldc);

#endif
