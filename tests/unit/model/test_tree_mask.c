/* links: model */
/* Prompt trees before judges from outside: an independent forward pass in double precision with a
 * dense mask over the flattened tree, which a wrong mask must fail, and PyTorch's logits. */
#include "kernels/base/os/file.h"
#include "model/format/gguf/gguf.h"
#include "tests/unit/model/tiny_model.h"

enum { LABELS = 3 };
static const int32_t labels[LABELS] = {5, 200, 17};
static struct forest forest;

/* An independent forward pass in double precision: all rows at once, a dense mask. */
struct dense {
    struct file_map map;
    struct arena arena;
    struct gguf g;
    int dim, layers, heads, kv, size, ffn;
};

static int meta(const struct dense *d, const char *key) {
    struct err e;
    int64_t x = 0;
    GOOD(gguf_int(&d->g, key, 1, 1 << 20, NULL, &x, &e));
    return (int)x;
}

static void dense_open(struct dense *d, const char *file) {
    struct err e;
    arena_init(&d->arena, 64 << 20);
    GOOD(file_map_open(&d->map, file, &e));
    GOOD(gguf_parse(&d->g, file, d->map.p, d->map.n, &d->arena, &e));
    d->dim = meta(d, "llama.embedding_length");
    d->layers = meta(d, "llama.block_count");
    d->heads = meta(d, "llama.attention.head_count");
    d->kv = meta(d, "llama.attention.head_count_kv");
    d->size = meta(d, "llama.attention.key_length");
    d->ffn = meta(d, "llama.feed_forward_length");
}

static void dense_close(struct dense *d) {
    arena_free(&d->arena);
    file_map_close(&d->map);
}

static float *dense_weight(struct dense *d, int layer, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "blk.%d.%s.weight", layer, name);
    if (layer < 0) snprintf(full, sizeof full, "%s.weight", name);
    const struct gguf_tensor *t = gguf_tensor(&d->g, full);
    if (!t) return NULL;
    size_t n = (size_t)(t->dim[0] * t->dim[1]);
    float *w = ARENA_NEW(&d->arena, float, n);
    CHECK(w);
    t->type->to_f32(w, t->data, n / (size_t)t->type->elems);
    return w;
}

static double *doubles(struct dense *d, int rows, int n) {
    double *p = ARENA_NEW(&d->arena, double, (size_t)rows *(size_t)n);
    CHECK(p);
    return p;
}

/* y (rows, n) = x (rows, k) w^T */
static double *dense_product(struct dense *d, const double *x, const float *w, int rows, int n,
                             int k) {
    double *y = doubles(d, rows, n);
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < n; j++)
            for (int i = 0; i < k; i++) y[r * n + j] += x[r * k + i] * (double)w[j * k + i];
    return y;
}

static double *dense_norm(struct dense *d, const double *x, const float *w, int rows) {
    double *y = doubles(d, rows, d->dim);
    for (int r = 0; r < rows; r++) {
        double s = 0;
        for (int i = 0; i < d->dim; i++) s += x[r * d->dim + i] * x[r * d->dim + i];
        for (int i = 0; i < d->dim; i++)
            y[r * d->dim + i] = x[r * d->dim + i] / sqrt(s / d->dim + 1e-5) * (double)w[i];
    }
    return y;
}

static void dense_rotate(double *x, const int *pos, int rows, int heads, int size) {
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < heads; h++)
            for (int i = 0; i < size; i += 2) {
                double *p = x + (r * heads + h) * size + i,
                       a = pos[r] * pow(10000, -(double)i / size);
                double re = p[0] * cos(a) - p[1] * sin(a), im = p[0] * sin(a) + p[1] * cos(a);
                p[0] = re, p[1] = im;
            }
}

static double *dense_attention(struct dense *d, const double *q, const double *k, const double *v,
                               const char *mask, int rows) {
    double *out = doubles(d, rows, d->heads * d->size), *p = doubles(d, 1, rows);
    int size = d->size;
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < d->heads; h++) {
            int g = h / (d->heads / d->kv);
            double sum = 0;
            for (int c = 0; c < rows; c++) {
                double s = 0;
                for (int i = 0; i < size; i++)
                    s += q[(r * d->heads + h) * size + i] * k[(c * d->kv + g) * size + i];
                p[c] = mask[r * rows + c] ? exp(s / sqrt(size)) : 0;
                sum += p[c];
            }
            for (int c = 0; c < rows; c++)
                for (int i = 0; i < size; i++)
                    out[(r * d->heads + h) * size + i] +=
                        p[c] / sum * v[(c * d->kv + g) * size + i];
        }
    return out;
}

static void add_to(double *x, const double *y, int n) {
    for (int i = 0; i < n; i++) x[i] += y[i];
}

