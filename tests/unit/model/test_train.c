/* links: model train */
/* Training on whole tiny models of every family: gradients against finite differences, a packed
 * list against its sequences one by one, threads, checkpoints. */
#include "kernels/base/os/file.h"
#include "model/train/random.h"
#include "model/train/trainer.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

static struct err e;

static const char *const families[] = {"tied", "wide", "llama3", "qwen2", "qwen3", "gemma3"};

/* A frame, two items below it, two wishes below each, and a label asked after an item. */
static const int32_t parent[] = {-1, 0, 1, 1, 0, 4, 4, -1, 7};
enum { NODES = 9, LENGTH = 6, ASKS = 7 };

struct list {
    struct tree tree;
    struct ask ask[ASKS];
    int32_t off[NODES + 1], tok[NODES * LENGTH], label[2];
    float out[ASKS][LENGTH], dout[ASKS][LENGTH], *d[ASKS];
    float weight[ASKS][LENGTH];
    int n[ASKS];
};

static void list_make(struct list *l, int vocab) {
    struct random r = random_of(5);
    memset(l, 0, sizeof *l);
    for (int i = 0; i < NODES; i++) l->off[i + 1] = l->off[i] + LENGTH - (i % 3);
    for (int i = 0; i < l->off[NODES]; i++) l->tok[i] = random_below(&r, vocab);
    l->tree = (struct tree){NODES, parent, l->off, l->tok, NULL};
    static const int node[ASKS] = {2, 3, 5, 6, 4, 8, 0};
    l->label[0] = 5, l->label[1] = 9;
    for (int q = 0; q < ASKS; q++) {
        l->ask[q] = (struct ask){node[q], q == 4 ? 2 : 0, l->label, l->out[q]};
        l->n[q] = q == 4 ? 2 : l->off[node[q] + 1] - l->off[node[q]];
        l->d[q] = l->dout[q];
        for (int k = 0; k < LENGTH; k++) l->weight[q][k] = (float)(2 * random_unit(&r) - 1);
    }
}

/* The loss: a sum of the answers, with a square so that its derivatives depend on them. */
static double list_value(const struct list *l) {
    double s = 0;
    for (int q = 0; q < ASKS; q++)
        for (int k = 0; k < l->n[q]; k++) {
            double x = l->out[q][k];
            s += l->weight[q][k] * x + .02 * x * x;
        }
    return s;
}

static enum status list_loss(void *arg, struct err *err) {
    struct list *l = arg;
    (void)err;
    for (int q = 0; q < ASKS; q++)
        for (int k = 0; k < l->n[q]; k++) l->dout[q][k] = l->weight[q][k] + .04f * l->out[q][k];
    return ST_OK;
}

static enum status list_learn(struct trainer *t, struct list *l) {
    const struct trainer_loss loss = {l, list_loss, l->d};
    return trainer_learn(t, &l->tree, l->ask, ASKS, &loss, &e);
}

static struct trainer *open_as(const char *name, const char *backend, int threads, int first,
                               int whole) {
    char path[128];
    struct trainer *t = NULL;
    snprintf(path, sizeof path, "fixtures/tiny/%s.gguf", name);
    const struct trainer_config c = {.model = path,
                                     .precision = "f32",
                                     .backend = backend,
                                     .threads = threads,
                                     .rank = 2,
                                     .first = first,
                                     .whole = whole,
                                     .seed = 3,
                                     .scalars = 2,
                                     .clip = 1};
    GOOD(trainer_open(&t, &c, &e));
    return t;
}

static struct trainer *open_tiny(const char *name, const char *backend, int threads, int first) {
    return open_as(name, backend, threads, first, 0);
}

/* B is no longer zero, so that A has a gradient, too. */
static void shake(struct trainer *t) {
    size_t n;
    float *v = trainer_values(t, &n);
    struct random r = random_of(11);
    for (size_t i = 0; i < n; i++) v[i] += (float)(.1 * (2 * random_unit(&r) - 1));
    GOOD(trainer_changed(t, &e));
}

static double value_at(struct trainer *t, struct list *l) {
    GOOD(trainer_changed(t, &e));
    GOOD(trainer_score(t, &l->tree, l->ask, ASKS, &e));
    return list_value(l);
}

