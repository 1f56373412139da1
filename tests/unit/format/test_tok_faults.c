/* links: model */
/* What a tokenizer refuses: damaged metadata, ids that are none, too much text; memory faults; and
 * the names it knows. */
#include "model/tokenizer/tok_split.h"
#include "tests/unit/format/tok_file.h"

static struct err e;

static void test_damaged(void) {
    static const struct tok_words base = {
        .model = "gpt2", .pre = "gpt-2", .tail = {{"aa", 1}}, .merge = {"a a"}};
    static const struct {
        const char *what; /* must be in the message */
        enum status st;
        struct tok_words w;
    } row[] = {
        {"tokenizer.ggml.model", ST_CORRUPT, {.pre = "gpt-2"}},
        {"tokenizer.ggml.model 't5'", ST_UNSUPPORTED, {.model = "t5", .pre = "gpt-2"}},
        {"tokenizer.ggml.pre 'default'", ST_UNSUPPORTED, {.model = "gpt2"}},
        {"tokenizer.ggml.pre 'default'", ST_UNSUPPORTED, {.model = "gpt2", .pre = "default"}},
        {"tokenizer.ggml.pre 'x\xC3\xA9?y'",
         ST_UNSUPPORTED,
         {.model = "gpt2", .pre = "x\xC3\xA9\xFFy"}},
        {"token_type has 257 entries", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .n_types = 1}},
        {"token_type has 255 entries",
         ST_CORRUPT,
         {.model = "gpt2", .pre = "gpt-2", .n_types = -1}},
        {"token_type[0] is 7", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .bad_type = 7}},
        {"token_type[0] is -1", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .bad_type = -1}},
        {"tokenizer.ggml.merges", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .no_merges = 1}},
        {"merges[1]: 'cd'",
         ST_CORRUPT,
         {.model = "gpt2", .pre = "gpt-2", .tail = {{"ab", 1}}, .merge = {"a b", "ab cd"}}},
        {"merges[0]: 'xx'", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .merge = {"xx a"}}},
        {"merges[0] 'a b' makes", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .merge = {"a b"}}},
        {"merges[0] 'ab' is not", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .merge = {"ab"}}},
        {"merges[0] 'a b c' is not",
         ST_CORRUPT,
         {.model = "gpt2", .pre = "gpt-2", .merge = {"a b c"}}},
        {"merges[0] ' a b' is not",
         ST_CORRUPT,
         {.model = "gpt2", .pre = "gpt-2", .merge = {" a b"}}},
        {"merges[0] 'a ' is not", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .merge = {"a "}}},
        {"merges[0] ' ' is not", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .merge = {" "}}},
        {"merges[0] '' is not", ST_CORRUPT, {.model = "gpt2", .pre = "gpt-2", .merge = {""}}},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        struct tok_file f;
        struct tok *t = NULL;
        tf_init(&f);
        tf_words(&f, &row[i].w);
        tf_parse(&f);
        EQ(tok_open(&t, &f.g, &e), row[i].st);
        if (!strstr(e.text, row[i].what)) T_SAY("'%s' does not name %s", e.text, row[i].what);
        tf_free(&f);
        tok_close(t);
    }
    struct tok *t = tf_open(&base);
    tok_close(t);
}

static void test_special_ids(void) {
    static const char *const key[] = {
        "tokenizer.ggml.bos_token_id",       "tokenizer.ggml.eos_token_id",
        "tokenizer.ggml.unknown_token_id",   "tokenizer.ggml.padding_token_id",
        "tokenizer.ggml.seperator_token_id", "tokenizer.ggml.cls_token_id",
        "tokenizer.ggml.mask_token_id",      "tokenizer.ggml.eot_token_id",
        "tokenizer.ggml.eom_token_id"};
    const int count = 3 + 256 + 7;
    const uint32_t id[] = {(uint32_t)count - 1, (uint32_t)count, 4294967295u};
    for (size_t i = 0; i < COUNT(key); i++)
        for (size_t k = 0; k < COUNT(id); k++) {
            struct tok_file f;
            struct tok *t = NULL;
            tf_init(&f);
            tf_words(&f, &tf_plain);
            tf_scalar(&f, key[i], GGUF_U32, id[k]);
            tf_parse(&f);
            GOOD(tok_open(&t, &f.g, &e));
            EQ(tok_bos(t), -1);
            if (k == 0) OK(tok_note(t) == NULL);
            if (k > 0) OK(tok_note(t) && strstr(tok_note(t), key[i]) != NULL);
            if (i == 1) EQ(tok_eos(t), k ? -1 : count - 1);
            tf_free(&f);
            tok_close(t);
        }
}

