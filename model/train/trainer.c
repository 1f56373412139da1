/* A model, its trained values, the optimizer's, and the pass over a tree. */
#include "model/train/trainer.h"

#include "model/engine/backend.h"
#include "model/format/shards.h"
#include "model/tokenizer/template.h"
#include "model/train/optim.h"
#include "model/train/pass.h"

#include <math.h>
#include <string.h>

const struct trainer_linear trainer_linears[TRAINER_LINEARS] = {
    {"q_proj", 1 << 0},    {"k_proj", 1 << 1},  {"v_proj", 1 << 2},   {"o_proj", 1 << 3},
    {"gate_proj", 1 << 6}, {"up_proj", 1 << 7}, {"down_proj", 1 << 9}};

struct trainer {
    struct arena tables, tree; /* the file's directory; what one call lays out */
    struct shards files;
    struct hyper hyper;
    struct trainer_info info;
    char sha[65];
    uint64_t seed;
    struct tok *tok;
    struct chat_template chat;
    struct ops *ops;
    struct grad *g;
    struct model *m;
    struct params p;
    struct pass pass;
    struct optim optim;
    float *moments; /* (2, n) */
    float alpha;    /* the adapter's own, while it is switched off */
    int scalars, on;
};

/* --- opening */

static enum status open_backend(struct trainer *t, const struct trainer_config *c, struct err *e) {
    struct engine_config ec = {.backend = c->backend ? c->backend : "cpu",
                               .precision = c->precision ? c->precision : "auto",
                               .threads = c->threads};
    const char *no_gpu;
    if (strcmp(ec.backend, "cpu") != 0 && strcmp(ec.backend, "ref") != 0)
        return fail(e, ST_UNSUPPORTED, "training runs on backend cpu, not on '%.20s'", ec.backend);
    TRY(backend_open(&ec, NULL, &t->tables, &t->ops, &no_gpu, e));
    if (strcmp(ec.backend, "ref") == 0) return grad_ref_open(&t->g, t->ops, e);
    return grad_cpu_open(&t->g, t->ops, e);
}

static enum status text_of(struct trainer *t, const char *key, const char *def, const char **out,
                           struct err *e) {
    struct view v;
    TRY(gguf_text(&t->files.g, key, def, &v, e));
    *out = arena_copy(&t->tables, v.p, v.n < 200 ? v.n : 200);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the model's names");
}

static enum status fill_info(struct trainer *t, struct err *e) {
    struct trainer_info *i = &t->info;
    hash_hex(&t->files.sha, t->sha);
    TRY(text_of(t, "general.name", "unnamed", &i->name, e));
    TRY(text_of(t, "general.architecture", NULL, &i->architecture, e));
    i->sha256 = t->sha;
    i->code = t->ops->name;
    i->precision = backend_precision(t->ops->precision);
    i->layers = t->m->layers;
    i->context = t->m->context;
    i->vocab = t->m->vocab;
    i->threads = t->ops->threads;
    i->parameters = t->m->parameters;
    i->trained = (long long)t->p.n;
    i->bos = tok_bos(t->tok);
    return ST_OK;
}

static enum status open_optim(struct trainer *t, const struct trainer_config *c, struct err *e) {
    size_t n = t->p.n;
    t->moments = mem_alloc(2 * n * sizeof *t->moments);
    if (!t->moments) return fail(e, ST_NO_MEMORY, "no memory for the moments of %zu values", n);
    memset(t->moments, 0, 2 * n * sizeof *t->moments);
    t->optim = (struct optim){
        .c = {c->beta1 > 0 ? c->beta1 : .9, c->beta2 > 0 ? c->beta2 : .98, 1e-8, c->decay, c->clip},
        .value = t->p.value,
        .grad = t->p.grad,
        .m = t->moments,
        .v = t->moments + n,
        .n = n,
        .n_main = n - (size_t)c->scalars};
    return ST_OK;
}

