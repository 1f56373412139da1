/* Forward, then backward, over the two tables of operations: of the shape of model/forward.c. */
#include "model/train/pass.h"

#include <string.h>

enum { HEAD_TILE = 128 }; /* rows whose logits are held at once */

static int qkv_width(const struct model *m) {
    return (m->attn.heads + 2 * m->attn.kv_heads) * m->attn.head_dim;
}

static int att_width(const struct model *m) {
    return m->attn.heads * m->attn.head_dim;
}

static int most(int a, int b) {
    return a > b ? a : b;
}

static const struct attn_shape *shape_of(const struct model *m, int l) {
    return m->layer[l].windowed ? &m->windowed : &m->attn;
}

/* --- memory */

/* One buffer: rows x width of floats or of act_size elements. */
struct room {
    void *at; /* of the pointer in struct pass */
    int rows, width, act;
};

static enum status take(struct pass *w, const struct room *r, size_t n, struct err *e) {
    struct ops *o = w->p->m->ops;
    for (size_t i = 0; i < n; i++) {
        size_t rows = (size_t)o->pad_rows(r[i].rows), each = r[i].act ? o->act_size : 4;
        void *p = r[i].width ? o->alloc(o, rows * (size_t)r[i].width * each) : NULL;
        memcpy(r[i].at, &p, sizeof p);
        if (!p && r[i].width)
            return fail(e, ST_NO_MEMORY, "no memory for training on %d rows", w->rows_max);
    }
    return ST_OK;
}

static enum status take_layer(struct pass *w, struct pass_layer *y, struct err *e) {
    const struct model *m = w->p->m;
    int rows = w->rows_max, post = m->has & FAMILY_POST_NORM ? m->dim : 0;
    const struct room r[] = {{&y->raw, rows, qkv_width(m), 0}, {&y->qkv, rows, qkv_width(m), 0},
                             {&y->mid, rows, m->dim, 0},       {&y->gate_up, rows, 2 * m->ffn, 0},
                             {&y->post, rows, post, 0},        {&y->ffn_post, rows, post, 0},
                             {&y->h, rows, m->dim, 1},         {&y->att, rows, att_width(m), 1},
                             {&y->h2, rows, m->dim, 1},        {&y->act, rows, m->ffn, 1}};
    return take(w, r, COUNT(r), e);
}

static void give(struct pass *w) {
    struct ops *o = w->p->m->ops;
    void *all[] = {w->keep, w->x,      w->dx,      w->dh,     w->dpost,   w->dwide,
                   w->dmid, w->logits, w->dlogits, w->read_x, w->read_dx, w->read_h};
    for (size_t i = 0; i < COUNT(all); i++) o->release(o, all[i]);
    for (int l = 0; w->of && l < w->layers_kept; l++) {
        struct pass_layer *y = &w->of[l];
        void *its[] = {y->raw,      y->qkv, y->mid, y->gate_up, y->post,
                       y->ffn_post, y->h,   y->att, y->h2,      y->act};
        for (size_t i = 0; i < COUNT(its); i++) o->release(o, its[i]);
    }
    mem_free(w->of);
    mem_free(w->lse);
    mem_free(w->picked);
    mem_free(w->dpicked);
    *w = (struct pass){.p = w->p, .g = w->g, .whole = w->whole};
}

static enum status take_layers(struct pass *w, struct err *e) {
    w->layers_kept = w->whole ? w->p->m->layers - w->p->first : 1;
    w->of = mem_alloc((size_t)w->layers_kept * sizeof *w->of);
    if (!w->of) return fail(e, ST_NO_MEMORY, "no memory for %d layers", w->layers_kept);
    memset(w->of, 0, (size_t)w->layers_kept * sizeof *w->of);
    for (int l = 0; l < w->layers_kept; l++) TRY(take_layer(w, &w->of[l], e));
    return ST_OK;
}