/* Where a text starts: the flag, or what the pre-tokenizer does by itself. */
static void test_bos(void) {
    static const struct {
        int bos, flag; /* flag -1: absent */
        const char *pre;
        enum status st;
        int want;
    } row[] = {{1, 1, "gpt-2", ST_OK, 1},           {1, 0, "gpt-2", ST_OK, -1},
               {1, -1, "gpt-2", ST_OK, -1},         {1, -1, "llama-bpe", ST_OK, 1},
               {1, 0, "llama-bpe", ST_OK, -1},      {9999, 0, "llama-bpe", ST_OK, -1},
               {9999, 1, "gpt-2", ST_CORRUPT, 0},   {9999, -1, "llama-bpe", ST_CORRUPT, 0},
               {1, -1, "llama3", ST_OK, 1},         {-1, 1, "gpt-2", ST_CORRUPT, 0},
               {-1, -1, "llama-bpe", ST_CORRUPT, 0}};
    for (size_t i = 0; i < COUNT(row); i++) {
        struct tok_file f;
        struct tok *t = NULL;
        struct tok_words w = tf_plain;
        w.pre = row[i].pre;
        tf_init(&f);
        tf_words(&f, &w);
        if (row[i].bos >= 0)
            tf_scalar(&f, "tokenizer.ggml.bos_token_id", GGUF_U32, (uint32_t)row[i].bos);
        if (row[i].flag >= 0)
            tf_scalar(&f, "tokenizer.ggml.add_bos_token", GGUF_BOOL, (uint64_t)row[i].flag);
        tf_parse(&f);
        EQ(tok_open(&t, &f.g, &e), row[i].st);
        if (row[i].st == ST_OK && t) EQ(tok_bos(t), row[i].want);
        if (row[i].st != ST_OK) OK(strstr(e.text, "bos_token_id") != NULL);
        tf_free(&f);
        tok_close(t);
    }
}

static void test_space_prefix(void) {
    struct tok_file f;
    struct tok *t = NULL;
    tf_init(&f);
    tf_words(&f, &tf_plain);
    tf_scalar(&f, "tokenizer.ggml.add_space_prefix", GGUF_BOOL, 1);
    tf_parse(&f);
    EQ(tok_open(&t, &f.g, &e), ST_UNSUPPORTED);
    tf_free(&f);
}

static void test_limit(void) {
    struct tok *t = tf_open(&tf_plain);
    struct arena a;
    int32_t *ids = NULL;
    size_t n = 0;
    char *text = mem_alloc(TOK_MAX_BYTES + 1);
    CHECK(text != NULL);
    memset(text, ' ', TOK_MAX_BYTES + 1);
    arena_init(&a, (size_t)128 << 20);
    EQ(tok_encode(t, (struct view){text, TOK_MAX_BYTES + 1}, &a, &ids, &n, &e), ST_LIMIT);
    for (size_t i = 0; i < TOK_MAX_BYTES; i += 2) text[i] = 'x';
    GOOD(tok_encode(t, (struct view){text, TOK_MAX_BYTES}, &a, &ids, &n, &e));
    EQ(n, TOK_MAX_BYTES);
    arena_free(&a);
    arena_init(&a, 64); /* too small for the ids */
    EQ(tok_encode(t, (struct view){text, 100}, &a, &ids, &n, &e), ST_NO_MEMORY);
    arena_free(&a);
    mem_free(text);
    tok_close(t);
}

/* Each allocation fails once: the answer is ST_NO_MEMORY or none was needed, and nothing leaks. */
static void test_memory_faults(void) {
    struct tok_file f;
    struct tok *t = NULL;
    int good = 0, bad = 0;
    tf_init(&f);
    tf_words(&f, &tf_plain);
    tf_parse(&f);
    for (long k = 1; good < 8 && k < 400; k++) { /* JIT compilation may fail without harm */
        mem_fail_at(k, 0);
        enum status st = tok_open(&t, &f.g, &e);
        mem_fail_at(0, 0);
        good = st == ST_OK ? good + 1 : 0;
        bad += st == ST_NO_MEMORY;
        if (st == ST_OK)
            tok_close(t);
        else
            EQ(st, ST_NO_MEMORY);
    }
    EQ(good, 8);
    OK(bad > 5);
    GOOD(tok_open(&t, &f.g, &e));
    char text[4096];
    memset(text, 'a', sizeof text);
    good = bad = 0;
    for (long k = 1; !good && k < 100; k++) {
        struct arena a;
        int32_t *ids;
        size_t n;
        arena_init(&a, 1 << 20);
        mem_fail_at(k, 0);
        enum status st = tok_encode(t, (struct view){text, sizeof text}, &a, &ids, &n, &e);
        mem_fail_at(0, 0);
        if (st != ST_OK) EQ(st, ST_NO_MEMORY);
        good = st == ST_OK;
        bad += !good;
        arena_free(&a);
    }
    OK(good && bad >= 5);
    tok_close(t);
    tf_free(&f);
}

static void test_names(void) {
    /* The list that messages show names exactly the pre-tokenizers that there are. */
    const char *p = tok_split_names();
    int n = 0;
    for (const char *end; *p; p = *end ? end + 2 : end, n++) {
        end = strstr(p, ", ");
        if (!end) end = p + strlen(p);
        OK(tok_split_pre((struct view){p, (size_t)(end - p)}) != NULL);
    }
    EQ(n, 4);
    OK(tok_split_pre(VIEW("deepseek-r1-qwen")) == tok_split_pre(VIEW("qwen2")));
    OK(tok_split_pre(VIEW("llama-v3")) == tok_split_pre(VIEW("llama-bpe")));
    OK(tok_split_pre(VIEW("phi-2")) == tok_split_pre(VIEW("gpt-2")));
    OK(tok_split_pre(VIEW("default")) == NULL);
}

int main(void) {
    test_damaged();
    test_special_ids();
    test_bos();
    test_space_prefix();
    test_limit();
    test_memory_faults();
    test_names();
    return t_end();
}
