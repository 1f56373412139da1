/* Dequantization of every supported block format, and the table that names them. */
#include "kernels/blocks.h"

#include <math.h>

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "block formats are little endian, and so must the machine be"
#endif

enum { QK = 32, QK_K = 256 };

static uint16_t u16_at(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t u32_at(const uint8_t *p) {
    uint32_t u;
    memcpy(&u, p, sizeof u);
    return u;
}

static float f16_at(const uint8_t *p) {
    return block_f16_to_f32(u16_at(p));
}

static float from_bits(uint32_t u) {
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* Both signs of f16 share one path: the exponent is rebased by 112, infinities and NaNs by another
 * 112. A subnormal is 2^-14 plus its fraction, minus 2^-14, which is exact and, unlike a product
 * with a subnormal f32, does not depend on the flush-to-zero mode of the thread. */
float block_f16_to_f32(uint16_t h) {
    const uint32_t rebase = 112u << 23, smallest = 113u << 23;
    uint32_t rest = h & 0x7fffu, exponent = rest >> 10, u;
    if (exponent == 0) {
        float f = from_bits(smallest + (rest << 13)) - from_bits(smallest);
        memcpy(&u, &f, sizeof u);
    } else {
        u = (rest << 13) + (exponent == 31 ? 2 * rebase : rebase);
    }
    return from_bits(u | (uint32_t)(h & 0x8000u) << 16);
}

uint16_t block_f32_to_f16(float f) {
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    uint16_t sign = (uint16_t)(u >> 16 & 0x8000u);
    float a = fabsf(f);
    if (!(a < 65520)) return (uint16_t)(sign | (isnan(f) ? 0x7e00u : 0x7c00u));
    if (a < 0x1p-14f) return (uint16_t)(sign | (uint16_t)lrintf(a * 0x1p24f)); /* subnormal */
    memcpy(&u, &a, sizeof u);
    u += 0xfffu + (u >> 13 & 1u);
    return (uint16_t)(sign | (uint16_t)((u >> 13) - (112u << 10)));
}

uint16_t block_f32_to_bf16(float f) {
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    if ((u & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(u >> 16 | 0x40u); /* a quiet NaN */
    return (uint16_t)((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
}

static void f32(float *out, const uint8_t *src, size_t blocks) {
    memcpy(out, src, blocks * sizeof *out);
}

static void f16(float *out, const uint8_t *src, size_t blocks) {
    for (size_t i = 0; i < blocks; i++) out[i] = f16_at(src + 2 * i);
}

static void bf16(float *out, const uint8_t *src, size_t blocks) {
    for (size_t i = 0; i < blocks; i++) out[i] = block_bf16_to_f32(u16_at(src + 2 * i));
}

/* Formats of 32 values: a scale d, in the _1 formats a minimum m, then 4-bit parts of which the low
 * halves are the first 16 values; the 5-bit ones keep their fifth bits together in a u32. */

static void q4_0(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 18, out += QK) {
        float d = f16_at(src);
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)((src[2 + i] & 15) - 8);
            out[i + 16] = d * (float)((src[2 + i] >> 4) - 8);
        }
    }
}

static void q4_1(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 20, out += QK) {
        float d = f16_at(src), m = f16_at(src + 2);
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)(src[4 + i] & 15) + m;
            out[i + 16] = d * (float)(src[4 + i] >> 4) + m;
        }
    }
}

static int fifth(uint32_t bits, int i) {
    return (int)(bits >> i & 1u) << 4;
}

static void q5_0(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 22, out += QK) {
        float d = f16_at(src);
        uint32_t high = u32_at(src + 2);
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)(((src[6 + i] & 15) | fifth(high, i)) - 16);
            out[i + 16] = d * (float)((src[6 + i] >> 4 | fifth(high, i + 16)) - 16);
        }
    }
}

static void q5_1(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 24, out += QK) {
        float d = f16_at(src), m = f16_at(src + 2);
        uint32_t high = u32_at(src + 4);
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)((src[8 + i] & 15) | fifth(high, i)) + m;
            out[i + 16] = d * (float)(src[8 + i] >> 4 | fifth(high, i + 16)) + m;
        }
    }
}