/* Log-probabilities (rows, vocabulary). */
static double *dense_run(struct dense *d, const int32_t *tok, const int *pos, const char *mask,
                         int rows) {
    int dim = d->dim, wide = d->heads * d->size, narrow = d->kv * d->size;
    const float *embd = dense_weight(d, -1, "token_embd"), *head = dense_weight(d, -1, "output");
    double *x = doubles(d, rows, dim);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < dim; i++) x[r * dim + i] = (double)embd[tok[r] * dim + i];
    for (int l = 0; l < d->layers; l++) {
        double *h = dense_norm(d, x, dense_weight(d, l, "attn_norm"), rows);
        double *q = dense_product(d, h, dense_weight(d, l, "attn_q"), rows, wide, dim);
        double *k = dense_product(d, h, dense_weight(d, l, "attn_k"), rows, narrow, dim);
        double *v = dense_product(d, h, dense_weight(d, l, "attn_v"), rows, narrow, dim);
        dense_rotate(q, pos, rows, d->heads, d->size);
        dense_rotate(k, pos, rows, d->kv, d->size);
        double *a = dense_attention(d, q, k, v, mask, rows);
        add_to(x, dense_product(d, a, dense_weight(d, l, "attn_output"), rows, dim, wide),
               rows * dim);
        h = dense_norm(d, x, dense_weight(d, l, "ffn_norm"), rows);
        double *gate = dense_product(d, h, dense_weight(d, l, "ffn_gate"), rows, d->ffn, dim);
        double *up = dense_product(d, h, dense_weight(d, l, "ffn_up"), rows, d->ffn, dim);
        for (int i = 0; i < rows * d->ffn; i++) gate[i] *= up[i] / (1 + exp(-gate[i]));
        add_to(x, dense_product(d, gate, dense_weight(d, l, "ffn_down"), rows, dim, d->ffn),
               rows * dim);
    }
    double *y = dense_norm(d, x, dense_weight(d, -1, "output_norm"), rows);
    y = dense_product(d, y, head ? head : embd, rows, TINY_VOCAB, dim);
    for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int i = 0; i < TINY_VOCAB; i++) sum += exp(y[r * TINY_VOCAB + i]);
        for (int i = 0; i < TINY_VOCAB; i++) y[r * TINY_VOCAB + i] -= log(sum);
    }
    return y;
}

/* Two roots, three levels, spans of 1 to 19 tokens; nodes in an order that mixes branches. */
enum { JUDGE_NODES = 10, JUDGE_ROWS = 80, JUDGE_LONGEST = 19 };
static const int judge_parent[JUDGE_NODES] = {-1, -1, 0, 0, 2, 1, 3, 2, 0, 4};
static const int judge_len[JUDGE_NODES] = {19, 3, 1, 7, 5, 1, 4, 2, 17, 6};

static int is_above(int a, int b) { /* node a is on the path to b, or is it */
    for (; b >= 0; b = judge_parent[b])
        if (a == b) return 1;
    return 0;
}

/* The flattened tree: every row's token, position, node, and the mask: the right one, or plain
 * causal. */
static int flatten(int32_t *tok, int *pos, int *node, char *mask, int causal) {
    int rows = 0, path[JUDGE_NODES];
    for (int i = 0; i < JUDGE_NODES; i++) {
        int up = judge_parent[i];
        path[i] = up < 0 ? 0 : path[up] + judge_len[up];
        for (int k = 0; k < judge_len[i]; k++, rows++)
            tok[rows] = forest.tok[rows], pos[rows] = path[i] + k, node[rows] = i;
    }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < rows; c++)
            mask[r * rows + c] =
                (char)(causal ? c <= r
                              : is_above(node[c], node[r]) && (node[c] != node[r] || c <= r));
    return rows;
}

static double judge_one(const float *token, const float *label, const double *logp,
                        const int32_t *tok, int row, int n, int before) {
    double worst = 0;
    for (int k = 0; k < n; k++) {
        int past = k ? row + k - 1 : before;
        if (past >= 0)
            worst = fmax(worst, fabs((double)token[k] - logp[past * TINY_VOCAB + tok[row + k]]));
    }
    for (int k = 0; k < LABELS; k++)
        worst = fmax(worst, fabs((double)label[k] - logp[(row + n - 1) * TINY_VOCAB + labels[k]]));
    return isnan(worst) ? INFINITY : worst;
}

/* The largest difference between the engine's answers and a dense pass. */
static double judge(struct engine *en, struct dense *d, int causal) {
    static float token[JUDGE_NODES][JUDGE_LONGEST], label[JUDGE_NODES][LABELS];
    static char mask[JUDGE_ROWS * JUDGE_ROWS];
    int32_t tok[JUDGE_ROWS], prompt[JUDGE_ROWS];
    int pos[JUDGE_ROWS], node[JUDGE_ROWS];
    struct ask ask[2 * JUDGE_NODES];
    struct err e;
    for (int i = 0; i < JUDGE_ROWS; i++) prompt[i] = (i * i * 13 + i * 5 + 40) % TINY_VOCAB;
    forest_clear(&forest);
    for (int i = 0, at = 0; i < JUDGE_NODES; at += judge_len[i++]) {
        forest_add(&forest, judge_parent[i], prompt + at, judge_len[i], 0);
        ask[2 * i] = (struct ask){i, 0, NULL, token[i]};
        ask[2 * i + 1] = (struct ask){i, LABELS, labels, label[i]};
    }
    struct job j = {.tree = &forest.t, .ask = ask, .n_asks = 2 * JUDGE_NODES};
    GOOD(engine_score(en, &j, &e));
    int rows = flatten(tok, pos, node, mask, causal);
    CHECK(rows <= JUDGE_ROWS);
    const double *logp = dense_run(d, tok, pos, mask, rows);
    double worst = 0;
    for (int i = 0; i < JUDGE_NODES; i++) {
        int up = judge_parent[i], before = up < 0 ? -1 : forest.off[up + 1] - 1;
        worst = fmax(worst,
                     judge_one(token[i], label[i], logp, tok, forest.off[i], judge_len[i], before));
    }
    return worst;
}

