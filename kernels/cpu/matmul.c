/* Matrix products through oneDNN's C API. */
#include "kernels/cpu/matmul.h"

#include "kernels/base/arena.h"

#include <oneapi/dnnl/dnnl.h>
#include <string.h>

enum { TILES = MM_TILE / OPS_ROW_PAD, PLANS_MAX = 64 };

/* One product shape: for every tile height a primitive, and the memory objects its arguments are
 * put into. */
struct plan {
    int n, k, half, add;
    dnnl_memory_desc_t weights;
    dnnl_primitive_t run[TILES];
    dnnl_memory_t x[TILES], y[TILES], w;
};

struct mm {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int n_plans;
    struct plan *plan[PLANS_MAX];
};

struct mm_mat {
    int n, k, half;
    struct plan *set, *add;
    void *data;
};

static enum status dnn(dnnl_status_t st, const char *what, struct err *e) {
    if (st == dnnl_success) return ST_OK;
    return fail(e, st == dnnl_out_of_memory ? ST_NO_MEMORY : ST_INTERNAL,
                "oneDNN: %s failed with status %d", what, (int)st);
}
#define DNN(call) TRY(dnn((call), #call, e))

static dnnl_data_type_t type_of(int half) {
    return half ? dnnl_bf16 : dnnl_f32;
}

static enum status describe(dnnl_memory_desc_t *d, int rows, int cols, dnnl_data_type_t type,
                            dnnl_format_tag_t tag, struct err *e) {
    dnnl_dims_t dims = {rows, cols};
    DNN(dnnl_memory_desc_init_by_tag(d, 2, dims, type, tag));
    return ST_OK;
}

/* Fills the primitive descriptor of one tile height; the caller destroys it. */
static enum status plan_desc(struct mm *m, const struct plan *p, int rows,
                             const dnnl_memory_desc_t *w, dnnl_primitive_desc_t *out,
                             struct err *e) {
    dnnl_memory_desc_t x, y;
    dnnl_matmul_desc_t op;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t post = NULL;
    TRY(describe(&x, rows, p->k, type_of(p->half), dnnl_ab, e));
    TRY(describe(&y, rows, p->n, dnnl_f32, dnnl_ab, e));
    DNN(dnnl_matmul_desc_init(&op, &x, w, NULL, &y));
    DNN(dnnl_primitive_attr_create(&attr));
    dnnl_status_t st = p->add ? dnnl_post_ops_create(&post) : dnnl_success;
    if (st == dnnl_success && p->add) st = dnnl_post_ops_append_sum(post, 1.0f);
    if (st == dnnl_success && p->add) st = dnnl_primitive_attr_set_post_ops(attr, post);
    if (st == dnnl_success) st = dnnl_primitive_desc_create(out, &op, attr, m->engine, NULL);
    if (post) dnnl_post_ops_destroy(post);
    dnnl_primitive_attr_destroy(attr);
    return dnn(st, "matmul set-up", e);
}

static enum status plan_tile(struct mm *m, struct plan *p, int tile, struct err *e) {
    int rows = (tile + 1) * OPS_ROW_PAD;
    dnnl_primitive_desc_t pd;
    dnnl_memory_desc_t x, y;
    TRY(plan_desc(m, p, rows, &p->weights, &pd, e));
    dnnl_status_t st = dnnl_primitive_create(&p->run[tile], pd);
    dnnl_primitive_desc_destroy(pd);
    TRY(dnn(st, "matmul code generation", e));
    TRY(describe(&x, rows, p->k, type_of(p->half), dnnl_ab, e));
    TRY(describe(&y, rows, p->n, dnnl_f32, dnnl_ab, e));
    DNN(dnnl_memory_create(&p->x[tile], &x, m->engine, DNNL_MEMORY_NONE));
    DNN(dnnl_memory_create(&p->y[tile], &y, m->engine, DNNL_MEMORY_NONE));
    return ST_OK;
}

static void plan_close(struct plan *p) {
    if (!p) return;
    for (int t = 0; t < TILES; t++) {
        if (p->run[t]) dnnl_primitive_destroy(p->run[t]);
        if (p->x[t]) dnnl_memory_destroy(p->x[t]);
        if (p->y[t]) dnnl_memory_destroy(p->y[t]);
    }
    if (p->w) dnnl_memory_destroy(p->w);
    mem_free(p);
}

/* The weights' layout is the one that oneDNN prefers for full tiles; the other heights are made to
 * take it as it is. */
static enum status plan_make(struct mm *m, struct plan *p, struct err *e) {
    dnnl_memory_desc_t any;
    dnnl_primitive_desc_t pd;
    TRY(describe(&any, p->k, p->n, type_of(p->half), dnnl_format_tag_any, e));
    TRY(plan_desc(m, p, MM_TILE, &any, &pd, e));
    p->weights = *dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    dnnl_primitive_desc_destroy(pd);
    DNN(dnnl_memory_create(&p->w, &p->weights, m->engine, DNNL_MEMORY_NONE));
    for (int t = 0; t < TILES; t++) TRY(plan_tile(m, p, t, e));
    return ST_OK;
}

