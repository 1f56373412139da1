/* One value of a block, for every format of kernels/blocks.c, with the same operations in the same
 * order, so that the bits are the same. */
#ifndef KERNELS_CUDA_DEQUANT_CUH
#define KERNELS_CUDA_DEQUANT_CUH

#include "kernels/cuda/device/number.cuh"

/* X(number of the type in a GGUF file, name, values, bytes of a block) */
#define DEQUANT_TYPES(X)    \
    X(0, F32, 1, 4)         \
    X(1, F16, 1, 2)         \
    X(2, Q4_0, 32, 18)      \
    X(3, Q4_1, 32, 20)      \
    X(6, Q5_0, 32, 22)      \
    X(7, Q5_1, 32, 24)      \
    X(8, Q8_0, 32, 34)      \
    X(10, Q2_K, 256, 84)    \
    X(11, Q3_K, 256, 110)   \
    X(12, Q4_K, 256, 144)   \
    X(13, Q5_K, 256, 176)   \
    X(14, Q6_K, 256, 210)   \
    X(20, IQ4_NL, 32, 18)   \
    X(23, IQ4_XS, 256, 136) \
    X(30, BF16, 1, 2)

enum dequant_id {
#define X(id, name, elems, bytes) DQ_##name = id,
    DEQUANT_TYPES(X)
#undef X
};

static __device__ __forceinline__ uint16_t u16_at(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}
static __device__ __forceinline__ uint32_t u32_at(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static __device__ __forceinline__ float f16_at(const uint8_t *p) {
    return f16_float(u16_at(p));
}

/* The low or high half of a byte, as 32-value blocks keep them: values 0-15, then 16-31. */
static __device__ __forceinline__ int nibble(const uint8_t *q, int i) {
    return i < 16 ? q[i] & 15 : q[i - 16] >> 4;
}
static __device__ __forceinline__ int fifth(const uint8_t *bits, int i) {
    return (int)(u32_at(bits) >> i & 1u) << 4;
}
static __device__ __forceinline__ float iq4_level(int i) {
    const int8_t level[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                              1,    13,   25,  38,  53,  69,  89,  113};
    return (float)level[i];
}
/* Scale and minimum of Q4_K and Q5_K. */
static __device__ __forceinline__ int k_scale(const uint8_t *s, int run) {
    return run < 4 ? s[run] & 63 : (s[run + 4] & 15) | s[run - 4] >> 6 << 4;
}
static __device__ __forceinline__ int k_min(const uint8_t *s, int run) {
    return run < 4 ? s[run + 4] & 63 : s[run + 4] >> 4 | s[run] >> 6 << 4;
}

static __device__ __forceinline__ float q2_k(const uint8_t *b, int i) {
    int run = i / 16, q = b[16 + 32 * (run / 8) + 16 * (run % 2) + i % 16];
    float scale = mul_rn(f16_at(b + 80), (float)(b[run] & 15));
    float min = mul_rn(f16_at(b + 82), (float)(b[run] >> 4));
    return add_rn(mul_rn(scale, (float)(q >> 2 * (run / 2 % 4) & 3)), -min);
}
static __device__ __forceinline__ float q3_k(const uint8_t *b, int i) {
    const uint8_t *sc = b + 96;
    int run = i / 16, at = 16 * (run % 2) + i % 16;
    int low = sc[run % 8] >> 4 * (run / 8) & 15, high = sc[8 + run % 4] >> 2 * (run / 4) & 3;
    float scale = mul_rn(f16_at(b + 108), (float)((low | high << 4) - 32));
    int q = b[32 + 32 * (run / 8) + at] >> 2 * (run / 2 % 4) & 3;
    return mul_rn(scale, (float)(q - (b[at] >> run / 2 & 1 ? 0 : 4)));
}
static __device__ __forceinline__ float q4_k(const uint8_t *b, int i) {
    int run = i / 32, q = b[16 + 32 * (run / 2) + i % 32] >> 4 * (run % 2) & 15;
    float scale = mul_rn(f16_at(b), (float)k_scale(b + 4, run));
    float min = mul_rn(f16_at(b + 2), (float)k_min(b + 4, run));
    return add_rn(mul_rn(scale, (float)q), -min);
}
static __device__ __forceinline__ float q5_k(const uint8_t *b, int i) {
    int run = i / 32, q = b[48 + 32 * (run / 2) + i % 32] >> 4 * (run % 2) & 15;
    q |= (b[16 + i % 32] >> run & 1) << 4;
    float scale = mul_rn(f16_at(b), (float)k_scale(b + 4, run));
    float min = mul_rn(f16_at(b + 2), (float)k_min(b + 4, run));
    return add_rn(mul_rn(scale, (float)q), -min);
}
static __device__ __forceinline__ float q6_k(const uint8_t *b, int i) {
    int run = i / 16, at = i % 16;
    int low = b[64 * (run / 8) + 16 * (run % 4) + at] >> 4 * (run / 4 % 2) & 15;
    int high = b[128 + 32 * (run / 8) + 16 * (run % 2) + at] >> 2 * (run / 2 % 4) & 3;
    float scale = mul_rn(f16_at(b + 208), (float)(int8_t)b[192 + run]);
    return mul_rn(scale, (float)((low | high << 4) - 32));
}
static __device__ __forceinline__ float iq4_xs(const uint8_t *b, int i) {
    int run = i / 32, low = b[4 + run / 2] >> 4 * (run % 2) & 15;
    int high = u16_at(b + 2) >> 2 * run & 3;
    float scale = mul_rn(f16_at(b), (float)((low | high << 4) - 32));
    return mul_rn(scale, iq4_level(nibble(b + 8 + 16 * run, i % 32)));
}

/* Value i of the block at b. */
template <int ID> static __device__ __forceinline__ float dequant_value(const uint8_t *b, int i) {
    if (ID == DQ_F32) return bits_float(u32_at(b));
    if (ID == DQ_F16) return f16_at(b);
    if (ID == DQ_BF16) return bf16_float(u16_at(b));
    if (ID == DQ_Q4_0) return mul_rn(f16_at(b), (float)(nibble(b + 2, i) - 8));
    if (ID == DQ_Q4_1) return add_rn(mul_rn(f16_at(b), (float)nibble(b + 4, i)), f16_at(b + 2));
    if (ID == DQ_Q5_0) return mul_rn(f16_at(b), (float)((nibble(b + 6, i) | fifth(b + 2, i)) - 16));
    if (ID == DQ_Q5_1)
        return add_rn(mul_rn(f16_at(b), (float)(nibble(b + 8, i) | fifth(b + 4, i))),
                      f16_at(b + 2));
    if (ID == DQ_Q8_0) return mul_rn(f16_at(b), (float)(int8_t)b[2 + i]);
    if (ID == DQ_IQ4_NL) return mul_rn(f16_at(b), iq4_level(nibble(b + 2, i)));
    if (ID == DQ_Q2_K) return q2_k(b, i);
    if (ID == DQ_Q3_K) return q3_k(b, i);
    if (ID == DQ_Q4_K) return q4_k(b, i);
    if (ID == DQ_Q5_K) return q5_k(b, i);
    if (ID == DQ_Q6_K) return q6_k(b, i);
    return iq4_xs(b, i);
}

#endif
