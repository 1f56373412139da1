/* Block formats of quantized tensors: one table row per type, each with its size and its
 * dequantization to f32. Layouts as in the GGUF specification (little endian); values equal the
 * `gguf` Python package's bit for bit. */
#ifndef KERNELS_BLOCKS_H
#define KERNELS_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct block_type {
    uint32_t id;      /* ggml type number in a GGUF file */
    const char *name; /* "Q4_1" */
    int elems;        /* values per block */
    int bytes;        /* bytes per block */
    /* Writes blocks * elems values to out. src is unaligned. */
    void (*to_f32)(float *out, const uint8_t *src, size_t blocks);
};

/* The row for a ggml type number, or NULL when it is not supported. */
const struct block_type *block_type_find(uint32_t id);
/* Name of a ggml type number even when unsupported ("Q2_K"), or NULL when unknown. */
const char *block_type_name(uint32_t id);

float block_f16_to_f32(uint16_t h);
static inline float block_bf16_to_f32(uint16_t h) {
    union {
        uint32_t u;
        float f;
    } x = {(uint32_t)h << 16};
    return x.f;
}
/* Round to nearest, ties to even; NaN stays NaN, and in f16 what is too large becomes infinite. */
uint16_t block_f32_to_bf16(float f);
uint16_t block_f32_to_f16(float f);

#ifdef __cplusplus
}
#endif

#endif
