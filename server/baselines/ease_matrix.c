/* The inverse of the regularised co-occurrence matrix, by Cholesky (LAPACK dpotrf, dpotri). */
#include "server/baselines/ease_matrix.h"

#include <lapacke.h>
#include <string.h>

/* Lower triangle of X'X + lambda I by columns: how many members have both items. */
static void count_pairs(const struct taste *t, double *g) {
    size_t n = (size_t)t->n_items;
    memset(g, 0, n * n * sizeof *g);
    for (int m = 0; m < t->n_members; m++) {
        const int *has = t->member_item + t->member_off[m];
        int k = t->member_off[m + 1] - t->member_off[m];
        for (int i = 0; i < k; i++) {
            double *column = g + (size_t)has[i] * n;
            for (int j = i; j < k; j++) column[has[j]] += 1;
        }
    }
    for (size_t i = 0; i < n; i++) g[i * n + i] += TASTE_LAMBDA;
}

static enum status invert(double *g, int n, struct err *e) {
    lapack_int bad = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, g, n);
    if (bad == 0) bad = LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', n, g, n);
    if (bad == 0) return ST_OK;
    return fail(e, ST_INTERNAL, "LAPACK could not invert EASE's matrix of %d items (%d)", n,
                (int)bad);
}

static float *to_floats(const double *g, int n, struct arena *a) {
    float *out = ARENA_NEW(a, float, (size_t)n *(size_t)n);
    for (int i = 0; out && i < n; i++)
        for (int j = i; j < n; j++) {
            size_t low = (size_t)i * (size_t)n + (size_t)j,
                   high = (size_t)j * (size_t)n + (size_t)i;
            out[low] = out[high] = (float)g[low];
        }
    return out;
}

enum status ease_matrix_make(const struct taste *t, struct arena *a, const float **out,
                             const char **why, struct err *e) {
    size_t n = (size_t)t->n_items;
    *out = NULL;
    *why = NULL;
    if (n == 0) {
        *why = t->nothing;
        return ST_OK;
    }
    if (n > TASTE_EASE_ITEMS) {
        *why = arena_printf(
            a, "EASE keeps a number for each pair of items: %d items have interactions, %d fit",
            t->n_items, TASTE_EASE_ITEMS);
        return *why ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
    }
    double *g = mem_alloc(n * n * sizeof *g);
    if (!g) return fail(e, ST_NO_MEMORY, "no memory for EASE's matrix of %d items", t->n_items);
    count_pairs(t, g);
    enum status st = invert(g, t->n_items, e);
    if (st == ST_OK && !(*out = to_floats(g, t->n_items, a)))
        st = fail(e, ST_NO_MEMORY, "no memory for EASE's matrix of %d items", t->n_items);
    mem_free(g);
    return st;
}
