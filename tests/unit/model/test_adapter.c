/* links: model train */
/* Adapters: PEFT's and llama.cpp's forms in and out, merged at load, their base, damage. */
#include "model/adapter.h"
#include "kernels/base/os/file.h"
#include "model/engine/engine.h"
#include "model/format/shards.h"
#include "model/train/trainer.h"
#include "tests/t.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err e;
static char dir[] = "/tmp/test-adapter-XXXXXX";

static const char *in_dir(const char *name) {
    static char path[4][128];
    static int at;
    char *p = path[at++ % 4];
    snprintf(p, 128, "%s/%s", dir, name);
    return p;
}

struct base {
    struct arena tables;
    struct shards files;
    char sha[65];
};

static void base_open(struct base *b, const char *name) {
    char path[96];
    snprintf(path, sizeof path, "fixtures/tiny/%s.gguf", name);
    arena_init(&b->tables, 1 << 24);
    GOOD(shards_open(&b->files, path, &b->tables, NULL, &e));
    hash_hex(&b->files.sha, b->sha);
}

static void base_close(struct base *b) {
    shards_close(&b->files);
    arena_free(&b->tables);
}

static void same(const struct adapter *a, const struct adapter *b) {
    EQ(a->n, b->n);
    NEAR(a->alpha, b->alpha, 0);
    for (int i = 0; i < a->n; i++) {
        const struct adapter_part *p = &a->part[i], *q = adapter_find(b, p->name);
        OK(q != NULL);
        if (!q) continue;
        EQ(p->rank, q->rank);
        EQ(p->n, q->n);
        EQ(p->k, q->k);
        EQ_MEM(p->a, q->a, (size_t)(p->rank * p->k) * sizeof *p->a);
        EQ_MEM(p->b, q->b, (size_t)(p->n * p->rank) * sizeof *p->b);
    }
}

/* Both forms give back what was written, in families whose rows are woven and whose are not. */
static void test_forms(const char *name) {
    struct base b;
    struct adapter peft, again, gguf;
    char path[96];
    snprintf(path, sizeof path, "fixtures/grad/%s", name);
    base_open(&b, name);
    GOOD(adapter_read(&peft, path, &b.files.g, &e));
    EQ(peft.n, 21);
    NEAR(peft.alpha, 6, 0);
    EQ_STR(peft.base, "");
    strcpy(peft.base, b.sha);
    strcpy(peft.readout, "query");
    peft.gain = .75f, peft.beta = .25f, peft.forced = 1;
    GOOD(adapter_write(&peft, in_dir("a.gguf"), &e));
    GOOD(adapter_read(&gguf, in_dir("a.gguf"), &b.files.g, &e));
    same(&peft, &gguf);
    EQ_STR(gguf.base, b.sha);
    EQ_STR(gguf.readout, "query");
    NEAR(gguf.gain, .75, 0);
    NEAR(gguf.beta, .25, 0);
    EQ(gguf.forced, 1);
    adapter_close(&gguf);
    peft.half = 1; /* to eleven bits, in half the room */
    GOOD(adapter_write(&peft, in_dir("h.gguf"), &e));
    GOOD(adapter_read(&gguf, in_dir("h.gguf"), &b.files.g, &e));
    for (int i = 0; i < peft.n; i++)
        for (int k = 0; k < peft.part[i].rank * peft.part[i].k; k++)
            NEAR(gguf.part[i].a[k], peft.part[i].a[k], 1e-7 + fabs(peft.part[i].a[k]) * 0x1p-11);
    GOOD(adapter_write_peft(&peft, in_dir("peft"), &b.files.g, &e));
    GOOD(adapter_read(&again, in_dir("peft"), &b.files.g, &e));
    same(&peft, &again);
    EQ_STR(again.readout, "query");
    NEAR(again.gain, .75, 0);
    NEAR(again.beta, .25, 0);
    GOOD(adapter_check(&gguf, b.sha, &e));
    b.sha[0] ^= 1;
    EQ(adapter_check(&gguf, b.sha, &e), ST_CONFLICT);
    adapter_close(&peft);
    adapter_close(&again);
    adapter_close(&gguf);
    base_close(&b);
}

/* Cut or changed anywhere it is refused or read, never more. */
static void damage(const char *path, const char *read, const struct gguf *g, int step) {
    char *p;
    size_t n;
    struct adapter ad;
    GOOD(file_read(path, 1 << 24, &p, &n, &e));
    for (size_t cut = 0; cut < n; cut += cut < 3000 ? (size_t)step : 997) {
        GOOD(file_write(path, p, cut, &e));
        OK(adapter_read(&ad, read, g, &e) != ST_OK);
    }
    for (size_t at = 0; at < n && at < 3000; at += (size_t)step) {
        p[at] ^= 0x41;
        GOOD(file_write(path, p, n, &e));
        t_checks++;
        if (adapter_read(&ad, read, g, &e) == ST_OK) adapter_close(&ad);
        p[at] ^= 0x41;
    }
    GOOD(file_write(path, p, n, &e));
    GOOD(adapter_read(&ad, read, g, &e));
    adapter_close(&ad);
    mem_free(p);
}