/* Along directions of a few hundred values each, so that one number tells of many. */
static void check_directions(struct trainer *t, struct list *l, const char *name) {
    size_t n;
    float *v = trainer_values(t, &n), *g = trainer_grads(t);
    float *was = malloc(n * sizeof *was);
    for (int k = 0; k < 6; k++) {
        struct random r = random_of(100 + (uint64_t)k);
        double want = 0, h = 2e-3, up, down;
        memcpy(was, v, n * sizeof *v);
        for (int side = -1; side <= 1; side += 2) {
            struct random same = r;
            for (size_t i = 0; i < n; i++) {
                double d = 2 * random_unit(&same) - 1;
                v[i] = was[i] + (float)(side * h * d);
                if (side > 0) want += g[i] * d;
            }
            *(side < 0 ? &down : &up) = value_at(t, l);
        }
        memcpy(v, was, n * sizeof *v);
        double got = (up - down) / (2 * h);
        t_checks++;
        if (!(fabs(got - want) <= 4e-3 * (1 + fabs(got))))
            T_SAY("%s: along direction %d the loss rises by %g, the gradient says %g", name, k, got,
                  want);
    }
    GOOD(trainer_changed(t, &e));
    free(was);
}

static void test_family(const char *name) {
    struct list l;
    struct trainer_info info;
    struct trainer *ref = open_tiny(name, "ref", 1, 1), *cpu = open_tiny(name, "cpu", 2, 1);
    size_t n;
    if (!ref || !cpu) return;
    trainer_info(ref, &info);
    list_make(&l, info.vocab);
    shake(ref);
    shake(cpu);
    GOOD(list_learn(ref, &l));
    GOOD(list_learn(cpu, &l));
    float *a = trainer_grads(ref), *b = trainer_grads(cpu);
    double far = 0, size = 0;
    (void)trainer_values(ref, &n);
    for (size_t i = 0; i < n; i++) {
        far += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        size += (double)a[i] * a[i];
    }
    OK(size > 0);
    OK(far <= 1e-8 * size);
    check_directions(ref, &l, name);
    trainer_close(ref);
    trainer_close(cpu);
}

/* One tree's gradient is the sum of those of its asks, each with its path alone. */
static void test_packed(const char *name) {
    struct list l;
    struct trainer_info info;
    struct trainer *t = open_tiny(name, "cpu", 2, 0);
    size_t n;
    if (!t) return;
    trainer_info(t, &info);
    list_make(&l, info.vocab);
    shake(t);
    (void)trainer_values(t, &n);
    GOOD(list_learn(t, &l));
    float *g = trainer_grads(t), *whole = malloc(n * sizeof *whole);
    memcpy(whole, g, n * sizeof *g);
    memset(g, 0, n * sizeof *g);
    for (int q = 0; q < ASKS; q++) {
        int path[NODES], depth = 0, node = l.ask[q].node;
        for (int i = node; i >= 0; i = parent[i]) path[depth++] = i;
        int32_t tok[NODES * LENGTH], off[NODES + 1] = {0}, up[NODES];
        for (int d = 0; d < depth; d++) {
            int i = path[depth - 1 - d], len = l.off[i + 1] - l.off[i];
            memcpy(tok + off[d], l.tok + l.off[i], (size_t)len * sizeof *tok);
            off[d + 1] = off[d] + len;
            up[d] = d - 1;
        }
        const struct tree one = {depth, up, off, tok, NULL};
        struct ask ask = l.ask[q];
        ask.node = depth - 1;
        const struct trainer_loss loss = {&l, list_loss, l.d + q};
        GOOD(trainer_learn(t, &one, &ask, 1, &loss, &e));
    }
    double far = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        far += ((double)g[i] - whole[i]) * ((double)g[i] - whole[i]);
        size += (double)g[i] * g[i];
    }
    OK(sqrt(far) <= 1e-5 * sqrt(size));
    free(whole);
    trainer_close(t);
}

