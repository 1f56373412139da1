/* Fuzzes the directory of GGUF files and the reader of keys, for libFuzzer: the input is a file.
 * What was read lies within it, and every key can be asked for as each type. */
#include "model/format/gguf/gguf.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct gguf *g, struct view key, struct arena *a) {
    char name[256];
    struct view text;
    int64_t whole;
    double real;
    struct err e = {.text = ""};
    (void)a;
    if (key.n >= sizeof name || memchr(key.p, 0, key.n)) return;
    memcpy(name, key.p, key.n);
    name[key.n] = 0;
    if (gguf_text(g, name, NULL, &text, &e) == ST_OK) CHECK(text.n == 0 || text.p != NULL);
    if (gguf_int(g, name, -5, 5, NULL, &whole, &e) == ST_OK) CHECK(whole >= -5 && whole <= 5);
    if (gguf_real(g, name, -5, 5, NULL, &real, &e) == ST_OK) CHECK(real >= -5 && real <= 5);
    CHECK(utf8_valid(view_of(e.text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena a;
    struct gguf g;
    struct err e = {.text = ""};
    arena_init(&a, 64 << 20);
    if (gguf_parse(&g, "fuzz.gguf", data, size, &a, &e) == ST_OK) {
        for (uint64_t i = 0; i < g.n_tensors; i++) {
            const struct gguf_tensor *t = &g.tensor[i];
            CHECK(t->data >= data && t->bytes <= size && t->data + t->bytes <= data + size);
            CHECK(t->ndim >= 1 && t->ndim <= 4);
            for (int d = 0; d < 4; d++) CHECK(t->dim[d] >= 1);
            volatile uint8_t last = t->bytes ? t->data[t->bytes - 1] : 0;
            (void)last;
        }
        for (uint64_t i = 0; i < g.n_kv; i++) ask(&g, g.kv[i].key, &a);
    } else {
        CHECK(strstr(e.text, "fuzz.gguf") && utf8_valid(view_of(e.text)));
    }
    arena_free(&a);
    return 0;
}
