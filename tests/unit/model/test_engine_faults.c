/* links: model */
/* The engine and what goes wrong around it: files that lie, weights that are no numbers, memory
 * that runs out. */
#include "kernels/base/os/file.h"
#include "model/format/gguf/gguf.h"
#include "tests/unit/model/tiny_call.h"

/* --- files that lie: a tiny model with some bytes changed */

struct file {
    char path[64];
    char *p; /* its bytes, mem_alloc */
    size_t n;
    struct gguf g;
    struct arena arena;
};

static void file_open(struct file *f, const char *from) {
    struct err e;
    memset(f, 0, sizeof *f);
    arena_init(&f->arena, 16 << 20);
    snprintf(f->path, sizeof f->path, "/tmp/taproom-engine-%ld.gguf", (long)getpid());
    GOOD(file_read(from, 1 << 20, &f->p, &f->n, &e));
    GOOD(gguf_parse(&f->g, "derived", (uint8_t *)f->p, f->n, &f->arena, &e));
}

static void file_close(struct file *f) {
    unlink(f->path);
    arena_free(&f->arena);
    mem_free(f->p);
}

/* The value of a scalar pair: after its key and type. */
static char *value_of(struct file *f, const char *key) {
    const struct gguf_kv *kv = gguf_find(&f->g, key);
    CHECK(kv);
    return f->p + (kv->key.p - f->p) + kv->key.n + 4;
}

static void set_int(struct file *f, const char *key, uint32_t x) {
    memcpy(value_of(f, key), &x, sizeof x);
}

static char *tensor_data(struct file *f, const char *name) {
    const struct gguf_tensor *t = gguf_tensor(&f->g, name);
    CHECK(t);
    return f->p + (t->data - (const uint8_t *)f->p);
}

/* Puts a pair before the first one, with a second pair that keeps the data's alignment. */
static void insert(struct file *f, const char *key, uint32_t type, const void *value, size_t n) {
    char *old = f->p, more[512];
    size_t at = 0, first = 24;
    uint64_t len = strlen(key), pairs;
    memcpy(more + at, &len, 8), memcpy(more + at + 8, key, len), at += 8 + len;
    memcpy(more + at, &type, 4), memcpy(more + at + 4, value, n), at += 4 + n;
    uint64_t filler = 1, str = 8;
    memcpy(more + at, &filler, 8), memcpy(more + at + 8, "z", 1), at += 9;
    memcpy(more + at, &(uint32_t){GGUF_STR}, 4), at += 4;
    uint64_t pad = (32 - (at + str) % 32) % 32;
    memcpy(more + at, &pad, 8), memset(more + at + 8, 'z', pad), at += 8 + pad;
    CHECK((f->p = mem_alloc(f->n + at)) != NULL);
    memcpy(f->p, old, first);
    memcpy(f->p + first, more, at);
    memcpy(f->p + first + at, old + first, f->n - first);
    memcpy(&pairs, old + 16, 8);
    pairs += 2;
    memcpy(f->p + 16, &pairs, 8);
    f->n += at;
    mem_free(old);
}

/* Opening the changed file must fail with st and name what is wrong. */
static void refused(struct file *f, enum status st, const char *named) {
    static const char *const backend[] = {"cpu", "ref"};
    struct err e = {0};
    GOOD(file_write(f->path, f->p, f->n, &e));
    for (int i = 0; i < 2; i++) {
        struct engine *en = NULL;
        e.text[0] = 0;
        EQ(engine_open(&en, &(struct engine_config){.model = f->path, .backend = backend[i]}, &e),
           st);
        if (!strstr(e.text, named)) T_SAY("'%s' does not name '%s'", e.text, named);
        t_checks++;
    }
    file_close(f);
}

static void test_hyper(void) {
    static const struct {
        const char *key;
        uint32_t value;
        const char *named;
    } t[] = {
        {"llama.attention.head_count", 0, "head_count"},
        {"llama.attention.head_count", 5, "head_count 5"},
        {"llama.attention.head_count", 1u << 31, "head_count"},
        {"llama.attention.head_count_kv", 0, "head_count_kv"},
        {"llama.attention.head_count_kv", 3, "head_count_kv 3"},
        {"llama.attention.head_count_kv", 1, "attn_k"},

        {"llama.attention.key_length", 0, "key_length"},
        {"llama.embedding_length", 0, "embedding_length"},
        {"llama.embedding_length", 128, "128"},
        {"llama.context_length", 0, "context_length"},
        {"llama.feed_forward_length", 71, "ffn_gate"},
        {"llama.block_count", 0, "block_count"},
        {"llama.block_count", 4, "blk.3."},
        {"llama.block_count", 2, "blk.2.attn_q.weight exceeds block_count 2"},
        {"llama.block_count", 100000, "block_count"},
        {"llama.attention.layer_norm_rms_epsilon", 0x7FC00000, "layer_norm_rms_epsilon"},
        {"llama.attention.layer_norm_rms_epsilon", 0xBF800000, "layer_norm_rms_epsilon"},
        {"llama.rope.freq_base", 0, "freq_base"},
    };
    struct file f;
    for (size_t i = 0; i < COUNT(t); i++) {
        file_open(&f, TINY("tied"));
        set_int(&f, t[i].key, t[i].value);
        refused(&f, ST_CORRUPT, t[i].named);
    }
    file_open(&f, TINY("tied"));
    set_int(&f, "llama.rope.dimension_count", 8);
    refused(&f, ST_UNSUPPORTED, "rope over 8 of 16");
    file_open(&f, TINY("tied"));
    set_int(&f, "llama.attention.key_length", 32);
    refused(&f, ST_UNSUPPORTED, "rope over 16 of 32");
    file_open(&f, TINY("tied"));
    set_int(&f, "llama.rope.dimension_count", 32);
    set_int(&f, "llama.attention.key_length", 32);
    refused(&f, ST_CORRUPT, "blk.0.attn_q.weight is 64 x 64, the model needs 64 x 128");
}

