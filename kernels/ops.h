/* The operations a forward pass is made of, as one table with several implementations: `ref` (plain
 * C, double sums, the judge), `cpu` (oneDNN products and own vector code), `cuda`. The forward pass
 * is written once over this table.
 *
 * Memory is the backend's (from ops->alloc, read and written by operations only: it may be on a
 * device) unless a comment says host.
 *
 * Shapes are row-major, written (rows, columns). Activation buffers come from ops->alloc and have
 * room for ops->pad_rows(rows) rows: products may run on padded rows, whose values are never read.
 * A row's result never depends on how many other rows there are, on their order, on where a chunk
 * begins, or on the number of threads. */
#ifndef KERNELS_OPS_H
#define KERNELS_OPS_H

#include "kernels/blocks.h"
#include "kernels/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum precision { PREC_F32, PREC_BF16, PREC_FP8, PREC_INT8, PREC_BF16_HEAD };
enum { OPS_ROW_PAD = 16 };
static inline int ops_pad_rows(int rows) {
    return (rows + OPS_ROW_PAD - 1) / OPS_ROW_PAD * OPS_ROW_PAD;
}

struct mat; /* a weight matrix (n outputs, k inputs) in a backend's own layout */

/* Rows to be stacked into one matrix: n rows of k values in a block format. The bytes are copied.
 */
struct mat_part {
    const struct block_type *type;
    const uint8_t *data;
    int n;
};
enum mat_use {
    MAT_LINEAR, /* a layer's product, in the table's precision */
    MAT_HEAD,   /* vocabulary logits: always f32 */
    MAT_TABLE   /* token embeddings, looked up by row, kept in their block format */
};

/* Attention's shape and position facts, the same for every layer. */
struct attn_shape {
    int heads, kv_heads, head_dim;
    float scale;       /* of the scores, usually 1 / sqrt(head_dim) */
    int rope_neox;     /* 0: pairs (2i, 2i+1); 1: pairs (i, i + head_dim/2) */
    const float *rope; /* (positions, head_dim/2, 2): cos, sin */
    int positions;
    int window; /* > 0: a row at position p sees the positions from p - window + 1 on; 0: all */
};

/* One node's span as a run of rows in a chunk sees it. */
struct span_view {
    void *kv;       /* the node's keys and values: layers x kv_bytes(cap) */
    int cap;        /* tokens the storage was made for */
    int pos;        /* length of the path before the span */
    int len;        /* tokens that exist so far, these rows included */
    int row0, row1; /* rows of the chunk that see the span */
    int first; /* -1: every row sees all len tokens. Otherwise the rows are tokens first, first+1,
                * ... of the span itself: row r sees tokens 0 .. first + (r - row0), and its keys
                * and values are written here. */
};

/* Rows that are computed together; all but the keys and values is host memory. Views are ordered so
 * that a row's views come root first. */
struct chunk {
    int rows;
    const int32_t *tok, *pos; /* (rows) */
    int n_views;
    const struct span_view *view;
};

/* One forward pass over a chunk: what its operations depend on. */
struct ops_pass {
    const void *work; /* whose buffers they use: one address for one set of buffers */
    int rows_max;     /* that the buffers are for */
    const struct chunk *c, *read;
    const int32_t *from; /* (read->rows) rows of c that `read` is made of; host memory */
    const struct attn_shape *attn;
    /* Filled by begin: rows to be computed, at least the chunks' own; what the rows beyond those
     * hold is nobody's. */
    int rows, read_rows;
    int done; /* all of it was queued by begin: a backend may have recorded such a pass before */
};

struct ops {
    const char *name; /* "cpu avx512_bf16" */
    enum precision precision;
    int threads;     /* that share a call's work, whichever thread calls */
    int chunk_rows;  /* rows that keep the backend busy; 0: no wish */
    size_t act_size; /* bytes to make room for, of one element of a product's input: 4 or 2. What
                      * lies there is the backend's matter */
    int (*pad_rows)(int rows);
    void *self;

    void (*close)(struct ops *o); /* frees the table too */

    /* Around the operations of a pass; both NULL: a backend that does not want to know. After a
     * pass that ended with st, end may want all of its operations once more: *again. */
    enum status (*begin)(struct ops *o, struct ops_pass *p, struct err *e);
    enum status (*end)(struct ops *o, enum status st, int *again, struct err *e);

    /* Zeroed memory of the backend, or NULL. */
    void *(*alloc)(struct ops *o, size_t bytes);
    /* The same for keys and values: not zeroed where no operation needs that. ST_NO_MEMORY,
     * ST_DEVICE_LOST. */
    enum status (*alloc_kv)(struct ops *o, void **out, size_t bytes, struct err *e);
    void (*release)(struct ops *o, void *p);
    /* Copies between host memory and the backend's; done when they return. An operation that
     * answers no status may have failed on a device: read, attention, matmul and head then say so.
     */
    enum status (*write)(struct ops *o, void *to, const void *host, size_t bytes, struct err *e);
    enum status (*read)(struct ops *o, void *host, const void *from, size_t bytes, struct err *e);
    /* Moves rows from[0] < from[1] < ... < from[n - 1] of x (rows, width) to its front. from is
     * host memory. */
    void (*keep_rows)(struct ops *o, float *x, int width, int n, const int32_t *from);

