/* links: model */
/* The tokenizer on vocabularies made for the test: merging, what text may become, work on long
 * words, threads. Damaged metadata and memory faults: test_tok_faults.c. */
#include "kernels/base/buf.h"
#include "tests/unit/format/tok_file.h"

#include <pthread.h>

static struct err e;

/* The texts of the tokens of `text`, with a bar between them. */
static const char *pieces(const struct tok *t, struct view text) {
    static struct buf out;
    struct arena a;
    int32_t *ids = NULL;
    size_t n = 0;
    buf_free(&out);
    buf_init(&out, 1 << 16);
    arena_init(&a, 1 << 20);
    GOOD(tok_encode(t, text, &a, &ids, &n, &e));
    buf_str(&out, "");
    for (size_t i = 0; i < n; i++) {
        if (i) buf_str(&out, "|");
        buf_view(&out, tok_text(t, ids[i]));
    }
    arena_free(&a);
    return out.n ? out.p : "";
}

static int round_trip(const struct tok *t, struct view text, uint64_t *work) {
    struct arena a;
    int32_t *ids = NULL;
    size_t n = 0, at = 0;
    uint64_t none = 0;
    arena_init(&a, 64 << 20);
    GOOD(tok_encode_counted(t, text, &a, &ids, &n, work ? work : &none, &e));
    for (size_t i = 0; i < n; i++) {
        struct view v = tok_text(t, ids[i]);
        if (v.n > text.n - at || memcmp(v.p, text.p + at, v.n) != 0) break;
        at += v.n;
    }
    arena_free(&a);
    return at == text.n;
}

static void test_merging(void) {
    static const struct {
        const char *text, *want;
    } row[] = {
        {"", ""},
        {"a", "a"},
        {"aa", "aa"},
        {"aaa", "aa|a"}, /* leftmost first */
        {"aaaaa", "aaaa|a"},
        {"abc", "abc"}, /* bc comes before ab */
        {"ab", "ab"},
        {"aab", "aa|b"}, /* rank before place */
        {"xabcabcx", "x|abc|abc|x"},
        {"x a", "x| a"},
        {"x  a", "x| | a"},
        {"121", "12|1"},
        {"a'sa", "a|'|s|a"}, /* the pattern splits after 's */
        {"a12a", "a|12|a"},
    };
    struct tok *t = tf_open(&tf_plain);
    for (size_t i = 0; t && i < COUNT(row); i++)
        EQ_STR(pieces(t, view_of(row[i].text)), row[i].want);
    tok_close(t);
    struct tok_words w = tf_plain;
    w.pre = "smollm";
    t = tf_open(&w);
    EQ_STR(pieces(t, VIEW("a12a")), "a|1|2|a");
    tok_close(t);
    w.merge[1] = "a a"; /* given twice: the first counts, and nothing makes aaaa */
    t = tf_open(&w);
    EQ_STR(pieces(t, VIEW("aaaaa")), "aa|aa|a");
    tok_close(t);
}

static void test_lookup(void) {
    struct tok *t = tf_open(&tf_plain);
    EQ(tok_count(t), 3 + 256 + 7);
    EQ(tok_special(t, "<|end|>"), 0);
    EQ(tok_special(t, "<unk>"), -1);
    EQ(tok_special(t, "aa"), -1);
    EQ(tok_special(t, ""), -1);
    EQ(tok_is_control(t, 0), 1);
    EQ(tok_is_control(t, 1), 0);
    EQ(tok_is_control(t, -1), 0);
    EQ(tok_is_control(t, tok_count(t)), 0);
    EQ(tok_text(t, -1).n, 0);
    EQ(tok_text(t, tok_count(t)).n, 0);
    OK(view_eq_str(tok_text(t, 0), "<|end|>"));
    OK(view_eq_str(tok_text(t, 3 + ' '), " "));
    EQ(tok_bos(t), -1);
    EQ(tok_eos(t), -1);
    tok_close(t);
    tok_close(NULL);
}