static void test_variants(void) {
    struct file f;
    file_open(&f, TINY("tied"));
    memcpy(value_of(&f, "general.architecture") + 8, "gemma", 5);
    refused(&f, ST_UNSUPPORTED, "'gemma'");
    file_open(&f, TINY("tied"));
    insert(&f, "llama.rope.scaling.type", GGUF_STR, "\4\0\0\0\0\0\0\0yarn", 12);
    refused(&f, ST_UNSUPPORTED, "'yarn'");
    file_open(&f, TINY("tied"));
    insert(&f, "llama.rope.scaling.factor", GGUF_F32, &(float){-4}, 4);
    refused(&f, ST_CORRUPT, "rope.scaling.factor");
}

static void test_tensors(void) {
    static const char *const names[] = {"token_embd.weight",      "output_norm.weight",
                                        "blk.0.attn_norm.weight", "blk.1.ffn_norm.weight",
                                        "blk.2.attn_v.weight",    "blk.1.attn_output.weight",
                                        "blk.0.ffn_up.weight",    "blk.2.ffn_down.weight"};
    struct file f;
    for (size_t i = 0; i < COUNT(names); i++)
        for (int shape = 0; shape < 2; shape++) { /* missing, then one value too short */
            file_open(&f, TINY("tied"));
            const struct gguf_tensor *t = gguf_tensor(&f.g, names[i]);
            char *name = f.p + (t->name.p - f.p);
            uint64_t less;
            memcpy(&less, name + t->name.n + 4, 8);
            less--;
            if (shape)
                memcpy(name + t->name.n + 4, &less, 8);
            else
                name[0] = 'X';
            refused(&f, ST_CORRUPT, names[i]);
        }
    file_open(&f, TINY("tied")); /* a bias where none is known */
    const struct gguf_tensor *t = gguf_tensor(&f.g, "blk.1.ffn_norm.weight");
    memcpy(f.p + (t->name.p - f.p), "blk.1.attn_outpt.bias", 21);
    refused(&f, ST_CORRUPT, "blk.1.ffn_norm.weight");
    file_open(&f, TINY("blocks"));
    t = gguf_tensor(&f.g, "output.weight");
    memcpy(f.p + (t->name.p - f.p), "outputly.bias", 13);
    refused(&f, ST_UNSUPPORTED, "outputly.bias");
    struct err e;
    struct engine *en = NULL;
    EQ(engine_open(&en, &(struct engine_config){.model = "/nowhere/x.gguf"}, &e), ST_NOT_FOUND);
    EQ(engine_open(&en, &(struct engine_config){.model = TINY("tied"), .backend = "abacus"}, &e),
       ST_INVALID);
    EQ(engine_open(&en, &(struct engine_config){.model = TINY("tied"), .precision = "f8"}, &e),
       ST_INVALID);
}

/* --- weights that are no numbers */

static enum status score_broken(const char *path, const char *backend, const char *precision,
                                struct err *e) {
    struct engine *en = tiny_open(path, backend, precision, 1, 0);
    static struct call c;
    if (!en) return ST_CORRUPT;
    call_open(&c, en, 8);
    call_run(&c);
    *e = c.e;
    enum status st = c.st;
    call_close(&c);
    engine_close(en);
    return st;
}

static void test_nan(void) {
    static const char *const names[] = {
        "token_embd.weight",     "output_norm.weight",    "blk.0.attn_q.weight",
        "blk.0.attn_k.weight",   "blk.1.attn_v.weight",   "blk.2.attn_output.weight",
        "blk.0.ffn_gate.weight", "blk.2.ffn_down.weight", "blk.1.attn_norm.weight"};
    static const uint32_t bad[] = {0x7FC00000, 0xFFFFFFFF, 0x7F800000};
    static const char *const way[][2] = {
        {"cpu", "f32"}, {"cpu", "bf16"}, {"cpu", "int8"}, {"ref", "f32"}};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct file f;
        struct err e = {0};
        file_open(&f, TINY("tied"));
        /* The last value: of the embeddings, that of a token which no prompt here has. */
        const struct gguf_tensor *t = gguf_tensor(&f.g, names[i]);
        memcpy(tensor_data(&f, names[i]) + t->bytes - 4, &bad[i % COUNT(bad)], 4);
        GOOD(file_write(f.path, f.p, f.n, &e));
        for (size_t w = 0; w < COUNT(way); w++) {
            e.text[0] = 0;
            enum status st = score_broken(f.path, way[w][0], way[w][1], &e);
            if (st != ST_CORRUPT || (e.text[0] && !strstr(e.text, "ask ")))
                T_SAY("%s with %x, %s %s: %s '%s'", names[i], bad[i % COUNT(bad)], way[w][0],
                      way[w][1], status_name(st), e.text);
            t_checks++;
        }
        file_close(&f);
    }
}

