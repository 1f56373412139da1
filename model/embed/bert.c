/* BERT's forward pass (Devlin et al., 2018): post-norm layers, learned positions, GELU. */
#include "model/embed/bert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAYERS_MAX = 64, HEAD_MAX = 512, NAME = 128 };

struct norm {
    float *w, *b; /* (dim) */
};

struct layer {
    struct mat *qkv, *out, *up, *down;
    float *qkv_b, *out_b, *up_b, *down_b; /* (3 dim), (dim), (ffn), (dim) */
    struct norm attn, ffn;
};

struct bert {
    struct ops *ops;
    struct arena arena; /* vectors and tables in f32 */
    int dim, layers, ffn, vocab, positions;
    float eps;
    struct attn_shape attn;
    float rope[HEAD_MAX]; /* one position that turns nothing: cos 1, sin 0 */
    struct mat *word;
    float *position; /* (positions, dim), with the first type's embedding added */
    struct norm norm;
    struct layer layer[LAYERS_MAX];
    long long parameters;
    /* (BERT_ROWS, dim), (.., 3 dim), (.., dim), (.., ffn) */
    float *x, *qkv, *att, *up;
    char *kv; /* keys and values of one layer, text by text */
    size_t kv_bytes;
};

/* --- weights --- */

/* What loading works on; the first failure stays. */
struct loader {
    struct bert *b;
    const struct safetensors *s;
    const char *prefix; /* "" or "bert." */
    enum status st;
    struct err *e;
};

static void refuse(struct loader *l, const char *name, const char *what) {
    if (l->st != ST_OK) return;
    l->st = fail(l->e, ST_CORRUPT, "%s: tensor %s %s", l->s->file, name, what);
    err_field(l->e, "%s", name);
}

/* A tensor of the given shape; cols 0: a vector. NULL after a failure. */
static const struct safetensor *tensor(struct loader *l, const char *name, int rows, int cols) {
    char full[NAME];
    (void)snprintf(full, sizeof full, "%s%s", l->prefix, name);
    const struct safetensor *t = safetensors_find(l->s, full);
    if (!t)
        refuse(l, full, "is missing");
    else if (!t->type)
        refuse(l, full, "is of a type that holds no weights");
    else if (t->ndim != (cols ? 2 : 1) || t->dim[0] != (uint64_t)rows ||
             (cols && t->dim[1] != (uint64_t)cols))
        refuse(l, full, "has another shape than the others ask for");
    if (l->st != ST_OK) return NULL;
    l->b->parameters += (long long)rows * (cols ? cols : 1);
    return t;
}

static float *floats(struct loader *l, const char *name, int rows, int cols) {
    const struct safetensor *t = tensor(l, name, rows, cols);
    size_t n = (size_t)rows * (size_t)(cols ? cols : 1);
    float *out = t ? ARENA_NEW(&l->b->arena, float, n) : NULL;
    if (out) t->type->to_f32(out, t->data, n);
    if (t && !out) l->st = fail(l->e, ST_NO_MEMORY, "no memory for %s", name);
    return out;
}

/* The weights layer.I.NAME[0..n) under each other as one matrix, their biases as one vector. */
static struct mat *product(struct loader *l, int layer, const char *const *name, int n, int rows,
                           int cols, float **bias) {
    struct mat_part part[3];
    struct mat *m = NULL;
    char full[NAME];
    *bias = ARENA_NEW(&l->b->arena, float, (size_t)(n * rows));
    if (!*bias && l->st == ST_OK) l->st = fail(l->e, ST_NO_MEMORY, "no memory for a layer");
    for (int i = 0; i < n; i++) {
        (void)snprintf(full, sizeof full, "encoder.layer.%d.%s.weight", layer, name[i]);
        const struct safetensor *t = tensor(l, full, rows, cols);
        if (t) part[i] = (struct mat_part){t->type, t->data, rows};
        (void)snprintf(full, sizeof full, "encoder.layer.%d.%s.bias", layer, name[i]);
        t = tensor(l, full, rows, 0);
        if (t) t->type->to_f32(*bias + i * rows, t->data, (size_t)rows);
    }
    if (l->st == ST_OK) l->st = l->b->ops->mat_open(l->b->ops, &m, part, n, cols, MAT_LINEAR, l->e);
    return m;
}

