/* The device: one stream, memory, copies, and the first error that nobody was told yet. Used by one
 * thread, the engine's. */
#ifndef KERNELS_CUDA_DEVICE_CUH
#define KERNELS_CUDA_DEVICE_CUH

#include "kernels/cuda/device/gpu.cuh"
#include "kernels/base/status.h"

struct device_gpu {
    cudaStream_t stream;
    int sm;           /* compute capability: 90 */
    char name[64];    /* of the device */
    enum status st;   /* of the first failed launch or copy since device_check */
    struct err first; /* and its text */
    long long syncs;  /* device_sync calls so far */
    bool recording;   /* a graph: memory that is taken now would be the graph's, so there is none */
    long long moves;  /* lasting buffers that got another address so far */
};

/* The first device. ST_UNSUPPORTED: no device, no driver, an old driver, an old device; the text
 * says which and the hint what to do. */
enum status device_open(struct device_gpu *d, struct err *e) MUST_CHECK;
void device_close(struct device_gpu *d);

/* Memory in the order of the stream; not zeroed. ST_NO_MEMORY names the size and what is free. */
enum status device_alloc(struct device_gpu *d, void **out, size_t bytes, struct err *e) MUST_CHECK;
void device_free(struct device_gpu *d, void *p);
/* Host memory that copies need not go through a bounce buffer for. */
enum status device_alloc_pinned(void **out, size_t bytes, struct err *e) MUST_CHECK;
void device_free_pinned(void *p);

/* Memory that lasts and grows: another address counts in d->moves. */
struct room {
    void *p;
    size_t bytes;
    bool outside; /* of passes: that it moves is no matter */
};
enum status device_room(struct device_gpu *d, struct room *r, size_t bytes,
                        struct err *e) MUST_CHECK;
void device_room_close(struct device_gpu *d, struct room *r);

/* Copies are queued; `from` must stay until device_sync unless it is pageable memory. */
enum status device_write(struct device_gpu *d, void *to, const void *host, size_t bytes,
                         struct err *e) MUST_CHECK;
enum status device_zero(struct device_gpu *d, void *p, size_t bytes, struct err *e) MUST_CHECK;
/* Copies and waits. */
enum status device_read(struct device_gpu *d, void *host, const void *from, size_t bytes,
                        struct err *e) MUST_CHECK;
/* Waits for everything queued. */
enum status device_sync(struct device_gpu *d, struct err *e) MUST_CHECK;

/* After a launch: keeps its error for device_check. */
void device_launched(struct device_gpu *d, const char *what);
/* Keeps an error that cannot be answered where it came up. */
void device_keep(struct device_gpu *d, enum status st, const struct err *e);
/* The kept error, which is then forgotten: the next request starts anew. */
enum status device_check(struct device_gpu *d, struct err *e) MUST_CHECK;

/* c as a status, with `what` and CUDA's own words. */
enum status device_fail(struct err *e, cudaError_t c, const char *what);

#endif
