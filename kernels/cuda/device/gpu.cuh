/* What every .cu file includes first: CUDA, or the host shim that takes its place in tests. */
#ifndef KERNELS_CUDA_GPU_CUH
#define KERNELS_CUDA_GPU_CUH

#ifdef TAPROOM_CUDA_HOST
#include "kernels/cuda/host/runtime.h"
#include "kernels/cuda/host/shim.h"

#include <math.h>
#define UNROLL
#else
#include <cuda_runtime.h>

#define UNROLL _Pragma("unroll")
/* kernel<<<...>>>(...) by a name that the shim also has. */
#define GPU_LAUNCH(kernel, grid, block, shared, stream, ...) \
    kernel<<<grid, block, shared, stream>>>(__VA_ARGS__)
#define GPU_SHARED(T, name, n) __shared__ __align__(16) T name[n]
#define GPU_DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif

#include <stdint.h>

enum { WARP = 32 };
#define WARP_ALL 0xffffffffu

#endif
