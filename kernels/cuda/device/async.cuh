/* Copies of 16 bytes from device to shared memory that run beside the thread's work. */
#ifndef KERNELS_CUDA_ASYNC_CUH
#define KERNELS_CUDA_ASYNC_CUH

#include "kernels/cuda/device/gpu.cuh"

#ifdef TAPROOM_CUDA_HOST
/* The shim copies at once or when the thread waits, so that a missing wait or barrier shows. */
static inline void copy_16(void *to, const void *from, bool valid) {
    shim_copy_later(to, from, valid ? 16 : 0);
}
static inline void copy_commit() {
    shim_copy_commit();
}
template <int LEFT> static inline void copy_wait() {
    shim_copy_wait(LEFT);
}
#else
/* Both aligned to 16 bytes; zeros when not valid. */
static __device__ __forceinline__ void copy_16(void *to, const void *from, bool valid) {
    uint32_t at = (uint32_t)__cvta_generic_to_shared(to), bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(bytes)
                 : "memory");
}
/* Ends a group of copies. */
static __device__ __forceinline__ void copy_commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
/* Waits until at most LEFT of the thread's groups are under way. */
template <int LEFT> static __device__ __forceinline__ void copy_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
}
#endif

#endif
