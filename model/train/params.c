/* LoRA's factors, and the matrices made of them. */
#include "model/train/params.h"

#include "model/train/random.h"

#include <stdio.h>
#include <string.h>

static struct mat **slot(const struct params *p, int l, int s) {
    return (struct mat **)(void *)((char *)&p->m->layer[l] + p->at[s]);
}

static struct params_linear *linear_of(const struct params *p, int l, int s) {
    return &p->linear[(size_t)l * MODEL_LINEARS + (size_t)s];
}

/* --- matrices */

static enum status open_f32(const struct params *p, struct mat **out, const float *w, int n, int k,
                            struct err *e) {
    const struct mat_part part = {block_type_find(0), (const uint8_t *)w, n};
    struct ops *o = p->m->ops;
    struct mat *fresh;
    TRY(o->mat_open(o, &fresh, &part, 1, k, MAT_LINEAR, e));
    o->mat_close(o, *out);
    *out = fresh;
    return ST_OK;
}

static void unpack(float *w, const struct mat_part *base, int k) {
    size_t blocks = (size_t)k / (size_t)base->type->elems;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < base->n; r++)
        base->type->to_f32(w + (size_t)r * (size_t)k,
                           base->data + (size_t)r * blocks * (size_t)base->type->bytes, blocks);
}

/* The backward matrix of values w (n, k), in the place of an earlier one. */
static enum status open_back(const struct params *p, struct mat **back, const struct mat *fwd,
                             const float *w, int n, int k, struct err *e) {
    p->m->ops->mat_close(p->m->ops, *back);
    *back = NULL;
    return p->g->back_open(p->g, back, fwd, w, n, k, e);
}

/* One linear's forward and backward matrix; w has room for it. A linear without a trained part is
 * made once. */
static enum status apply_linear(const struct params *p, int l, int s, float *w, struct err *e) {
    struct params_linear *y = linear_of(p, l, s);
    int trained = 0;
    for (int i = 0; i < y->parts; i++) trained |= y->part[i].lora >= 0;
    if (!trained && y->made) return ST_OK;
    for (int i = 0; i < y->parts; i++) {
        float *at = w + (size_t)y->part[i].col * (size_t)y->k;
        unpack(at, &y->part[i].base, y->k);
        if (y->part[i].lora >= 0) adapter_merge(&p->lora, &p->lora.part[y->part[i].lora], at);
    }
    if (trained) TRY(open_f32(p, slot(p, l, s), w, y->n, y->k, e));
    y->made = 1;
    return open_back(p, &y->back, *slot(p, l, s), w, y->n, y->k, e);
}

enum status params_apply(struct params *p, struct err *e) {
    size_t most = 0;
    for (int s = 0; p->first < p->m->layers && s < MODEL_LINEARS; s++) {
        const struct params_linear *y = linear_of(p, p->first, s);
        size_t n = (size_t)y->n * (size_t)y->k;
        most = n > most ? n : most;
    }
    float *w = mem_alloc(most * sizeof *w);
    if (!w) return fail(e, ST_NO_MEMORY, "no memory for a matrix of %zu values", most);
    enum status st = ST_OK;
    for (int l = p->first; st == ST_OK && l < p->m->layers; l++)
        for (int s = 0; st == ST_OK && s < MODEL_LINEARS; s++) st = apply_linear(p, l, s, w, e);
    mem_free(w);
    return st;
}

static enum status head_part(const struct params *p, const struct gguf *g, struct mat_part *out,
                             struct err *e) {
    const char *name = gguf_tensor(g, "output.weight") ? "output.weight" : "token_embd.weight";
    return model_tensor(g, -1, name, p->m->dim, p->m->vocab, out, e);
}

static enum status open_head(struct params *p, const struct gguf *g, struct err *e) {
    struct mat_part part;
    struct model *m = p->m;
    size_t n = (size_t)m->vocab, k = (size_t)m->dim;
    TRY(head_part(p, g, &part, e));
    p->head.n = m->vocab;
    p->head.own = m->ops->act_size != sizeof(float);
    p->head.fwd = p->head.own ? NULL : m->head;
    if (p->head.own) TRY(m->ops->mat_open(m->ops, &p->head.fwd, &part, 1, m->dim, MAT_LINEAR, e));
    float *w = mem_alloc(n * k * sizeof *w);
    if (!w) return fail(e, ST_NO_MEMORY, "no memory for a head of %zu values", n * k);
    unpack(w, &part, m->dim);
    enum status st = open_back(p, &p->head.back, p->head.fwd, w, m->vocab, m->dim, e);
    mem_free(w);
    return st;
}

static void close_head(const struct params *p, struct params_head *h) {
    struct ops *o = p->m->ops;
    if (h->own) o->mat_close(o, h->fwd);
    o->mat_close(o, h->back);
    *h = (struct params_head){.fwd = NULL};
}

static enum status check_few(const struct params *p, const int32_t *token, int n, struct err *e) {
    for (int i = 0; i < n; i++)
        if (token[i] < 0 || token[i] >= p->m->vocab || (i > 0 && token[i] <= token[i - 1]))
            return fail(e, ST_INVALID, "token %d of those to learn with is out of order", i);
    return n > 0 ? ST_OK : fail(e, ST_INVALID, "there are no tokens to learn with");
}

