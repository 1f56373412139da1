/* links: model */
/* Typed reads of GGUF metadata: a file built here and one that the `gguf` package wrote. */
#include "tests/t.h"
#include "tests/unit/format/gguf_build.h"

enum { SMALL = 64 * 1024 };

static struct err e;

/* The last call failed with this status and names file, key and byte. */
static void refused(enum status got, enum status want, const char *key, const char *needle) {
    EQ(got, want);
    if (!strstr(e.text, "bad.gguf") || !strstr(e.text, needle) || !strstr(e.text, key))
        T_SAY("'%s' should have '%s' and '%s'", e.text, key, needle);
    EQ_STR(e.field, key);
}

static void test_scalars(const struct gguf *g) {
    int64_t i = 0, seven = 7;
    double f = 0, half = 0.5;
    int flag = 0, no = 0;
    struct view v;
    static const struct {
        const char *key;
        int64_t want;
    } ints[] = {{"u8", 255}, {"i8", -1},  {"u16", 65535},
                {"i16", -2}, {"i32", -3}, {"i64", INT64_MIN}};
    for (size_t k = 0; k < COUNT(ints); k++) {
        GOOD(gguf_int(g, ints[k].key, INT64_MIN, INT64_MAX, NULL, &i, &e));
        EQ(i, ints[k].want);
    }
    GOOD(gguf_int(g, "none", 0, 1, &seven, &i, &e));
    EQ(i, 7);
    refused(gguf_int(g, "none", 0, 1, NULL, &i, &e), ST_CORRUPT, "none", "missing");
    refused(gguf_int(g, "u64", INT64_MIN, INT64_MAX, NULL, &i, &e), ST_CORRUPT, "u64", "at byte");
    refused(gguf_int(g, "u8", 0, 254, NULL, &i, &e), ST_CORRUPT, "u8", "255, not from 0 to 254");
    refused(gguf_int(g, "i8", 0, 254, NULL, &i, &e), ST_CORRUPT, "i8", "-1, not from 0 to 254");
    refused(gguf_int(g, "yes", 0, 1, NULL, &i, &e), ST_CORRUPT, "yes", "bool, not an integer");
    refused(gguf_int(g, "f32", 0, 9, NULL, &i, &e), ST_CORRUPT, "f32", "F32, not an integer");
    refused(gguf_int(g, "strings", 0, 9, NULL, &i, &e), ST_CORRUPT, "strings", "array");
    GOOD(gguf_real(g, "f32", 3, 4, NULL, &f, &e));
    NEAR(f, 3.14159265, 1e-7);
    GOOD(gguf_real(g, "u8", 0, 300, NULL, &f, &e));
    NEAR(f, 255, 0);
    GOOD(gguf_real(g, "none", 0, 1, &half, &f, &e));
    NEAR(f, 0.5, 0);
    refused(gguf_real(g, "f64", -1e308, 1e308, NULL, &f, &e), ST_CORRUPT, "f64", "nan");
    refused(gguf_real(g, "f32", 4, 5, NULL, &f, &e), ST_CORRUPT, "f32", "not from 4 to 5");
    refused(gguf_real(g, "yes", 0, 1, NULL, &f, &e), ST_CORRUPT, "yes", "bool");
    GOOD(gguf_flag(g, "yes", NULL, &flag, &e));
    EQ(flag, 1);
    GOOD(gguf_flag(g, "none", &no, &flag, &e));
    EQ(flag, 0);
    refused(gguf_flag(g, "u8", &no, &flag, &e), ST_CORRUPT, "u8", "U8, not bool");
    GOOD(gguf_text(g, "general.architecture", NULL, &v, &e));
    OK(view_eq_str(v, "llama"));
    GOOD(gguf_text(g, "none", "other", &v, &e));
    OK(view_eq_str(v, "other"));
    refused(gguf_text(g, "none", NULL, &v, &e), ST_CORRUPT, "none", "missing");
    refused(gguf_text(g, "u8", "x", &v, &e), ST_CORRUPT, "u8", "not a string");
}

