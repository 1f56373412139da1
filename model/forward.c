/* The forward pass of one chunk, written once over the table of operations. */
#include "model/model.h"

enum { HEAD_ROWS = 1024 };

size_t model_kv_bytes(const struct model *m, int len) {
    return m->ops->kv_bytes(m->ops, &m->attn, len) * (size_t)m->layers;
}

static int qkv_width(const struct model *m) {
    return (m->attn.heads + 2 * m->attn.kv_heads) * m->attn.head_dim;
}

enum status work_open(struct work *w, struct model *m, int rows_max, struct err *e) {
    struct ops *o = m->ops;
    size_t rows = (size_t)o->pad_rows(rows_max), act = o->act_size;
    *w = (struct work){.m = m, .rows_max = rows_max};
    w->x = o->alloc(o, rows * (size_t)m->dim * 4);
    w->head_rows = 2 * rows_max < HEAD_ROWS ? 2 * rows_max : HEAD_ROWS;
    w->head_x = o->alloc(o, (size_t)o->pad_rows(w->head_rows) * (size_t)m->dim * 4);
    w->x_out = o->alloc(o, rows * (size_t)m->dim * 4);
    w->qkv = o->alloc(o, rows * (size_t)qkv_width(m) * 4);
    w->gate_up = o->alloc(o, rows * (size_t)m->ffn * 2 * 4);
    w->h = o->alloc(o, rows * (size_t)m->dim * act);
    w->att = o->alloc(o, rows * (size_t)(m->attn.heads * m->attn.head_dim) * act);
    w->act = o->alloc(o, rows * (size_t)m->ffn * act);
    int post = (m->has & FAMILY_POST_NORM) != 0;
    if (post) w->post = o->alloc(o, rows * (size_t)m->dim * 4);
    if (w->x && w->x_out && w->head_x && w->qkv && w->gate_up && w->h && w->att && w->act &&
        (w->post || !post))
        return ST_OK;
    work_close(w);
    return fail(e, ST_NO_MEMORY, "no memory for the activations of %d rows", rows_max);
}

void work_close(struct work *w) {
    if (!w->m) return;
    struct ops *o = w->m->ops;
    void *all[] = {w->x, w->x_out, w->qkv, w->gate_up, w->h, w->att, w->act, w->post, w->head_x};
    for (size_t i = 0; i < COUNT(all); i++) o->release(o, all[i]);
    *w = (struct work){0};
}

static const struct attn_shape *shape_of(const struct model *m, int l) {
    return m->layer[l].windowed ? &m->windowed : &m->attn;
}

/* The residual stream takes a product: x += in w^T, or its norm where the family has one there. */
static enum status add_product(struct work *w, const void *in, const struct mat *mat,
                               const float *norm, int rows, struct err *e) {
    struct ops *o = w->m->ops;
    if (!norm) return o->matmul(o, w->x, in, mat, rows, 1, e);
    TRY(o->matmul(o, w->post, in, mat, rows, 0, e));
    o->norm_add(o, w->x, w->post, norm, rows, w->m->dim, w->m->eps);
    return ST_OK;
}

/* Queries, keys and values of c, computed on `rows` rows; keys and values are stored. */
static enum status before_attention(struct work *w, const struct chunk *c, int rows, int l,
                                    struct err *e) {
    struct model *m = w->m;
    struct ops *o = m->ops;
    struct layer *y = &m->layer[l];
    o->rmsnorm(o, w->h, w->x, y->attn_norm, rows, m->dim, m->eps, 0);
    TRY(o->matmul(o, w->qkv, w->h, y->qkv, rows, 0, e));
    if (y->qkv_bias) o->add_bias(o, w->qkv, y->qkv_bias, rows, qkv_width(m));
    if (y->q_norm) o->head_norm(o, w->qkv, &m->attn, y->q_norm, y->k_norm, rows, m->eps);
    o->rope_store(o, w->qkv, shape_of(m, l), c, l);
    return ST_OK;
}

/* Attention output and feed-forward of one layer; w->qkv holds their queries. */
static enum status after_qkv(struct work *w, const struct chunk *c, int rows, int l,
                             struct err *e) {
    struct model *m = w->m;
    struct ops *o = m->ops;
    struct layer *y = &m->layer[l];
    TRY(o->attention(o, w->att, w->qkv, shape_of(m, l), c, l, e));
    TRY(add_product(w, w->att, y->out, y->attn_post, rows, e));
    o->rmsnorm(o, w->h, w->x, y->ffn_norm, rows, m->dim, m->eps, 0);
    TRY(o->matmul(o, w->gate_up, w->h, y->gate_up, rows, 0, e));
    (m->has & FAMILY_GEGLU ? o->geglu : o->swiglu)(o, w->act, w->gate_up, rows, m->ffn);
    return add_product(w, w->act, y->down, y->ffn_post, rows, e);
}

/* The operations of a pass. */
static enum status run(struct work *w, const struct ops_pass *p, struct err *e) {
    struct model *m = w->m;
    struct ops *o = m->ops;
    int rows = p->rows, read = p->read_rows;
    o->embed(o, w->x, m->embd, p->c->tok, rows);
    if (m->embd_scale != 1) o->scale(o, w->x, rows, m->dim, m->embd_scale);
    for (int l = 0; l < m->layers; l++) {
        TRY(before_attention(w, p->c, rows, l, e));
        if (l + 1 < m->layers) TRY(after_qkv(w, p->c, rows, l, e));
    }
    if (read == 0) return ST_OK;
    o->keep_rows(o, w->x, m->dim, read, p->from);
    o->keep_rows(o, w->qkv, qkv_width(m), read, p->from);
    TRY(after_qkv(w, p->read, read, m->layers - 1, e));
    o->rmsnorm(o, w->x_out, w->x, m->out_norm, read, m->dim, m->eps, 1);
    return ST_OK;
}

enum status model_forward(struct work *w, const struct chunk *c, const struct chunk *read,
                          const int32_t *from, struct err *e) {
    struct ops *o = w->m->ops;
    struct ops_pass p = {.work = w->x,
                         .rows_max = w->rows_max,
                         .c = c,
                         .read = read,
                         .from = from,
                         .attn = &w->m->attn,
                         .rows = c->rows,
                         .read_rows = read->rows};
    if (!o->begin) return run(w, &p, e);
    TRY(o->begin(o, &p, e));
    if (p.done) return ST_OK;
    int again = 0;
    enum status st = o->end(o, run(w, &p, e), &again, e);
    return again ? o->end(o, run(w, &p, e), &again, e) : st;
}
