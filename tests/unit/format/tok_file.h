/* Builds small GGUF files in memory, for tests of what reads metadata. */
#ifndef TESTS_UNIT_TOK_FILE_H
#define TESTS_UNIT_TOK_FILE_H

#include "model/tokenizer/tok.h"
#include "tests/t.h"
#include "tests/unit/format/gguf_build.h"

struct tok_file {
    struct build body, bytes; /* the pairs; the whole file, once parsed */
    uint64_t pairs;
    struct arena arena;
    struct gguf g;
};

static inline void tf_init(struct tok_file *f) {
    memset(f, 0, sizeof *f);
    arena_init(&f->arena, 16 << 20);
}

static inline void tf_free(struct tok_file *f) {
    b_free(&f->body);
    b_free(&f->bytes);
    arena_free(&f->arena);
}

static inline void tf_text(struct tok_file *f, const char *key, const char *text) {
    b_text(&f->body, key, text);
    f->pairs++;
}

static inline void tf_scalar(struct tok_file *f, const char *key, enum gguf_type type,
                             uint64_t raw) {
    b_scalar(&f->body, key, type, raw);
    f->pairs++;
}

static inline void tf_strings(struct tok_file *f, const char *key, const char *const *s, size_t n) {
    b_array(&f->body, key, GGUF_STR, n);
    for (size_t i = 0; i < n; i++) b_str(&f->body, s[i]);
    f->pairs++;
}

static inline void tf_ints(struct tok_file *f, const char *key, const int32_t *v, size_t n) {
    b_array(&f->body, key, GGUF_I32, n);
    b_raw(&f->body, v, n * sizeof *v);
    f->pairs++;
}

/* Puts the header before the pairs and parses the file into f->g. */
static inline void tf_parse(struct tok_file *f) {
    struct err e = {0};
    b_head(&f->bytes, 3, 0, f->pairs);
    b_raw(&f->bytes, f->body.p, f->body.n);
    GOOD(gguf_parse(&f->g, "test", f->bytes.p, f->bytes.n, &f->arena, &e));
}

/* A vocabulary: first `head` with its types, then the 256 single bytes, then `tail`. */
enum { TF_MAX_TOKENS = 512 };
struct tok_words {
    const char *model, *pre; /* NULL: left out */
    struct {
        const char *text;
        int32_t type;
    } head[16], tail[32];
    const char *merge[32];
    int no_byte;   /* this byte has no token; 0 = all have */
    int n_types;   /* entries of token_type less or more than tokens */
    int bad_type;  /* token_type of the first byte token; 0 = 1 */
    int no_merges; /* the key is left out */
};

/* How byte-level BPE spells one byte, NUL-terminated. */
static inline void tf_spell(int byte, char out[4]) {
    int c = byte;
    if (!((byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE)) {
        c = 256;
        for (int b = 0; b < byte; b++)
            c += !((b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE);
    }
    int n = 0;
    if (c < 0x80)
        out[n++] = (char)c;
    else
        out[n++] = (char)(0xC0 | c >> 6), out[n++] = (char)(0x80 | (c & 0x3F));
    out[n] = 0;
}

static inline void tf_words(struct tok_file *f, const struct tok_words *w) {
    static const char *token[TF_MAX_TOKENS];
    static int32_t type[TF_MAX_TOKENS + 8];
    static char spelled[256][4];
    size_t n = 0, m = 0;
    for (size_t i = 0; i < COUNT(w->head) && w->head[i].text; i++, n++)
        token[n] = w->head[i].text, type[n] = w->head[i].type;
    for (int b = 0; b < 256; b++) {
        if (w->no_byte && b == w->no_byte) continue;
        tf_spell(b, spelled[b]);
        token[n] = spelled[b], type[n] = b == 0 && w->bad_type ? w->bad_type : 1;
        n++;
    }
    for (size_t i = 0; i < COUNT(w->tail) && w->tail[i].text; i++, n++)
        token[n] = w->tail[i].text, type[n] = w->tail[i].type;
    while (m < COUNT(w->merge) && w->merge[m]) m++;
    if (w->model) tf_text(f, "tokenizer.ggml.model", w->model);
    if (w->pre) tf_text(f, "tokenizer.ggml.pre", w->pre);
    tf_strings(f, "tokenizer.ggml.tokens", token, n);
    tf_ints(f, "tokenizer.ggml.token_type", type, (size_t)((int)n + w->n_types));
    if (!w->no_merges) tf_strings(f, "tokenizer.ggml.merges", w->merge, m);
}

/* The tokenizer of a vocabulary, which must be good. */
static inline struct tok *tf_open(const struct tok_words *w) {
    struct err e = {0};
    struct tok_file f;
    struct tok *t = NULL;
    tf_init(&f);
    tf_words(&f, w);
    tf_parse(&f);
    GOOD(tok_open(&t, &f.g, &e));
    tf_free(&f); /* the tokenizer keeps nothing of the file */
    return t;
}

/* One with a few merges and tokens of every kind. */
static const struct tok_words tf_plain = {
    .model = "gpt2",
    .pre = "gpt-2",
    .head = {{"<|end|>", 3}, {"<unk>", 2}, {"[UNUSED]", 5}},
    .tail = {{"aa", 1}, {"aaaa", 1}, {"ab", 1}, {"bc", 1}, {"abc", 1}, {"Ġa", 1}, {"12", 1}},
    .merge = {"a a", "aa aa", "b c", "a b", "a bc", "Ġ a", "1 2"},
};

#endif