static void test_arrays(const struct gguf *g, struct arena *a) {
    struct view *s = NULL;
    int32_t *i = NULL;
    float *f = NULL;
    uint64_t n = 0;
    GOOD(gguf_strings(g, "strings", 3, a, &s, &n, &e));
    EQ(n, 3);
    OK(view_eq_str(s[0], "one") && s[1].n == 0 && view_eq_str(s[2], "\xff not UTF-8"));
    refused(gguf_strings(g, "strings", 2, a, &s, &n, &e), ST_CORRUPT, "strings", "more than 2");
    refused(gguf_strings(g, "i16s", 9, a, &s, &n, &e), ST_CORRUPT, "i16s", "array of I16");
    refused(gguf_strings(g, "u8", 9, a, &s, &n, &e), ST_CORRUPT, "u8", "not an array");
    refused(gguf_strings(g, "none", 9, a, &s, &n, &e), ST_CORRUPT, "none", "missing");
    GOOD(gguf_ints(g, "i16s", 2, a, &i, &n, &e));
    EQ(n, 2);
    EQ(i[0], 7);
    EQ(i[1], -7);
    refused(gguf_ints(g, "u32s", 9, a, &i, &n, &e), ST_CORRUPT, "u32s", "2147483648 at index 1");
    refused(gguf_ints(g, "f32s", 9, a, &i, &n, &e), ST_CORRUPT, "f32s", "array of F32");
    refused(gguf_ints(g, "i16s", 1, a, &i, &n, &e), ST_CORRUPT, "i16s", "more than 1");
    GOOD(gguf_floats(g, "f32s", 9, a, &f, &n, &e));
    EQ(n, 1);
    NEAR(f[0], 1, 0);
    refused(gguf_floats(g, "f64s", 9, a, &f, &n, &e), ST_CORRUPT, "f64s", "1e+300 at index 1");
    refused(gguf_floats(g, "i16s", 9, a, &f, &n, &e), ST_CORRUPT, "i16s", "array of I16");
    struct arena none;
    arena_init(&none, 0);
    EQ(gguf_strings(g, "strings", 3, &none, &s, &n, &e), ST_NO_MEMORY);
    EQ(gguf_ints(g, "i16s", 3, &none, &i, &n, &e), ST_NO_MEMORY);
    EQ(gguf_floats(g, "f32s", 3, &none, &f, &n, &e), ST_NO_MEMORY);
}

static void test_reads(void) {
    struct build b = {0};
    struct gguf g;
    struct arena a;
    b_valid(&b, 3);
    arena_init(&a, SMALL);
    GOOD(gguf_parse(&g, "bad.gguf", b.p, b.n, &a, &e));
    test_scalars(&g);
    test_arrays(&g, &a);
    /* A file that is written to while it is mapped: the string's length now passes the array. */
    const struct gguf_kv *kv = gguf_find(&g, "strings");
    memset(b.p + (kv->data.p - (char *)b.p), 0x7f, 8);
    struct view *s;
    uint64_t n;
    refused(gguf_strings(&g, "strings", 3, &a, &s, &n, &e), ST_CORRUPT, "strings", "changed");
    arena_free(&a);
    b_free(&b);
}

/* The file that the `gguf` package wrote. */
static void test_package_file(void) {
    struct file_map m;
    struct gguf g;
    struct arena a;
    int64_t i = 0;
    struct view v = {0};
    float x[64] = {0};
    arena_init(&a, SMALL);
    GOOD(file_map_open(&m, "fixtures/gguf/small.gguf", &e));
    GOOD(gguf_parse(&g, "small.gguf", m.p, m.n, &a, &e));
    EQ(g.n_tensors, 3);
    if (g.n_tensors != 3) return;
    GOOD(gguf_int(&g, "t.i32", INT64_MIN, 0, NULL, &i, &e));
    EQ(i, -2000000000);
    EQ(gguf_find(&g, "t.u64")->u, -1);
    EQ(gguf_find(&g, "t.i64")->i, INT64_MIN);
    NEAR(gguf_find(&g, "t.f64")->f, -1e300, 0);
    NEAR(gguf_find(&g, "t.i8")->f, -100, 0);
    GOOD(gguf_text(&g, "t.text", NULL, &v, &e));
    OK(view_eq_str(v, "gr\xc3\xb6\xc3\x9f\x65 \xe2\x98\x95"));
    EQ(gguf_find(&g, "t.strings")->count, 3);
    const struct gguf_tensor *t = gguf_tensor(&g, "f32");
    EQ(t->dim[0], 8);
    EQ(t->dim[1], 3);
    t->type->to_f32(x, t->data, 24);
    NEAR(x[23], 23.0 / 8, 0);
    t = gguf_tensor(&g, "f16");
    t->type->to_f32(x, t->data, 8);
    NEAR(x[7], 7.0 / 8, 0);
    t = gguf_tensor(&g, "q8");
    EQ(t->dim[0], 32);
    EQ(t->dim[1], 2);
    EQ(t->bytes, 68);
    t->type->to_f32(x, t->data, 2);
    NEAR(x[63], 63, 1e-3);
    NEAR(x[31], 31, 1e-3);
    arena_free(&a);
    file_map_close(&m);
}

int main(void) {
    test_reads();
    test_package_file();
    return t_end();
}
