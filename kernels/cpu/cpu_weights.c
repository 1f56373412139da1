/* Matrices on the CPU: each in the form that its products read. */
#include "kernels/cpu/cpu_state.h"

#include <string.h>

void cpu_mat_close(struct ops *o, struct mat *m) {
    (void)o;
    if (!m) return;
    mm_mat_close(m->mm);
    gemm_close(m->gemm);
    i8_close(m->i8);
    mem_free(m->rows);
    mem_free(m);
}

/* All parts as one f32 matrix, rows shared among threads; mem_free it. NULL without memory. */
static float *unpack(const struct mat_part *part, int n_parts, int n, int k) {
    float *w = mem_alloc((size_t)n * (size_t)k * sizeof *w);
    float *to = w;
    for (int i = 0; w && i < n_parts; i++) {
        const struct block_type *t = part[i].type;
        size_t blocks = (size_t)k / (size_t)t->elems;
        int rows = part[i].n;
        const uint8_t *from = part[i].data;
#pragma omp parallel for schedule(static)
        for (int r = 0; r < rows; r++)
            t->to_f32(to + (size_t)r * (size_t)k, from + (size_t)r * blocks * (size_t)t->bytes,
                      blocks);
        to += (size_t)rows * (size_t)k;
    }
    return w;
}

static enum status open_table(struct mat *m, const struct mat_part *part, struct err *e) {
    size_t bytes =
        (size_t)m->n * ((size_t)m->k / (size_t)part->type->elems) * (size_t)part->type->bytes;
    m->type = part->type;
    m->rows = mem_alloc(bytes);
    if (!m->rows) return fail(e, ST_NO_MEMORY, "no memory for %zu bytes of embeddings", bytes);
    memcpy(m->rows, part->data, bytes);
    return ST_OK;
}

/* A layer's matrix in int8, and room for the rows that it will multiply. w is overwritten. */
static enum status open_int8(struct cpu *c, struct mat *m, float *w, struct err *e) {
    size_t n = c->row_n, line = ((size_t)m->k + 15) / 16 * 16;
    TRY(cpu_room(&c->row, &n, line * (size_t)c->ops.threads, e));
    c->row_n = n;
    size_t k = (size_t)m->k, block = cpu_rotated(m->k);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < m->n; r++) {
        float *row = w + (size_t)r * k;
        c->vec->rotate(row, k, block);
        for (size_t i = 0; i < k; i++) row[i] /= (float)block;
    }
    return i8_open(&m->i8, w, m->n, m->k, e);
}

/* Without AVX-512 oneDNN has nothing but a gemm, which orders the weights anew in every call. */
static int own_products(const struct cpu *c) {
    return c->vec == &vec_ops_base || c->vec == &vec_ops_avx2;
}

static enum status open_product(struct cpu *c, struct mat *m, const struct mat_part *part,
                                int n_parts, enum mat_use use, struct err *e) {
    float *w = unpack(part, n_parts, m->n, m->k);
    if (!w) return fail(e, ST_NO_MEMORY, "no memory for a matrix of %d x %d", m->n, m->k);
    int half = use == MAT_HEAD ? c->half_head : c->half;
    enum status st = use == MAT_LINEAR && c->i8 ? open_int8(c, m, w, e)
                     : own_products(c) && !half
                         ? gemm_open(&m->gemm, w, m->n, m->k, e)
                         : mm_mat_open(c->mm, &m->mm, w, m->n, m->k, half, e);
    mem_free(w);
    return st;
}

enum status cpu_mat_open(struct ops *o, struct mat **out, const struct mat_part *part, int n_parts,
                         int k, enum mat_use use, struct err *e) {
    struct cpu *c = cpu_of(o);
    struct mat *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a matrix");
    *m = (struct mat){.k = k};
    for (int i = 0; i < n_parts; i++) m->n += part[i].n;
    enum status st;
    if (use == MAT_TABLE) {
        st = n_parts == 1 ? open_table(m, part, e)
                          : fail(e, ST_INTERNAL, "a table of %d parts", n_parts);
    } else {
        st = open_product(c, m, part, n_parts, use, e);
    }
    if (st != ST_OK) {
        cpu_mat_close(o, m);
        return st;
    }
    *out = m;
    return ST_OK;
}