static void train_some(struct trainer *t, struct list *l, int steps) {
    double norm;
    for (int i = 0; i < steps; i++) {
        GOOD(list_learn(t, l));
        GOOD(trainer_step(t, 1e-2, 1e-2, 1, &norm, &e));
    }
}

/* The same bits with one thread and with three; in two runs with a stop between them as in one. */
static void test_bits(void) {
    struct list l;
    struct trainer_info info;
    struct arena a;
    void *own;
    size_t n, got;
    char path[] = "/tmp/test-train-XXXXXX";
    int fd = mkstemp(path);
    OK(fd >= 0);
    close(fd);
    struct trainer *one = open_tiny("tied", "cpu", 1, 1), *three = open_tiny("tied", "cpu", 3, 1),
                   *again = open_tiny("tied", "cpu", 2, 1);
    trainer_info(one, &info);
    list_make(&l, info.vocab);
    train_some(one, &l, 2);
    train_some(three, &l, 2);
    const float *x = trainer_values(one, &n), *y = trainer_values(three, NULL);
    EQ_MEM(x, y, n * sizeof *x);
    GOOD(trainer_save(one, path, "mine", 4, &e));
    train_some(one, &l, 2);
    arena_init(&a, 1 << 20);
    GOOD(trainer_load(again, path, &a, &own, &got, &e));
    EQ(got, 4);
    EQ_MEM(own, "mine", 4);
    EQ(trainer_steps(again), 2);
    train_some(again, &l, 2);
    EQ_MEM(x, trainer_values(again, NULL), n * sizeof *x);

    char *bytes;
    size_t size;
    GOOD(file_read(path, 1 << 26, &bytes, &size, &e));
    for (size_t cut = 0; cut < size; cut += 4096) {
        GOOD(file_write(path, bytes, cut, &e));
        EQ(trainer_load(again, path, &a, &own, &got, &e), ST_CORRUPT);
    }
    for (size_t at = 0; at < size; at += size / 7) {
        bytes[at] ^= 1;
        GOOD(file_write(path, bytes, size, &e));
        EQ(trainer_load(again, path, &a, &own, &got, &e), ST_CORRUPT);
        bytes[at] ^= 1;
    }
    GOOD(file_write(path, bytes, size, &e));
    struct trainer *other = open_tiny("wide", "cpu", 1, 1);
    EQ(trainer_load(other, path, &a, &own, &got, &e), ST_CONFLICT);
    EQ_MEM(x, trainer_values(again, NULL), n * sizeof *x);
    arena_free(&a);
    mem_free(bytes);
    unlink(path);
    trainer_close(one);
    trainer_close(three);
    trainer_close(again);
    trainer_close(other);
}

/* A broken value stops the step that it would spoil, by name; nothing moves. */
static void test_broken(void) {
    struct list l;
    struct trainer *t = open_tiny("tied", "cpu", 1, 2);
    size_t n;
    double norm;
    float *v = trainer_values(t, &n);
    list_make(&l, 288);
    GOOD(list_learn(t, &l));
    trainer_grads(t)[3] = NAN;
    float was = v[0];
    EQ(trainer_step(t, 1e-2, 1e-2, 1, &norm, &e), ST_CORRUPT);
    OK(strstr(e.text, "step 1") != NULL);
    OK(v[0] == was);
    v[n - 3] = INFINITY;
    GOOD(trainer_changed(t, &e));
    EQ(list_learn(t, &l), ST_CORRUPT);
    l.tok[0] = 288;
    EQ(list_learn(t, &l), ST_INVALID);
    trainer_close(t);
    const struct trainer_config bad = {.model = "fixtures/tiny/tied.gguf", .rank = 2, .first = 3};
    EQ(trainer_open(&t, &bad, &e), ST_INVALID);
}

/* Switched off, the model answers as its base does. */
static void test_off(void) {
    struct list l, m;
    struct trainer *t = open_tiny("tied", "cpu", 2, 0);
    list_make(&l, 288);
    list_make(&m, 288);
    GOOD(trainer_score(t, &l.tree, l.ask, ASKS, &e));
    train_some(t, &m, 2);
    GOOD(trainer_score(t, &m.tree, m.ask, ASKS, &e));
    OK(memcmp(l.out, m.out, sizeof l.out) != 0);
    GOOD(trainer_adapter(t, 0, &e));
    GOOD(trainer_score(t, &m.tree, m.ask, ASKS, &e));
    EQ_MEM(l.out, m.out, sizeof l.out);
    trainer_close(t);
}