static enum status start(struct trainer *t, const struct trainer_config *c, struct err *e) {
    const struct params_config pc = {c->rank, c->alpha, c->first, c->skip, c->seed, c->frozen};
    TRY(shards_open(&t->files, c->model, &t->tables, NULL, e));
    TRY(tok_open(&t->tok, &t->files.g, e));
    TRY(template_choose(&t->chat, &t->files.g, t->tok, e));
    TRY(open_backend(t, c, e));
    TRY(hyper_read(&t->hyper, &t->files.g, e));
    TRY(model_open(&t->m, &t->files.g, t->ops, NULL, e));
    TRY(params_open(&t->p, t->m, t->g, &t->files.g, &t->hyper, &pc, c->scalars, e));
    t->pass = (struct pass){.p = &t->p, .g = t->g, .whole = c->whole};
    t->seed = c->seed;
    t->scalars = c->scalars;
    t->alpha = t->p.lora.alpha;
    t->on = 1;
    TRY(open_optim(t, c, e));
    return fill_info(t, e);
}

enum status trainer_open(struct trainer **out, const struct trainer_config *c, struct err *e) {
    struct trainer *t = mem_alloc(sizeof *t);
    if (!t) return fail(e, ST_NO_MEMORY, "no memory for training");
    memset(t, 0, sizeof *t);
    arena_init(&t->tables, (size_t)1 << 30);
    arena_init(&t->tree, (size_t)1 << 32);
    enum status st = start(t, c, e);
    if (st != ST_OK) {
        trainer_close(t);
        return st;
    }
    *out = t;
    return ST_OK;
}

void trainer_close(struct trainer *t) {
    if (!t) return;
    pass_close(&t->pass);
    params_close(&t->p);
    model_close(t->m);
    if (t->g) t->g->close(t->g);
    if (t->ops) t->ops->close(t->ops);
    tok_close(t->tok);
    if (t->files.n) shards_close(&t->files);
    mem_free(t->moments);
    arena_free(&t->tree);
    arena_free(&t->tables);
    mem_free(t);
}

void trainer_info(const struct trainer *t, struct trainer_info *out) {
    *out = t->info;
}

enum status trainer_tokens(const struct trainer *t, struct view text, struct arena *a,
                           int32_t **ids, size_t *n, struct err *e) {
    return tok_encode(t->tok, text, a, ids, n, e);
}

struct view trainer_text(const struct trainer *t, int32_t id) {
    return tok_text(t->tok, id);
}

void trainer_turn(const struct trainer *t, int role, int tail, const int32_t **ids, int *n) {
    const struct chat_turn *turn = &t->chat.turn[role];
    *ids = tail ? turn->tail : turn->head;
    *n = tail ? turn->n_tail : turn->n_head;
}

enum status trainer_few_tokens(struct trainer *t, const int32_t *token, int n, struct err *e) {
    return params_few(&t->p, &t->files.g, token, n, e);
}

/* --- trees */

/* Between the asks' values, one behind the other, and the picks, which are sorted by row. */
static void give_answers(const struct trainer *t, const struct train_tree *y, const struct tree *in,
                         const struct ask *ask, int n_asks, float *flat) {
    memset(flat, 0, (size_t)y->n_values * sizeof *flat);
    for (int i = 0; i < y->n_picks; i++) flat[y->slot[i]] = t->pass.picked[i];
    for (int q = 0; q < n_asks; q++) {
        int n = ask[q].n_labels ? ask[q].n_labels : in->off[ask[q].node + 1] - in->off[ask[q].node];
        memcpy(ask[q].out, flat, (size_t)n * sizeof *flat);
        flat += n;
    }
}

static void take_derivatives(struct trainer *t, const struct train_tree *y, const struct tree *in,
                             const struct ask *ask, int n_asks, float *const *dout, float *flat) {
    float *at = flat;
    for (int q = 0; q < n_asks; q++) {
        int n = ask[q].n_labels ? ask[q].n_labels : in->off[ask[q].node + 1] - in->off[ask[q].node];
        memcpy(at, dout[q], (size_t)n * sizeof *at);
        at += n;
    }
    for (int i = 0; i < y->n_picks; i++) t->pass.dpicked[i] = flat[y->slot[i]];
}

static enum status check_finite(const float *x, int n, const char *what, struct err *e) {
    for (int i = 0; i < n; i++)
        if (!isfinite(x[i])) return fail(e, ST_CORRUPT, "%s is not a finite number", what);
    return ST_OK;
}

