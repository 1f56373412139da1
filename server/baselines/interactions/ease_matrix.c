/* The inverse of the regularised co-occurrence matrix, by Cholesky, block of columns by block of
 * columns (LAPACK and BLAS), so that it can be given up in between. */
#include "server/baselines/interactions/ease_matrix.h"

#include <cblas.h>
#include <lapacke.h>
#include <string.h>

enum { BLOCK = 64 };

/* A matrix by columns, of which the lower triangle counts. */
struct square {
    double *g; /* (n, n) */
    int n;
    const atomic_int *stop;
};

static double *at(const struct square *m, int row, int column) {
    return m->g + (size_t)column * (size_t)m->n + (size_t)row;
}

static int stopped(const struct square *m) {
    return m->stop && atomic_load(m->stop);
}

static enum status given_up(struct err *e) {
    return fail(e, ST_CANCELLED, "learning from interactions was cancelled");
}

/* Lower triangle of X'X + lambda I by columns: how many members have both items. */
static enum status count_pairs(const struct interactions *t, const struct square *m, int *has,
                               struct err *e) {
    memset(m->g, 0, (size_t)m->n * (size_t)m->n * sizeof *m->g);
    for (int who = 0; who < t->n_members; who++) {
        int k = 0;
        if (stopped(m)) return given_up(e);
        for (int j = t->member_off[who]; j < t->member_off[who + 1]; j++)
            if (t->ease[t->member_item[j]] >= 0) has[k++] = t->ease[t->member_item[j]];
        for (int i = 0; i < k; i++)
            for (int j = i; j < k; j++) *at(m, has[j], has[i]) += 1;
    }
    for (int i = 0; i < m->n; i++) *at(m, i, i) += INTERACTIONS_LAMBDA;
    return ST_OK;
}

static enum status not_inverted(const struct square *m, lapack_int bad, struct err *e) {
    return fail(e, ST_INTERNAL, "LAPACK could not invert EASE's matrix of %d items (%d)", m->n,
                (int)bad);
}

/* g = L L', L in g's place. */
static enum status factor(const struct square *m, struct err *e) {
    for (int k = 0; k < m->n; k += BLOCK) {
        int wide = m->n - k < BLOCK ? m->n - k : BLOCK, next = k + wide, rest = m->n - next;
        if (stopped(m)) return given_up(e);
        lapack_int bad = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', wide, at(m, k, k), m->n);
        if (bad) return not_inverted(m, bad, e);
        if (rest == 0) break;
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, rest, wide, 1,
                    at(m, k, k), m->n, at(m, next, k), m->n);
        cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, rest, wide, -1, at(m, next, k), m->n,
                    1, at(m, next, next), m->n);
    }
    return ST_OK;
}

/* Columns of the inverse from the diagonal down: below it they depend on the factor's part there
 * alone. column (n, BLOCK). */
static enum status invert(const struct square *m, double *column, float *out, struct err *e) {
    size_t n = (size_t)m->n;
    for (int k = 0; k < m->n; k += BLOCK) {
        int wide = m->n - k < BLOCK ? m->n - k : BLOCK, tall = m->n - k;
        if (stopped(m)) return given_up(e);
        memset(column, 0, (size_t)tall * (size_t)wide * sizeof *column);
        for (int c = 0; c < wide; c++) column[(size_t)c * (size_t)tall + (size_t)c] = 1;
        lapack_int bad =
            LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', tall, wide, at(m, k, k), m->n, column, tall);
        if (bad) return not_inverted(m, bad, e);
        for (int c = 0; c < wide; c++)
            for (int r = c; r < tall; r++) {
                size_t i = (size_t)(k + r), j = (size_t)(k + c);
                out[i * n + j] = out[j * n + i] =
                    (float)column[(size_t)c * (size_t)tall + (size_t)r];
            }
    }
    return ST_OK;
}

enum status ease_matrix_make(const struct interactions *t, struct arena *a, const atomic_int *stop,
                             const float **out, struct err *e) {
    size_t n = (size_t)t->n_ease;
    *out = NULL;
    if (n == 0) return ST_OK;
    struct square m = {mem_alloc(n * n * sizeof *m.g), t->n_ease, stop};
    double *column = mem_alloc(n * BLOCK * sizeof *column);
    int *has = mem_alloc(n * sizeof *has);
    float *inverse = ARENA_NEW(a, float, n *n);
    enum status st = m.g && column && has && inverse
                         ? count_pairs(t, &m, has, e)
                         : fail(e, ST_NO_MEMORY, "no memory for EASE's matrix of %d items", m.n);
    if (st == ST_OK) st = factor(&m, e);
    if (st == ST_OK) st = invert(&m, column, inverse, e);
    mem_free(m.g);
    mem_free(column);
    mem_free(has);
    if (st == ST_OK) *out = inverse;
    return st;
}
