/* bf16 attention products with AVX512_BF16: 6 query rows by 4 vectors in registers. Head sizes are
 * multiples of 16. */
#include "kernels/cpu/vec.h"

#include <immintrin.h>
#include <string.h>

enum { ROWS = 6, COLS = 4, LANES = 16 };

static inline __m512bh pair(const uint16_t *p) {
    int32_t x;
    memcpy(&x, p, sizeof x);
    return (__m512bh)_mm512_set1_epi32(x);
}

static inline __m512bh halves(const uint16_t *p) {
    return (__m512bh)_mm512_loadu_si512(p);
}

void attn_bf16_scores(const struct attn_tile *t, int i0, int i1, const void *keys, int pos,
                      int len) {
    int hd = t->head_dim, blocks = (len + LANES - 1) / LANES;
    for (int c = 0; c < blocks; c += COLS) {
        const uint16_t *k[COLS];
        for (int j = 0; j < COLS;
             j++) /* past the end: compute the last block again, store nothing */
            k[j] = (const uint16_t *)keys +
                   (size_t)(c + j < blocks ? c + j : blocks - 1) * (size_t)hd * LANES;
        for (int i = i0; i < i1; i += ROWS) {
            __m512 acc[ROWS][COLS];
            const uint16_t *q[ROWS];
            for (int r = 0; r < ROWS; r++) {
                q[r] = (const uint16_t *)t->q + (size_t)(i + r < i1 ? i + r : i) * (size_t)hd;
                for (int j = 0; j < COLS; j++) acc[r][j] = _mm512_setzero_ps();
            }
            for (int d = 0; d < hd; d += 2) {
                __m512bh kv[COLS];
                for (int j = 0; j < COLS; j++) kv[j] = halves(k[j] + (size_t)d * LANES);
                for (int r = 0; r < ROWS; r++) {
                    __m512bh x = pair(q[r] + d);
                    for (int j = 0; j < COLS; j++)
                        acc[r][j] = _mm512_dpbf16_ps(acc[r][j], x, kv[j]);
                }
            }
            for (int r = 0; r < ROWS && i + r < i1; r++)
                for (int j = 0; j < COLS && c + j < blocks; j++)
                    _mm512_storeu_ps(t->s + (size_t)(i + r) * t->stride + (size_t)pos +
                                         (size_t)(c + j) * LANES,
                                     acc[r][j]);
        }
    }
}

/* Probabilities of tokens j and j + 1 of a span: the earlier in the odd (high) half, 0 beyond the
 * end. */
static inline __m512bh prob_pair(const uint16_t *p, int j, int len) {
    uint32_t x = (uint32_t)p[j] << 16 | (j + 1 < len ? p[j + 1] : 0u);
    return (__m512bh)_mm512_set1_epi32((int32_t)x);
}

void attn_bf16_values(const struct attn_tile *t, int i0, int i1, const void *vals, int pos,
                      int len) {
    int hd = t->head_dim;
    for (int d = 0; d < hd; d += COLS * LANES) {
        int cols = (hd - d) / LANES < COLS ? (hd - d) / LANES : COLS;
        for (int i = i0; i < i1; i += ROWS) {
            __m512 acc[ROWS][COLS];
            const uint16_t *p[ROWS], *v = (const uint16_t *)vals + 2 * d;
            float *o[ROWS];
            for (int r = 0; r < ROWS; r++) {
                size_t row = (size_t)(i + r < i1 ? i + r : i);
                p[r] = t->p + row * t->stride + pos;
                o[r] = t->o + row * (size_t)hd + d;
                for (int j = 0; j < COLS; j++)
                    acc[r][j] = j < cols ? _mm512_loadu_ps(o[r] + j * LANES) : _mm512_setzero_ps();
            }
            for (int k = 0; k < len; k += 2, v += 2 * hd) {
                __m512bh x[COLS];
                for (int j = 0; j < COLS; j++) x[j] = halves(v + (j < cols ? j : 0) * 2 * LANES);
                for (int r = 0; r < ROWS; r++) {
                    __m512bh pp = prob_pair(p[r], k, len);
                    for (int j = 0; j < COLS; j++)
                        acc[r][j] = _mm512_dpbf16_ps(acc[r][j], pp, x[j]);
                }
            }
            for (int r = 0; r < ROWS && i + r < i1; r++)
                for (int j = 0; j < cols; j++) _mm512_storeu_ps(o[r] + j * LANES, acc[r][j]);
        }
    }
}