static enum status run(struct trainer *t, const struct train_tree *y, const struct tree *in,
                       const struct ask *ask, int n_asks, const struct trainer_loss *loss,
                       struct err *e) {
    float *flat = ARENA_NEW(&t->tree, float, (size_t)y->n_values + 1);
    if (!flat) return fail(e, ST_NO_MEMORY, "no memory for %d answers", y->n_values);
    TRY(pass_forward(&t->pass, y, loss != NULL, e));
    TRY(check_finite(t->pass.picked, y->n_picks, "the model's answer", e));
    give_answers(t, y, in, ask, n_asks, flat);
    if (!loss) return ST_OK;
    TRY(loss->loss(loss->arg, e));
    take_derivatives(t, y, in, ask, n_asks, loss->dout, flat);
    TRY(check_finite(t->pass.dpicked, y->n_picks, "the loss", e));
    return pass_backward(&t->pass, y, e);
}

/* Tokens that are read become places among the few. */
static enum status to_few(const struct trainer *t, struct train_tree *y, struct err *e) {
    for (int i = 0; i < y->n_picks; i++) {
        int place = t->p.place[y->pick[i]];
        if (place < 0)
            return fail(e, ST_INVALID, "token %d is not among those to learn with", y->pick[i]);
        y->pick[i] = place;
    }
    return ST_OK;
}

static enum status tree_run(struct trainer *t, const struct tree *in, const struct ask *ask,
                            int n_asks, const struct trainer_loss *loss, struct err *e) {
    struct train_tree y;
    arena_reset(&t->tree);
    TRY(train_tree_open(&y, t->m, in, ask, n_asks, &t->tree, e));
    enum status st = loss && t->p.few.fwd ? to_few(t, &y, e) : ST_OK;
    if (st == ST_OK) st = run(t, &y, in, ask, n_asks, loss, e);
    train_tree_close(&y, t->m);
    return st;
}

enum status trainer_score(struct trainer *t, const struct tree *tree, const struct ask *ask,
                          int n_asks, struct err *e) {
    return tree_run(t, tree, ask, n_asks, NULL, e);
}

enum status trainer_learn(struct trainer *t, const struct tree *tree, const struct ask *ask,
                          int n_asks, const struct trainer_loss *loss, struct err *e) {
    return tree_run(t, tree, ask, n_asks, loss, e);
}

/* --- values */

float *trainer_values(struct trainer *t, size_t *n) {
    if (n) *n = t->p.n;
    return t->p.value;
}

float *trainer_grads(struct trainer *t) {
    return t->p.grad;
}

float *trainer_scalars(struct trainer *t) {
    return t->p.value + t->p.n - t->scalars;
}

float *trainer_scalar_grads(struct trainer *t) {
    return t->p.grad + t->p.n - t->scalars;
}

enum status trainer_changed(struct trainer *t, struct err *e) {
    return params_apply(&t->p, e);
}

enum status trainer_step(struct trainer *t, double rate, double scalar_rate, double count,
                         double *norm, struct err *e) {
    TRY(optim_step(&t->optim, rate, scalar_rate, count, norm, e));
    return params_apply(&t->p, e);
}

long long trainer_steps(const struct trainer *t) {
    return t->optim.step;
}

enum status trainer_adapter(struct trainer *t, int on, struct err *e) {
    if (on == t->on) return ST_OK;
    t->p.lora.alpha = on ? t->alpha : 0;
    t->on = on;
    return params_apply(&t->p, e);
}

enum status trainer_start_from(struct trainer *t, const char *adapter, struct err *e) {
    struct adapter ad;
    TRY(adapter_read(&ad, adapter, &t->files.g, e));
    enum status st = adapter_check(&ad, t->sha, e);
    for (int i = 0; st == ST_OK && i < t->p.lora.n; i++) {
        struct adapter_part *to = &t->p.lora.part[i];
        const struct adapter_part *from = adapter_find(&ad, to->name);
        if (!from || from->rank != to->rank || from->n != to->n || from->k != to->k) {
            st = fail(e, ST_INVALID, "the adapter has no %s of rank %d to start from", to->name,
                      to->rank);
            continue;
        }
        float scale = ad.alpha / t->p.lora.alpha;
        for (size_t v = 0; v < (size_t)to->rank * (size_t)to->k; v++) to->a[v] = from->a[v];
        for (size_t v = 0; v < (size_t)to->n * (size_t)to->rank; v++) to->b[v] = scale * from->b[v];
    }
    adapter_close(&ad);
    return st == ST_OK ? params_apply(&t->p, e) : st;
}

