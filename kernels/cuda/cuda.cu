/* The CUDA backend's table of operations. Weights and the inputs of products are bf16 or fp8, the
 * head's f32, keys and values bf16, the residual stream and all sums f32. */
#include "kernels/cuda/cuda.cuh"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 8192, SM_FP8 = 89 };

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

static void fill_table(struct ops *o) {
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
    fill_table(o);
    *out = o;
    return ST_OK;
}