static void test_damage(void) {
    struct base b;
    struct adapter ad;
    base_open(&b, "tied");
    GOOD(adapter_read(&ad, "fixtures/grad/tied", &b.files.g, &e));
    GOOD(adapter_write(&ad, in_dir("d.gguf"), &e));
    GOOD(adapter_write_peft(&ad, in_dir("peft"), &b.files.g, &e));
    damage(in_dir("d.gguf"), in_dir("d.gguf"), &b.files.g, 7);
    damage(in_dir("peft/adapter_model.safetensors"), in_dir("peft"), &b.files.g, 11);
    damage(in_dir("peft/adapter_config.json"), in_dir("peft"), &b.files.g, 9);
    damage(in_dir("peft/taproom.json"), in_dir("peft"), &b.files.g, 1);
    static const char large[] = "{\"readout\": \"query\", \"gain\": 1, \"beta\": 1000}";
    GOOD(file_write(in_dir("peft/taproom.json"), large, sizeof large - 1, &e));
    struct adapter far;
    EQ(adapter_read(&far, in_dir("peft"), &b.files.g, &e), ST_CORRUPT);
    ad.part[0].b[3] = NAN;
    GOOD(adapter_write(&ad, in_dir("d.gguf"), &e));
    adapter_close(&ad);
    EQ(adapter_read(&ad, in_dir("d.gguf"), &b.files.g, &e), ST_CORRUPT);
    EQ(adapter_read(&ad, "fixtures/tiny/tied.gguf", &b.files.g, &e), ST_INVALID); /* a model */
    EQ(adapter_read(&ad, in_dir("nothing"), &b.files.g, &e), ST_NOT_FOUND);
    base_close(&b);
}

/* --- in the engine */

enum { N = 5, LEN = 9 };
static const int32_t up[N] = {-1, 0, 0, 0, 0};

static void scores(struct engine *en, int from, int n, float out[][LEN]) {
    int32_t parent[N], off[N + 1] = {0, LEN}, tok[N * LEN];
    struct ask ask[N];
    parent[0] = -1;
    for (int k = 0; k < LEN; k++) tok[k] = 40 + k;
    for (int i = 0; i < n; i++) {
        parent[i + 1] = 0;
        off[i + 2] = off[i + 1] + LEN;
        for (int k = 0; k < LEN; k++) tok[off[i + 1] + k] = 7 * (from + i) + 3 * k + 5;
        ask[i] = (struct ask){i + 1, 0, NULL, out[i]};
    }
    const struct tree t = {n + 1, parent, off, tok, NULL};
    struct job j = {.tree = &t, .ask = ask, .n_asks = n};
    GOOD(engine_score(en, &j, &e));
}

static struct engine *engine_of(const char *adapter) {
    struct engine *en = NULL;
    const struct engine_config c = {.model = "fixtures/tiny/tied.gguf",
                                    .adapter = adapter,
                                    .backend = "cpu",
                                    .precision = "f32",
                                    .threads = 2};
    GOOD(engine_open(&en, &c, &e));
    return en;
}

/* Ranking with an adapter computes what training with it does; an item's bits are the same alone.
 */
static void test_engine(void) {
    float with[N - 1][LEN], plain[N - 1][LEN], alone[1][LEN], train[N - 1][LEN];
    struct engine *en = engine_of("fixtures/grad/tied"), *base = engine_of(NULL);
    struct engine_info a, b;
    struct trainer *t;
    if (!en || !base) return;
    engine_info(en, &a);
    engine_info(base, &b);
    EQ_STR(a.base_sha256, b.sha256);
    OK(strcmp(a.sha256, b.sha256) != 0);
    scores(en, 0, N - 1, with);
    scores(base, 0, N - 1, plain);
    OK(memcmp(with, plain, sizeof with) != 0);
    scores(en, 2, 1, alone);
    EQ_MEM(alone[0], with[2], sizeof alone[0]);

    const struct trainer_config c = {.model = "fixtures/tiny/tied.gguf",
                                     .precision = "f32",
                                     .threads = 1,
                                     .rank = 2,
                                     .alpha = 6};
    GOOD(trainer_open(&t, &c, &e));
    GOOD(trainer_start_from(t, "fixtures/grad/tied", &e));
    int32_t off[N + 1], tok[N * LEN];
    struct ask ask[N - 1];
    for (int i = 0; i <= N; i++) off[i] = i * LEN;
    for (int k = 0; k < LEN; k++) tok[k] = 40 + k;
    for (int i = 0; i < N - 1; i++) {
        for (int k = 0; k < LEN; k++) tok[off[i + 1] + k] = 7 * i + 3 * k + 5;
        ask[i] = (struct ask){i + 1, 0, NULL, train[i]};
    }
    const struct tree tree = {N, up, off, tok, NULL};
    GOOD(trainer_score(t, &tree, ask, N - 1, &e));
    EQ_MEM(train, with, sizeof with);
    trainer_close(t);
    engine_close(en);
    engine_close(base);
}

