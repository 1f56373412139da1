/* The vector code of the CPU backend as one table per instruction set. The same sources
 * (kernels/cpu/isa) are compiled once per set; cpu.c picks the widest that the machine has. All
 * sums run over 16 lanes in a fixed order, so the width of the registers decides speed, and rows
 * never influence each other. */
#ifndef KERNELS_CPU_VEC_H
#define KERNELS_CPU_VEC_H

#include <stddef.h>
#include <stdint.h>

/* One tile of attention: consecutive rows of a chunk times the query heads that share one key head.
 */
struct attn_tile {
    int q_rows; /* rows x group */
    int head_dim;
    const void *q; /* (q_rows padded, head_dim), f32 or bf16 pairs */
    float *s;      /* (q_rows, stride): scores, then probabilities, by position on the path */
    uint16_t *p;   /* (q_rows, stride): bf16 probabilities, or NULL in f32 */
    float *o;      /* (q_rows, head_dim): sums of values */
    size_t stride;
};

enum { VEC_PANEL = 16 };

struct vec_grad;

struct vec_ops {
    const char *name;
    /* y = x / sqrt(mean(x^2) + eps) * w over n values; y is bf16 when half is set. */
    void (*rmsnorm)(void *y, const float *x, const float *w, int n, float eps, int half);
    /* y = silu(g) * u over n values. */
    void (*swiglu)(void *y, const float *g, const float *u, int n, int half);
    /* y = gelu(g) * u with the tanh form. */
    void (*geglu)(void *y, const float *g, const float *u, int n, int half);
    void (*to_bf16)(uint16_t *y, const float *x, size_t n);
    /* Every block of x (n) times the Hadamard matrix of its size, a power of two that divides n:
     * a value that stands out is spread over its block. Applied twice it multiplies by the size. */
    void (*rotate)(float *x, size_t n, size_t block);
    /* y = 128 + x / t rounded, t = max |x| / 127 over n values: the scale that it answers. A value
     * that is no finite number makes it NaN. */
    float (*to_int8)(uint8_t *y, const float *x, size_t n);
    /* log(sum(exp(x))) over n values. */
    float (*log_sum_exp)(const float *x, size_t n);
    /* Replaces s[0..n) by exp(s - max), s[n..n padded to 16) by 0, and answers the sum. p, if not
     * NULL, gets bf16 copies. */
    float (*softmax)(float *s, uint16_t *p, size_t n);
    /* f32 attention. Keys (blocks of 16 tokens, head_dim, 16), values (tokens, head_dim).
     * scores: s[i][pos + j] = q_i . k_j for query rows i0..i1 and j < len rounded up to 16.
     * values: o_i += sum over j < len of s[i][pos + j] v_j, in order of j. */
    void (*scores)(const struct attn_tile *t, int i0, int i1, const void *keys, int pos, int len);
    void (*values)(const struct attn_tile *t, int i0, int i1, const void *vals, int pos, int len);
    /* Rotary position of one head in place; cs (head_dim / 2, 2) holds cos and sin. */
    void (*rope)(float *v, const float *cs, int head_dim, int neox, float scale);
    /* y (rows, cols), rows `stride` apart, = or += x (rows, k) w, w (k, VEC_PANEL): one panel of
     * weights. A sum runs over the inputs in their order. */
    void (*panel)(float *y, size_t stride, const float *x, const float *w, int k, int rows,
                  int cols, int add);
    /* x = (x - mean) / sqrt(variance + eps) * w + b over n values, in place. */
    void (*layernorm)(float *x, const float *w, const float *b, int n, float eps);
    /* x = g / 2 (1 + erf(g / sqrt(2))), g = x + b, over n values. The absolute error of erf is
     * below 4e-7. */
    void (*gelu)(float *x, const float *b, int n);
    const struct vec_grad *grad;
};

/* The vector code of the backward pass. */
struct vec_grad {
    /* dx (n) += of y = x s w with s = (mean x^2 + eps)^-1/2, or = when add is 0; answers s. dx may
     * be dy. */
    float (*rmsnorm)(float *dx, const float *dy, const float *x, const float *w, int n, float eps,
                     int add);
    /* dg, du (n) of y = silu(g) u, or of gelu(g) u. */
    void (*swiglu)(float *dg, float *du, const float *dy, const float *g, const float *u, int n);
    void (*geglu)(float *dg, float *du, const float *dy, const float *g, const float *u, int n);
    /* y (n) = f exp(x - low). y may be x. */
    void (*exp_scale)(float *y, const float *x, size_t n, float low, float f);
    float (*dot)(const float *a, const float *b, size_t n);
    void (*spread)(float *dp, const float *p, size_t n, float mean); /* dp = p (dp - mean) */
};

extern const struct vec_grad vec_grad_base, vec_grad_avx2, vec_grad_avx512, vec_grad_avx512_bf16;

extern const struct vec_ops vec_ops_base, vec_ops_avx2, vec_ops_avx512, vec_ops_avx512_bf16;

/* bf16 attention with AVX512_BF16. Keys (blocks of 16 tokens, head_dim / 2, 16, 2), values (pairs
 * of tokens, head_dim, 2) with the earlier token in the odd half: the instruction adds the odd
 * product first, each with its own rounding, so a pair that is split between two spans gives the
 * same bits. */
void attn_bf16_scores(const struct attn_tile *t, int i0, int i1, const void *keys, int pos,
                      int len);
void attn_bf16_values(const struct attn_tile *t, int i0, int i1, const void *vals, int pos,
                      int len);

#endif