static enum status take_all(struct pass *w, struct err *e) {
    const struct model *m = w->p->m;
    int rows = w->rows_max, wide = most(2 * m->ffn, qkv_width(m));
    int kept = (m->layers - w->p->first) * m->dim;
    const struct room r[] = {{&w->keep, rows, kept, 0},
                             {&w->x, rows, m->dim, 0},
                             {&w->dx, rows, m->dim, 0},
                             {&w->dh, rows, m->dim, 0},
                             {&w->dpost, rows, m->has & FAMILY_POST_NORM ? m->dim : 0, 0},
                             {&w->dwide, rows, wide, 0},
                             {&w->dmid, rows, most(m->ffn, att_width(m)), 0},
                             {&w->logits, HEAD_TILE, m->vocab, 0},
                             {&w->dlogits, HEAD_TILE, m->vocab, 1},
                             {&w->read_x, rows, m->dim, 0},
                             {&w->read_dx, rows, m->dim, 0},
                             {&w->read_h, rows, m->dim, 1}};
    TRY(take(w, r, COUNT(r), e));
    TRY(take_layers(w, e));
    w->lse = mem_alloc((size_t)rows * sizeof *w->lse);
    w->picked = mem_alloc((size_t)(w->picks_max + 1) * sizeof *w->picked);
    w->dpicked = mem_alloc((size_t)(w->picks_max + 1) * sizeof *w->dpicked);
    return w->lse && w->picked && w->dpicked
               ? ST_OK
               : fail(e, ST_NO_MEMORY, "no memory for %d values that are read", w->picks_max);
}

enum status pass_room(struct pass *w, int rows, int picks, struct err *e) {
    if (rows <= w->rows_max && picks <= w->picks_max) return ST_OK;
    int rows_max = most(rows, w->rows_max), picks_max = most(picks, w->picks_max);
    give(w);
    w->rows_max = rows_max;
    w->picks_max = picks_max;
    enum status st = take_all(w, e);
    if (st != ST_OK) give(w);
    return st;
}

void pass_close(struct pass *w) {
    if (w->p) give(w);
}

/* --- forward */

static float *kept(const struct pass *w, const struct train_tree *t, int l) {
    return w->keep + (size_t)(l - w->p->first) * (size_t)t->chunk.rows * (size_t)w->p->m->dim;
}

/* x += in w^T, or its norm; `to` keeps what was normed. */
static enum status add_product(struct pass *w, float *x, float *to, const void *in,
                               const struct mat *mat, const float *norm, int rows, struct err *e) {
    struct model *m = w->p->m;
    struct ops *o = m->ops;
    if (!norm) return o->matmul(o, x, in, mat, rows, 1, e);
    TRY(o->matmul(o, to, in, mat, rows, 0, e));
    memcpy(w->dh, to, (size_t)rows * (size_t)m->dim * sizeof *to);
    o->norm_add(o, x, w->dh, norm, rows, m->dim, m->eps);
    return ST_OK;
}

/* Makes layer l the one at work. Layers that only run forward share the first place. */
static void at_layer(struct pass *w, int l) {
    int i = l - w->p->first;
    w->y = w->of[i > 0 && i < w->layers_kept ? i : 0];
}

/* Layer l on x, in place; what its backward pass needs stays in w. */
static enum status layer_forward(struct pass *w, const struct train_tree *t, int l, float *x,
                                 struct err *e) {
    struct model *m = w->p->m;
    struct ops *o = m->ops;
    struct layer *y = &m->layer[l];
    const struct chunk *c = &t->chunk;
    int rows = c->rows, width = qkv_width(m);
    at_layer(w, l);
    o->rmsnorm(o, w->y.h, x, y->attn_norm, rows, m->dim, m->eps, 0);
    TRY(o->matmul(o, w->y.qkv, w->y.h, y->qkv, rows, 0, e));
    if (y->qkv_bias) o->add_bias(o, w->y.qkv, y->qkv_bias, rows, width);
    if (y->q_norm) {
        memcpy(w->y.raw, w->y.qkv, (size_t)rows * (size_t)width * sizeof *w->y.raw);
        o->head_norm(o, w->y.qkv, &m->attn, y->q_norm, y->k_norm, rows, m->eps);
    }
    o->rope_store(o, w->y.qkv, shape_of(m, l), c, 0);
    TRY(o->attention(o, w->y.att, w->y.qkv, shape_of(m, l), c, 0, e));
    TRY(add_product(w, x, w->y.post, w->y.att, y->out, y->attn_post, rows, e));
    memcpy(w->y.mid, x, (size_t)rows * (size_t)m->dim * sizeof *x);
    o->rmsnorm(o, w->y.h2, x, y->ffn_norm, rows, m->dim, m->eps, 0);
    TRY(o->matmul(o, w->y.gate_up, w->y.h2, y->gate_up, rows, 0, e));
    (m->has & FAMILY_GEGLU ? o->geglu : o->swiglu)(o, w->y.act, w->y.gate_up, rows, m->ffn);
    return add_product(w, x, w->y.ffn_post, w->y.act, y->down, y->ffn_post, rows, e);
}

