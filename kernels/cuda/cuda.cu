/* The CUDA backend's table of operations. Weights and the inputs of products are bf16 or fp8, the
 * head's f32, keys and values bf16, the residual stream and all sums f32. */
#include "kernels/cuda/chunk.cuh"
#include "kernels/cuda/fp8.cuh"
#include "kernels/cuda/kernels.cuh"
#include "kernels/cuda/matmul.cuh"
#include "kernels/cuda/replay.cuh"
#include "kernels/cuda/trunk.cuh"

#include "kernels/ops.h"
#include "kernels/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 8192, SM_FP8 = 89 };
enum { HEAD_SLICE = 8192 }; /* of the vocabulary: 32 MiB of logits for 1024 rows */

struct mat {
    int n, k;
    enum matmul_type type;
    void *w; /* (n, k) values, in fp8 with their scales; of a table, its blocks */
    const struct block_type *table; /* NULL: values */
};

struct cuda {
    struct ops ops;
    struct device_gpu d;
    bool fp8;
    struct matmul mm;
    struct room head;
    bool batched; /* the trunk's attention by products of the library */
    struct room trunk;
    struct room bf16, kept; /* attention's result on its way to fp8; rows that are moved */
    struct chunks chunks;
    struct replays replays;
    const struct ops_pass *pass;          /* that has begun: tok and from hold its lists already */
    struct stage tok, from, off, rows[2]; /* small arrays on their way */
    int rows_turn;
    char name[96];
};

static struct cuda *of(struct ops *o) {
    return static_cast<struct cuda *>(o->self);
}

static void cuda_close(struct ops *o) {
    struct cuda *c = of(o);
    /* A request that failed may have left copies from pinned memory in the stream. */
    if (c->d.stream && device_sync(&c->d, nullptr) != ST_OK) (void)cudaGetLastError();
    replay_close(&c->replays);
    stage_close(&c->tok, &c->d);
    stage_close(&c->from, &c->d);
    stage_close(&c->off, &c->d);
    for (struct stage &r : c->rows) stage_close(&r, &c->d);
    device_room_close(&c->d, &c->head);
    device_room_close(&c->d, &c->trunk);
    chunks_close(&c->chunks, &c->d);
    device_room_close(&c->d, &c->bf16);
    device_room_close(&c->d, &c->kept);
    matmul_close(&c->mm);
    device_close(&c->d);
    mem_free(c);
}

static void *cuda_alloc(struct ops *o, size_t bytes) {
    struct cuda *c = of(o);
    void *p = nullptr;
    if (device_alloc(&c->d, &p, bytes, nullptr) != ST_OK) return nullptr;
    if (device_zero(&c->d, p, bytes, nullptr) == ST_OK) return p;
    device_free(&c->d, p);
    return nullptr;
}

static enum status cuda_alloc_kv(struct ops *o, void **out, size_t bytes, struct err *e) {
    return device_alloc(&of(o)->d, out, bytes, e);
}

static void cuda_release(struct ops *o, void *p) {
    device_free(&of(o)->d, p);
}

static enum status cuda_write(struct ops *o, void *to, const void *host, size_t bytes,
                              struct err *e) {
    TRY(device_check(&of(o)->d, e));
    TRY(device_write(&of(o)->d, to, host, bytes, e));
    return device_sync(&of(o)->d, e);
}

static enum status cuda_read(struct ops *o, void *host, const void *from, size_t bytes,
                             struct err *e) {
    TRY(device_check(&of(o)->d, e));
    return device_read(&of(o)->d, host, from, bytes, e);
}

/* A list of numbers on the device: what begin has put there, or p's n entries. */
static enum status rows_list(struct cuda *c, struct stage *s, const int32_t *p, int n, void **out,
                             struct err *e) {
    if (!c->pass) return stage_put(s, &c->d, p, (size_t)n * sizeof *p, out, e);
    *out = s->device;
    return ST_OK;
}

