/* Int8 is widened to 16 bits, in which an instruction multiplies and adds pairs. */
#include "kernels/dot.h"

static void dot_plain(const int8_t *v, size_t n, int dim, const int16_t *q, int32_t *out) {
    for (size_t i = 0; i < n; i++, v += dim) {
        int32_t sum = 0;
        for (int d = 0; d < dim; d++) sum += v[d] * q[d];
        out[i] = sum;
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static int32_t dot_one(const int8_t *v, int dim, const int16_t *q) {
    __m256i a = _mm256_setzero_si256(), b = a;
    int d = 0;
    for (; d + 32 <= dim; d += 32) {
        __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i_u *)(v + d)));
        __m256i y = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i_u *)(v + d + 16)));
        __m256i p = _mm256_loadu_si256((const __m256i_u *)(q + d));
        __m256i r = _mm256_loadu_si256((const __m256i_u *)(q + d + 16));
        a = _mm256_add_epi32(a, _mm256_madd_epi16(x, p));
        b = _mm256_add_epi32(b, _mm256_madd_epi16(y, r));
    }
    a = _mm256_add_epi32(a, b);
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1));
    int32_t sum = _mm_cvtsi128_si32(s);
    for (; d < dim; d++) sum += v[d] * q[d];
    return sum;
}

__attribute__((target("avx2"))) static void dot_avx2(const int8_t *v, size_t n, int dim,
                                                     const int16_t *q, int32_t *out) {
    for (size_t i = 0; i < n; i++) out[i] = dot_one(v + i * (size_t)dim, dim, q);
}

void dot_i8(const int8_t *v, size_t n, int dim, const int16_t *q, int32_t *out) {
    __builtin_cpu_init();
    (__builtin_cpu_supports("avx2") ? dot_avx2 : dot_plain)(v, n, dim, q, out);
}
#else
void dot_i8(const int8_t *v, size_t n, int dim, const int16_t *q, int32_t *out) {
    dot_plain(v, n, dim, q, out);
}
#endif
