/* The backward of tree attention on the CPU; see attention in kernels/grad.h. */
#ifndef KERNELS_CPU_GRAD_ATTENTION_H
#define KERNELS_CPU_GRAD_ATTENTION_H

#include "kernels/cpu/vec.h"
#include "kernels/grad.h"

/* Scratch memory, grows and is kept; mem_free it. */
struct grad_scratch {
    float *p;
    size_t n;
};
enum status grad_scratch_room(struct grad_scratch *s, size_t n, struct err *e) MUST_CHECK;

enum status grad_attention(const struct vec_ops *v, struct grad_scratch *scratch, float *dqkv,
                           const float *dout, const float *qkv, const struct attn_shape *s,
                           const struct grad_tree *t, int threads, struct err *e) MUST_CHECK;

#endif