/* Every value of a merged tensor lies within the format's step of what it stands for. */
static void check_tensor(const struct gguf_tensor *t, const float *want, double step) {
    size_t n = (size_t)(t->dim[0] * t->dim[1]);
    float *got = mem_alloc(n * sizeof *got);
    t->type->to_f32(got, t->data, n / (size_t)t->type->elems);
    int bad = 0;
    for (size_t i = 0; i < n; i += 32) {
        double lo = want[i], hi = want[i], size = 0;
        for (size_t k = i; k < i + 32 && k < n; k++) {
            lo = fmin(lo, want[k]), hi = fmax(hi, want[k]);
            size = fmax(size, fabs((double)want[k]));
        }
        double most = (step > .01 ? (hi - lo) * step : size * step) + 1.5 * size * 0x1p-11;
        for (size_t k = i; k < i + 32 && k < n; k++)
            bad += !(fabs((double)got[k] - want[k]) <= most);
    }
    EQ(bad, 0);
    mem_free(got);
}

/* Written as one file, model and adapter answer as they do together. step: half of the format's,
 * as a share of a block's range (q4_1) or size. */
static void test_merged(const char *type, uint32_t id, double step) {
    float with[N - 1][LEN], merged[N - 1][LEN];
    struct engine *en = engine_of("fixtures/grad/tied"), *one = NULL;
    struct base b, m;
    struct adapter ad;
    const char *path = in_dir("merged.gguf");
    const struct engine_config c = {
        .model = path, .backend = "cpu", .precision = "f32", .threads = 1};
    GOOD(engine_merge("fixtures/tiny/tied.gguf", "fixtures/grad/tied", path, type, &e));
    base_open(&b, "tied");
    GOOD(adapter_read(&ad, "fixtures/grad/tied", &b.files.g, &e));
    arena_init(&m.tables, 1 << 24);
    GOOD(shards_open(&m.files, path, &m.tables, NULL, &e));
    EQ(m.files.g.n_tensors, b.files.g.n_tensors);
    for (int i = 0; i < ad.n; i++) {
        const struct adapter_part *p = &ad.part[i];
        const struct gguf_tensor *from = gguf_tensor(&b.files.g, p->name),
                                 *to = gguf_tensor(&m.files.g, p->name);
        size_t n = (size_t)p->n * (size_t)p->k;
        float *want = mem_alloc(n * sizeof *want);
        from->type->to_f32(want, from->data, n / (size_t)from->type->elems);
        adapter_merge(&ad, p, want);
        int whole = p->k % 32 == 0; /* else it is written as f16 */
        EQ(to->type->id, whole ? id : 1);
        check_tensor(to, want, whole ? step : 0);
        mem_free(want);
    }
    adapter_close(&ad);
    base_close(&b);
    base_close(&m);
    GOOD(engine_open(&one, &c, &e));
    if (!en || !one) return;
    scores(en, 0, N - 1, with);
    scores(one, 0, N - 1, merged);
    OK(memcmp(with, merged, sizeof with) != 0);
    for (int i = 0; id == 1 && i < N - 1; i++)
        for (int k = 0; k < LEN; k++) NEAR(merged[i][k], with[i][k], .02);
    EQ(engine_merge("fixtures/tiny/tied.gguf", "fixtures/grad/tied", path, "q2", &e), ST_INVALID);
    EQ(engine_merge("fixtures/tiny/wide.gguf", "fixtures/grad/tied", path, type, &e), ST_INVALID);
    engine_close(en);
    engine_close(one);
}

static void refused(const char *model, const char *adapter, enum status want) {
    struct engine *en = NULL;
    const struct engine_config c = {.model = model, .adapter = adapter, .threads = 1};
    EQ(engine_open(&en, &c, &e), want);
    engine_close(en);
}

static void test_refused(void) {
    struct base b;
    struct adapter ad;
    refused("fixtures/tiny/wide.gguf", "fixtures/grad/tied", ST_INVALID); /* other shapes */
    refused("fixtures/tiny/qwen2.gguf", in_dir("a.gguf"), ST_CONFLICT);   /* another family */
    refused("fixtures/tiny/tied.gguf", in_dir("none.gguf"), ST_NOT_FOUND);
    base_open(&b, "tied");
    GOOD(adapter_read(&ad, "fixtures/grad/tied", &b.files.g, &e));
    memset(ad.base, 'a', 64);
    ad.base[64] = 0;
    GOOD(adapter_write(&ad, in_dir("other.gguf"), &e));
    refused("fixtures/tiny/tied.gguf", in_dir("other.gguf"), ST_CONFLICT); /* another base */
    adapter_close(&ad);
    base_close(&b);
}

int main(void) {
    char command[64];
    OK(mkdtemp(dir) != NULL);
    test_forms("qwen2");
    test_forms("gemma3");
    test_forms("tied");
    test_damage();
    test_engine();
    test_merged("f16", 1, 0);
    test_merged("q8_0", 8, 1.0 / 254);
    test_merged("q4_1", 3, 1.0 / 30);
    test_refused();
    snprintf(command, sizeof command, "rm -rf %s", dir);
    OK(system(command) == 0);
    return t_end();
}