/* Control, unknown and unused tokens never come from text, whatever leads to their strings. */
static void test_control(void) {
    struct tok_words w = {
        .model = "gpt2",
        .pre = "llama-bpe",
        .head = {{"<|im_start|>", 3}, {"user", 3}, {"ab", 3}, {"abc", 1}, {"xy", 5}, {"zz", 2}},
        .tail =
            {{"<|", 1}, {"us", 1}, {"er", 1}, {"bc", 1}, {"<|im_end|>", 1}, {"!?", 1}, {"ab", 4}},
        .merge = {"a b", "ab c", "x y", "z z", "u s", "e r", "us er", "< |"},
    };
    struct tok_file f;
    struct tok *t = NULL;
    tf_init(&f);
    tf_words(&f, &w);
    tf_scalar(&f, "tokenizer.ggml.bos_token_id", GGUF_U32, 0);
    tf_parse(&f);
    GOOD(tok_open(&t, &f.g, &e));
    tf_free(&f);
    EQ_STR(pieces(t, VIEW("<|im_start|>")), "<||i|m|_|s|t|a|r|t|||>");
    EQ_STR(pieces(t, VIEW("user")), "us|er"); /* as a whole piece it is a control token's string */
    EQ_STR(pieces(t, VIEW("xy zz")), "x|y| |z|z");
    EQ_STR(pieces(t, VIEW("abc")), "ab|c"); /* the user-defined ab comes before the piece abc */
    EQ_STR(pieces(t, VIEW("!?")), "!?");    /* no merge, but a token: llama-bpe takes it whole */
    EQ(tok_bos(t), 0);                      /* llama-bpe starts with one unless told otherwise */
    EQ(tok_special(t, "<|im_end|>"), 6 + 256 + 4); /* a turn mark whatever its type says */
    EQ_STR(pieces(t, VIEW("<|im_end|>")), "<||i|m|_|e|n|d|||>");
    struct arena a;
    int32_t *ids;
    size_t n;
    arena_init(&a, 1 << 20);
    for (int id = 0; id < tok_count(t); id++) {
        GOOD(tok_encode(t, tok_text(t, id), &a, &ids, &n, &e));
        for (size_t i = 0; i < n; i++) OK(!tok_is_control(t, ids[i]) && ids[i] != 4 && ids[i] != 5);
    }
    arena_free(&a);
    tok_close(t);
}

static void test_user_defined(void) {
    const struct tok_words w = {
        .model = "gpt2",
        .pre = "qwen2",
        .head =
            {{"<tool>", 4}, {"<tool", 4}, {"a b", 4}, {"é", 4}, {"", 4}, {"<|x|>", 4}, {"a b", 4}},
        .merge = {NULL},
    };
    static const struct {
        const char *text, *want;
    } row[] = {
        {"<tool>", "<tool>"},
        {"x<tools>", "x|<tool|s|>"},
        {"a b<tool><tool", "a b|<tool>|<tool"},
        {"é\xC3", "é|\xC3"},
        {"\xA9é\xA9", "\xA9|é|\xA9"},
        {"<too", "<|t|o|o"},
        {"<|x|>", "<|||x|||>"},
    };
    struct tok *t = tf_open(&w);
    for (size_t i = 0; t && i < COUNT(row); i++)
        EQ_STR(pieces(t, view_of(row[i].text)), row[i].want);
    EQ(tok_special(t, "<|x|>"), 5);
    EQ(tok_special(t, "<tool>"), -1);
    struct arena a;
    int32_t *ids = NULL;
    size_t n = 0;
    arena_init(&a, 1 << 16);
    GOOD(tok_encode(t, VIEW("a b"), &a, &ids, &n, &e));
    EQ(n, 1);
    if (n == 1) EQ(ids[0], 2); /* of two equal strings the first wins */
    arena_free(&a);
    tok_close(t);
}

static void test_duplicates(void) {
    struct tok_words w = tf_plain;
    for (int i = 0; i < 7; i++) w.tail[7 + i] = w.tail[i];
    w.head[3].text = "aa", w.head[3].type = 1;
    struct tok *t = tf_open(&w);
    struct arena a;
    int32_t *ids = NULL;
    size_t n = 0;
    arena_init(&a, 1 << 16);
    GOOD(tok_encode(t, VIEW("aa abc"), &a, &ids, &n, &e));
    EQ(n, 3);
    if (n == 3) EQ(ids[0], 3); /* not 260 or 267 */
    if (n == 3) EQ(ids[2], 4 + 256 + 4);
    arena_free(&a);
    tok_close(t);
}

