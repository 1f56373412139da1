/* A chunk's positions, spans and tiles on the device. They are the same in every layer: what was
 * sent for the last chunks is used again when it is equal. */
#ifndef KERNELS_CUDA_CHUNK_CUH
#define KERNELS_CUDA_CHUNK_CUH

#include "kernels/cuda/kernels.cuh"

#include "kernels/ops.h"

/* A small array on its way to the device: pinned memory and a place for it there, reused. */
struct stage {
    void *host, *device;
    size_t bytes, used; /* room; what lies there */
    long long sent_at;  /* d->syncs then: the copy may be under way until that is larger */
};
void stage_close(struct stage *s, struct device_gpu *d);
/* The bytes, or the first and then the second, on the device; borrowed until the next put. */
enum status stage_put(struct stage *s, struct device_gpu *d, const void *p, size_t bytes,
                      void **out, struct err *e) MUST_CHECK;
enum status stage_put_two(struct stage *s, struct device_gpu *d, const void *p, size_t bytes,
                          const void *p2, size_t bytes2, void **out, struct err *e) MUST_CHECK;

/* The chunk of a forward pass, and the rows of it that are read. */
enum { CHUNKS_KEPT = 2 };
struct chunk_sent {
    struct stage stage;
    struct chunk_gpu on;
    int group; /* query heads that share a key head, of which the tiles depend */
    int n_views;
    void *copy; /* host: (rows) positions, (n_views) views as they were */
    size_t copy_bytes;
    long long used; /* when it was asked for last */
};
struct chunks {
    struct chunk_sent sent[CHUNKS_KEPT];
    long long now;
};
void chunks_close(struct chunks *c, struct device_gpu *d);
enum status chunks_find(struct chunks *c, struct device_gpu *d, const struct chunk *want,
                        const struct attn_shape *s, struct chunk_gpu *out,
                        struct err *e) MUST_CHECK;

#endif
