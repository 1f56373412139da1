/* Attention over prompt trees on the CPU, and the layout of keys and values in a node's storage.
 * One layer of a span: for every key head the keys in blocks of 16 tokens, transposed, then all
 * values. f32:  keys (kv_heads, blocks, head_dim, 16), values (kv_heads, cap, head_dim) bf16: keys
 * (kv_heads, blocks, head_dim/2, 16, 2), values (kv_heads, pairs, head_dim, 2), earlier token odd
 */
#ifndef KERNELS_CPU_ATTENTION_H
#define KERNELS_CPU_ATTENTION_H

#include "kernels/cpu/vec.h"
#include "kernels/ops.h"

size_t attn_kv_bytes(const struct attn_shape *s, int len, int half);

/* Rotates and stores; see ops.h rope_store. */
void attn_store(const struct vec_ops *v, float *qkv, const struct attn_shape *s,
                const struct chunk *c, int layer, int half);

/* Scratch memory of the tiles, one part per thread; grows and is kept. */
struct attn_scratch {
    char *p;
    size_t bytes;
};
/* half: keys and values are bf16; half_out: out is, else f32. */
enum status attn_run(const struct vec_ops *v, struct attn_scratch *scratch, void *out, int half_out,
                     const float *qkv, const struct attn_shape *s, const struct chunk *c, int layer,
                     int half, int threads, struct err *e) MUST_CHECK;

#endif
