/* One primitive for each shape, one block of weights for each layer. */
#include "tests/bench/programs/onednn_s8.h"

#include "kernels/base/arena.h"
#include "kernels/base/os/clock.h"

#include <oneapi/dnnl/dnnl.h>
#include <string.h>

enum { SHAPES_MAX = 8 };

struct s8 {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int n, layers;
    struct product {
        dnnl_primitive_t run; /* NULL: only the reference */
        dnnl_memory_t x, w, y;
        size_t bytes;
        char *weights; /* (layers, bytes) */
    } p[SHAPES_MAX];
};

static enum status dnn(dnnl_status_t st, const char *what, struct err *e) {
    return st == dnnl_success ? ST_OK
                              : fail(e, ST_INTERNAL, "oneDNN: %s failed with %d", what, (int)st);
}
#define DNN(call) TRY(dnn((call), #call, e))

static enum status describe(dnnl_memory_desc_t *d, int rows, int cols, dnnl_data_type_t type,
                            dnnl_format_tag_t tag, struct err *e) {
    dnnl_dims_t dims = {rows, cols};
    DNN(dnnl_memory_desc_init_by_tag(d, 2, dims, type, tag));
    return ST_OK;
}

static enum status open_weights(struct s8 *s, struct product *p, const dnnl_memory_desc_t *w,
                                struct err *e) {
    p->bytes = dnnl_memory_desc_get_size(w);
    p->weights = mem_alloc(p->bytes * (size_t)s->layers);
    if (!p->weights) return fail(e, ST_NO_MEMORY, "no memory for weights");
    for (size_t i = 0; i < p->bytes * (size_t)s->layers; i++) p->weights[i] = (char)(i % 251);
    DNN(dnnl_memory_create(&p->w, w, s->engine, DNNL_MEMORY_NONE));
    return ST_OK;
}

static enum status open_product(struct s8 *s, struct product *p, const struct s8_shape *shape,
                                void *from, void *to, struct err *e) {
    dnnl_memory_desc_t x, w, y;
    dnnl_matmul_desc_t op;
    dnnl_primitive_desc_t pd;
    const char *name = "";
    TRY(describe(&x, shape->rows, shape->k, dnnl_u8, dnnl_ab, e));
    TRY(describe(&w, shape->k, shape->n, dnnl_s8, dnnl_format_tag_any, e));
    TRY(describe(&y, shape->rows, shape->n, dnnl_s32, dnnl_ab, e));
    DNN(dnnl_matmul_desc_init(&op, &x, &w, NULL, &y));
    DNN(dnnl_primitive_desc_create(&pd, &op, NULL, s->engine, NULL));
    w = *dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    dnnl_status_t st = dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);
    if (st == dnnl_success && strncmp(name, "ref", 3) != 0) st = dnnl_primitive_create(&p->run, pd);
    dnnl_primitive_desc_destroy(pd);
    TRY(dnn(st, "code generation", e));
    if (!p->run) return ST_OK;
    DNN(dnnl_memory_create(&p->x, &x, s->engine, from));
    DNN(dnnl_memory_create(&p->y, &y, s->engine, to));
    return open_weights(s, p, &w, e);
}

static enum status s8_open(struct s8 **out, const struct s8_shape *shape, int n, int layers,
                           void *x, void *y, struct err *e) {
    CHECK(n <= SHAPES_MAX);
    struct s8 *s = *out = mem_alloc(sizeof *s);
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for oneDNN's context");
    memset(s, 0, sizeof *s);
    s->n = n, s->layers = layers;
    DNN(dnnl_engine_create(&s->engine, dnnl_cpu, 0));
    DNN(dnnl_stream_create(&s->stream, s->engine, dnnl_stream_default_flags));
    for (int i = 0; i < n; i++) TRY(open_product(s, &s->p[i], &shape[i], x, y, e));
    return ST_OK;
}

enum status s8_pass(struct s8 **s, const struct s8_shape *shape, int n, int layers, void *x,
                    void *y, double *seconds, struct err *e) {
    if (!*s) TRY(s8_open(s, shape, n, layers, x, y, e));
    for (int i = 0; i < n; i++) seconds[i] = 0;
    for (int l = 0; l < layers; l++)
        for (int i = 0; i < n; i++) {
            struct product *p = &(*s)->p[i];
            if (!p->run) continue;
            dnnl_exec_arg_t args[] = {
                {DNNL_ARG_SRC, p->x}, {DNNL_ARG_WEIGHTS, p->w}, {DNNL_ARG_DST, p->y}};
            double start = clock_s();
            DNN(dnnl_memory_set_data_handle(p->w, p->weights + (size_t)l * p->bytes));
            DNN(dnnl_primitive_execute(p->run, (*s)->stream, 3, args));
            DNN(dnnl_stream_wait((*s)->stream));
            seconds[i] += (clock_s() - start) / layers;
        }
    return ST_OK;
}

void s8_close(struct s8 *s) {
    if (!s) return;
    for (int i = 0; i < s->n; i++) {
        struct product *p = &s->p[i];
        if (p->run) dnnl_primitive_destroy(p->run);
        if (p->x) dnnl_memory_destroy(p->x);
        if (p->w) dnnl_memory_destroy(p->w);
        if (p->y) dnnl_memory_destroy(p->y);
        mem_free(p->weights);
    }
    if (s->stream) dnnl_stream_destroy(s->stream);
    if (s->engine) dnnl_engine_destroy(s->engine);
    mem_free(s);
}