static enum status plan_find(struct mm *m, struct plan **out, int n, int k, int half, int add,
                             struct err *e) {
    for (int i = 0; i < m->n_plans; i++) {
        struct plan *p = m->plan[i];
        *out = p;
        if (p->n == n && p->k == k && p->half == half && p->add == add) return ST_OK;
    }
    if (m->n_plans == PLANS_MAX)
        return fail(e, ST_LIMIT, "more than %d different matrix shapes", PLANS_MAX);
    struct plan *p = mem_alloc(sizeof *p);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for a product's plan");
    memset(p, 0, sizeof *p);
    p->n = n, p->k = k, p->half = half, p->add = add;
    enum status st = plan_make(m, p, e);
    if (st != ST_OK) {
        plan_close(p);
        return st;
    }
    *out = m->plan[m->n_plans++] = p;
    return ST_OK;
}

enum status mm_open(struct mm **out, struct err *e) {
    struct mm *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for oneDNN's context");
    memset(m, 0, sizeof *m);
    dnnl_status_t st = dnnl_engine_create(&m->engine, dnnl_cpu, 0);
    if (st == dnnl_success)
        st = dnnl_stream_create(&m->stream, m->engine, dnnl_stream_default_flags);
    if (st != dnnl_success) {
        mm_close(m);
        return dnn(st, "start", e);
    }
    *out = m;
    return ST_OK;
}

void mm_close(struct mm *m) {
    if (!m) return;
    for (int i = 0; i < m->n_plans; i++) plan_close(m->plan[i]);
    if (m->stream) dnnl_stream_destroy(m->stream);
    if (m->engine) dnnl_engine_destroy(m->engine);
    mem_free(m);
}

/* Rounds and reorders w (n, k) into the plan's layout. */
static enum status reorder(struct mm *m, struct mm_mat *t, const float *w, struct err *e) {
    dnnl_memory_desc_t from_desc;
    dnnl_memory_t from = NULL, to = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t p = NULL;
    const dnnl_memory_desc_t *to_desc = &t->set->weights;
    TRY(describe(&from_desc, t->k, t->n, dnnl_f32, dnnl_ba, e));
    dnnl_status_t st = dnnl_memory_create(&from, &from_desc, m->engine, (void *)(uintptr_t)w);
    if (st == dnnl_success) st = dnnl_memory_create(&to, to_desc, m->engine, t->data);
    if (st == dnnl_success)
        st = dnnl_reorder_primitive_desc_create(&pd, &from_desc, m->engine, to_desc, m->engine,
                                                NULL);
    if (st == dnnl_success) st = dnnl_primitive_create(&p, pd);
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    if (st == dnnl_success) st = dnnl_primitive_execute(p, m->stream, 2, args);
    if (st == dnnl_success) st = dnnl_stream_wait(m->stream);
    if (p) dnnl_primitive_destroy(p);
    if (pd) dnnl_primitive_desc_destroy(pd);
    if (to) dnnl_memory_destroy(to);
    if (from) dnnl_memory_destroy(from);
    return dnn(st, "weight reorder", e);
}

enum status mm_mat_open(struct mm *m, struct mm_mat **out, const float *w, int n, int k, int half,
                        struct err *e) {
    struct mm_mat *t = mem_alloc(sizeof *t);
    if (!t) return fail(e, ST_NO_MEMORY, "no memory for a matrix");
    *t = (struct mm_mat){.n = n, .k = k, .half = half};
    enum status st = plan_find(m, &t->set, n, k, half, 0, e);
    if (st == ST_OK) st = plan_find(m, &t->add, n, k, half, 1, e);
    if (st == ST_OK && !dnnl_memory_desc_equal(&t->set->weights, &t->add->weights))
        st = fail(e, ST_INTERNAL, "oneDNN wants two layouts for one %d x %d matrix", n, k);
    if (st == ST_OK && !(t->data = mem_alloc(dnnl_memory_desc_get_size(&t->set->weights))))
        st = fail(e, ST_NO_MEMORY, "no memory for a matrix of %d x %d", n, k);
    if (st == ST_OK) st = reorder(m, t, w, e);
    if (st != ST_OK) {
        mm_mat_close(t);
        return st;
    }
    *out = t;
    return ST_OK;
}

void mm_mat_close(struct mm_mat *w) {
    if (w) mem_free(w->data);
    mem_free(w);
}

int mm_plain(int ta, int tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
             float beta, float *c, int ldc) {
    return dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, 1, a, lda, b, ldb, beta, c, ldc) !=
           dnnl_success;
}

enum status mm_run(struct mm *m, float *y, const void *x, const struct mm_mat *w, int rows, int add,
                   struct err *e) {
    struct plan *p = add ? w->add : w->set;
    size_t x_row = (size_t)w->k * (w->half ? 2 : 4);
    DNN(dnnl_memory_set_data_handle(p->w, w->data));
    for (int r = 0; r < rows; r += MM_TILE) {
        int tile = (ops_pad_rows(rows - r < MM_TILE ? rows - r : MM_TILE)) / OPS_ROW_PAD - 1;
        void *from = (char *)(uintptr_t)x + (size_t)r * x_row;
        DNN(dnnl_memory_set_data_handle(p->x[tile], from));
        DNN(dnnl_memory_set_data_handle(p->y[tile], y + (size_t)r * (size_t)w->n));
        dnnl_exec_arg_t args[] = {
            {DNNL_ARG_SRC, p->x[tile]}, {DNNL_ARG_WEIGHTS, p->w}, {DNNL_ARG_DST, p->y[tile]}};
        DNN(dnnl_primitive_execute(p->run[tile], m->stream, 3, args));
        DNN(dnnl_stream_wait(m->stream));
    }
    return ST_OK;
}
