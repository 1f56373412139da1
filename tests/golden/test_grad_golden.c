/* links: model train */
/* Gradients of LoRA's factors against PyTorch's (fixtures/grad/make.py), on tiny models: in f32 to
 * 1e-3; in bf16, where the CPU has it, at least as near as PyTorch's own bf16. */
#include "model/adapter.h"
#include "kernels/base/os/file.h"
#include "model/format/shards.h"
#include "model/train/trainer.h"
#include "tests/t.h"

#include <stdlib.h>

enum { TOKENS = 29, LAYERS = 3 };
static struct err e;

struct sequence {
    int32_t tok[TOKENS];
    double loss;
    double half; /* how far PyTorch's gradients in bf16 lie from its own in f32 */
    float out[TOKENS], dout[TOKENS];
};

static void read_sequence(struct sequence *s, const char *name) {
    char path[96], *text, *at;
    size_t n;
    snprintf(path, sizeof path, "fixtures/grad/%s.txt", name);
    GOOD(file_read(path, 1 << 16, &text, &n, &e));
    at = text;
    for (int i = 0; i < TOKENS; i++) s->tok[i] = (int32_t)strtol(at, &at, 10);
    s->loss = strtod(at, &at);
    s->half = strtod(at, &at);
    OK(s->half > 0);
    mem_free(text);
}

static float weight(int i) {
    return (float)(1 + i % 3) / 4;
}

static enum status weigh(void *arg, struct err *err) {
    struct sequence *s = arg;
    (void)err;
    for (int i = 0; i < TOKENS; i++) s->dout[i] = -weight(i);
    return ST_OK;
}

/* The trainer's values in its own order: layer by layer, the factors of each linear's parts. */
static void compare(const struct adapter *want, const float *got, double most, const char *name) {
    static const char *const parts[] = {"attn_q",   "attn_k", "attn_v",  "attn_output",
                                        "ffn_gate", "ffn_up", "ffn_down"};
    double far = 0, size = 0, mine = 0, both = 0;
    int seen = 0;
    for (int l = 0; l < LAYERS; l++)
        for (size_t i = 0; i < COUNT(parts); i++) {
            char full[64];
            snprintf(full, sizeof full, "blk.%d.%s.weight", l, parts[i]);
            const struct adapter_part *p = adapter_find(want, full);
            OK(p != NULL);
            if (!p) return;
            size_t na = (size_t)(p->rank * p->k), n = na + (size_t)(p->n * p->rank);
            for (size_t k = 0; k < n; k++, got++) {
                double w = k < na ? p->a[k] : p->b[k - na], g = *got;
                far += (g - w) * (g - w);
                size += w * w;
                mine += g * g;
                both += g * w;
            }
            seen++;
        }
    EQ(seen, want->n);
    printf("%s: relative difference %.3g, cosine 1 - %.3g\n", name, sqrt(far / size),
           1 - both / sqrt(size * mine));
    OK(sqrt(far) <= most * sqrt(size));
    OK(both >= (1 - most * most) * sqrt(size * mine));
}

static void check(const char *name, const char *backend, const char *precision, double most) {
    char model[96], adapter[96], grads[96];
    struct sequence s;
    struct trainer *t;
    struct shards files;
    struct arena tables;
    struct adapter want;
    snprintf(model, sizeof model, "fixtures/tiny/%s.gguf", name);
    snprintf(adapter, sizeof adapter, "fixtures/grad/%s", name);
    snprintf(grads, sizeof grads, "fixtures/grad/%s.grad", name);
    const struct trainer_config c = {.model = model,
                                     .backend = backend,
                                     .precision = precision,
                                     .threads = 2,
                                     .rank = 2,
                                     .alpha = 6};
    enum status st = trainer_open(&t, &c, &e);
    if (st == ST_UNSUPPORTED && strcmp(precision, "bf16") == 0) {
        printf("%s: no bf16 on this CPU\n", name);
        return;
    }
    GOOD(st);
    if (st != ST_OK) return;
    GOOD(trainer_start_from(t, adapter, &e));
    read_sequence(&s, name);
    const int32_t up = -1, off[] = {0, TOKENS};
    const struct tree tree = {1, &up, off, s.tok, NULL};
    const struct ask ask = {0, 0, NULL, s.out};
    float *const dout[] = {s.dout};
    const struct trainer_loss loss = {&s, weigh, dout};
    GOOD(trainer_learn(t, &tree, &ask, 1, &loss, &e));
    double sum = 0;
    for (int i = 1; i < TOKENS; i++) sum -= (double)weight(i) * s.out[i];
    NEAR(sum, s.loss, most);
    arena_init(&tables, 1 << 24);
    GOOD(shards_open(&files, model, &tables, NULL, &e));
    GOOD(adapter_read(&want, grads, &files.g, &e));
    if (!t_failed)
        compare(&want, trainer_grads(t), strcmp(precision, "bf16") == 0 ? s.half : most, name);
    adapter_close(&want);
    shards_close(&files);
    arena_free(&tables);
    trainer_close(t);
}

int main(void) {
    static const char *const names[] = {"tied", "qwen2", "qwen3", "gemma3"};
    for (size_t i = 0; i < COUNT(names); i++) {
        check(names[i], "ref", "f32", 1e-3);
        check(names[i], "cpu", "f32", 1e-3);
        check(names[i], "cpu", "bf16", 5e-2);
    }
    return t_end();
}