/* Only the prompt that holds the broken token is refused, by the ask's number; the engine lives. */
static void test_nan_named(void) {
    struct file f;
    struct err e;
    file_open(&f, TINY("blocks"));
    const struct gguf_tensor *t = gguf_tensor(&f.g, "token_embd.weight");
    memcpy(tensor_data(&f, "token_embd.weight") + t->bytes / TINY_VOCAB * 260, "\0\x7E", 2);
    GOOD(file_write(f.path, f.p, f.n, &e));
    struct engine *en = tiny_open(f.path, "cpu", "auto", 1, 0);
    static struct call c;
    call_open(&c, en, 8);
    call_run(&c);
    EQ(c.st, ST_OK);
    c.f.tok[c.f.off[4]] = 260; /* item 3: asks 6 and 7; the first token is asked of its parent */
    c.keep = 1;
    call_run(&c);
    EQ(c.st, ST_CORRUPT);
    OK(strstr(c.e.text, "ask 6") || strstr(c.e.text, "ask 7"));
    c.f.tok[c.f.off[4]] = 12;
    call_run(&c);
    EQ(c.st, ST_OK);
    call_close(&c);
    engine_close(en);
    file_close(&f);
}

/* --- memory that runs out */

/* One failure may be tolerated (PCRE2 does without its compiled code), so this goes on until many
 * in a row changed nothing. */
static void test_no_memory_open(const char *model, const char *backend, int forever) {
    enum { IN_A_ROW = 12 };
    struct engine_config config = {.model = model, .backend = backend, .threads = 1};
    struct err e;
    long k = 1, refused_last = 0;
    for (; k - refused_last <= (forever ? 1 : IN_A_ROW) && k < 5000; k++) {
        struct engine *en = NULL;
        mem_fail_at(k, forever);
        enum status st = engine_open(&en, &config, &e);
        mem_fail_at(0, 0);
        t_checks++;
        if (st == ST_OK) {
            engine_close(en);
            continue;
        }
        refused_last = k;
        if (st != ST_NO_MEMORY)
            T_SAY("open %s, allocation %ld: %s: %s", backend, k, status_name(st), e.text);
    }
    OK(refused_last > 50 && k < 5000);
    printf("%s %s: %ld allocations fail one by one while opening\n", model, backend, refused_last);
}

static void test_no_memory_score(const char *backend, const char *precision, int forever) {
    struct engine *en = tiny_open(TINY("wide"), backend, precision, 1, 16);
    struct engine *other = tiny_open(TINY("wide"), backend, precision, 1, 16);
    static struct call good, c;
    CHECK(en && other);
    call_open(&good, other, 12); /* of an engine that never lacked memory */
    long k = 1;
    for (;; k++) {
        call_open(&c, en, 12);
        c.f.tok[0] = (int32_t)(k % 200); /* nothing is found in the cache */
        c.keep = 1;
        mem_fail_at(k, forever);
        call_run(&c);
        mem_fail_at(0, 0);
        enum status st = c.st;
        if (st != ST_OK && st != ST_NO_MEMORY)
            T_SAY("score, allocation %ld: %s: %s", k, status_name(st), c.e.text);
        good.f.tok[0] = c.f.tok[0]; /* the same again, with memory */
        c.st = ST_INTERNAL;
        call_run(&c);
        EQ(c.st, ST_OK);
        call_run(&good);
        for (int i = 0; i < 12; i++)
            EQ_MEM(c.out + 8 * i, good.out + 8 * i, (LABELS + 1) * sizeof(float));
        call_close(&c);
        if (st == ST_OK || k > 5000) break;
    }
    OK(k > 20 && k < 5000);
    printf("%s %s: %ld allocations fail one by one while scoring\n", backend, precision, k - 1);
    call_close(&good);
    engine_close(en);
    engine_close(other);
}

int main(int argc, char **argv) {
    (void)argc;
    tiny_start(argv);
    test_hyper();
    test_variants();
    test_tensors();
    test_nan();
    test_nan_named();
    for (int forever = 0; forever < 2; forever++) {
        test_no_memory_open(TINY("tied"), "cpu", forever);
        test_no_memory_open(TINY("blocks"), "ref", forever);
        test_no_memory_score("cpu", "auto", forever);
        test_no_memory_score("cpu", "int8", forever);
        test_no_memory_score("ref", "f32", forever);
    }
    return t_end();
}
