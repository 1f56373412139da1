/* The trunk's part of attention as products of cuBLASLt side by side, one per key head: an
 * alternative to attention.cu's own walk over the trunk, to be compared with it on a device. It
 * stores the trunk's scores, and a row's bits depend on the chunk. */
#ifndef KERNELS_CUDA_TRUNK_CUH
#define KERNELS_CUDA_TRUNK_CUH

#include "kernels/cuda/device/kernels.cuh"
#include "kernels/cuda/matmul/matmul.cuh"

#include "kernels/ops.h"

/* Works on the view with the most rows times keys of those that their rows see all of. `memory` is
 * used for what *out points at. *some = 0: there is no such view, or its scores need too much.
 * Layers with a window are not for this. */
enum status trunk_run(struct device_gpu *d, struct matmul *m, struct room *memory, const float *qkv,
                      const struct heads_gpu *h, const struct chunk *c, int layer,
                      struct trunk_gpu *out, int *some, struct err *e) MUST_CHECK;

#endif
