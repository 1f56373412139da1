/* The CPU's operations: picks the vector code for this machine, shares rows among threads, and
 * keeps products in matmul.c and attention in attention.c. */
#include "kernels/cpu/cpu_state.h"
#include "kernels/host.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every operation enters here. OpenMP keeps its number of threads per calling thread, and oneDNN's
 * code was made for ours. */
struct cpu *cpu_of(struct ops *o) {
    struct cpu *c = o->self;
    omp_set_num_threads(c->ops.threads);
    return c;
}

/* TAPROOM_ISA=base|avx2|avx512|avx512_bf16 lowers what is used, for tests of older machines. */
static const struct vec_ops *pick(int *bf16, i8_code **i8) {
    static const char *const names[] = {"base", "avx2", "avx512", "avx512_bf16"};
    const char *limit = getenv("TAPROOM_ISA");
    int top = 3;
    for (int i = 0; limit && i < 4; i++)
        if (strcmp(limit, names[i]) == 0) top = i;
    __builtin_cpu_init();
    int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    *bf16 = top >= 3 && avx512 && __builtin_cpu_supports("avx512bf16");
    *i8 = i8_base;
    if (top < 1 || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return &vec_ops_base;
    *i8 = top >= 3 && avx512 && __builtin_cpu_supports("avx512vnni") ? i8_vnni : i8_avx2;
    if (*bf16) return &vec_ops_avx512_bf16;
    return top >= 2 && avx512 ? &vec_ops_avx512 : &vec_ops_avx2;
}

static void cpu_close(struct ops *o) {
    struct cpu *c = cpu_of(o);
    mm_close(c->mm);
    mem_free(c->attn.p);
    mem_free(c->logits);
    mem_free(c->att);
    mem_free(c->row);
    mem_free(c->head_x);
    mem_free(c);
}

enum status cpu_room(float **p, size_t *have, size_t n, struct err *e) {
    if (*have >= n) return ST_OK;
    float *more = mem_alloc(n * sizeof *more);
    if (!more) return fail(e, ST_NO_MEMORY, "no memory for %zu values", n);
    mem_free(*p);
    *p = more;
    *have = n;
    return ST_OK;
}

size_t cpu_rotated(int k) {
    size_t block = (size_t)(k & -k);
    return block < 512 ? block : 512;
}

/* y (rows, n) = or += x w^T of a matrix that is not in int8. */
static enum status product(struct cpu *c, float *y, const void *x, const struct mat *w, int rows,
                           int add, struct err *e) {
    if (!w->gemm) return mm_run(c->mm, y, x, w->mm, rows, add, e);
    gemm_run(c->vec, y, x, w->gemm, rows, add);
    return ST_OK;
}

static void cpu_embed(struct ops *o, float *x, const struct mat *t, const int32_t *tok, int rows) {
    (void)cpu_of(o);
    size_t blocks = (size_t)t->k / (size_t)t->type->elems, row = blocks * (size_t)t->type->bytes;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        t->type->to_f32(x + (size_t)r * (size_t)t->k, t->rows + (size_t)tok[r] * row, blocks);
}

/* The thread's own row, and where row r of an input of k values in int8 and its scale lie. */
static float *own_row(struct cpu *c) {
    return c->row + c->row_n / (size_t)c->ops.threads * (size_t)omp_get_thread_num();
}

/* x is overwritten. */
static void round_row(const struct cpu *c, void *y, float *x, int r, int rows, int k) {
    c->vec->rotate(x, (size_t)k, cpu_rotated(k));
    i8_scales(y, rows, k)[r] =
        c->vec->to_int8((uint8_t *)y + (size_t)r * (size_t)i8_pad(k), x, (size_t)k);
}

static void cpu_rmsnorm(struct ops *o, void *y, const float *x, const float *w, int rows, int n,
                        float eps, int f32) {
    struct cpu *c = cpu_of(o);
    int int8 = c->i8 && !f32, half = c->half && !f32 && !int8;
    size_t size = half ? 2 : 4, width = (size_t)n;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) {
        void *to = int8 ? (char *)own_row(c) : (char *)y + (size_t)r * width * size;
        c->vec->rmsnorm(to, x + (size_t)r * width, w, n, eps, half);
        if (int8) round_row(c, y, to, r, rows, n);
    }
}

static void cpu_norm_add(struct ops *o, float *x, float *y, const float *w, int rows, int n,
                         float eps) {
    const struct vec_ops *v = cpu_of(o)->vec;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) {
        float *to = x + (size_t)r * (size_t)n, *from = y + (size_t)r * (size_t)n;
        v->rmsnorm(from, from, w, n, eps, 0);
        for (int i = 0; i < n; i++) to[i] += from[i];
    }
}

