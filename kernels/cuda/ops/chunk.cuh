/* A chunk's positions, spans and tiles on the device. They are the same in every layer: what was
 * sent for the last chunks is used again when it is equal. */
#ifndef KERNELS_CUDA_CHUNK_CUH
#define KERNELS_CUDA_CHUNK_CUH

#include "kernels/cuda/device/kernels.cuh"

#include "kernels/ops.h"

/* A small array on its way to the device: pinned memory and a place for it there, reused. */
struct stage {
    void *host, *device;
    size_t bytes, used; /* room; what lies there */
    bool outside;       /* of passes: that it moves is no matter to d->moves */
    long long sent_at;  /* d->syncs then: the copy may be under way until that is larger */
};
void stage_close(struct stage *s, struct device_gpu *d);
/* The bytes, or the first and then the second, on the device; borrowed until the next put. */
enum status stage_put(struct stage *s, struct device_gpu *d, const void *p, size_t bytes,
                      void **out, struct err *e) MUST_CHECK;
/* The same with `room` bytes there, zeros after p's. */
enum status stage_put_room(struct stage *s, struct device_gpu *d, const void *p, size_t bytes,
                           size_t room, void **out, struct err *e) MUST_CHECK;
enum status stage_put_two(struct stage *s, struct device_gpu *d, const void *p, size_t bytes,
                          const void *p2, size_t bytes2, void **out, struct err *e) MUST_CHECK;

/* The chunk of a forward pass, and the rows of it that are read. */
enum { CHUNKS_KEPT = 2 };
struct chunk_sent {
    struct stage stage;
    struct chunk_gpu on;
    int group; /* query heads that share a key head, of which the tiles depend */
    int rows, n_views;
    void *copy; /* host: (rows) positions, (n_views) views as they were */
    size_t copy_bytes;
    long long used; /* when it was asked for last */
};
struct chunks {
    struct chunk_sent sent[CHUNKS_KEPT];
    long long now;
};
void chunks_close(struct chunks *c, struct device_gpu *d);
/* A chunk of `rows` rows, of which those beyond want's own see nothing, are stored nowhere and
 * stand at the last one's position. place: which of sent[] to put it in; -1: the one that was used
 * least lately. Equal numbers of rows and (to the next power of two) views give equal addresses
 * there. */
enum status chunks_find(struct chunks *c, struct device_gpu *d, const struct chunk *want, int rows,
                        int place, const struct attn_shape *s, struct chunk_gpu *out,
                        struct err *e) MUST_CHECK;

#endif
