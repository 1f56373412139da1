/* links: model */
/* SentencePiece vocabularies: what merges first, what falls back to bytes, what a broken file says.
 * Ids of trained vocabularies are compared with the `sentencepiece` package in test_tok_golden. */
#include "model/tokenizer/tok.h"
#include "tests/t.h"
#include "tests/unit/format/tok_file.h"

#include <math.h>

static struct err e;

/* Pieces with their scores after <unk>, <s> and the 256 byte tokens. */
static const struct {
    const char *text;
    float score;
    int32_t type;
} piece[] = {
    {"a", -20, 1},     {"b", -21, 1},  {"c", -22, 1},
    {"▁", -23, 1},     {"ab", -2, 1},  {"bc", -1, 1},
    {"aa", -3, 1},     {"▁a", -3, 1},  {"abc", -9, 1},
    {"é", -24, 1},     {"\n\n", 0, 4}, {"\n\n\n", 0, 4},
    {"<table>", 0, 4}, {"  ", 0, 4},   {"<start_of_turn>", 0, 4},
    {"unused", 0, 5},
};
enum { BYTES = 2, PIECES = BYTES + 256, COUNT_ALL = PIECES + (int)COUNT(piece) };

struct change {
    int prefix; /* add_space_prefix */
    int no_scores, no_byte, nan, clean;
    int n_scores; /* more or less than tokens */
};

static enum status open_with(struct tok **t, const struct change *c) {
    static char name[256][8];
    const char *token[COUNT_ALL];
    int32_t type[COUNT_ALL];
    float score[COUNT_ALL + 1] = {0};
    struct tok_file f;
    token[0] = "<unk>", type[0] = 2, token[1] = "<s>", type[1] = 3;
    for (int i = 0; i < 256; i++) {
        snprintf(name[i], sizeof name[i], "<0x%02X>", (unsigned)i);
        token[BYTES + i] = name[i];
        type[BYTES + i] = c->no_byte && i == 0x41 ? 5 : 6;
    }
    for (size_t i = 0; i < COUNT(piece); i++) {
        token[PIECES + i] = piece[i].text;
        type[PIECES + i] = piece[i].type;
        score[PIECES + i] = piece[i].score;
    }
    if (c->nan) score[PIECES] = NAN;
    tf_init(&f);
    tf_text(&f, "tokenizer.ggml.model", "llama");
    tf_strings(&f, "tokenizer.ggml.tokens", token, COUNT_ALL);
    tf_ints(&f, "tokenizer.ggml.token_type", type, COUNT_ALL);
    tf_scalar(&f, "tokenizer.ggml.bos_token_id", GGUF_U32, 1);
    tf_scalar(&f, "tokenizer.ggml.add_space_prefix", GGUF_BOOL, (uint64_t)c->prefix);
    if (c->clean) tf_scalar(&f, "tokenizer.ggml.remove_extra_whitespaces", GGUF_BOOL, 1);
    if (!c->no_scores) {
        size_t n = (size_t)(COUNT_ALL + c->n_scores);
        b_array(&f.body, "tokenizer.ggml.scores", GGUF_F32, n);
        b_raw(&f.body, score, n * sizeof *score);
        f.pairs++;
    }
    tf_parse(&f);
    *t = NULL;
    enum status st = tok_open(t, &f.g, &e);
    tf_free(&f);
    return st;
}

/* The tokens' texts joined by '|'; byte tokens as <XX>. */
static const char *pieces(const struct tok *t, struct view text) {
    static char out[512];
    struct arena a;
    int32_t *ids = NULL;
    size_t n = 0, at = 0;
    arena_init(&a, 1 << 20);
    GOOD(tok_encode(t, text, &a, &ids, &n, &e));
    out[0] = 0;
    for (size_t i = 0; i < n && at + 64 < sizeof out; i++) {
        struct view v = tok_text(t, ids[i]);
        OK(!tok_is_control(t, ids[i]) && ids[i] != 0);
        const char *bar = i ? "|" : "";
        if (ids[i] >= BYTES && ids[i] < PIECES)
            at += (size_t)snprintf(out + at, 64, "%s<%02X>", bar, (unsigned char)v.p[0]);
        else
            at += (size_t)snprintf(out + at, 64, "%s%.*s", bar, (int)v.n, v.p);
    }
    arena_free(&a);
    return out;
}

