// The inside of the CUDA backend, shared by the files of this room.
#ifndef CUDA_CUH
#define CUDA_CUH

#include "kernels/cuda/ops/chunk.cuh"
#include "kernels/cuda/matmul/fp8.cuh"
#include "kernels/cuda/device/kernels.cuh"
#include "kernels/cuda/matmul/matmul.cuh"
#include "kernels/cuda/ops/replay.cuh"
#include "kernels/cuda/ops/trunk.cuh"

#include "kernels/ops.h"
#include "kernels/base/arena.h"

enum { HEAD_SLICE = 8192 }; /* of the vocabulary: 32 MiB of logits for 1024 rows */

struct mat {
    int n, k;
    enum matmul_type type;
    void *w; /* (n, k) values, in fp8 with their scales; of a table, its blocks */
    const struct block_type *table; /* NULL: values */
};

struct cuda {
    struct ops ops;
    struct device_gpu d;
    bool fp8;
    struct matmul mm;
    struct room head;
    bool batched; /* the trunk's attention by products of the library */
    struct room trunk;
    struct room bf16, kept; /* attention's result on its way to fp8; rows that are moved */
    struct chunks chunks;
    struct replays replays;
    const struct ops_pass *pass;          /* that has begun: tok and from hold its lists already */
    struct stage tok, from, off, rows[2]; /* small arrays on their way */
    int rows_turn;
    char name[96];
};

static inline struct cuda *of(struct ops *o) {
    return static_cast<struct cuda *>(o->self);
}

// weights.cu, head.cu
enum status cuda_mat_open(struct ops *o, struct mat **out, const struct mat_part *part, int n_parts,
                          int k, enum mat_use use, struct err *e);
void cuda_mat_close(struct ops *o, struct mat *m);
enum status cuda_head(struct ops *o, float *lse, float *picked, const float *x, const struct mat *m,
                      int rows, const int32_t *off, const int32_t *pick, struct err *e);

#endif