/* The rows that answers are read through: while learning the few that were chosen, if any were. */
static const struct params_head *head_of(const struct pass *w, int learn) {
    return learn && w->p->few.fwd ? &w->p->few : &w->p->head;
}

/* Logits of read rows r0 .. of w->read_h. */
static enum status logits_of(struct pass *w, const struct params_head *head, int r0, int n,
                             struct err *e) {
    struct model *m = w->p->m;
    const char *from = (const char *)w->read_h + (size_t)r0 * (size_t)m->dim * m->ops->act_size;
    return m->ops->matmul(m->ops, w->logits, from, head->fwd, n, 0, e);
}

static enum status read_forward(struct pass *w, const struct train_tree *t, int learn,
                                struct err *e) {
    struct model *m = w->p->m;
    const struct params_head *head = head_of(w, learn);
    size_t row = (size_t)m->dim;
    for (int i = 0; i < t->n_read; i++)
        memcpy(w->read_x + (size_t)i * row, w->x + (size_t)t->read[i] * row, row * sizeof *w->x);
    m->ops->rmsnorm(m->ops, w->read_h, w->read_x, m->out_norm, t->n_read, m->dim, m->eps, 0);
    for (int r = 0; r < t->n_read; r += HEAD_TILE) {
        int n = t->n_read - r < HEAD_TILE ? t->n_read - r : HEAD_TILE;
        TRY(logits_of(w, head, r, n, e));
        w->g->log_softmax(w->g, w->lse + r, w->picked, w->logits, n, head->n, t->off + r, t->pick);
    }
    return ST_OK;
}

enum status pass_forward(struct pass *w, const struct train_tree *t, int keep, struct err *e) {
    struct model *m = w->p->m;
    struct ops *o = m->ops;
    int rows = t->chunk.rows;
    size_t bytes = (size_t)rows * (size_t)m->dim * sizeof *w->x;
    TRY(pass_room(w, rows, t->n_picks, e));
    o->embed(o, w->x, m->embd, t->chunk.tok, rows);
    if (m->embd_scale != 1) o->scale(o, w->x, rows, m->dim, m->embd_scale);
    for (int l = 0; l < m->layers; l++) {
        if (keep && l >= w->p->first) memcpy(kept(w, t, l), w->x, bytes);
        TRY(layer_forward(w, t, l, w->x, e));
    }
    return read_forward(w, t, keep, e);
}

/* --- backward */

/* dx of read rows, from dpicked: through the head, then the last norm. */
static enum status read_backward(struct pass *w, const struct train_tree *t, struct err *e) {
    struct model *m = w->p->m;
    const struct params_head *head = head_of(w, 1);
    size_t row = (size_t)m->dim, bytes = (size_t)t->chunk.rows * row * sizeof *w->dx;
    for (int r = 0; r < t->n_read; r += HEAD_TILE) {
        int n = t->n_read - r < HEAD_TILE ? t->n_read - r : HEAD_TILE;
        TRY(logits_of(w, head, r, n, e));
        TRY(w->g->softmax(w->g, w->dlogits, w->logits, w->lse + r, w->dpicked, n, head->n,
                          t->off + r, t->pick, e));
        TRY(w->g->matmul(w->g, w->dh + (size_t)r * row, w->dlogits, 1, head->fwd, head->back, n,
                         head->n, m->dim, e));
    }
    memset(w->read_dx, 0, (size_t)t->n_read * row * sizeof *w->read_dx);
    w->g->rmsnorm(w->g, w->read_dx, NULL, w->dh, w->read_x, m->out_norm, t->n_read, m->dim, m->eps);
    memset(w->dx, 0, bytes);
    for (int i = 0; i < t->n_read; i++)
        memcpy(w->dx + (size_t)t->read[i] * row, w->read_dx + (size_t)i * row, row * sizeof *w->dx);
    return ST_OK;
}