static void cpu_scale(struct ops *o, float *x, int rows, int n, float f) {
    (void)cpu_of(o);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < n; i++) x[(size_t)r * (size_t)n + (size_t)i] *= f;
}

static void cpu_add_bias(struct ops *o, float *y, const float *b, int rows, int n) {
    (void)cpu_of(o);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < n; i++) y[(size_t)r * (size_t)n + (size_t)i] += b[i];
}

static void cpu_layernorm(struct ops *o, float *x, const float *w, const float *b, int rows, int n,
                          float eps) {
    const struct vec_ops *v = cpu_of(o)->vec;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) v->layernorm(x + (size_t)r * (size_t)n, w, b, n, eps);
}

static void cpu_gelu(struct ops *o, float *x, const float *b, int rows, int n) {
    const struct vec_ops *v = cpu_of(o)->vec;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) v->gelu(x + (size_t)r * (size_t)n, b, n);
}

static void cpu_head_norm(struct ops *o, float *qkv, const struct attn_shape *s, const float *q,
                          const float *k, int rows, float eps) {
    const struct vec_ops *v = cpu_of(o)->vec;
    size_t hd = (size_t)s->head_dim, stride = hd * (size_t)(s->heads + 2 * s->kv_heads);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < s->heads + s->kv_heads; h++) {
            float *at = qkv + (size_t)r * stride + (size_t)h * hd;
            v->rmsnorm(at, at, h < s->heads ? q : k, s->head_dim, eps, 0);
        }
}

static enum status cpu_matmul(struct ops *o, float *y, const void *x, const struct mat *w, int rows,
                              int add, struct err *e) {
    struct cpu *c = cpu_of(o);
    if (!w->i8) return product(c, y, x, w, rows, add, e);
    i8_run(c->i8, y, x, w->i8, rows, add);
    return ST_OK;
}

static size_t cpu_kv_bytes(struct ops *o, const struct attn_shape *s, int len) {
    return attn_kv_bytes(s, len, cpu_of(o)->half);
}

static void cpu_rope_store(struct ops *o, float *qkv, const struct attn_shape *s,
                           const struct chunk *c, int layer) {
    attn_store(cpu_of(o)->vec, qkv, s, c, layer, cpu_of(o)->half);
}

static enum status cpu_attention(struct ops *o, void *out, const float *qkv,
                                 const struct attn_shape *s, const struct chunk *k, int layer,
                                 struct err *e) {
    struct cpu *c = cpu_of(o);
    int width = s->heads * s->head_dim, rows = k->rows;
    if (!c->i8)
        return attn_run(c->vec, &c->attn, out, c->half, qkv, s, k, layer, c->half, o->threads, e);
    TRY(cpu_room(&c->att, &c->att_n, (size_t)rows * (size_t)width, e));
    TRY(attn_run(c->vec, &c->attn, c->att, 0, qkv, s, k, layer, c->half, o->threads, e));
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        round_row(c, out, c->att + (size_t)r * (size_t)width, r, rows, width);
    return ST_OK;
}

typedef void glu(void *y, const float *g, const float *u, int n, int half);

static void gated(struct ops *o, glu *f, void *y, const float *gu, int rows, int n) {
    struct cpu *c = cpu_of(o);
    int half = c->half && !c->i8;
    size_t width = (size_t)n;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++) {
        const float *g = gu + (size_t)r * 2 * width;
        void *to = c->i8 ? (char *)own_row(c) : (char *)y + (size_t)r * width * (half ? 2 : 4);
        f(to, g, g + n, n, half);
        if (c->i8) round_row(c, y, to, r, rows, n);
    }
}

static void cpu_swiglu(struct ops *o, void *y, const float *gu, int rows, int n) {
    gated(o, cpu_of(o)->vec->swiglu, y, gu, rows, n);
}

static void cpu_geglu(struct ops *o, void *y, const float *gu, int rows, int n) {
    gated(o, cpu_of(o)->vec->geglu, y, gu, rows, n);
}

/* Rows whose logits are held at once: about 16 million values, whole tiles. */
static int head_rows(int vocab) {
    int rows = (1 << 24) / vocab / OPS_ROW_PAD * OPS_ROW_PAD;
    return rows < OPS_ROW_PAD ? OPS_ROW_PAD : rows > MM_TILE ? MM_TILE : rows;
}