static struct norm norm(struct loader *l, const char *name) {
    char full[NAME];
    struct norm n;
    (void)snprintf(full, sizeof full, "%s.weight", name);
    n.w = floats(l, full, l->b->dim, 0);
    (void)snprintf(full, sizeof full, "%s.bias", name);
    n.b = floats(l, full, l->b->dim, 0);
    return n;
}

static void load_layer(struct loader *l, int i) {
    static const char *const qkv[] = {"attention.self.query", "attention.self.key",
                                      "attention.self.value"};
    static const char *const out[] = {"attention.output.dense"}, *const up[] = {
                                                                     "intermediate.dense"};
    static const char *const down[] = {"output.dense"};
    struct layer *y = &l->b->layer[i];
    int dim = l->b->dim, ffn = l->b->ffn;
    char name[NAME];
    y->qkv = product(l, i, qkv, 3, dim, dim, &y->qkv_b);
    y->out = product(l, i, out, 1, dim, dim, &y->out_b);
    y->up = product(l, i, up, 1, ffn, dim, &y->up_b);
    y->down = product(l, i, down, 1, dim, ffn, &y->down_b);
    (void)snprintf(name, sizeof name, "encoder.layer.%d.attention.output.LayerNorm", i);
    y->attn = norm(l, name);
    (void)snprintf(name, sizeof name, "encoder.layer.%d.output.LayerNorm", i);
    y->ffn = norm(l, name);
}

static void load_embeddings(struct loader *l) {
    struct bert *b = l->b;
    const struct safetensor *t = tensor(l, "embeddings.word_embeddings.weight", b->vocab, b->dim);
    struct mat_part part = {t ? t->type : NULL, t ? t->data : NULL, b->vocab};
    if (t) l->st = b->ops->mat_open(b->ops, &b->word, &part, 1, b->dim, MAT_TABLE, l->e);
    b->position = floats(l, "embeddings.position_embeddings.weight", b->positions, b->dim);
    float *type = floats(l, "embeddings.token_type_embeddings.weight", 2, b->dim);
    for (int p = 0; l->st == ST_OK && p < b->positions; p++)
        for (int d = 0; d < b->dim; d++) b->position[p * b->dim + d] += type[d];
    b->norm = norm(l, "embeddings.LayerNorm");
}

/* --- shape --- */

static enum status number(const struct safetensors *s, struct view config, const char *key, int max,
                          int *out, struct err *e) {
    double x;
    TRY(safetensors_config_number("config.json", config, key, &x, e));
    if (!(x >= 1) || x > max || x != floor(x)) {
        enum status st = fail(e, ST_UNSUPPORTED,
                              "config.json of %s: %s is %g; whole numbers from 1 to %d are read",
                              s->file, key, x, max);
        err_field(e, "%s", key);
        return st;
    }
    *out = (int)x;
    return ST_OK;
}

static enum status word(const struct safetensors *s, struct view config, const char *key,
                        const char *want, struct err *e) {
    char got[64];
    TRY(safetensors_config_text("config.json", config, key, got, e));
    if (strcmp(got, want) == 0) return ST_OK;
    enum status st = fail(e, ST_UNSUPPORTED, "config.json of %s: %s is '%s'; only '%s' is built in",
                          s->file, key, got, want);
    err_field(e, "%s", key);
    return st;
}

static enum status read_config(struct bert *b, const struct safetensors *s, struct view config,
                               struct err *e) {
    double eps;
    TRY(word(s, config, "model_type", "bert", e));
    TRY(word(s, config, "hidden_act", "gelu", e));
    TRY(word(s, config, "position_embedding_type", "absolute", e));
    TRY(number(s, config, "hidden_size", 8192, &b->dim, e));
    TRY(number(s, config, "num_hidden_layers", LAYERS_MAX, &b->layers, e));
    TRY(number(s, config, "intermediate_size", 1 << 16, &b->ffn, e));
    TRY(number(s, config, "vocab_size", 1 << 21, &b->vocab, e));
    TRY(number(s, config, "max_position_embeddings", 1 << 16, &b->positions, e));
    TRY(number(s, config, "num_attention_heads", 1024, &b->attn.heads, e));
    TRY(safetensors_config_number("config.json", config, "layer_norm_eps", &eps, e));
    int head = b->dim / b->attn.heads;
    if (head * b->attn.heads != b->dim || head % 2 || head > HEAD_MAX)
        return fail(e, ST_UNSUPPORTED, "%s: %d heads of a model of size %d", s->file, b->attn.heads,
                    b->dim);
    b->eps = (float)eps;
    b->attn.kv_heads = b->attn.heads;
    b->attn.head_dim = head;
    b->attn.scale = 1 / sqrtf((float)head);
    b->attn.rope = b->rope;
    b->attn.positions = 1;
    for (int i = 0; i < head; i += 2) b->rope[i] = 1;
    return ST_OK;
}

