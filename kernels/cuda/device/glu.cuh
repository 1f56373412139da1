/* The gates of gated feed-forward layers: Shazeer, GLU Variants Improve Transformer, 2002.05202;
 * GELU in the tanh form of Hendrycks and Gimpel, 1606.08415. */
#ifndef KERNELS_CUDA_GLU_CUH
#define KERNELS_CUDA_GLU_CUH

#include "kernels/cuda/device/gpu.cuh"

struct silu {
    static __device__ __forceinline__ float of(float g) {
        return g / (1 + expf(-g));
    }
};
struct gelu {
    static __device__ __forceinline__ float of(float g) {
        return 0.5f * g * (1 + tanhf(0.7978845608f * (g + 0.044715f * g * g * g)));
    }
};

#endif
