/* Weights in int8, and products shared among threads. */
#include "kernels/cpu/int8.h"

#include "kernels/ops.h"
#include "kernels/base/arena.h"

#include <math.h>
#include <string.h>

/* Rows that a thread multiplies with one panel: both stay in its cache. */
enum { ROW_BLOCK = 64 };

struct i8_mat {
    int n, k, panels; /* k is padded */
    int8_t *w;        /* (panels, k / 4, 48, 4) */
    float *scale;     /* (panels, 48) */
    int32_t *start;   /* (panels, 48) */
};

/* One output's weights into its place in the panel. A weight that is no number makes the scale one
 * that is none, so that a broken model is noticed. */
static void put_output(struct i8_mat *m, const float *w, int n, int k) {
    float most = 0;
    int broken = 0, sum = 0;
    for (int i = 0; i < k; i++) {
        most = fabsf(w[i]) > most ? fabsf(w[i]) : most;
        broken |= !isfinite(w[i]);
    }
    float s = most / 127, inv = most > 0 ? 127 / most : 0;
    int8_t *to = m->w + (size_t)(n / I8_PANEL) * (size_t)m->k * I8_PANEL + n % I8_PANEL * 4;
    for (int i = 0; i < k && !broken; i++) {
        int q = (int)rintf(w[i] * inv);
        q = q > 127 ? 127 : q < -127 ? -127 : q;
        to[(size_t)(i / 4) * 4 * I8_PANEL + (size_t)(i % 4)] = (int8_t)q;
        sum += q;
    }
    m->scale[n] = broken ? NAN : s;
    m->start[n] = -128 * sum;
}

enum status i8_open(struct i8_mat **out, const float *w, int n, int k, struct err *e) {
    if (k > I8_MAX_K || k < I8_MIN_K)
        return fail(e, ST_UNSUPPORTED, "int8 products have %d to %d inputs, not %d", I8_MIN_K,
                    I8_MAX_K, k);
    struct i8_mat *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a matrix");
    *m = (struct i8_mat){.n = n, .k = i8_pad(k), .panels = (n + I8_PANEL - 1) / I8_PANEL};
    size_t outs = (size_t)m->panels * I8_PANEL, bytes = outs * (size_t)m->k;
    m->w = mem_alloc(bytes);
    m->scale = mem_alloc(outs * sizeof *m->scale);
    m->start = mem_alloc(outs * sizeof *m->start);
    if (!m->w || !m->scale || !m->start) {
        i8_close(m);
        return fail(e, ST_NO_MEMORY, "no memory for a matrix of %d x %d", n, k);
    }
    memset(m->w, 0, bytes);
    memset(m->scale, 0, outs * sizeof *m->scale);
    memset(m->start, 0, outs * sizeof *m->start);
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; i++) put_output(m, w + (size_t)i * (size_t)k, i, k);
    *out = m;
    return ST_OK;
}

void i8_close(struct i8_mat *m) {
    if (!m) return;
    mem_free(m->w);
    mem_free(m->scale);
    mem_free(m->start);
    mem_free(m);
}

float *i8_scales(void *x, int rows, int k) {
    return (float *)((char *)x + (size_t)ops_pad_rows(rows) * (size_t)i8_pad(k));
}

void i8_run(i8_code *code, float *y, const void *x, const struct i8_mat *m, int rows, int add) {
    const float *scale = i8_scales((void *)(uintptr_t)x, rows, m->k);
    int blocks = (rows + ROW_BLOCK - 1) / ROW_BLOCK;
#pragma omp parallel for schedule(static) collapse(2)
    for (int i = 0; i < m->panels; i++)
        for (int b = 0; b < blocks; b++) {
            int row = b * ROW_BLOCK, n = rows - row < ROW_BLOCK ? rows - row : ROW_BLOCK;
            size_t col = (size_t)i * I8_PANEL;
            struct i8_panel p = {m->w + col * (size_t)m->k, m->scale + col, m->start + col,
                                 m->n - (int)col, m->k};
            code(y + (size_t)row * (size_t)m->n + col, (size_t)m->n,
                 (const uint8_t *)x + (size_t)row * (size_t)m->k, scale + row, n, &p, add);
        }
}