/* --- opening --- */

/* Room for the keys and values of any texts of together BERT_ROWS tokens. */
static size_t kv_room(const struct bert *b) {
    return (size_t)BERT_ROWS * b->ops->kv_bytes(b->ops, &b->attn, 1);
}

static enum status take_room(struct bert *b, struct err *e) {
    size_t rows = (size_t)ops_pad_rows(BERT_ROWS) * sizeof(float), dim = (size_t)b->dim;
    b->x = b->ops->alloc(b->ops, rows * dim);
    b->qkv = b->ops->alloc(b->ops, rows * dim * 3);
    b->att = b->ops->alloc(b->ops, rows * dim);
    b->up = b->ops->alloc(b->ops, rows * (size_t)b->ffn);
    b->kv_bytes = kv_room(b);
    b->kv = b->ops->alloc(b->ops, b->kv_bytes);
    return b->x && b->qkv && b->att && b->up && b->kv
               ? ST_OK
               : fail(e, ST_NO_MEMORY, "no memory for the encoder's activations");
}

static enum status load(struct bert *b, const struct safetensors *s, struct err *e) {
    struct loader l = {.b = b, .s = s, .e = e, .prefix = ""};
    if (safetensors_find(s, "bert.embeddings.word_embeddings.weight")) l.prefix = "bert.";
    load_embeddings(&l);
    for (int i = 0; l.st == ST_OK && i < b->layers; i++) load_layer(&l, i);
    return l.st;
}

enum status bert_open(struct bert **out, const struct safetensors *s, struct view config,
                      struct ops *ops, struct err *e) {
    struct bert *b = mem_alloc(sizeof *b);
    if (!b) return fail(e, ST_NO_MEMORY, "no memory for an encoder");
    memset(b, 0, sizeof *b);
    b->ops = ops;
    arena_init(&b->arena, (size_t)1 << 31);
    enum status st = read_config(b, s, config, e);
    if (st == ST_OK) st = load(b, s, e);
    if (st == ST_OK) st = take_room(b, e);
    if (st != ST_OK) {
        bert_close(b);
        return st;
    }
    *out = b;
    return ST_OK;
}

void bert_close(struct bert *b) {
    if (!b) return;
    struct ops *o = b->ops;
    for (int i = 0; i < LAYERS_MAX; i++) {
        struct layer *y = &b->layer[i];
        o->mat_close(o, y->qkv);
        o->mat_close(o, y->out);
        o->mat_close(o, y->up);
        o->mat_close(o, y->down);
    }
    o->mat_close(o, b->word);
    void *part[] = {b->x, b->qkv, b->att, b->up, b->kv};
    for (size_t i = 0; i < COUNT(part); i++) o->release(o, part[i]);
    arena_free(&b->arena);
    mem_free(b);
}

int bert_dim(const struct bert *b) {
    return b->dim;
}

int bert_vocab(const struct bert *b) {
    return b->vocab;
}

int bert_positions(const struct bert *b) {
    return b->positions < BERT_ROWS ? b->positions : BERT_ROWS;
}

long long bert_parameters(const struct bert *b) {
    return b->parameters;
}

/* --- forward --- */

/* The rows as two chunks: one in which each text writes its keys and values, one in which each row
 * sees all of its text. */
struct pack {
    struct span_view store[BERT_ROWS], see[BERT_ROWS];
    int32_t none[BERT_ROWS], last[BERT_ROWS]; /* positions: of the rotation, of the path's end */
    struct chunk put, get;
};