/* Linear s of layer l, y = x w^T: dx (rows, k) from dy, unless NULL, and its factors'. */
static enum status linear_backward(struct pass *w, int l, int s, float *dx, const float *dy,
                                   const void *x, int rows, struct err *e) {
    struct params *p = w->p;
    const struct params_linear *y = &p->linear[(size_t)l * MODEL_LINEARS + (size_t)s];
    for (int i = 0; i < y->parts; i++) {
        if (y->part[i].lora < 0) continue;
        const struct adapter_part *q = &p->lora.part[y->part[i].lora];
        TRY(w->g->low_rank(w->g, p->grad + (q->a - p->value), p->grad + (q->b - p->value), q->a,
                           q->b, q->rank, p->lora.alpha / (float)q->rank, dy + y->part[i].col, y->n,
                           q->n, x, y->k, rows, e));
    }
    if (!dx) return ST_OK;
    const struct mat *fwd = *(struct mat **)(void *)((char *)&p->m->layer[l] + p->at[s]);
    return w->g->matmul(w->g, dx, dy, 0, fwd, y->back, rows, y->n, y->k, e);
}

/* What add_product takes its product's derivative from: dx itself, or through the norm. */
static const float *before_norm(struct pass *w, const float *post, const float *norm, int rows) {
    struct model *m = w->p->m;
    if (!norm) return w->dx;
    memset(w->dpost, 0, (size_t)rows * (size_t)m->dim * sizeof *w->dpost);
    w->g->rmsnorm(w->g, w->dpost, NULL, w->dx, post, norm, rows, m->dim, m->eps);
    return w->dpost;
}

enum { QKV, OUT, GATE_UP, DOWN }; /* as model_linears orders them */

/* w->dx: of the layer's output on entry, of its input on return (not of the first trained one's,
 * which nobody asks for). */
static enum status layer_backward(struct pass *w, const struct train_tree *t, int l,
                                  struct err *e) {
    struct model *m = w->p->m;
    struct grad *g = w->g;
    struct layer *y = &m->layer[l];
    const struct attn_shape *s = shape_of(m, l);
    int rows = t->chunk.rows, last = l == w->p->first;
    at_layer(w, l);
    const float *d = before_norm(w, w->y.ffn_post, y->ffn_post, rows);
    TRY(linear_backward(w, l, DOWN, w->dmid, d, w->y.act, rows, e));
    (m->has & FAMILY_GEGLU ? g->geglu : g->swiglu)(g, w->dwide, w->dmid, w->y.gate_up, rows,
                                                   m->ffn);
    TRY(linear_backward(w, l, GATE_UP, w->dh, w->dwide, w->y.h2, rows, e));
    g->rmsnorm(g, w->dx, NULL, w->dh, w->y.mid, y->ffn_norm, rows, m->dim, m->eps);
    d = before_norm(w, w->y.post, y->attn_post, rows);
    TRY(linear_backward(w, l, OUT, w->dmid, d, w->y.att, rows, e));
    TRY(g->attention(g, w->dwide, w->dmid, w->y.qkv, s, &t->back, e));
    g->rope(g, w->dwide, s, t->chunk.pos, rows);
    if (y->q_norm)
        g->head_norm(g, w->dwide, NULL, NULL, w->y.raw, s, y->q_norm, y->k_norm, rows, m->eps);
    TRY(linear_backward(w, l, QKV, last ? NULL : w->dh, w->dwide, w->y.h, rows, e));
    if (!last) g->rmsnorm(g, w->dx, NULL, w->dh, kept(w, t, l), y->attn_norm, rows, m->dim, m->eps);
    return ST_OK;
}

enum status pass_backward(struct pass *w, const struct train_tree *t, struct err *e) {
    struct model *m = w->p->m;
    size_t bytes = (size_t)t->chunk.rows * (size_t)m->dim * sizeof *w->x;
    TRY(read_backward(w, t, e));
    for (int l = m->layers - 1; l >= w->p->first; l--) {
        if (!w->whole && l + 1 < m->layers) { /* the last layer's values are still there */
            memcpy(w->x, kept(w, t, l), bytes);
            TRY(layer_forward(w, t, l, w->x, e));
        }
        TRY(layer_backward(w, t, l, e));
    }
    return ST_OK;
}
