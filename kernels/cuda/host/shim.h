/* The host shim: compiles the .cu files of kernels/cuda as C++ and runs them on the host, so that
 * kernels are tested, under AddressSanitizer, where there is no GPU. Blocks run one after another;
 * the threads of a block are fibers that change at barriers and warp operations only.
 *
 * What is checked, and fails the launch with a text that names the line: a barrier that some
 * threads of the block do not reach, a warp operation that some lanes of its mask do not reach, a
 * lane that reads one outside the mask, more shared memory or threads than a device has. Shared
 * memory is new in every block and filled with NaN. Warps of 32 lanes advance separately, and the
 * order of threads differs from block to block, so a missing barrier shows. A stream's work waits
 * until the host waits for it, so memory that is changed or freed too early shows. Not modelled:
 * time, caches, more than one block at once. */
#ifndef KERNELS_CUDA_HOST_SHIM_H
#define KERNELS_CUDA_HOST_SHIM_H

#include "kernels/cuda/host/runtime.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <tuple>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __launch_bounds__(...)

struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

/* Facts of the running launch, block and thread; of this host thread. */
struct shim_now {
    uint3 grid, block;
    uint3 block_at, thread_at;
    unsigned char *dynamic; /* shared memory of the launch's size */
};
extern __thread struct shim_now shim_now;
#define gridDim (shim_now.grid)
#define blockDim (shim_now.block)
#define blockIdx (shim_now.block_at)
#define threadIdx (shim_now.thread_at)

/* n values of T shared by the block; every thread that comes here gets the same memory. */
void *shim_shared(const void *key, size_t bytes);
#define GPU_SHARED(T, name, n)        \
    static const char name##_key = 0; \
    T *const name = (T *)shim_shared(&name##_key, sizeof(T) * (size_t)(n))
#define GPU_DYNAMIC_SHARED(name) unsigned char *const name = shim_now.dynamic

/* --- barriers and warp operations */
void shim_barrier(const char *file, int line);
#define __syncthreads() shim_barrier(__FILE__, __LINE__)

enum { SHIM_EXCHANGE = 32 }; /* bytes that a lane can show to its warp in one operation */
/* Waits until all lanes of mask are here, each having put `bytes` bytes; shim_lane then reads. */
void shim_warp(unsigned mask, const void *put, size_t bytes, const char *file, int line);
const void *shim_lane(int lane);
void shim_lanes(const void *all[32]); /* of a whole warp */
int shim_lane_id();

template <class T> T shim_read(int lane) {
    T v;
    memcpy(&v, shim_lane(lane), sizeof v);
    return v;
}
template <class T> T shim_shuffle(unsigned mask, T v, int from, const char *file, int line) {
    shim_warp(mask, &v, sizeof v, file, line);
    return from < 0 || from > 31 ? v : shim_read<T>(from);
}
inline unsigned shim_ballot(unsigned mask, int v, const char *file, int line) {
    unsigned all = 0;
    shim_warp(mask, &v, sizeof v, file, line);
    for (int i = 0; i < 32; i++)
        if (mask >> i & 1 && shim_read<int>(i)) all |= 1u << i;
    return all;
}
#define SHIM_HERE __FILE__, __LINE__
#define __syncwarp() shim_warp(~0u, nullptr, 0, SHIM_HERE)
#define __shfl_sync(mask, v, lane) shim_shuffle(mask, v, (lane)&31, SHIM_HERE)
#define __shfl_xor_sync(mask, v, x) shim_shuffle(mask, v, shim_lane_id() ^ (x), SHIM_HERE)
#define __shfl_down_sync(mask, v, n) shim_shuffle(mask, v, shim_lane_id() + (n), SHIM_HERE)
#define __shfl_up_sync(mask, v, n) shim_shuffle(mask, v, shim_lane_id() - (n), SHIM_HERE)
#define __ballot_sync(mask, v) shim_ballot(mask, (v) != 0, SHIM_HERE)
#define __any_sync(mask, v) (shim_ballot(mask, (v) != 0, SHIM_HERE) != 0)
#define __all_sync(mask, v) (shim_ballot(mask, (v) != 0, SHIM_HERE) == (mask))

/* --- asynchronous copies of 16 bytes, or 16 zeros. A device does them at any time between the call
 * and the wait for their group: some blocks do them at once, others at the wait. */
void shim_copy_later(void *to, const void *from, size_t bytes);
void shim_copy_commit();
void shim_copy_wait(int groups_left);

/* --- atomics: fibers change at barriers only, so plain code is atomic */
template <class T> T atomicAdd(T *p, T v) {
    T old = *p;
    *p = old + v;
    return old;
}
template <class T> T atomicMax(T *p, T v) {
    T old = *p;
    if (v > old) *p = v;
    return old;
}
template <class T> T atomicMin(T *p, T v) {
    T old = *p;
    if (v < old) *p = v;
    return old;
}
template <class T> T atomicExch(T *p, T v) {
    T old = *p;
    *p = v;
    return old;
}
template <class T> T atomicCAS(T *p, T expected, T v) {
    T old = *p;
    if (old == expected) *p = v;
    return old;
}

/* --- launches: queued in their stream with the arguments' values, as on a device */
void shim_launch(const char *name, const void *kernel, dim3 grid, dim3 block, size_t shared,
                 void (*body)(const void *), const void *arg);
template <class... P> struct shim_call_of {
    void (*kernel)(P...);
    std::tuple<P...> values;
    static void body(const void *p) {
        const shim_call_of *c = static_cast<const shim_call_of *>(p);
        std::apply(c->kernel, c->values);
    }
};
template <class... P, class... A>
void shim_start(const char *name, void (*kernel)(P...), dim3 grid, dim3 block, size_t shared,
                cudaStream_t stream, A... args) {
    shim_call_of<P...> c = {kernel, std::tuple<P...>(static_cast<P>(args)...)};
    if (!shim_may_launch()) return;
    shim_enqueue(stream, [=]() {
        shim_launch(name, (const void *)c.kernel, grid, block, shared, c.body, &c);
    });
}
#define GPU_LAUNCH(kernel, grid, block, shared, stream, ...) \
    shim_start(#kernel, kernel, grid, block, shared, stream, ##__VA_ARGS__)

#endif