static void pack_texts(const struct bert *b, struct pack *p, const int32_t *tok, const int *off,
                       int n) {
    char *kv = b->kv;
    for (int i = 0; i < n; i++) {
        int len = off[i + 1] - off[i];
        p->store[i] = (struct span_view){
            .kv = kv, .cap = len, .len = len, .row0 = off[i] - off[0], .row1 = off[i + 1] - off[0]};
        p->see[i] = p->store[i];
        p->see[i].first = -1;
        for (int r = p->see[i].row0; r < p->see[i].row1; r++) p->none[r] = 0, p->last[r] = len - 1;
        kv += b->ops->kv_bytes(b->ops, &b->attn, len);
    }
    CHECK((size_t)(kv - b->kv) <= b->kv_bytes);
    int rows = off[n] - off[0];
    p->put =
        (struct chunk){.rows = rows, .tok = tok, .pos = p->none, .n_views = n, .view = p->store};
    p->get = (struct chunk){.rows = rows, .tok = tok, .pos = p->last, .n_views = n, .view = p->see};
}

static enum status run_layer(struct bert *b, const struct layer *y, const struct pack *p,
                             struct err *e) {
    struct ops *o = b->ops;
    int rows = p->put.rows, dim = b->dim;
    TRY(o->matmul(o, b->qkv, b->x, y->qkv, rows, 0, e));
    o->add_bias(o, b->qkv, y->qkv_b, rows, 3 * dim);
    o->rope_store(o, b->qkv, &b->attn, &p->put, 0);
    TRY(o->attention(o, b->att, b->qkv, &b->attn, &p->get, 0, e));
    o->add_bias(o, b->x, y->out_b, rows, dim);
    TRY(o->matmul(o, b->x, b->att, y->out, rows, 1, e));
    o->layernorm(o, b->x, y->attn.w, y->attn.b, rows, dim, b->eps);
    TRY(o->matmul(o, b->up, b->x, y->up, rows, 0, e));
    o->gelu(o, b->up, y->up_b, rows, b->ffn);
    o->add_bias(o, b->x, y->down_b, rows, dim);
    TRY(o->matmul(o, b->x, b->up, y->down, rows, 1, e));
    o->layernorm(o, b->x, y->ffn.w, y->ffn.b, rows, dim, b->eps);
    return ST_OK;
}

/* The mean of rows r0 .. r1, of length 1. */
static enum status pool(const struct bert *b, int r0, int r1, float *out, struct err *e) {
    double squares = 0;
    for (int d = 0; d < b->dim; d++) {
        double sum = 0;
        for (int r = r0; r < r1; r++) sum += (double)b->x[r * b->dim + d];
        out[d] = (float)(sum / (r1 - r0));
        squares += (double)out[d] * (double)out[d];
    }
    double scale = 1 / sqrt(squares);
    for (int d = 0; d < b->dim; d++) out[d] = (float)((double)out[d] * scale);
    return isfinite(scale) ? ST_OK
                           : fail(e, ST_CORRUPT, "the encoder gave a vector without a direction");
}

enum status bert_run(struct bert *b, const int32_t *tok, const int *off, int n, float *out,
                     struct err *e) {
    struct pack *p = mem_alloc(sizeof *p);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for a batch of texts");
    pack_texts(b, p, tok + off[0], off, n);
    b->ops->embed(b->ops, b->x, b->word, tok + off[0], p->put.rows);
    for (int i = 0; i < n; i++)
        for (int r = off[i]; r < off[i + 1]; r++) {
            float *row = b->x + (size_t)(r - off[0]) * (size_t)b->dim;
            const float *at = b->position + (size_t)(r - off[i]) * (size_t)b->dim;
            for (int d = 0; d < b->dim; d++) row[d] += at[d];
        }
    b->ops->layernorm(b->ops, b->x, b->norm.w, b->norm.b, p->put.rows, b->dim, b->eps);
    enum status st = ST_OK;
    for (int i = 0; st == ST_OK && i < b->layers; i++) st = run_layer(b, &b->layer[i], p, e);
    for (int i = 0; st == ST_OK && i < n; i++)
        st = pool(b, off[i] - off[0], off[i + 1] - off[0], out + (size_t)i * (size_t)b->dim, e);
    mem_free(p);
    return st;
}
