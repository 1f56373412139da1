/* The int8 product of rows with one panel of weights, compiled once per instruction set. Sums of
 * integers are exact, and what follows them is done in one order without contraction, so that every
 * instruction set gives the same bits. */
#include "kernels/cpu/int8.h"

#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

enum { PANEL = I8_PANEL };

/* A part is ROWS rows by COLS outputs: sum = start + x w. The sums are held in registers, for which
 * the loops over them have to be unrolled by name. */

#if defined(__AVX512VNNI__)

enum { ROWS = 8, COLS = PANEL, VECS = COLS / 16 };

static void sums(int32_t sum[ROWS][COLS], const uint8_t *const x[ROWS], const int8_t *w,
                 const int32_t *start, int k) {
    __m512i acc[ROWS][VECS];
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
        for (int c = 0; c < VECS; c++) acc[r][c] = _mm512_loadu_si512(start + 16 * c);
    for (int d = 0; d < k; d += 4, w += 4 * PANEL) {
        __m512i b[VECS];
#pragma GCC unroll 3
        for (int c = 0; c < VECS; c++) b[c] = _mm512_loadu_si512(w + 64 * c);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; r++) {
            int32_t four;
            memcpy(&four, x[r] + d, 4);
            __m512i a = _mm512_set1_epi32(four);
#pragma GCC unroll 3
            for (int c = 0; c < VECS; c++) acc[r][c] = _mm512_dpbusd_epi32(acc[r][c], a, b[c]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
        for (int c = 0; c < VECS; c++) _mm512_storeu_si512(sum[r] + 16 * c, acc[r][c]);
}

#elif defined(__AVX2__)

enum { ROWS = 4, COLS = 16, VECS = COLS / 8 };

/* Bytes are widened to 16 bits, because the instruction that multiplies bytes saturates: even ones
 * and odd ones apart, as a pair of 16-bit products is added into each 32-bit sum. */
static void sums(int32_t sum[ROWS][COLS], const uint8_t *const x[ROWS], const int8_t *w,
                 const int32_t *start, int k) {
    __m256i acc[ROWS][VECS];
    const __m256i low = _mm256_set1_epi16(0xFF);
#pragma GCC unroll 4
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 2
        for (int c = 0; c < VECS; c++)
            acc[r][c] = _mm256_loadu_si256((const __m256i_u *)(start + 8 * c));
    for (int d = 0; d < k; d += 4, w += 4 * PANEL) {
        __m256i even[VECS], odd[VECS];
#pragma GCC unroll 2
        for (int c = 0; c < VECS; c++) {
            __m256i b = _mm256_loadu_si256((const __m256i_u *)(w + 32 * c));
            even[c] = _mm256_srai_epi16(_mm256_slli_epi16(b, 8), 8);
            odd[c] = _mm256_srai_epi16(b, 8);
        }
#pragma GCC unroll 4
        for (int r = 0; r < ROWS; r++) {
            int32_t four;
            memcpy(&four, x[r] + d, 4);
            __m256i a = _mm256_set1_epi32(four), a0 = _mm256_and_si256(a, low),
                    a1 = _mm256_srli_epi16(a, 8);
#pragma GCC unroll 2
            for (int c = 0; c < VECS; c++) {
                acc[r][c] = _mm256_add_epi32(acc[r][c], _mm256_madd_epi16(a0, even[c]));
                acc[r][c] = _mm256_add_epi32(acc[r][c], _mm256_madd_epi16(a1, odd[c]));
            }
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 2
        for (int c = 0; c < VECS; c++)
            _mm256_storeu_si256((__m256i_u *)(sum[r] + 8 * c), acc[r][c]);
}

#else

enum { ROWS = 4, COLS = 16 };

static void sums(int32_t sum[ROWS][COLS], const uint8_t *const x[ROWS], const int8_t *w,
                 const int32_t *start, int k) {
    for (int r = 0; r < ROWS; r++) memcpy(sum[r], start, sizeof sum[r]);
    for (int d = 0; d < k; d += 4, w += 4 * PANEL)
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < COLS; c++)
                for (int b = 0; b < 4; b++) sum[r][c] += x[r][d + b] * w[4 * c + b];
}

#endif

/* One row's sums become n results. */
static inline void finish_n(float *restrict y, const int32_t *restrict sum, float t,
                            const float *restrict scale, int n, int add) {
    if (add)
        for (int c = 0; c < n; c++) y[c] += (float)sum[c] * t * scale[c];
    else
        for (int c = 0; c < n; c++) y[c] = (float)sum[c] * t * scale[c];
}

static void finish(float *y, const int32_t *sum, float t, const float *scale, int n, int add) {
    if (n == COLS)
        finish_n(y, sum, t, scale, COLS, add); /* a known number of turns */
    else
        finish_n(y, sum, t, scale, n, add);
}

void I8_NAME(float *y, size_t stride, const uint8_t *x, const float *scale, int rows,
             const struct i8_panel *p, int add) {
    int32_t sum[ROWS][COLS];
    const uint8_t *from[ROWS];
    int width = p->n < PANEL ? p->n : PANEL;
    for (int i = 0; i < rows; i += ROWS) {
        for (int r = 0; r < ROWS; r++) /* past the end: the first row again, stored nowhere */
            from[r] = x + (size_t)(i + r < rows ? i + r : i) * (size_t)p->k;
        for (int col = 0; col < width; col += COLS) {
            int n = width - col < COLS ? width - col : COLS;
            sums(sum, from, p->w + 4 * col, p->start + col, p->k);
            for (int r = 0; r < ROWS && i + r < rows; r++)
                finish(y + (size_t)(i + r) * stride + col, sum[r], scale[i + r], p->scale + col, n,
                       add);
        }
    }
}
