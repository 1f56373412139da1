/* The launchers. All pointers are device memory unless a comment says host; bf16 is uint16_t. They
 * queue work on d->stream; a failed launch is kept in d. Shapes are (rows, columns), row-major. */
#ifndef KERNELS_CUDA_KERNELS_CUH
#define KERNELS_CUDA_KERNELS_CUH

#include "kernels/cuda/device/device.cuh"

/* Threads for a row of n values: whole warps, at most 256. */
static inline unsigned threads_for(int n) {
    int t = (n + WARP - 1) / WARP * WARP;
    return (unsigned)(t < 256 ? t : 256);
}

/* dequant.cu: all return ST_UNSUPPORTED by name for a block type without a kernel. */
enum status dequant_known(uint32_t type, struct err *e) MUST_CHECK;
/* n values from blocks of that type, to bf16 or, when f32 is set, to float. */
void dequant_run(struct device_gpu *d, void *out, const uint8_t *blocks, uint32_t type, size_t n,
                 int f32);
/* x (rows, k) = rows tok[] of the table. */
void dequant_rows(struct device_gpu *d, float *x, const uint8_t *blocks, uint32_t type,
                  const int32_t *tok, int rows, int k);

/* w (rows, k) codes and scale (rows) from blocks; see fp8.cuh. */
void dequant_fp8(struct device_gpu *d, uint8_t *w, float *scale, const uint8_t *blocks,
                 uint32_t type, int rows, int k);

/* fp8.cu: rows in FP8, their codes and then a scale each; room as fp8.cuh says. */
/* Of x / sqrt(mean(x^2) + eps) * w. */
void fp8_rmsnorm(struct device_gpu *d, void *y, const float *x, const float *w, int rows, int n,
                 float eps);
/* Of silu or, when gelu is set, gelu(gu[:, :n]) gu[:, n:]. */
void fp8_glu(struct device_gpu *d, void *y, const float *gu, int rows, int n, int gelu);
/* Of x (rows, n) bf16. */
void fp8_rows(struct device_gpu *d, void *y, const uint16_t *x, int rows, int n);
/* y (rows, n) = sums (rows, n) x_scale (rows) w_scale (n), += when add is set. sums may be y where
 * it is not. */
void rows_rescale(struct device_gpu *d, float *y, const float *sums, const float *x_scale,
                  const float *w_scale, int rows, int n, int add);

/* rows.cu */
/* y (rows, n), bf16 or float, = x / sqrt(mean(x^2) + eps) * w */
void rows_rmsnorm(struct device_gpu *d, void *y, const float *x, const float *w, int rows, int n,
                  float eps, int f32);
/* y (rows, n) bf16 = silu(gu[:, :n]) gu[:, n:] */
void rows_swiglu(struct device_gpu *d, uint16_t *y, const float *gu, int rows, int n);
/* y (rows, n) bf16 = gelu(gu[:, :n]) gu[:, n:], in the tanh form */
void rows_geglu(struct device_gpu *d, uint16_t *y, const float *gu, int rows, int n);
/* x (rows, n) += y / sqrt(mean(y^2) + eps) * w */
void rows_norm_add(struct device_gpu *d, float *x, const float *y, const float *w, int rows, int n,
                   float eps);
/* x (rows, n) *= f; x (rows, n) += b (n) */
void rows_scale(struct device_gpu *d, float *x, int rows, int n, float f);
void rows_add(struct device_gpu *d, float *x, const float *b, int rows, int n);
/* x (rows, stride): the first `heads` runs of hd values are normed in place, the first n_q with
 * weights q, the others with k */
void rows_head_norm(struct device_gpu *d, float *x, const float *q, const float *k, int rows,
                    int stride, int heads, int n_q, int hd, float eps);
/* to (n, width) = rows from[] of x */
void rows_gather(struct device_gpu *d, float *to, const float *x, int width, int n,
                 const int32_t *from);
/* Row to[i] = row from[i]; the lists are device memory too. */
void rows_copy(struct device_gpu *d, float *const *to, const float *const *from, int width, int n);
/* A sum of exponentials: sum e^(x - max). */
struct exp_sum {
    float max, sum;
};
/* One slice of the vocabulary: logits (rows, n) of the ids first .. first + n. Slices come in
 * order; sum (rows) carries what was summed, and after the last slice, which ends at `vocab`,
 * lse[r] is the log sum exp. picked[i] = the logit of pick[i], off[r] <= i < off[r + 1]. */
void rows_exp_sum(struct device_gpu *d, struct exp_sum *sum, float *lse, float *picked,
                  const float *logits, int rows, int first, int n, int vocab, const int32_t *off,
                  const int32_t *pick);

/* attention.cu */
/* Where a row's key and value go: place `at` of a span with room for cap tokens. One layer is keys
 * (kv_heads, cap, head_dim), then values of the same shape, bf16. */
struct row_home {
    uint16_t *kv; /* layer 0 of the span; NULL: nowhere */
    int cap, at;
};
/* A span_view of ops.h on the device. */
struct view_gpu {
    const uint16_t *kv;
    int cap, pos, len, row0, row1, first;
};
/* A chunk's facts, the same for every layer. A tile is ATTN_TILE query rows of one key head: query
 * row q is token row q / group and head q % group of the key head's heads. Tile t sees the views
 * list[tile[t] .. tile[t + 1]). */
enum { ATTN_TILE = 64, ATTN_HEAD_MAX = 256 };
struct chunk_gpu {
    int rows, tiles;
    const int32_t *pos; /* (rows) */
    const struct row_home *home;
    const struct view_gpu *view;
    const int32_t *tile, *list;
};
struct heads_gpu {
    int heads, kv_heads, head_dim, neox;
    int window; /* > 0: a row at position p sees the positions from p - window + 1 on */
    float scale;
    const float *rope; /* (positions, head_dim / 2, 2) */
};
void attention_store(struct device_gpu *d, float *qkv, const struct heads_gpu *h,
                     const struct chunk_gpu *c, int layer);
/* What some query rows have of one view already: sums relative to the largest score. */
struct trunk_gpu {
    int view, q0, q1;   /* its place in the chunk's views; query rows q0 .. q1 */
    const float *o;     /* (kv_heads, q1 - q0, head_dim): sum of e^(score - m) value */
    const float *m, *l; /* (kv_heads, q1 - q0): the largest score; sum of e^(score - m) */
};
/* out (rows, heads head_dim) bf16. t: the view that is left out and what to begin with; NULL: none.
 */
void attention_run(struct device_gpu *d, uint16_t *out, const float *qkv, const struct heads_gpu *h,
                   const struct chunk_gpu *c, const struct trunk_gpu *t, int layer);

#endif