/* Through other memory, because rows are moved side by side. */
static void cuda_keep_rows(struct ops *o, float *x, int width, int n, const int32_t *from) {
    struct cuda *c = of(o);
    struct err e;
    void *list = nullptr;
    size_t bytes = (size_t)n * (size_t)width * sizeof *x;
    if (n == 0) return;
    enum status st = rows_list(c, &c->from, from, n, &list, &e);
    if (st == ST_OK) st = device_room(&c->d, &c->kept, bytes, &e);
    if (st == ST_OK) {
        rows_gather(&c->d, static_cast<float *>(c->kept.p), x, width, n,
                    static_cast<int32_t *>(list));
        cudaError_t copied =
            cudaMemcpyAsync(x, c->kept.p, bytes, cudaMemcpyDeviceToDevice, c->d.stream);
        if (copied != cudaSuccess) {
            (void)cudaGetLastError();
            st = device_fail(&e, copied, "moving rows");
        }
    }
    device_keep(&c->d, st, &e);
}

static void cuda_copy_rows(struct ops *o, float *const *to, const float *const *from, int width,
                           int n) {
    struct cuda *c = of(o);
    struct err e;
    void *lists = nullptr;
    size_t bytes = (size_t)n * sizeof *to;
    if (n == 0) return;
    /* Two stages, because two lists in a row is what a chunk needs. */
    struct stage *s = &c->rows[c->rows_turn++ % 2];
    enum status st = stage_put_two(s, &c->d, to, bytes, from, bytes, &lists, &e);
    if (st == ST_OK) {
        float *const *on = static_cast<float *const *>(lists);
        rows_copy(&c->d, on, on + n, width, n);
    }
    device_keep(&c->d, st, &e);
}

/* --- weights */