static void q8_0(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 34, out += QK) {
        float d = f16_at(src);
        for (int i = 0; i < QK; i++) out[i] = d * (float)(int8_t)src[2 + i];
    }
}

/* The sixteen levels of the non-linear 4-bit formats, from the specification. */
static const int8_t levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                  1,    13,   25,  38,  53,  69,  89,  113};

static void iq4_nl(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 18, out += QK) {
        float d = f16_at(src);
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)levels[src[2 + i] & 15];
            out[i + 16] = d * (float)levels[src[2 + i] >> 4];
        }
    }
}

/* Formats of 256 values: one or two f16 scales for the whole, and a small scale (and minimum) for
 * each run of 16 or 32 values. */

static void iq4_xs(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 136, out += QK_K) {
        float d = f16_at(src);
        int high = u16_at(src + 2);
        for (int run = 0; run < 8; run++) {
            int low = src[4 + run / 2] >> 4 * (run % 2) & 15;
            float scale = d * (float)((low | (high >> 2 * run & 3) << 4) - 32);
            const uint8_t *q = src + 8 + 16 * run;
            for (int i = 0; i < 16; i++) {
                out[32 * run + i] = scale * (float)levels[q[i] & 15];
                out[32 * run + i + 16] = scale * (float)levels[q[i] >> 4];
            }
        }
    }
}

/* 16 bytes of scale and minimum (4 bits each), 64 of 2-bit values, d, dmin. Each 32 bytes hold 128
 * values: byte i has values i, i + 32, i + 64 and i + 96. */
static void q2_k(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 84, out += QK_K) {
        float d = f16_at(src + 80), dmin = f16_at(src + 82);
        for (int run = 0; run < 16; run++) {
            float scale = d * (float)(src[run] & 15), min = dmin * (float)(src[run] >> 4);
            const uint8_t *q = src + 16 + 32 * (run / 8) + 16 * (run % 2);
            int shift = 2 * (run / 2 % 4);
            for (int i = 0; i < 16; i++)
                out[16 * run + i] = scale * (float)(q[i] >> shift & 3) - min;
        }
    }
}

/* 32 bytes of third bits (clear means minus 4), 64 of 2-bit values laid out as in Q2_K, 12 of 6-bit
 * scales, d. */
static void q3_k(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 110, out += QK_K) {
        const uint8_t *sc = src + 96;
        float d = f16_at(src + 108);
        for (int run = 0; run < 16; run++) {
            int low = sc[run % 8] >> 4 * (run / 8) & 15;
            int high = sc[8 + run % 4] >> 2 * (run / 4) & 3;
            float scale = d * (float)((low | high << 4) - 32);
            const uint8_t *q = src + 32 + 32 * (run / 8) + 16 * (run % 2);
            const uint8_t *third = src + 16 * (run % 2);
            int shift = 2 * (run / 2 % 4), bit = run / 2;
            for (int i = 0; i < 16; i++) {
                int minus = third[i] >> bit & 1 ? 0 : 4;
                out[16 * run + i] = scale * (float)((q[i] >> shift & 3) - minus);
            }
        }
    }
}

/* The 12 bytes of Q4_K and Q5_K: eight 6-bit scales and eight 6-bit minimums. The last four of each
 * have their upper two bits in the spare bits of the first four. */
static int k_scale(const uint8_t *s, int run) {
    return run < 4 ? s[run] & 63 : (s[run + 4] & 15) | s[run - 4] >> 6 << 4;
}

static int k_min(const uint8_t *s, int run) {
    return run < 4 ? s[run + 4] & 63 : s[run + 4] >> 4 | s[run] >> 6 << 4;
}

