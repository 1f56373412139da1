/* The operations of a backward pass, as a table beside struct ops: `ref` (plain loops, double sums,
 * the judge) and `cpu` (oneDNN products, vector code). Both work where the host's memory is.
 *
 * Names: dx is the derivative of the loss by x. Shapes and buffers are as in kernels/ops.h. Where a
 * comment says adds, what is there is added to; else it is replaced. Sums over rows run in a fixed
 * order that does not depend on the number of threads.
 *
 * The backward of scale is scale, of add_bias by its input nothing. */
#ifndef KERNELS_GRAD_H
#define KERNELS_GRAD_H

#include "kernels/ops.h"

/* A stretch of rows that follow each other in a prompt tree. Rows are in depth-first order: those
 * of a span's descendants come right behind its own, so that key row k is seen by the rows
 * k .. end - 1 of its span, and by no other. */
struct grad_span {
    int row0, row1; /* its rows */
    int end;        /* behind the last row of its descendants */
    int up;         /* the span above it, smaller than its own number; -1: none */
};

struct grad_tree {
    int rows;
    const int32_t *pos; /* (rows) */
    int n_spans;
    const struct grad_span *span;
};

struct grad {
    struct ops *ops; /* borrowed: whose forward operations these belong to */
    void *self;
    void (*close)(struct grad *g); /* frees the table too */

    /* A product y = x w^T by its input: dx (rows, k) = dy w. back_open answers, in *back, what
     * matmul needs beside the forward pass's matrix, made from its values f32 (n, k) and transposed
     * by the backend: NULL where it needs nothing. act: dy (rows, n) holds act_size elements, else
     * floats. dx has room for pad_rows(rows) rows. */
    enum status (*back_open)(struct grad *g, struct mat **back, const struct mat *w,
                             const float *f32, int n, int k, struct err *e);
    enum status (*matmul)(struct grad *g, float *dx, const void *dy, int act, const struct mat *w,
                          const struct mat *back, int rows, int n, int k, struct err *e);

    /* dx (rows, n) adds; dw (n) adds, NULL: not wanted. */
    void (*rmsnorm)(struct grad *g, float *dx, float *dw, const float *dy, const float *x,
                    const float *w, int rows, int n, float eps);

    /* dqkv in place: of the normed heads on entry, of the raw ones on return. qkv holds the raw
     * ones. dq, dk (head_dim) add; NULL: not wanted. */
    void (*head_norm)(struct grad *g, float *dqkv, float *dq, float *dk, const float *qkv,
                      const struct attn_shape *s, const float *q, const float *k, int rows,
                      float eps);

    /* dqkv (rows, (heads + 2 kv_heads) head_dim) in place: undoes the rotation, and scales queries
     * as rope_store did. */
    void (*rope)(struct grad *g, float *dqkv, const struct attn_shape *s, const int32_t *pos,
                 int rows);

    /* dqkv of the rotated, scaled queries, the rotated keys and the values; qkv as rope_store left
     * it; dout (rows, heads head_dim). A key's and value's derivative is the sum over all rows that
     * saw it, in the order of the rows. ST_NO_MEMORY, ST_UNSUPPORTED. */
    enum status (*attention)(struct grad *g, float *dqkv, const float *dout, const float *qkv,
                             const struct attn_shape *s, const struct grad_tree *t, struct err *e);

    /* dgu (rows, 2 n) of gu, dy (rows, n). */
    void (*swiglu)(struct grad *g, float *dgu, const float *dy, const float *gu, int rows, int n);
    void (*geglu)(struct grad *g, float *dgu, const float *dy, const float *gu, int rows, int n);

    /* db (n) adds the sum of dy's rows, dy (rows, n): a bias. */
    void (*columns)(struct grad *g, float *db, const float *dy, int rows, int n);

    /* dw (n, k) adds dy^T x: a weight. dy (rows, ld) from its column 0 on, x (rows, k): floats, or
     * act_size elements when act is set. */
    enum status (*outer)(struct grad *g, float *dw, const float *dy, int ld, int n, const void *x,
                         int k, int act, int rows, struct err *e);

    /* The two factors of a weight's low-rank part, w + scale b a: da (rank, k) and db (n, rank)
     * add. dy, x as in outer with act set; a (rank, k), b (n, rank). */
    enum status (*low_rank)(struct grad *g, float *da, float *db, const float *a, const float *b,
                            int rank, float scale, const float *dy, int ld, int n, const void *x,
                            int k, int rows, struct err *e);

    /* Log-softmax of read rows, logits (rows, n): lse (rows) = log sum exp, picked: the
     * log-probabilities of the ids pick[off[r] .. off[r + 1]). */
    void (*log_softmax)(struct grad *g, float *lse, float *picked, const float *logits, int rows,
                        int n, const int32_t *off, const int32_t *pick);
    /* Its backward: d (rows, n), act_size elements, from dpicked. */
    enum status (*softmax)(struct grad *g, void *d, const float *logits, const float *lse,
                           const float *dpicked, int rows, int n, const int32_t *off,
                           const int32_t *pick, struct err *e);

    /* dtable (vocabulary, k) adds dx's rows at their tokens. */
    void (*embed)(struct grad *g, float *dtable, const float *dx, const int32_t *tok, int rows,
                  int k);
};

/* For a table of ops_ref_open. ST_NO_MEMORY. */
enum status grad_ref_open(struct grad **out, struct ops *ops, struct err *e) MUST_CHECK;

/* For a table of ops_cpu_open in f32 or bf16; ST_UNSUPPORTED in another precision. */
enum status grad_cpu_open(struct grad **out, struct ops *ops, struct err *e) MUST_CHECK;

#endif