static void cuda_mat_close(struct ops *o, struct mat *m) {
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

static enum status cuda_mat_open(struct ops *o, struct mat **out, const struct mat_part *part,
                                 int n_parts, int k, enum mat_use use, struct err *e) {
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

/* --- the forward pass */

static void cuda_embed(struct ops *o, float *x, const struct mat *t, const int32_t *tok, int rows) {
    struct cuda *c = of(o);
    struct err e;
    void *ids = nullptr;
    enum status st = rows_list(c, &c->tok, tok, rows, &ids, &e);
    if (st == ST_OK)
        dequant_rows(&c->d, x, static_cast<uint8_t *>(t->w), t->table->id,
                     static_cast<int32_t *>(ids), rows, t->k);
    device_keep(&c->d, st, &e);
}

static void cuda_rmsnorm(struct ops *o, void *y, const float *x, const float *w, int rows, int n,
                         float eps, int f32) {
    if (of(o)->fp8 && !f32)
        fp8_rmsnorm(&of(o)->d, y, x, w, rows, n, eps);
    else
        rows_rmsnorm(&of(o)->d, y, x, w, rows, n, eps, f32);
}

static void cuda_norm_add(struct ops *o, float *x, float *y, const float *w, int rows, int n,
                          float eps) {
    rows_norm_add(&of(o)->d, x, y, w, rows, n, eps);
}

static void cuda_scale(struct ops *o, float *x, int rows, int n, float f) {
    rows_scale(&of(o)->d, x, rows, n, f);
}

static void cuda_add_bias(struct ops *o, float *y, const float *b, int rows, int n) {
    rows_add(&of(o)->d, y, b, rows, n);
}

static void cuda_head_norm(struct ops *o, float *qkv, const struct attn_shape *s, const float *q,
                           const float *k, int rows, float eps) {
    rows_head_norm(&of(o)->d, qkv, q, k, rows, (s->heads + 2 * s->kv_heads) * s->head_dim,
                   s->heads + s->kv_heads, s->heads, s->head_dim, eps);
}

static enum status cuda_matmul(struct ops *o, float *y, const void *x, const struct mat *w,
                               int rows, int add, struct err *e) {
    TRY(device_check(&of(o)->d, e));
    return matmul_run(&of(o)->mm, y, x, w->w, w->type, rows, w->n, w->k, add, e);
}

static size_t cuda_kv_bytes(struct ops *, const struct attn_shape *s, int len) {
    return 2 * sizeof(uint16_t) * (size_t)len * (size_t)s->kv_heads * (size_t)s->head_dim;
}

static struct heads_gpu heads_of(const struct attn_shape *s) {
    struct heads_gpu h = {s->heads,  s->kv_heads, s->head_dim, s->rope_neox,
                          s->window, s->scale,    s->rope};
    return h;
}

/* The chunk on the device, with as many rows as its pass computes. */
static enum status find_chunk(struct cuda *u, const struct chunk *c, const struct attn_shape *s,
                              struct chunk_gpu *out, struct err *e) {
    const struct ops_pass *p = u->pass;
    if (p && c == p->c) return chunks_find(&u->chunks, &u->d, c, p->rows, 0, s, out, e);
    if (p && c == p->read) return chunks_find(&u->chunks, &u->d, c, p->read_rows, 1, s, out, e);
    return chunks_find(&u->chunks, &u->d, c, c->rows, -1, s, out, e);
}

static void cuda_rope_store(struct ops *o, float *qkv, const struct attn_shape *s,
                            const struct chunk *c, int layer) {
    struct cuda *u = of(o);
    struct chunk_gpu on;
    struct heads_gpu h = heads_of(s);
    struct err e;
    enum status st = find_chunk(u, c, s, &on, &e);
    if (st == ST_OK) attention_store(&u->d, qkv, &h, &on, layer);
    device_keep(&u->d, st, &e);
}

static enum status cuda_attention(struct ops *o, void *out, const float *qkv,
                                  const struct attn_shape *s, const struct chunk *c, int layer,
                                  struct err *e) {
    struct cuda *u = of(o);
    struct chunk_gpu on;
    struct heads_gpu h = heads_of(s);
    if (s->head_dim > ATTN_HEAD_MAX || s->head_dim % 8 != 0)
        return fail(e, ST_UNSUPPORTED, "CUDA: head size %d is not a multiple of 8 of at most %d",
                    s->head_dim, (int)ATTN_HEAD_MAX);
    TRY(device_check(&u->d, e));
    TRY(find_chunk(u, c, s, &on, e));
    uint16_t *to = static_cast<uint16_t *>(out);
    int width = s->heads * s->head_dim;
    if (u->fp8) {
        TRY(device_room(&u->d, &u->bf16, (size_t)on.rows * (size_t)width * sizeof *to, e));
        to = static_cast<uint16_t *>(u->bf16.p);
    }
    struct trunk_gpu trunk;
    int some = 0;
    if (u->batched && s->window == 0)
        TRY(trunk_run(&u->d, &u->mm, &u->trunk, qkv, &h, c, layer, &trunk, &some, e));
    attention_run(&u->d, to, qkv, &h, &on, some ? &trunk : nullptr, layer);
    if (u->fp8) fp8_rows(&u->d, out, to, on.rows, width);
    return device_check(&u->d, e);
}

static void cuda_swiglu(struct ops *o, void *y, const float *gu, int rows, int n) {
    if (of(o)->fp8)
        fp8_glu(&of(o)->d, y, gu, rows, n, 0);
    else
        rows_swiglu(&of(o)->d, static_cast<uint16_t *>(y), gu, rows, n);
}

static void cuda_geglu(struct ops *o, void *y, const float *gu, int rows, int n) {
    if (of(o)->fp8)
        fp8_glu(&of(o)->d, y, gu, rows, n, 1);
    else
        rows_geglu(&of(o)->d, static_cast<uint16_t *>(y), gu, rows, n);
}

/* --- passes */

static enum status pass_lists(struct cuda *c, const struct ops_pass *p, struct replay_key *key,
                              struct err *e) {
    void *on;
    TRY(find_chunk(c, p->c, p->attn, &key->chunk, e));
    TRY(stage_put_room(&c->tok, &c->d, p->c->tok, (size_t)p->c->rows * sizeof *p->c->tok,
                       (size_t)p->rows * sizeof *p->c->tok, &on, e));
    if (p->read_rows == 0) return ST_OK;
    TRY(find_chunk(c, p->read, p->attn, &key->read, e));
    return stage_put_room(&c->from, &c->d, p->from, (size_t)p->read->rows * sizeof *p->from,
                          (size_t)p->read_rows * sizeof *p->from, &on, e);
}

static enum status cuda_begin(struct ops *o, struct ops_pass *p, struct err *e) {
    struct cuda *c = of(o);
    struct replay_key key = {};
    c->pass = nullptr;
    if (c->replays.tries == 0) return ST_OK;
    TRY(device_check(&c->d, e));
    p->rows = replay_rows(p->c->rows, p->rows_max);
    p->read_rows = p->read->rows ? replay_rows(p->read->rows, p->rows_max) : 0;
    key.work = p->work;
    c->pass = p;
    enum status st = pass_lists(c, p, &key, e);
    if (st == ST_OK) st = replay_begin(&c->replays, &c->d, &key, e);
    p->done = c->replays.mode == REPLAY_DONE;
    if (st != ST_OK || p->done) c->pass = nullptr;
    return st;
}

/* The pass goes on where all of it is wanted again. */
static enum status cuda_end(struct ops *o, enum status st, int *again, struct err *e) {
    struct cuda *c = of(o);
    *again = 0;
    if (c->pass) st = replay_end(&c->replays, &c->d, st, again, e);
    if (!*again) c->pass = nullptr;
    return st;
}

/* --- the head */

/* Device memory of one call: logits of one slice of the vocabulary, running sums and results. */
struct head_work {
    float *logits;
    struct exp_sum *sum;
    float *lse, *picked;
};

/* The vocabulary in slices, so that logits stay in the cache between the product and the sum, and
 * memory does not grow with the vocabulary. */
static enum status head_slices(struct cuda *c, const struct head_work *w, const float *x,
                               const struct mat *m, int rows, const int32_t *off,
                               const int32_t *pick, struct err *e) {
    const float *weights = static_cast<float *>(m->w);
    for (int v = 0; v < m->n; v += HEAD_SLICE) {
        int n = m->n - v < HEAD_SLICE ? m->n - v : HEAD_SLICE;
        TRY(matmul_run(&c->mm, w->logits, x, weights + (size_t)v * (size_t)m->k, MATMUL_F32, rows,
                       n, m->k, 0, e));
        rows_exp_sum(&c->d, w->sum, w->lse, w->picked, w->logits, rows, v, n, m->n, off, pick);
    }
    return device_check(&c->d, e);
}

static size_t pad256(size_t bytes) {
    return (bytes + 255) / 256 * 256;
}

static enum status cuda_head(struct ops *o, float *lse, float *picked, const float *x,
                             const struct mat *m, int rows, const int32_t *off, const int32_t *pick,
                             struct err *e) {
    struct cuda *c = of(o);
    size_t picks = (size_t)off[rows], all = (size_t)rows;
    int slice = m->n < HEAD_SLICE ? m->n : HEAD_SLICE;
    size_t logits = pad256((size_t)matmul_room(rows) * (size_t)slice * sizeof(float));
    size_t sums = pad256(all * sizeof(struct exp_sum));
    void *lists = nullptr;
    TRY(device_check(&c->d, e));
    TRY(stage_put_two(&c->off, &c->d, off, (all + 1) * sizeof *off, pick, picks * sizeof *pick,
                      &lists, e));
    TRY(device_room(&c->d, &c->head, logits + sums + (all + picks) * sizeof(float), e));
    char *at = static_cast<char *>(c->head.p);
    struct head_work w;
    w.logits = reinterpret_cast<float *>(at);
    w.sum = reinterpret_cast<struct exp_sum *>(at + logits);
    w.lse = reinterpret_cast<float *>(at + logits + sums), w.picked = w.lse + rows;
    const int32_t *on = static_cast<int32_t *>(lists);
    TRY(head_slices(c, &w, x, m, rows, on, on + rows + 1, e));
    TRY(device_read(&c->d, lse, w.lse, all * sizeof *lse, e));
    return picks ? device_read(&c->d, picked, w.picked, picks * sizeof *picked, e) : ST_OK;
}

enum status ops_cuda_open(struct ops **out, enum precision want, struct err *e) {
    if (want != PREC_BF16 && want != PREC_FP8)
        return fail(e, ST_UNSUPPORTED, "the CUDA backend computes in bf16 or fp8, not in %s",
                    want == PREC_INT8 ? "int8" : "f32");
    struct cuda *c = static_cast<struct cuda *>(mem_alloc(sizeof *c));
    if (!c) return fail(e, ST_NO_MEMORY, "no memory for the CUDA backend");
    memset(static_cast<void *>(c), 0, sizeof *c);
    struct ops *o = &c->ops;
    o->self = c;
    const char *graphs = getenv("TAPROOM_CUDA_GRAPHS"), *way = getenv("TAPROOM_CUDA_ATTENTION");
    c->fp8 = want == PREC_FP8;
    c->off.outside = c->rows[0].outside = c->rows[1].outside = c->head.outside = true;
    c->batched = way && strcmp(way, "batched") == 0;
    /* The length of a trunk is no part of a graph's key. */
    replay_open(&c->replays, !c->batched && (!graphs || strcmp(graphs, "0") != 0));
    enum status st = device_open(&c->d, e);
    if (st == ST_OK && c->fp8 && c->d.sm < SM_FP8) {
        st = fail(e, ST_UNSUPPORTED,
                  "CUDA: precision fp8 needs compute capability %d.%d, %s has %d.%d", SM_FP8 / 10,
                  SM_FP8 % 10, c->d.name, c->d.sm / 10, c->d.sm % 10);
        err_hint(e, "use --precision bf16");
    }
    if (st == ST_OK) st = matmul_open(&c->mm, &c->d, e);
    if (st != ST_OK) {
        cuda_close(o);
        return st;
    }
    snprintf(c->name, sizeof c->name, "cuda sm_%d %s", c->d.sm, c->d.name);
    o->name = c->name;
    o->precision = want;
    o->threads = 1;
    o->chunk_rows = CHUNK_ROWS;
    o->act_size = sizeof(uint16_t);
    o->pad_rows = matmul_room;
    o->close = cuda_close;
    o->alloc = cuda_alloc;
    o->alloc_kv = cuda_alloc_kv;
    o->release = cuda_release;
    o->write = cuda_write;
    o->read = cuda_read;
    o->keep_rows = cuda_keep_rows;
    o->copy_rows = cuda_copy_rows;
    o->begin = cuda_begin;
    o->end = cuda_end;
    o->mat_open = cuda_mat_open;
    o->mat_close = cuda_mat_close;
    o->embed = cuda_embed;
    o->rmsnorm = cuda_rmsnorm;
    o->norm_add = cuda_norm_add;
    o->scale = cuda_scale;
    o->add_bias = cuda_add_bias;
    o->head_norm = cuda_head_norm;
    o->matmul = cuda_matmul;
    o->kv_bytes = cuda_kv_bytes;
    o->rope_store = cuda_rope_store;
    o->attention = cuda_attention;
    o->swiglu = cuda_swiglu;
    o->geglu = cuda_geglu;
    o->head = cuda_head;
    *out = o;
    return ST_OK;
}
