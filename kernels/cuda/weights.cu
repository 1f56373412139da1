/* Matrices on the device: blocks of a file as they are for a table, else values in bf16, fp8 or
 * f32. */
#include "kernels/cuda/cuda.cuh"

void cuda_mat_close(struct ops *o, struct mat *m) {
    if (!m) return;
    device_free(&of(o)->d, m->w);
    mem_free(m);
}

/* The part's blocks as they are in the file, on the device. */
static enum status upload(struct cuda *c, const struct mat_part *p, int k, void **out,
                          struct err *e) {
    size_t bytes = (size_t)p->n * (size_t)(k / p->type->elems) * (size_t)p->type->bytes;
    TRY(dequant_known(p->type->id, e));
    TRY(device_alloc(&c->d, out, bytes, e));
    enum status st = device_write(&c->d, *out, p->data, bytes, e);
    if (st == ST_OK) return st;
    device_free(&c->d, *out);
    *out = nullptr;
    return st;
}

static size_t values_bytes(const struct mat *m) {
    size_t values = (size_t)m->n * (size_t)m->k;
    return m->type == MATMUL_FP8 ? fp8_bytes(m->n, m->k) : values * (m->type == MATMUL_F32 ? 4 : 2);
}

/* Rows row.. of m from a part's blocks on the device. */
static void fill_values(struct cuda *c, struct mat *m, int row, const struct mat_part *p,
                        const uint8_t *blocks) {
    size_t at = (size_t)row * (size_t)m->k, values = (size_t)p->n * (size_t)m->k;
    char *w = static_cast<char *>(m->w);
    if (m->type == MATMUL_FP8)
        dequant_fp8(&c->d, reinterpret_cast<uint8_t *>(w + at), fp8_scales(w, m->n, m->k) + row,
                    blocks, p->type->id, p->n, m->k);
    else if (m->type == MATMUL_F32)
        dequant_run(&c->d, w + at * 4, blocks, p->type->id, values, 1);
    else
        dequant_run(&c->d, w + at * 2, blocks, p->type->id, values, 0);
}

static enum status open_values(struct cuda *c, struct mat *m, const struct mat_part *part,
                               int n_parts, struct err *e) {
    int head = m->type == MATMUL_F32, whole = head && m->n > HEAD_SLICE ? HEAD_SLICE : m->n;
    TRY(matmul_plan(&c->mm, m->type, whole, m->k, e));
    if (m->n % whole) TRY(matmul_plan(&c->mm, m->type, m->n % whole, m->k, e));
    TRY(device_alloc(&c->d, &m->w, values_bytes(m), e));
    for (int i = 0, row = 0; i < n_parts; row += part[i++].n) {
        void *blocks = nullptr;
        TRY(upload(c, &part[i], m->k, &blocks, e));
        fill_values(c, m, row, &part[i], static_cast<uint8_t *>(blocks));
        device_free(&c->d, blocks);
    }
    return device_check(&c->d, e);
}

enum status cuda_mat_open(struct ops *o, struct mat **out, const struct mat_part *part, int n_parts,
                          int k, enum mat_use use, struct err *e) {
    struct cuda *c = of(o);
    struct mat *m = static_cast<struct mat *>(mem_alloc(sizeof *m));
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a matrix");
    *m = mat();
    m->k = k;
    m->type = use == MAT_HEAD ? MATMUL_F32 : c->fp8 ? MATMUL_FP8 : MATMUL_BF16;
    for (int i = 0; i < n_parts; i++) m->n += part[i].n;
    enum status st;
    if (use == MAT_TABLE && n_parts == 1) {
        m->table = part->type;
        st = upload(c, part, k, &m->w, e);
    } else if (use == MAT_TABLE) {
        st = fail(e, ST_INTERNAL, "a table of %d parts", n_parts);
    } else {
        st = open_values(c, m, part, n_parts, e);
    }
    if (st != ST_OK) {
        cuda_mat_close(o, m);
        return st;
    }
    *out = m;
    return ST_OK;
}