static void test_merging(void) {
    struct tok *t;
    GOOD(open_with(&t, &(struct change){0}));
    if (!t) return;
    EQ(tok_bos(t), 1);
    EQ(tok_special(t, "<start_of_turn>"), PIECES + 14); /* control, whatever its type says */
    EQ_STR(pieces(t, VIEW("")), "");
    EQ_STR(pieces(t, VIEW("abc")), "abc");  /* bc first, then a + bc */
    EQ_STR(pieces(t, VIEW("aab")), "a|ab"); /* ab scores above aa */
    EQ_STR(pieces(t, VIEW("aaa")), "aa|a"); /* of equal ones the leftmost */
    EQ_STR(pieces(t, VIEW(" aa")), " a|a"); /* as much as aa, further left */
    EQ_STR(pieces(t, VIEW("a▁a")), "a| a"); /* U+2581 is a space */
    EQ_STR(pieces(t, VIEW("a   a")), "a|  | a");
    EQ_STR(pieces(t, VIEW("a\n\n\n\nb")), "a|\n\n\n|<0A>|b"); /* longest first */
    EQ_STR(pieces(t, VIEW("é日")), "é|<E6>|<97>|<A5>");
    EQ_STR(pieces(t, VIEW("a\xFF\xC3")), "a|<FF>|<C3>");
    EQ_STR(pieces(t, VIEW("<table>")), "<table>");
    EQ_STR(pieces(t, VIEW("<s>")), "<3C>|<73>|<3E>");
    EQ_STR(pieces(t, VIEW("<0x41>")), "<3C>|<30>|<78>|<34>|<31>|<3E>");
    EQ_STR(pieces(t, VIEW("unused")), "<75>|<6E>|<75>|<73>|<65>|<64>");
    tok_close(t);
    GOOD(open_with(&t, &(struct change){.prefix = 1}));
    EQ_STR(pieces(t, VIEW("a")), " a");
    EQ_STR(pieces(t, VIEW(" a")), "  |a");
    EQ_STR(pieces(t, VIEW("")), "");
    tok_close(t);
}

/* Steps grow with the length, not with its square. */
static void test_linear(void) {
    struct tok *t;
    enum { N = 200000 };
    static char text[N];
    GOOD(open_with(&t, &(struct change){0}));
    for (size_t i = 0; i < N; i++) text[i] = "abcaab\xE2 c"[i % 9];
    uint64_t steps[2] = {0, 0};
    for (int k = 0; t && k < 2; k++) {
        struct arena a;
        int32_t *ids;
        size_t n;
        arena_init(&a, 1 << 24);
        GOOD(tok_encode_counted(t, (struct view){text, k ? N : N / 10}, &a, &ids, &n, &steps[k],
                                &e));
        arena_free(&a);
    }
    OK(steps[0] > 0 && steps[1] < 20 * steps[0]);
    tok_close(t);
}

static void test_damaged(void) {
    static const struct {
        const char *what;
        enum status st;
        struct change c;
    } row[] = {
        {"tokenizer.ggml.scores", ST_CORRUPT, {.no_scores = 1}},
        {"scores has 273", ST_CORRUPT, {.n_scores = -1}},
        {"scores has 275", ST_CORRUPT, {.n_scores = 1}},
        {"scores[258] is not a number", ST_CORRUPT, {.nan = 1}},
        {"255 of the 256 byte tokens", ST_UNSUPPORTED, {.no_byte = 1}},
        {"remove_extra_whitespaces", ST_UNSUPPORTED, {.clean = 1}},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        struct tok *t;
        EQ(open_with(&t, &row[i].c), row[i].st);
        if (!strstr(e.text, row[i].what)) T_SAY("'%s' does not name %s", e.text, row[i].what);
        tok_close(t);
    }
}

int main(void) {
    test_merging();
    test_linear();
    test_damaged();
    return t_end();
}