enum status trainer_export(const struct trainer *t, const struct trainer_export *x, struct err *e) {
    struct adapter ad = t->p.lora;
    ad.alpha = t->alpha;
    ad.gain = x->gain;
    ad.beta = x->beta;
    ad.forced = x->forced;
    ad.half = x->half;
    memcpy(ad.base, t->sha, sizeof ad.base);
    strncpy(ad.arch, t->info.architecture, sizeof ad.arch - 1);
    if (x->readout) strncpy(ad.readout, x->readout, sizeof ad.readout - 1);
    if (x->gguf) TRY(adapter_write(&ad, x->gguf, e));
    return x->peft ? adapter_write_peft(&ad, x->peft, &t->files.g, e) : ST_OK;
}

/* --- checkpoints: a header, the values, both moments, the caller's bytes, SHA-256 of all before */

struct mark {
    char magic[8];
    char base[64];
    uint64_t seed, n, own;
    long long step;
    float alpha;
    int32_t rank;
};

static struct mark mark_of(const struct trainer *t, size_t own) {
    struct mark k;
    memset(&k, 0, sizeof k);
    memcpy(k.magic, "TPBREW1", 8);
    memcpy(k.base, t->sha, 64);
    k.seed = t->seed;
    k.n = t->p.n;
    k.own = own;
    k.step = t->optim.step;
    k.alpha = t->alpha;
    k.rank = t->p.lora.part[0].rank;
    return k;
}

enum status trainer_save(const struct trainer *t, const char *path, const void *own, size_t n,
                         struct err *e) {
    const struct mark k = mark_of(t, n);
    size_t values = t->p.n * sizeof(float), all = sizeof k + 3 * values + n;
    char *p = mem_alloc(all + sizeof(struct hash)), *at = p;
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for a checkpoint of %zu bytes", all);
    memcpy(at, &k, sizeof k);
    memcpy(at += sizeof k, t->p.value, values);
    memcpy(at += values, t->moments, 2 * values);
    at += 2 * values;
    if (n) memcpy(at, own, n);
    const struct hash h = hash_of(p, all, NULL, 0);
    memcpy(p + all, &h, sizeof h);
    enum status st = file_write(path, p, all + sizeof h, e);
    mem_free(p);
    return st;
}

static enum status take_state(struct trainer *t, const char *path, const char *p, size_t size,
                              struct arena *a, void **own, size_t *n, struct err *e) {
    struct mark k, mine;
    size_t values = t->p.n * sizeof(float);
    if (size < sizeof k + sizeof(struct hash))
        return fail(e, ST_CORRUPT, "%.200s is cut short", path);
    memcpy(&k, p, sizeof k);
    const struct hash h = hash_of(p, size - sizeof h, NULL, 0);
    if (memcmp(k.magic, "TPBREW1", 8) != 0 || memcmp(p + size - sizeof h, &h, sizeof h) != 0)
        return fail(e, ST_CORRUPT, "%.200s is damaged or cut short", path);
    mine = mark_of(t, (size_t)k.own);
    mine.step = k.step;
    if (memcmp(&k, &mine, sizeof k) != 0 || size != sizeof k + 3 * values + k.own + sizeof h)
        return fail(e, ST_CONFLICT, "%.200s is of another model, rank or seed", path);
    *n = (size_t)k.own;
    *own = arena_copy(a, p + sizeof k + 3 * values, *n);
    if (!*own) return fail(e, ST_NO_MEMORY, "no memory for a checkpoint");
    memcpy(t->p.value, p + sizeof k, values);
    memcpy(t->moments, p + sizeof k + values, 2 * values);
    memset(t->p.grad, 0, values);
    t->optim.step = k.step;
    return params_apply(&t->p, e);
}

enum status trainer_load(struct trainer *t, const char *path, struct arena *a, void **own,
                         size_t *n, struct err *e) {
    char *p;
    size_t size;
    TRY(file_read(path, (size_t)1 << 36, &p, &size, e));
    enum status st = take_state(t, path, p, size, a, own, n, e);
    mem_free(p);
    return st;
}
