/* Tensor-core products of one warp, with the fragment layouts of the PTX manual (mma.m16n8k16,
 * ldmatrix). With g = lane / 4 and t = lane % 4:
 *   a[0..3]: rows g, g+8, g, g+8; columns 2t, 2t, 2t+8, 2t+8 and the next one, as a bf16 pair
 *   b[0..1]: column g; rows 2t, 2t+8 and the next one
 *   d[0..3]: rows g, g, g+8, g+8; columns 2t, 2t+1, 2t, 2t+1 */
#ifndef KERNELS_CUDA_MMA_CUH
#define KERNELS_CUDA_MMA_CUH

#include "kernels/cuda/device/number.cuh"

#ifdef TAPROOM_CUDA_HOST
void shim_mma(float d[4], const uint32_t a[4], const uint32_t b[2]);
void shim_ldmatrix(uint32_t out[4], const void *row, int transposed);

static inline void mma_bf16(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    shim_mma(d, a, b);
}
static inline void load_4(uint32_t out[4], const uint16_t *row) {
    shim_ldmatrix(out, row, 0);
}
static inline void load_4_transposed(uint32_t out[4], const uint16_t *row) {
    shim_ldmatrix(out, row, 1);
}
#else
/* d (16, 8) += a (16, 16) b (16, 8), f32 sums. */
static __device__ __forceinline__ void mma_bf16(float d[4], const uint32_t a[4],
                                                const uint32_t b[2]) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                 "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
/* Four 8x8 matrices of bf16 in shared memory; lane i points at row i % 8 of matrix i / 8, which is
 * 16 bytes, aligned. out[m]: row g, columns 2t and 2t+1 of matrix m; transposed: rows 2t and 2t+1
 * of column g. */
static __device__ __forceinline__ void load_4(uint32_t out[4], const uint16_t *row) {
    uint32_t at = (uint32_t)__cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(at)
                 : "memory");
}
static __device__ __forceinline__ void load_4_transposed(uint32_t out[4], const uint16_t *row) {
    uint32_t at = (uint32_t)__cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(at)
                 : "memory");
}
#endif

#endif
