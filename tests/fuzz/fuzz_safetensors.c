/* Fuzzes safetensors files and the numbers of a config.json, for libFuzzer: the input is a file,
 * read as either. What was read lies within it, one tensor behind the other. */
#include "model/format/safetensors.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void config(struct view json) {
    struct err e = {.text = ""};
    double number;
    char text[64];
    int flag;
    if (safetensors_config_number("config.json", json, "hidden_size", &number, &e) == ST_OK)
        CHECK(isfinite(number));
    if (safetensors_config_text("config.json", json, "model_type", text, &e) == ST_OK)
        CHECK(memchr(text, 0, sizeof text) != NULL);
    if (safetensors_config_flag("config.json", json, "tie", &flag, &e) == ST_OK)
        CHECK(flag == 0 || flag == 1);
    CHECK(utf8_valid(view_of(e.text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena a;
    struct safetensors s;
    struct err e = {.text = ""};
    arena_init(&a, 64 << 20);
    config((struct view){(const char *)data, size});
    if (safetensors_parse(&s, "fuzz.safetensors", data, size, &a, &e) == ST_OK) {
        uint64_t all = 0;
        for (int i = 0; i < s.n; i++) {
            const struct safetensor *t = &s.tensor[i];
            CHECK(t->bytes <= size && t->ndim >= 0 && t->ndim <= SAFETENSORS_DIMS);
            CHECK(t->bytes == 0 || (t->data > data && t->data + t->bytes <= data + size));
            CHECK(safetensors_find(&s, t->name) != NULL);
            all += t->bytes;
        }
        CHECK(all < size);
    } else {
        CHECK(e.text[0] && utf8_valid(view_of(e.text)));
    }
    arena_free(&a);
    return 0;
}