static double tolerance(const char *backend, const char *precision) {
    if (strcmp(backend, "ref") == 0) return 1e-4;
    return strcmp(precision, "f32") == 0 ? 1e-3 : strcmp(precision, "int8") == 0 ? 1.5 : 0.5;
}

static void test_mask(struct engine *en, const char *model, double tol) {
    struct dense d;
    dense_open(&d, model);
    double right = judge(en, &d, 0), wrong = judge(en, &d, 1);
    OK(right <= tol);
    OK(wrong > 0.5); /* a causal mask over the flattened tree is another thing */
    printf("%s: dense mask differs by %.2g, causal mask by %.2g\n", model, right, wrong);
    dense_close(&d);
}

/* PyTorch's logits for prefixes of its prompt. */
static void test_golden(struct engine *en, const char *file, double tol) {
    struct err e;
    char *p = NULL;
    size_t size = 0;
    uint32_t head[2];
    GOOD(file_read(file, 1 << 20, &p, &size, &e));
    if (!p) return;
    memcpy(head, p, sizeof head);
    int n = (int)head[0];
    EQ(head[1], TINY_VOCAB);
    EQ(size, 8 + (size_t)n * 4 + (size_t)n * TINY_VOCAB * 4);
    const int32_t *tok = (const int32_t *)(const void *)(p + 8);
    const float *logit = (const float *)(const void *)(p + 8 + n * 4);
    int32_t every[TINY_VOCAB];
    float got[TINY_VOCAB];
    double worst = 0, total = 0;
    int values = 0;
    for (int i = 0; i < TINY_VOCAB; i++) every[i] = i;
    for (int len = 1; len <= n; len += 4) {
        const float *row = logit + (len - 1) * TINY_VOCAB;
        double sum = 0;
        forest_clear(&forest);
        forest_add(&forest, -1, tok, len, 0);
        struct ask ask = {0, TINY_VOCAB, every, got};
        struct job j = {.tree = &forest.t, .ask = &ask, .n_asks = 1};
        GOOD(engine_score(en, &j, &e));
        for (int i = 0; i < TINY_VOCAB; i++) sum += exp((double)row[i]);
        for (int i = 0; i < TINY_VOCAB; i++, values++) {
            double d = fabs((double)got[i] - ((double)row[i] - log(sum)));
            worst = fmax(worst, d);
            total += d;
        }
    }
    OK(worst <= tol && total / values <= tol / 5);
    printf("%s: differs by at most %.2g, mean %.2g\n", file, worst, total / values);
    mem_free(p);
}

/* The dense forward pass of this file is Llama's; further families have PyTorch's logits only. */
static void test_model(const char *model, const char *golden, int mask, const char *backend,
                       const char *precision) {
    double tol = tolerance(backend, precision);
    printf("%s %s %s\n", model, backend, precision);
    struct engine *en = tiny_open(model, backend, precision, 2, 31);
    if (!en) return;
    if (golden) test_golden(en, golden, tol);
    if (mask) test_mask(en, model, tol);
    engine_close(en);
}

int main(int argc, char **argv) {
    const char *way[][2] = {{"cpu", "f32"}, {"cpu", "bf16"}, {"cpu", "int8"}, {"ref", "f32"}};
    size_t ways = COUNT(way);
    tiny_start(argv);
    forest_open(&forest);
    if (argc == 3) { /* one way, for programs with other backends */
        way[0][0] = argv[1], way[0][1] = argv[2];
        ways = 1;
    }
    for (size_t i = 0; i < ways; i++) {
        test_model(TINY("tied"), "fixtures/tiny/tied.logits", 1, way[i][0], way[i][1]);
        test_model(TINY("blocks"), NULL, 1, way[i][0], way[i][1]);
        test_model(TINY("wide"), "fixtures/tiny/wide.logits", 1, way[i][0], way[i][1]);
        test_model(TINY("qwen3"), "fixtures/tiny/qwen3.logits", 0, way[i][0], way[i][1]);
        test_model(TINY("gemma3"), "fixtures/tiny/gemma3.logits", 0, way[i][0], way[i][1]);
    }
    forest_close(&forest);
    if (argc == 3 && t_checks == 0 && t_failed == 0) return 77; /* no such way here */
    return t_end();
}
