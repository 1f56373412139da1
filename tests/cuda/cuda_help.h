/* Memory, noise and comparison for the tests of the CUDA operations. */
#ifndef TESTS_CUDA_CUDA_HELP_H
#define TESTS_CUDA_CUDA_HELP_H

#include "kernels/ops.h"
#include "kernels/base/arena.h"
#include "tests/unit/kernels/near.h"

static struct ops *ref, *gpu; /* the judge; the backend */
static struct err e;
static uint32_t seed = 7;

static inline float uniform(float lo, float hi) {
    seed = seed * 1664525u + 1013904223u;
    return lo + (hi - lo) * (float)(seed >> 8) / 16777216.0f;
}
static inline int below(int n) {
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (uint32_t)n);
}
static inline void *take(size_t n) {
    void *p = mem_alloc(n);
    CHECK(p);
    return memset(p, 0, n);
}
static inline float *noise(size_t n, float size) {
    float *x = take(n * 4);
    for (size_t i = 0; i < n; i++) x[i] = uniform(-size, size);
    return x;
}
/* Rounds x to bf16 in place and answers the bits. */
static inline uint16_t *halves(float *x, size_t n) {
    uint16_t *h = take(n * 2);
    for (size_t i = 0; i < n; i++) h[i] = block_f32_to_bf16(x[i]), x[i] = block_bf16_to_f32(h[i]);
    return h;
}
/* The bytes in the backend's memory. */
static inline void *put(const void *p, size_t bytes) {
    void *on = gpu->alloc(gpu, bytes);
    CHECK(on);
    GOOD(gpu->write(gpu, on, p, bytes, &e));
    return on;
}
/* The same at the front of a buffer of `room` bytes. */
static inline void *put_room(const void *p, size_t bytes, size_t room) {
    void *on = gpu->alloc(gpu, room);
    CHECK(on && bytes <= room);
    GOOD(gpu->write(gpu, on, p, bytes, &e));
    return on;
}
static inline void *get(const void *on, size_t bytes) {
    void *p = take(bytes);
    GOOD(gpu->read(gpu, p, on, bytes, &e));
    return p;
}
static inline float *get_halves(const void *on, size_t n) {
    uint16_t *h = get(on, n * 2);
    float *x = take(n * 4);
    for (size_t i = 0; i < n; i++) x[i] = block_bf16_to_f32(h[i]);
    mem_free(h);
    return x;
}
/* Opens both backends. 0, or what main returns: 77 = there is no device (never so on the host shim,
 * which always has one). */
static inline int open_both(enum precision want) {
    GOOD(ops_ref_open(&ref, &e));
    enum status st = ops_cuda_open(&gpu, want, &e);
#ifndef TAPROOM_CUDA_HOST
    if (st == ST_UNSUPPORTED) {
        printf("skipped: %s\n", e.text);
        ref->close(ref);
        return 77;
    }
#endif
    GOOD(st);
    return ref && gpu ? 0 : 1;
}

#endif