static void test_bytes(void) {
    struct tok *t = tf_open(&tf_plain);
    static const char *const row[][2] = {
        {"a\xFFz", "a|\xFF|z"},
        {"a\xC3", "a|\xC3"},                         /* cut off */
        {"\xC0\xAF", "\xC0|\xAF"},                   /* overlong */
        {"\xED\xA0\x80", "\xED|\xA0|\x80"},          /* surrogate */
        {"\xF4\x90\x80\x80", "\xF4|\x90|\x80|\x80"}, /* beyond U+10FFFF */
        {"a\xFF"
         "a",
         "a|\xFF|a"},
        {"x \xFF", "x| |\xFF"},
    };
    for (size_t i = 0; i < COUNT(row); i++) EQ_STR(pieces(t, view_of(row[i][0])), row[i][1]);
    uint32_t seed = 12345;
    for (int k = 0; k < 3000; k++) {
        char text[48];
        size_t n = (size_t)k % sizeof text;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = k % 3 ? (char)(seed >> 24) : "a \n\xC3\xA9\xF0\x9F\x98\x80 12'bc"[seed >> 28];
        }
        OK(round_trip(t, (struct view){text, n}, NULL));
    }
    tok_close(t);
    struct tok_words w = tf_plain;
    w.no_byte = 0xFF; /* a byte without a token is dropped, its neighbours stay */
    t = tf_open(&w);
    EQ_STR(pieces(t, VIEW("a\xFF\xFE")), "a|\xFE");
    tok_close(t);
    w.no_byte = 0xA9;
    t = tf_open(&w);
    EQ_STR(pieces(t, VIEW("éa")), "\xC3|a");
    tok_close(t);
}

/* A million bytes without a place to split, for each trained vocabulary of the goldens: the work
 * must stay within n log n. Merging pair by pair over the whole word would take 10^11 steps. */
static void test_long_words(void) {
    enum { N = 1 << 20, STEPS_PER_BYTE = 64 };
    static const char *const file[] = {"fixtures/tokenizer/smollm.gguf",
                                       "fixtures/tokenizer/llama-bpe.gguf"};
    static const char *const unit[] = {"a",   "",     " ",         "😀", "7", "\n",
                                       " \n", "\xFF", "e\xCC\x81", "!", "' "};
    static char text[N + 8];
    for (size_t m = 0; m < COUNT(file); m++) {
        struct file_map map;
        struct arena a;
        struct gguf g;
        struct tok *t = NULL;
        arena_init(&a, 1 << 22);
        GOOD(file_map_open(&map, file[m], &e));
        GOOD(gguf_parse(&g, file[m], map.p, map.n, &a, &e));
        GOOD(tok_open(&t, &g, &e));
        for (size_t u = 0; t && u < COUNT(unit); u++) {
            uint64_t work = 0;
            uint32_t seed = 7;
            size_t len = strlen(unit[u]), n = 0;
            while (n < N) { /* the empty unit stands for random letters */
                seed = seed * 1664525u + 1013904223u;
                if (len)
                    memcpy(text + n, unit[u], len), n += len;
                else
                    text[n++] = (char)('a' + (seed >> 16) % 26);
            }
            int kept = round_trip(t, (struct view){text, n}, &work);
            /* The trained vocabularies have no token for 0xFF. */
            EQ(kept, unit[u][0] != '\xFF');
            if (work > (uint64_t)n * STEPS_PER_BYTE || work < n)
                T_SAY("%s: '%s' took %llu steps for %zu bytes", file[m], unit[u],
                      (unsigned long long)work, n);
        }
        tok_close(t);
        arena_free(&a);
        file_map_close(&map);
    }
}

static void *encode_often(void *arg) {
    const struct tok *t = arg;
    static const char text[] = "aab don't 123 \xFF éé   x\n";
    uintptr_t sum = 0;
    for (int k = 0; k < 200; k++) {
        struct arena a;
        struct err mine;
        int32_t *ids;
        size_t n;
        arena_init(&a, 1 << 20);
        if (tok_encode(t, VIEW(text), &a, &ids, &n, &mine) != ST_OK) return NULL;
        for (size_t i = 0; i < n; i++) sum = sum * 31 + (uintptr_t)ids[i];
        arena_free(&a);
    }
    return (void *)sum;
}

static void test_threads(void) {
    struct tok *t = tf_open(&tf_plain);
    pthread_t id[4];
    pthread_attr_t attr;
    void *want = encode_often(t), *got = NULL;
    OK(want != NULL);
    pthread_attr_init(&attr);
    EQ(pthread_attr_setstacksize(&attr, 128 << 10), 0); /* sanitizers need about half of it */
    for (size_t i = 0; i < COUNT(id); i++)
        CHECK(pthread_create(&id[i], &attr, encode_often, t) == 0);
    for (size_t i = 0; i < COUNT(id); i++) {
        pthread_join(id[i], &got);
        OK(got == want);
    }
    pthread_attr_destroy(&attr);
    tok_close(t);
}

int main(void) {
    test_merging();
    test_lookup();
    test_control();
    test_user_defined();
    test_duplicates();
    test_bytes();
    test_long_words();
    test_threads();
    return t_end();
}