enum status params_few(struct params *p, const struct gguf *g, const int32_t *token, int n,
                       struct err *e) {
    struct mat_part part;
    size_t k = (size_t)p->m->dim;
    TRY(check_few(p, token, n, e));
    TRY(head_part(p, g, &part, e));
    size_t row = k / (size_t)part.type->elems * (size_t)part.type->bytes;
    if (!p->place) p->place = ARENA_NEW(&p->lora.arena, int32_t, (size_t)p->m->vocab);
    float *w = mem_alloc((size_t)n * k * sizeof *w);
    if (!p->place || !w) {
        mem_free(w);
        return fail(e, ST_NO_MEMORY, "no memory for %d rows of the head", n);
    }
    close_head(p, &p->few);
    for (int i = 0; i < p->m->vocab; i++) p->place[i] = -1;
    for (int i = 0; i < n; i++) {
        p->place[token[i]] = i;
        part.type->to_f32(w + (size_t)i * k, part.data + (size_t)token[i] * row,
                          k / (size_t)part.type->elems);
    }
    p->few.n = n;
    p->few.own = 1;
    enum status st = open_f32(p, &p->few.fwd, w, n, p->m->dim, e);
    if (st == ST_OK) st = open_back(p, &p->few.back, p->few.fwd, w, n, p->m->dim, e);
    mem_free(w);
    if (st != ST_OK) close_head(p, &p->few);
    return st;
}

/* --- opening */

/* The parts of layers from `first` on; counts and names those that are trained. */
static enum status find_parts(struct params *p, const struct gguf *g, const struct hyper *h,
                              const struct params_config *c, struct err *e) {
    struct model_linear lin[MODEL_LINEARS];
    model_linears(h, lin);
    for (int l = p->first; l < h->layers; l++)
        for (int s = 0; s < MODEL_LINEARS; s++) {
            struct params_linear *y = linear_of(p, l, s);
            y->k = lin[s].k;
            y->parts = lin[s].parts;
            p->at[s] = lin[s].at;
            for (int i = 0; i < y->parts; i++) {
                struct params_part *q = &y->part[i];
                q->col = y->n;
                q->lora = -1;
                TRY(model_tensor(g, l, lin[s].part[i].name, y->k, lin[s].part[i].n, &q->base, e));
                y->n += q->base.n;
                if (c->skip >> (3 * s + i) & 1) continue;
                q->lora = p->lora.n++;
                struct adapter_part *a = &p->lora.part[q->lora];
                *a = (struct adapter_part){.rank = c->rank, .n = q->base.n, .k = y->k};
                (void)snprintf(a->name, sizeof a->name, "blk.%d.%s", l, lin[s].part[i].name);
                p->n += (size_t)c->rank * (size_t)(a->n + a->k);
            }
        }
    return p->lora.n || c->frozen ? ST_OK : fail(e, ST_INVALID, "there is nothing to train");
}

/* A as PyTorch's Kaiming start with a = sqrt(5): uniform within 1 / sqrt(k). */
static void start_values(struct params *p, uint64_t seed) {
    float *at = p->value;
    struct random r = random_of(seed);
    for (int i = 0; i < p->lora.n; i++) {
        struct adapter_part *q = &p->lora.part[i];
        size_t na = (size_t)q->rank * (size_t)q->k, nb = (size_t)q->n * (size_t)q->rank;
        double bound = 1 / __builtin_sqrt(q->k);
        q->a = at;
        q->b = at + na;
        for (size_t v = 0; v < na; v++) q->a[v] = (float)((2 * random_unit(&r) - 1) * bound);
        at += na + nb;
    }
}

static enum status check_config(const struct model *m, const struct params_config *c,
                                struct err *e) {
    if (c->rank < 1 || c->rank > ADAPTER_RANK_MAX)
        return fail(e, ST_INVALID, "a rank of %d is not in 1 .. %d", c->rank, ADAPTER_RANK_MAX);
    if (c->first < 0 || c->first >= m->layers)
        return fail(e, ST_INVALID, "the first trained layer %d is not one of the model's %d",
                    c->first, m->layers);
    return ST_OK;
}

enum status params_open(struct params *p, struct model *m, struct grad *grad, const struct gguf *g,
                        const struct hyper *h, const struct params_config *c, int extra,
                        struct err *e) {
    *p = (struct params){.m = m, .g = grad, .first = c->frozen ? m->layers : c->first};
    if (!c->frozen) TRY(check_config(m, c, e));
    arena_init(&p->lora.arena, (size_t)1 << 40);
    struct arena *a = &p->lora.arena;
    size_t linears = (size_t)m->layers * MODEL_LINEARS;
    p->lora.alpha = c->alpha > 0 ? c->alpha : 2 * (float)c->rank;
    p->linear = ARENA_NEW(a, struct params_linear, linears);
    p->lora.part = ARENA_NEW(a, struct adapter_part, linears * MODEL_PARTS);
    enum status st = p->linear && p->lora.part
                         ? find_parts(p, g, h, c, e)
                         : fail(e, ST_NO_MEMORY, "no memory for what is trained");
    if (st == ST_OK) {
        p->n += (size_t)extra;
        p->value = ARENA_NEW(a, float, p->n + 1);
        p->grad = ARENA_NEW(a, float, p->n + 1);
        if (!p->value || !p->grad)
            st = fail(e, ST_NO_MEMORY, "no memory for %zu trained values", p->n);
    }
    if (st == ST_OK) start_values(p, c->seed);
    if (st == ST_OK) st = open_head(p, g, e);
    if (st == ST_OK) st = params_apply(p, e);
    if (st != ST_OK) params_close(p);
    return st;
}

void params_close(struct params *p) {
    if (!p->m) return;
    struct ops *o = p->m->ops;
    for (int i = 0; p->linear && i < p->m->layers * MODEL_LINEARS; i++)
        o->mat_close(o, p->linear[i].back);
    close_head(p, &p->head);
    close_head(p, &p->few);
    arena_free(&p->lora.arena);
    *p = (struct params){.m = NULL};
}
