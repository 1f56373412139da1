/* Fuzzes the tokenizer, for libFuzzer. The first byte chooses: text for one of the small
 * vocabularies of fixtures/tokenizer (run from the repository root), whose ids must spell the text
 * again, or a whole GGUF file. */
#include "model/tokenizer/template.h"
#include "model/tokenizer/tok.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 4 };
static struct tok *ready[FILES];

static enum status open_file(struct tok **t, const uint8_t *p, size_t n, struct err *e) {
    struct arena a;
    struct gguf g;
    struct chat_template c;
    arena_init(&a, 64 << 20);
    enum status st = gguf_parse(&g, "fuzz", p, n, &a, e);
    if (st == ST_OK) st = tok_open(t, &g, e);
    if (st == ST_OK) st = template_choose(&c, &g, *t, e);
    arena_free(&a);
    return st;
}

static void open_all(void) {
    static const char *const file[FILES] = {
        "fixtures/tokenizer/smollm.gguf", "fixtures/tokenizer/gpt-2.gguf",
        "fixtures/tokenizer/qwen2.gguf", "fixtures/tokenizer/llama-bpe.gguf"};
    for (int i = 0; i < FILES && !ready[i]; i++) {
        struct file_map m;
        struct err e;
        CHECK(file_map_open(&m, file[i], &e) == ST_OK);
        CHECK(open_file(&ready[i], m.p, m.n, &e) == ST_OK);
        file_map_close(&m);
    }
}

/* The ids spell the text again, but for bytes without a token; none is a control token. spells 0:
 * of a vocabulary that may put a space in front, or say anything. */
static void encode(const struct tok *t, struct view text, int lossy, int spells) {
    struct arena a;
    struct err e;
    int32_t *ids;
    size_t n, at = 0;
    arena_init(&a, 64 << 20);
    CHECK(tok_encode(t, text, &a, &ids, &n, &e) == ST_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK(!tok_is_control(t, ids[i]));
        struct view v = tok_text(t, ids[i]);
        if (!spells) continue;
        for (size_t k = 0; k < v.n; k++, at++) {
            while (lossy && at < text.n && text.p[at] != v.p[k]) at++;
            CHECK(at < text.n && text.p[at] == v.p[k]);
        }
    }
    CHECK(lossy || !spells || at == text.n);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct view rest = {(const char *)data + 1, size - 1};
    if (data[0] < 128) {
        open_all();
        int lossy = memchr(rest.p, 0xFF, rest.n) != NULL || memchr(rest.p, 4, rest.n) != NULL;
        encode(ready[data[0] % FILES], rest, lossy, 1);
        return 0;
    }
    struct tok *t = NULL;
    struct err e;
    if (open_file(&t, data + 1, size - 1, &e) == ST_OK)
        encode(t, VIEW("a fuzz: 12  \n\xC3\xA9\xF0"), 1, 0);
    tok_close(t);
    return 0;
}
