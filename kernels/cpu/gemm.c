/* Weights in panels, and products shared among threads. */
#include "kernels/cpu/gemm.h"

#include "kernels/base/arena.h"

#include <string.h>

/* Bytes of rows that stay in a core's second cache while panels pass by; panels that a thread takes
 * at a time. */
enum { ROW_BYTES = 192 << 10, ROW_STEP = 12, PANELS = 4, PANEL = VEC_PANEL };

struct gemm_mat {
    int n, k, panels;
    float *w; /* (panels, k, PANEL), 0 beyond n */
};

enum status gemm_open(struct gemm_mat **out, const float *w, int n, int k, struct err *e) {
    struct gemm_mat *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a matrix");
    *m = (struct gemm_mat){.n = n, .k = k, .panels = (n + PANEL - 1) / PANEL};
    size_t values = (size_t)m->panels * PANEL * (size_t)k;
    m->w = mem_alloc(values * sizeof *m->w);
    if (!m->w) {
        gemm_close(m);
        return fail(e, ST_NO_MEMORY, "no memory for a matrix of %d x %d", n, k);
    }
#pragma omp parallel for schedule(static)
    for (int p = 0; p < m->panels; p++) {
        float *to = m->w + (size_t)p * PANEL * (size_t)k;
        for (int c = 0; c < PANEL; c++) {
            int row = p * PANEL + c;
            const float *from = w + (size_t)(row < n ? row : 0) * (size_t)k;
            for (int i = 0; i < k; i++) to[(size_t)i * PANEL + (size_t)c] = row < n ? from[i] : 0;
        }
    }
    *out = m;
    return ST_OK;
}

void gemm_close(struct gemm_mat *m) {
    if (!m) return;
    mem_free(m->w);
    mem_free(m);
}

void gemm_run(const struct vec_ops *vec, float *y, const float *x, const struct gemm_mat *m,
              int rows, int add) {
    int step = ROW_BYTES / 4 / m->k / ROW_STEP * ROW_STEP;
    if (step < ROW_STEP) step = ROW_STEP;
    int blocks = (rows + step - 1) / step, groups = (m->panels + PANELS - 1) / PANELS;
    size_t n = (size_t)m->n, k = (size_t)m->k;
#pragma omp parallel for schedule(dynamic, 1) collapse(2)
    for (int b = 0; b < blocks; b++)
        for (int g = 0; g < groups; g++) {
            int row = b * step, height = rows - row < step ? rows - row : step;
            for (int p = g * PANELS; p < (g + 1) * PANELS && p < m->panels; p++) {
                int col = p * PANEL, cols = m->n - col < PANEL ? m->n - col : PANEL;
                vec->panel(y + (size_t)row * n + (size_t)col, n, x + (size_t)row * k,
                           m->w + (size_t)col * k, m->k, height, cols, add);
            }
        }
}