/* Layers that are kept give the bits of those that are computed again. */
static void test_whole(const char *name) {
    struct list l;
    struct trainer_info info;
    size_t n;
    struct trainer *a = open_as(name, "cpu", 2, 1, 0), *b = open_as(name, "cpu", 2, 1, 1);
    trainer_info(a, &info);
    list_make(&l, info.vocab);
    train_some(a, &l, 3);
    train_some(b, &l, 3);
    const float *x = trainer_values(a, &n);
    EQ_MEM(x, trainer_values(b, NULL), n * sizeof *x);
    trainer_close(a);
    trainer_close(b);
}

/* Learning among few tokens: what is asked keeps its ratios, the sum over them is 1, and the
 * gradient is that of this loss. Scores stay those of the whole vocabulary. */
static void test_few(const char *backend) {
    struct list l, all;
    struct trainer *t = open_tiny("tied", backend, 2, 1);
    int32_t token[288];
    unsigned char used[288] = {0};
    int n_few = 0;
    list_make(&l, 288);
    list_make(&all, 288);
    for (int i = 0; i < l.off[NODES]; i++) used[l.tok[i]] = 1;
    used[l.label[0]] = used[l.label[1]] = 1;
    for (int i = 0; i < 288; i++)
        if (used[i]) token[n_few++] = i;
    OK(n_few < 100);
    shake(t);
    GOOD(trainer_score(t, &all.tree, all.ask, ASKS, &e));
    GOOD(trainer_few_tokens(t, token, n_few, &e));
    GOOD(list_learn(t, &l));
    NEAR(l.out[4][0] - l.out[4][1], all.out[4][0] - all.out[4][1], 1e-4);
    OK(l.out[4][0] > all.out[4][0]); /* less to share with */
    size_t n;
    float *v = trainer_values(t, &n), *g = trainer_grads(t), *was = malloc(2 * n * sizeof *was);
    memcpy(was, v, n * sizeof *v);
    memcpy(was + n, g, n * sizeof *g);
    double want = 0, value[2], h = 2e-3;
    for (int side = 0; side < 2; side++) {
        struct random r = random_of(9);
        for (size_t i = 0; i < n; i++) {
            double d = 2 * random_unit(&r) - 1;
            v[i] = was[i] + (float)((side ? h : -h) * d);
            if (side) want += was[n + i] * d;
        }
        GOOD(trainer_changed(t, &e));
        GOOD(list_learn(t, &l));
        value[side] = list_value(&l);
    }
    double got = (value[1] - value[0]) / (2 * h);
    OK(fabs(got - want) <= 4e-3 * (1 + fabs(got)));
    memcpy(v, was, n * sizeof *v);
    GOOD(trainer_changed(t, &e));
    GOOD(trainer_score(t, &l.tree, l.ask, ASKS, &e));
    EQ_MEM(l.out, all.out, sizeof l.out);
    free(was);
    used[l.label[0]] = 0; /* a token that is asked and not there */
    n_few = 0;
    for (int i = 0; i < 288; i++)
        if (used[i]) token[n_few++] = i;
    GOOD(trainer_few_tokens(t, token, n_few, &e));
    EQ(list_learn(t, &l), ST_INVALID);
    token[0] = token[1];
    EQ(trainer_few_tokens(t, token, n_few, &e), ST_INVALID);
    EQ(trainer_few_tokens(t, token, 0, &e), ST_INVALID);
    token[0] = 288;
    EQ(trainer_few_tokens(t, token, 1, &e), ST_INVALID);
    trainer_close(t);
}

int main(void) {
    for (size_t i = 0; i < COUNT(families); i++) test_family(families[i]);
    test_packed("tied");
    test_packed("gemma3");
    test_bits();
    test_broken();
    test_off();
    test_whole("tied");
    test_whole("gemma3");
    test_few("ref");
    test_few("cpu");
    return t_end();
}