    /* Row to[i] = row from[i], of `width` floats, for n rows that do not overlap. The lists are
     * host memory. */
    void (*copy_rows)(struct ops *o, float *const *to, const float *const *from, int width, int n);

    /* Weights: ST_NO_MEMORY, ST_UNSUPPORTED. */
    enum status (*mat_open)(struct ops *o, struct mat **out, const struct mat_part *part,
                            int n_parts, int k, enum mat_use use, struct err *e);
    void (*mat_close)(struct ops *o, struct mat *m);

    /* x (rows, k) = table rows of tok, which is host memory. */
    void (*embed)(struct ops *o, float *x, const struct mat *table, const int32_t *tok, int rows);

    /* y (rows, n) = x / sqrt(mean(x^2) + eps) * w (n). y holds act_size elements, or floats when
     * f32 is set. */
    void (*rmsnorm)(struct ops *o, void *y, const float *x, const float *w, int rows, int n,
                    float eps, int f32);

    /* Only some families need norm_add, scale, add_bias, head_norm and geglu: a backend that leaves
     * them NULL does not run those. */

    /* x (rows, n) += y / sqrt(mean(y^2) + eps) * w (n). y may be overwritten. */
    void (*norm_add)(struct ops *o, float *x, float *y, const float *w, int rows, int n, float eps);

    /* x (rows, n) *= f. */
    void (*scale)(struct ops *o, float *x, int rows, int n, float f);

    /* y (rows, n) += b (n). */
    void (*add_bias)(struct ops *o, float *y, const float *b, int rows, int n);

    /* Only encoders need layernorm and gelu. x (rows, n) = (x - mean) / sqrt(variance + eps) * w
     * (n)
     * + b (n), in place. */
    void (*layernorm)(struct ops *o, float *x, const float *w, const float *b, int rows, int n,
                      float eps);

    /* x (rows, n) = g / 2 (1 + erf(g / sqrt(2))), g = x + b (n), in place. */
    void (*gelu)(struct ops *o, float *x, const float *b, int rows, int n);

    /* qkv (rows, (heads + 2 kv_heads) head_dim): every query head and key head in place as rmsnorm
     * over its head_dim values, with weights q and k (head_dim). */
    void (*head_norm)(struct ops *o, float *qkv, const struct attn_shape *s, const float *q,
                      const float *k, int rows, float eps);

    /* y (rows, n) = x (rows, k) w^T, or += when add is set. */
    enum status (*matmul)(struct ops *o, float *y, const void *x, const struct mat *w, int rows,
                          int add, struct err *e);

    /* Bytes of one layer's keys and values for a span of len tokens. */
    size_t (*kv_bytes)(struct ops *o, const struct attn_shape *s, int len);

    /* qkv (rows, (heads + 2 kv_heads) head_dim): rotates queries in place (scale included) and
     * keys, writes keys and values into the views that own the rows. */
    void (*rope_store)(struct ops *o, float *qkv, const struct attn_shape *s, const struct chunk *c,
                       int layer);

    /* out (rows, heads head_dim), act_size elements: softmax attention of every row over the views
     * it sees. */
    enum status (*attention)(struct ops *o, void *out, const float *qkv, const struct attn_shape *s,
                             const struct chunk *c, int layer, struct err *e);

    /* y (rows, n), act_size elements = silu(gu[:, :n]) * gu[:, n:]. */
    void (*swiglu)(struct ops *o, void *y, const float *gu, int rows, int n);

    /* The same with GELU in its tanh form (Hendrycks and Gimpel, 1606.08415) in silu's place. */
    void (*geglu)(struct ops *o, void *y, const float *gu, int rows, int n);

    /* For each row of x (rows, k), f32: lse = log sum exp over all logits, and the logits of the
     * ids pick[off[r] .. off[r+1]) into picked at the same places. All but x, which has room for
     * pad_rows(rows) rows, is host memory. */
    enum status (*head)(struct ops *o, float *lse, float *picked, const float *x,
                        const struct mat *head, int rows, const int32_t *off, const int32_t *pick,
                        struct err *e);
};

/* The judge: any precision is computed in f32 with double sums. */
enum status ops_ref_open(struct ops **out, struct err *e) MUST_CHECK;

/* threads 0 = all cores. PREC_BF16 needs a CPU with AVX512_BF16 or falls back to PREC_F32 (see
 * o->precision). PREC_INT8 runs everywhere; what is not in int8 then is as in bf16. PREC_BF16_HEAD
 * is PREC_BF16 with logits in bf16 too: it shows what that does to probabilities, and is for
 * nothing else. */
enum status ops_cpu_open(struct ops **out, enum precision want, int threads,
                         struct err *e) MUST_CHECK;

/* The first NVIDIA GPU, bf16 or fp8 (E4M3 with a scale for each row of weights and of activations;
 * compute capability 8.9 and newer). ST_UNSUPPORTED says what is missing: the build's support, a
 * driver, a device, cuBLASLt. The table is used by one thread. */
enum status ops_cuda_open(struct ops **out, enum precision want, struct err *e) MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