static void q4_k(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 144, out += QK_K) {
        float d = f16_at(src), dmin = f16_at(src + 2);
        for (int run = 0; run < 8; run++) {
            float scale = d * (float)k_scale(src + 4, run), min = dmin * (float)k_min(src + 4, run);
            const uint8_t *q = src + 16 + 32 * (run / 2);
            int shift = 4 * (run % 2);
            for (int i = 0; i < 32; i++)
                out[32 * run + i] = scale * (float)(q[i] >> shift & 15) - min;
        }
    }
}

static void q5_k(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 176, out += QK_K) {
        float d = f16_at(src), dmin = f16_at(src + 2);
        const uint8_t *high = src + 16;
        for (int run = 0; run < 8; run++) {
            float scale = d * (float)k_scale(src + 4, run), min = dmin * (float)k_min(src + 4, run);
            const uint8_t *q = src + 48 + 32 * (run / 2);
            int shift = 4 * (run % 2);
            for (int i = 0; i < 32; i++) {
                int value = (q[i] >> shift & 15) | (high[i] >> run & 1) << 4;
                out[32 * run + i] = scale * (float)value - min;
            }
        }
    }
}

/* 128 bytes of low 4 bits, 64 of high 2 bits, 16 signed scales, d. Each 64 low bytes hold 128
 * values: byte i has values i and i + 64. */
static void q6_k(float *out, const uint8_t *src, size_t blocks) {
    for (; blocks--; src += 210, out += QK_K) {
        float d = f16_at(src + 208);
        for (int run = 0; run < 16; run++) {
            float scale = d * (float)(int8_t)src[192 + run];
            const uint8_t *low = src + 64 * (run / 8) + 16 * (run % 4);
            const uint8_t *high = src + 128 + 32 * (run / 8) + 16 * (run % 2);
            int low_shift = 4 * (run / 4 % 2), high_shift = 2 * (run / 2 % 4);
            for (int i = 0; i < 16; i++) {
                int value = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
                out[16 * run + i] = scale * (float)(value - 32);
            }
        }
    }
}

static const struct block_type types[] = {
    {0, "F32", 1, 4, f32},          {1, "F16", 1, 2, f16},
    {2, "Q4_0", QK, 18, q4_0},      {3, "Q4_1", QK, 20, q4_1},
    {6, "Q5_0", QK, 22, q5_0},      {7, "Q5_1", QK, 24, q5_1},
    {8, "Q8_0", QK, 34, q8_0},      {10, "Q2_K", QK_K, 84, q2_k},
    {11, "Q3_K", QK_K, 110, q3_k},  {12, "Q4_K", QK_K, 144, q4_k},
    {13, "Q5_K", QK_K, 176, q5_k},  {14, "Q6_K", QK_K, 210, q6_k},
    {20, "IQ4_NL", QK, 18, iq4_nl}, {23, "IQ4_XS", QK_K, 136, iq4_xs},
    {30, "BF16", 1, 2, bf16},
};

/* Types that exist in files but are not read, so that a refusal can name them. */
static const struct {
    uint32_t id;
    const char *name;
} others[] = {
    {4, "Q4_2"},    {5, "Q4_3"},        {9, "Q8_1"},        {15, "Q8_K"},       {16, "IQ2_XXS"},
    {17, "IQ2_XS"}, {18, "IQ3_XXS"},    {19, "IQ1_S"},      {21, "IQ3_S"},      {22, "IQ2_S"},
    {24, "I8"},     {25, "I16"},        {26, "I32"},        {27, "I64"},        {28, "F64"},
    {29, "IQ1_M"},  {31, "Q4_0_4_4"},   {32, "Q4_0_4_8"},   {33, "Q4_0_8_8"},   {34, "TQ1_0"},
    {35, "TQ2_0"},  {36, "IQ4_NL_4_4"}, {37, "IQ4_NL_4_8"}, {38, "IQ4_NL_8_8"}, {39, "MXFP4"},
    {40, "NVFP4"},  {41, "Q1_0"},
};

const struct block_type *block_type_find(uint32_t id) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].id == id) return &types[i];
    return NULL;
}

const char *block_type_name(uint32_t id) {
    const struct block_type *t = block_type_find(id);
    if (t) return t->name;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].id == id) return others[i].name;
    return NULL;
}