/* Logits of up to MM_TILE rows. */
static enum status head_product(struct cpu *c, float *logits, const float *x, const struct mat *m,
                                int rows, struct err *e) {
    size_t n = (size_t)rows * (size_t)m->k, all = (size_t)MM_TILE * (size_t)m->k;
    if (!c->half_head) return product(c, logits, x, m, rows, 0, e);
    if (!c->head_x) c->head_x = mem_alloc(all * sizeof *c->head_x);
    if (!c->head_x) return fail(e, ST_NO_MEMORY, "no memory for the head's input");
    c->vec->to_bf16(c->head_x, x, n);
    TRY(mm_run(c->mm, logits, c->head_x, m->mm, rows, 0, e));
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        for (size_t i = (size_t)r * (size_t)m->n; i < (size_t)(r + 1) * (size_t)m->n; i++)
            logits[i] = block_bf16_to_f32(block_f32_to_bf16(logits[i]));
    return ST_OK;
}

static enum status cpu_head(struct ops *o, float *lse, float *picked, const float *x,
                            const struct mat *m, int rows, const int32_t *off, const int32_t *pick,
                            struct err *e) {
    struct cpu *c = cpu_of(o);
    int step = head_rows(m->n);
    size_t vocab = (size_t)m->n;
    TRY(cpu_room(&c->logits, &c->logits_n, (size_t)step * vocab, e));
    for (int r0 = 0; r0 < rows; r0 += step) {
        int n = rows - r0 < step ? rows - r0 : step;
        float *logits = c->logits;
        TRY(head_product(c, logits, x + (size_t)r0 * (size_t)m->k, m, n, e));
#pragma omp parallel for schedule(static)
        for (int r = 0; r < n; r++) {
            const float *row = logits + (size_t)r * vocab;
            lse[r0 + r] = c->vec->log_sum_exp(row, vocab);
            for (int32_t i = off[r0 + r]; i < off[r0 + r + 1]; i++) picked[i] = row[pick[i]];
        }
    }
    return ST_OK;
}

const struct vec_ops *cpu_vec(struct ops *o) {
    return cpu_of(o)->vec;
}

enum status ops_cpu_open(struct ops **out, enum precision want, int threads, struct err *e) {
    struct cpu *c = mem_alloc(sizeof *c);
    if (!c) return fail(e, ST_NO_MEMORY, "no memory for the CPU backend");
    int bf16;
    i8_code *i8;
    *c = (struct cpu){.vec = pick(&bf16, &i8)};
    c->half = want != PREC_F32 && bf16;
    if (want == PREC_INT8) c->i8 = i8;
    c->half_head = want == PREC_BF16_HEAD && bf16;
    int all = omp_get_num_procs();
    snprintf(c->name, sizeof c->name, "%s%s", c->vec->name,
             c->i8 == i8_vnni ? "_vnni"
             : c->i8          ? "_int8"
             : c->half        ? "_bf16"
                              : "");
    c->ops = (struct ops){
        .name = c->name,
        .precision = c->i8          ? PREC_INT8
                     : c->half_head ? PREC_BF16_HEAD
                     : c->half      ? PREC_BF16
                                    : PREC_F32,
        .threads = threads > 0 ? threads : all,
        .act_size = c->half || c->i8 ? 2 : 4,
        .pad_rows = ops_pad_rows,
        .self = c,
        .close = cpu_close,
        .alloc = host_alloc,
        .alloc_kv = host_alloc_kv,
        .release = host_release,
        .write = host_copy,
        .read = host_copy,
        .keep_rows = host_keep_rows,
        .copy_rows = host_copy_rows,
        .mat_open = cpu_mat_open,
        .mat_close = cpu_mat_close,
        .embed = cpu_embed,
        .rmsnorm = cpu_rmsnorm,
        .norm_add = cpu_norm_add,
        .scale = cpu_scale,
        .add_bias = cpu_add_bias,
        .layernorm = cpu_layernorm,
        .gelu = cpu_gelu,
        .head_norm = cpu_head_norm,
        .matmul = cpu_matmul,
        .kv_bytes = cpu_kv_bytes,
        .rope_store = cpu_rope_store,
        .attention = cpu_attention,
        .swiglu = cpu_swiglu,
        .geglu = cpu_geglu,
        .head = cpu_head,
    };
    enum status st = mm_open(&c->mm, e);
    if (st != ST_OK) {
        mem_free(c);
        return st;
    }
    *out = &c->ops;
    return ST_OK;
}
